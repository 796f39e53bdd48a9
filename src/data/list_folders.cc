#include <algorithm>
#include <array>

#include "src/base/format.h"
#include "src/data/source.h"
#include "src/data/walk.h"

namespace frond {
namespace {

constexpr std::string_view kLayout =
    "give a folder with a folder of photos for each class, or with train, val and test folders of such";

class FolderReader {
 public:
  explicit FolderReader(const std::string& root) : root_(root) {}

  Result<Listing> Run() {
    FROND_ASSIGN(const FolderEntries top, ListFolder(root_));
    FROND_ASSIGN(const SplitFolders splits, SplitFoldersOf(top));
    entered_.insert(IdOfFolder(root_));
    if (!splits.any) {
      listing_.form = "class folders";
      Classes(root_, top, std::nullopt);
    } else {
      listing_.form = "split folders";
      Loose(top);
      for (const Split split : kSplits) {
        const std::string& name = splits.name[static_cast<size_t>(split)];
        if (name.empty()) continue;
        const std::string folder = JoinPath(root_, name);
        FROND_ASSIGN(const FolderEntries entries, ListFolder(folder));
        Classes(folder, entries, split);
      }
    }
    FROND_RETURN_IF_ERROR(CheckPhotos(top));
    for (std::string& warning : finds_.Warnings()) listing_.warnings.push_back(std::move(warning));
    return std::move(listing_);
  }

 private:
  struct SplitFolders {
    bool any = false;
    std::array<std::string, 3> name;
  };

  // Two folders named as splits make a root of splits; one alone may well be a class ("test" strips, "train" stations).
  Result<SplitFolders> SplitFoldersOf(const FolderEntries& top) {
    SplitFolders splits;
    int found = 0;
    std::string others;
    for (const std::string& name : top.folders) {
      const Result<Split> split = ParseSplit(name);
      if (!split.ok()) {
        others += StrCat(others.empty() ? "" : ", ", name);
        continue;
      }
      std::string& slot = splits.name[static_cast<size_t>(*split)];
      if (!slot.empty()) {
        return Error{ErrorCode::kInvalidArgument,
                     StrCat(root_, " holds both ", slot, " and ", name, ", which mean the same split"),
                     "keep one of them"};
      }
      slot = name;
      ++found;
    }
    if (found < 2) return SplitFolders{};
    if (splits.name[0].empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   StrCat(root_, " holds ", splits.name[1], " and ", splits.name[2], " but no train folder"),
                   "add train, with a folder for each class"};
    }
    if (!others.empty()) listing_.warnings.push_back(StrCat("folders beside the splits are not used: ", others));
    splits.any = true;
    return splits;
  }

  void Loose(const FolderEntries& entries) { loose_ += finds_.PhotosOf(entries).size(); }

  // The classes in `folder`, which is the root or a split. Links out of a class do not lead into the folders above it,
  // nor into other classes.
  void Classes(const std::string& folder, const FolderEntries& entries, std::optional<Split> split) {
    Loose(entries);
    std::set<FolderId> entered = entered_;
    entered.insert(IdOfFolder(folder));
    for (const std::string& name : entries.folders) entered.insert(IdOfFolder(JoinPath(folder, name)));
    std::string empty;
    for (const std::string& name : entries.folders) {
      const std::vector<std::string> photos = finds_.PhotosBelow(JoinPath(folder, name), entered);
      if (photos.empty()) empty += StrCat(empty.empty() ? "" : ", ", name);
      for (const std::string& path : photos) {
        const size_t skip = root_.size() + (root_.ends_with('/') ? 0 : 1);
        listing_.photos.push_back({path, path.substr(skip), {name}, split, ""});
      }
    }
    if (!empty.empty()) listing_.warnings.push_back(StrCat("folders without photos are no classes: ", empty));
  }

  Status CheckPhotos(const FolderEntries& top) {
    if (!listing_.photos.empty()) {
      if (loose_ > 0) {
        listing_.warnings.push_back(
            StrCat(loose_, loose_ == 1 ? " photo lies" : " photos lie", " in no class folder and have no label"));
      }
      return {};
    }
    if (loose_ > 0) {
      return Error{ErrorCode::kInvalidArgument,
                   StrCat(root_, " holds ", loose_, " photos but no class folders, so none has a label"),
                   std::string(kLayout)};
    }
    const std::string found = finds_.Summary();
    const std::string folders = top.folders.empty() ? "no folders" : StrCat(top.folders.size(), " folders");
    return Error{ErrorCode::kInvalidArgument, StrCat("no photos in ", root_, ": it holds ", folders, " and ", found),
                 std::string(kLayout)};
  }

  const std::string root_;
  Listing listing_;
  Finds finds_;
  std::set<FolderId> entered_;
  size_t loose_ = 0;
};

}  // namespace

Result<Listing> ListFolders(const std::string& root) { return FolderReader(root).Run(); }

}  // namespace frond
