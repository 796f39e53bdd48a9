#ifndef FROND_SRC_DATA_SOURCE_H_
#define FROND_SRC_DATA_SOURCE_H_

#include <optional>
#include <string>
#include <vector>

#include "frond/result.h"
#include "src/data/dataset.h"

namespace frond {

// A photo as folders or a CSV list it, before classes are numbered and splits shared out.
struct ListedPhoto {
  std::string path;
  std::string below_root;           // the path that a group pattern sees
  std::vector<std::string> labels;  // one for each task; empty: none
  std::optional<Split> split;       // absent: to be shared out
  std::string group;
};

struct Listing {
  std::string form;
  std::vector<std::string> tasks = {""};  // their names
  std::vector<ListedPhoto> photos;
  std::vector<std::string> warnings;
};

// The two sources of ReadDataset, with its errors for what a listing alone can be wrong about: no photos, a broken
// line.
Result<Listing> ListFolders(const std::string& root);
Result<Listing> ListCsv(const std::string& path);

}  // namespace frond

#endif  // FROND_SRC_DATA_SOURCE_H_
