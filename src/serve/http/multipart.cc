#include "src/serve/http/multipart.h"

#include <algorithm>
#include <cctype>

#include "src/base/format.h"

namespace frond::serve {
namespace {

// RFC 2046, section 5.1.1.
constexpr size_t kLongestBoundary = 70;

Error Bad(const char* what) {
  return {ErrorCode::kBadFormat, StrCat("the form cannot be read: ", what),
          "send multipart/form-data as RFC 7578 has it"};
}

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The value of `name` in "word; a=b; c="d"": quotes taken off, backslashes before quotes too.
std::string Parameter(std::string_view header, std::string_view name) {
  size_t at = header.find(';');
  while (at < header.size()) {
    header.remove_prefix(at + 1);
    const size_t equals = header.find('=');
    if (equals == std::string_view::npos) return {};
    const bool wanted = EqualIgnoringCase(Trimmed(header.substr(0, equals)), name);
    header = Trimmed(header.substr(equals + 1));
    std::string value;
    size_t end = 0;
    if (header.starts_with('"')) {
      for (end = 1; end < header.size() && header[end] != '"'; ++end) {
        if (header[end] == '\\' && end + 1 < header.size() && (header[end + 1] == '"' || header[end + 1] == '\\'))
          ++end;
        value += header[end];
      }
      at = header.find(';', std::min(end, header.size()));
    } else {
      at = header.find(';');
      value = Trimmed(header.substr(0, at));
    }
    if (wanted) return value;
  }
  return {};
}

// A part's name and file name, from the lines before its value.
Status ReadHeaders(std::string_view headers, FormPart& part) {
  while (!headers.empty()) {
    const size_t end = headers.find("\r\n");
    const std::string_view line = headers.substr(0, end);
    headers = end == std::string_view::npos ? std::string_view() : headers.substr(end + 2);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) return Bad("a header line has no colon");
    if (!EqualIgnoringCase(Trimmed(line.substr(0, colon)), "content-disposition")) continue;
    part.name = Parameter(line.substr(colon + 1), "name");
    part.file_name = Parameter(line.substr(colon + 1), "filename");
  }
  if (part.name.empty()) return Bad("a part has no name");
  return {};
}

}  // namespace

Result<std::vector<FormPart>> ParseForm(std::string_view content_type, std::string_view body, size_t most) {
  const std::string boundary = Parameter(content_type, "boundary");
  if (boundary.empty() || boundary.size() > kLongestBoundary) return Bad("no boundary");
  const std::string delimiter = "\r\n--" + boundary;
  std::vector<FormPart> parts;
  // What comes before the first boundary is not looked at; it may begin the body, without a line before.
  size_t at = delimiter.size() - 2;
  if (!body.starts_with(std::string_view(delimiter).substr(2))) {
    const size_t found = body.find(delimiter);
    if (found == std::string_view::npos) return Bad("its boundary is nowhere in it");
    at = found + delimiter.size();
  }
  for (;;) {
    if (at >= body.size()) return Bad("it ends before its last boundary");
    std::string_view rest = body.substr(at);
    if (rest.starts_with("--")) return parts;
    while (rest.starts_with(' ') || rest.starts_with('\t')) rest.remove_prefix(1);
    if (!rest.starts_with("\r\n")) return Bad("no line ends at a boundary");
    rest.remove_prefix(2);
    const size_t blank = rest.starts_with("\r\n") ? 0 : rest.find("\r\n\r\n");
    if (blank == std::string_view::npos) return Bad("a part has no value");
    if (parts.size() == most) {
      return Error{ErrorCode::kLimit, StrCat("more than ", most, " parts"), "send fewer at a time"};
    }
    FormPart part;
    FROND_RETURN_IF_ERROR(ReadHeaders(rest.substr(0, blank), part));
    rest.remove_prefix(blank + 4);
    const size_t end = rest.find(delimiter);
    if (end == std::string_view::npos) return Bad("it ends before its last boundary");
    part.value = rest.substr(0, end);
    parts.push_back(std::move(part));
    at = body.size() - rest.size() + end + delimiter.size();
  }
}

}  // namespace frond::serve
