#ifndef FROND_SRC_SERVE_HTTP_PAGE_H_
#define FROND_SRC_SERVE_HTTP_PAGE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/serve/http/message.h"

namespace frond::serve {

// The page of web/, which is in the program.
struct PageFile {
  std::string_view path;  // "/assets/index-1a2b.js"; of the page itself "/"
  std::string_view content_type;
  std::string_view content;
};

// Made by web/embed.mjs; where the program was built without npm, a page that says so.
extern const std::span<const PageFile> kPageFiles;

// Null where there is none at that path.
const PageFile* FindPageFile(std::string_view path);

// With the headers that let it load and call nothing but this service. What has a digest in its name is kept by
// browsers for ever.
Response PageAnswer(const PageFile& file);

// Paths that are answered to everyone, since they tell nothing: the page, which asks its reader for the token, and
// the probes.
std::vector<std::string> OpenPaths();

}  // namespace frond::serve

#endif  // FROND_SRC_SERVE_HTTP_PAGE_H_
