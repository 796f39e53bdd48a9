#include "src/data/csv_columns.h"

#include <algorithm>
#include <map>

#include "src/base/format.h"
#include "src/base/text.h"
#include "src/data/walk.h"

namespace frond {
namespace {

constexpr size_t kMaxTaskBytes = 256;

enum class Meaning { kPath, kLabel, kSplit, kGroup };
const std::map<std::string, Meaning> kMeanings = {
    {"path", Meaning::kPath},   {"file", Meaning::kPath},   {"image", Meaning::kPath}, {"label", Meaning::kLabel},
    {"class", Meaning::kLabel}, {"split", Meaning::kSplit}, {"group", Meaning::kGroup}};

class HeaderReader {
 public:
  explicit HeaderReader(const CsvRecord& header) : header_(header) {}

  Result<CsvColumns> Run() {
    for (size_t i = 0; i < header_.fields.size(); ++i) FROND_RETURN_IF_ERROR(Column(i));
    if (!path_) return Missing("the photo's path");
    if (columns_.labels.empty()) return Missing("the label");
    columns_.path = *path_;
    return std::move(columns_);
  }

 private:
  Status Column(size_t i) {
    const std::string field = TrimSpaces(header_.fields[i]);
    const size_t colon = field.find(':');
    const std::string kind = LowerAscii(TrimSpaces(field.substr(0, colon)));
    const auto found = kMeanings.find(kind);
    if (found == kMeanings.end()) return {};
    if (colon != std::string::npos) {
      return found->second == Meaning::kLabel ? Label(i, TrimSpaces(field.substr(colon + 1))) : Status();
    }
    switch (found->second) {
      case Meaning::kPath: return Once(i, path_);
      case Meaning::kLabel: return Label(i, "");
      case Meaning::kSplit: return Once(i, columns_.split);
      case Meaning::kGroup: return Once(i, columns_.group);
    }
    return {};
  }

  Status Once(size_t i, std::optional<size_t>& column) {
    if (column) return Same(*column, i);
    column = i;
    return {};
  }

  // `task` is what stands behind "label:", or nothing.
  Status Label(size_t i, const std::string& task) {
    const bool bare = header_.fields[i].find(':') == std::string::npos;
    const auto twice = std::find(columns_.tasks.begin(), columns_.tasks.end(), task);
    if (!bare && (task.empty() || task.size() > kMaxTaskBytes || Printable(task) != task)) {
      return Error{ErrorCode::kInvalidArgument,
                   StrCat("column ", i + 1, " of the header, ", Quote(header_.fields[i]), ", names no task"),
                   StrCat("give it a name of at most ", kMaxTaskBytes, " bytes of printable UTF-8: label:crop")};
    }
    if (twice != columns_.tasks.end()) {
      return Same(columns_.labels[static_cast<size_t>(twice - columns_.tasks.begin())], i);
    }
    if (!columns_.tasks.empty() && (bare || columns_.tasks[0].empty())) {
      return Error{ErrorCode::kInvalidArgument,
                   StrCat("the header has a label with a task's name and one without: ",
                          Quote(header_.fields[columns_.labels[0]]), " and ", Quote(header_.fields[i])),
                   "name each task: label:crop, label:disease"};
    }
    columns_.tasks.push_back(task);
    columns_.labels.push_back(i);
    return {};
  }

  Error Same(size_t first, size_t second) const {
    return {ErrorCode::kInvalidArgument,
            StrCat("columns ", first + 1, " and ", second + 1, " of the header mean the same: ",
                   Quote(header_.fields[first]), " and ", Quote(header_.fields[second])),
            "rename one of them"};
  }

  Error Missing(std::string_view what) const {
    std::string names;
    for (const std::string& field : header_.fields) {
      names += StrCat(names.empty() ? "" : ", ", LowerAscii(TrimSpaces(field)));
    }
    return {ErrorCode::kBadFormat, StrCat("the first line names no column for ", what, ": ", Quote(names)),
            "begin with a line like: path,label,split,group"};
  }

  const CsvRecord& header_;
  std::optional<size_t> path_;
  CsvColumns columns_;
};

}  // namespace

Result<CsvColumns> FindCsvColumns(const CsvRecord& header) { return HeaderReader(header).Run(); }

}  // namespace frond
