#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include "src/base/format.h"
#include "src/base/mapped_file.h"
#include "src/data/csv.h"
#include "src/data/csv_columns.h"
#include "src/data/source.h"
#include "src/data/walk.h"

namespace frond {
namespace {

class CsvReader {
 public:
  explicit CsvReader(const std::string& path)
      : path_(path), folder_(std::filesystem::path(path).parent_path().string()) {}

  Result<Listing> Run() {
    listing_.form = "csv";
    FROND_ASSIGN(const MappedFile file, MappedFile::Open(path_));
    const std::string_view text(reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size());
    FROND_ASSIGN(const std::vector<CsvRecord> records, ParseCsv(text));
    if (records.empty()) return Error{ErrorCode::kBadFormat, "no lines", "begin with a line like: path,label"};
    FROND_ASSIGN(const CsvColumns columns, FindCsvColumns(records[0]));
    listing_.tasks = columns.tasks;
    for (size_t i = 1; i < records.size(); ++i) FROND_RETURN_IF_ERROR(Line(records[i], records[0], columns));
    FROND_RETURN_IF_ERROR(CheckFiles());
    if (repeated_ > 0) {
      listing_.warnings.push_back(
          StrCat(repeated_, repeated_ == 1 ? " line lists" : " lines list", " a photo again, with the same label"));
    }
    return std::move(listing_);
  }

 private:
  struct Seen {
    size_t photo = 0;
    size_t line = 0;
  };

  static Error Broken(size_t line, const std::string& what, std::string remedy) {
    return {ErrorCode::kInvalidArgument, StrCat("line ", line, " ", what), std::move(remedy)};
  }

  Status Line(const CsvRecord& record, const CsvRecord& header, const CsvColumns& columns) {
    if (record.fields.size() != header.fields.size()) {
      return Broken(record.line, StrCat("has ", record.fields.size(), " fields, the header ", header.fields.size()),
                    "a field that holds a comma goes in quotes");
    }
    ListedPhoto photo;
    photo.below_root = record.fields[columns.path];
    for (const size_t column : columns.labels) photo.labels.push_back(TrimSpaces(record.fields[column]));
    if (photo.below_root.empty()) return Broken(record.line, "names no photo", "give its path, or remove the line");
    const auto is_empty = [](const std::string& label) { return label.empty(); };
    if (std::all_of(photo.labels.begin(), photo.labels.end(), is_empty)) {
      return Broken(record.line, "has no label", "give one, or remove the line");
    }
    if (columns.split) {
      if (const std::string name = TrimSpaces(record.fields[*columns.split]); !name.empty()) {
        const Result<Split> split = ParseSplit(name);
        if (!split.ok()) return split.error().In(StrCat("line ", record.line));
        photo.split = *split;
      }
    }
    if (columns.group) photo.group = TrimSpaces(record.fields[*columns.group]);
    const std::filesystem::path joined = std::filesystem::path(folder_) / photo.below_root;
    photo.path = joined.lexically_normal().string();
    return Add(std::move(photo), record.line);
  }

  Status Add(ListedPhoto photo, size_t line) {
    const auto inserted = seen_.try_emplace(photo.path, Seen{listing_.photos.size(), line});
    if (inserted.second) {
      lines_.push_back(line);
      listing_.photos.push_back(std::move(photo));
      return {};
    }
    const Seen& seen = inserted.first->second;
    const ListedPhoto& first = listing_.photos[seen.photo];
    const auto differ = [&](std::string_view what) {
      return Broken(line, StrCat("lists ", Quote(photo.below_root), " with another ", what, " than line ", seen.line),
                    "keep one of the two lines");
    };
    if (first.labels != photo.labels) return differ("label");
    if (first.split != photo.split) return differ("split");
    if (first.group != photo.group) return differ("group");
    ++repeated_;
    return {};
  }

  // A line of a CSV is a promise that its photo is there, unlike a folder's names.
  Status CheckFiles() const {
    size_t missing = 0;
    size_t first = 0;
    for (size_t i = 0; i < listing_.photos.size(); ++i) {
      struct stat info = {};
      if (stat(listing_.photos[i].path.c_str(), &info) == 0) continue;
      if (missing++ == 0) first = i;
    }
    if (missing == 0) return {};
    return Error{ErrorCode::kNotFound,
                 StrCat("line ", lines_[first], ": no file ", Quote(listing_.photos[first].path), " (", missing, " of ",
                        listing_.photos.size(), " listed photos are missing)"),
                 "paths are taken from the folder of the CSV; check them"};
  }

  const std::string path_;
  const std::string folder_;
  Listing listing_;
  std::unordered_map<std::string, Seen> seen_;  // by path
  std::vector<size_t> lines_;                   // of each photo
  int repeated_ = 0;
};

}  // namespace

Result<Listing> ListCsv(const std::string& path) {
  Result<Listing> listing = CsvReader(path).Run();
  if (!listing.ok() && listing.error().message.find(path) == std::string::npos) return listing.error().In(path);
  if (listing.ok() && listing->photos.empty()) {
    return Error{ErrorCode::kInvalidArgument, StrCat("no photos in ", path, ": it holds a header alone"),
                 "give a line for each photo"};
  }
  return listing;
}

}  // namespace frond
