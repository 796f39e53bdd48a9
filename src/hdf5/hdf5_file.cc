#include "src/hdf5/hdf5_file.h"

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <map>

#include "src/base/format.h"

namespace frond {
namespace {

constexpr int64_t kMaxBytes = int64_t{8} << 30;  // of float32, in all

// Files of weights hardly compress; what claims to hold far more than it is long
// is a bomb: an unallocated dataset of any size takes a few hundred bytes.
int64_t LimitBytes(const std::string& path) {
  constexpr int64_t kMaxRatio = 16;
  constexpr int64_t kAlwaysAllowed = int64_t{64} << 20;
  std::error_code failed;
  const uintmax_t size = std::filesystem::file_size(path, failed);
  if (failed || size > static_cast<uintmax_t>(kMaxBytes)) return kMaxBytes;
  return std::min(kMaxBytes, kMaxRatio * static_cast<int64_t>(size) + kAlwaysAllowed);
}

constexpr size_t kMaxArrays = 65536;

// HDF5 1.12 renamed what 1.10, Debian 12's, calls thus.
#if H5_VERSION_GE(1, 12, 0)
using ObjectInfo = H5O_info2_t;
constexpr auto kVisit = H5Ovisit3;
#else
using ObjectInfo = H5O_info_t;
constexpr auto kVisit = H5Ovisit2;
#endif

// Closes an HDF5 id with the function that fits its kind.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  hid_t id() const { return id_; }
  bool ok() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

herr_t CollectDataset(hid_t /*group*/, const char* name, const ObjectInfo* info, void* paths) {
  auto& out = *static_cast<std::vector<std::string>*>(paths);
  if (info->type == H5O_TYPE_DATASET) out.emplace_back(name);
  return out.size() > kMaxArrays ? 1 : 0;  // positive: stop the visit
}

std::string Parent(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string Base(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// The text attribute `name` of a group, or nothing.
std::string NameAttribute(hid_t file, const std::string& group_path) {
  const Handle group(H5Gopen2(file, group_path.c_str(), H5P_DEFAULT), H5Gclose);
  if (!group.ok() || H5Aexists(group.id(), "name") <= 0) return {};
  const Handle attribute(H5Aopen(group.id(), "name", H5P_DEFAULT), H5Aclose);
  const Handle type(H5Aget_type(attribute.id()), H5Tclose);
  const Handle space(H5Aget_space(attribute.id()), H5Sclose);
  if (!type.ok() || H5Tget_class(type.id()) != H5T_STRING || H5Sget_simple_extent_npoints(space.id()) != 1) return {};
  if (H5Tis_variable_str(type.id()) > 0) {
    char* text = nullptr;
    if (H5Aread(attribute.id(), type.id(), &text) < 0 || text == nullptr) return {};
    std::string out(text);
    H5free_memory(text);
    return out;
  }
  constexpr size_t kMaxNameBytes = 4096;
  std::string text(std::min(H5Tget_size(type.id()), kMaxNameBytes), '\0');
  if (H5Tget_size(type.id()) > kMaxNameBytes || H5Aread(attribute.id(), type.id(), text.data()) < 0) return {};
  return text.substr(0, text.find('\0'));
}

// Keras 3 numbers a layer's variables; how many there are tells which they are.
std::string NumberedVariable(size_t index, size_t count) {
  constexpr std::array<const char*, 4> kNorm = {"gamma", "beta", "moving_mean", "moving_variance"};
  constexpr std::array<const char*, 3> kNormalization = {"mean", "variance", "count"};
  constexpr std::array<const char*, 2> kLinear = {"kernel", "bias"};
  if (count == kNorm.size()) return kNorm[index];
  if (count == kNormalization.size()) return kNormalization[index];
  return index < kLinear.size() ? kLinear[index] : std::to_string(index);
}

class Reader {
 public:
  Reader(hid_t file, std::vector<std::string> paths, int64_t limit_bytes)
      : file_(file), paths_(std::move(paths)), left_bytes_(limit_bytes) {
    for (const std::string& path : paths_) ++siblings_[Parent(path)];
  }

  Result<std::vector<KerasArray>> ReadAll() {
    std::vector<KerasArray> arrays;
    for (const std::string& path : paths_) {
      if (path.starts_with("optimizer")) continue;
      KerasArray array;
      array.name = NameOf(path);
      FROND_RETURN_IF_ERROR(Read(path, array));
      arrays.push_back(std::move(array));
    }
    return arrays;
  }

 private:
  std::string NameOf(const std::string& path) const {
    const std::string parent = Parent(path);
    if (Base(parent) != "vars") {
      std::string variable = Base(path);
      return Base(parent) + "/" + variable.substr(0, variable.find(':'));
    }
    const std::string attribute = NameAttribute(file_, parent);
    const std::string layer = attribute.empty() ? Base(Parent(parent)) : Base(attribute);
    const std::string number = Base(path);
    const bool numeric = !number.empty() && number.size() <= 4 &&
                         std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
    const size_t count = siblings_.at(parent);
    const size_t index = numeric ? std::stoul(number) : count;
    return layer + "/" + (index < count ? NumberedVariable(index, count) : number);
  }

  Status Read(const std::string& path, KerasArray& array) {
    const auto bad = [&](ErrorCode code, const std::string& what) {
      return Error{code, StrCat("HDF5 array ", Quote(path), " ", what),
                   "save the weights again with Keras' save_weights"};
    };
    const Handle dataset(H5Dopen2(file_, path.c_str(), H5P_DEFAULT), H5Dclose);
    if (!dataset.ok()) return bad(ErrorCode::kBadFormat, "cannot be opened");
    const Handle properties(H5Dget_create_plist(dataset.id()), H5Pclose);
    if (!properties.ok() || H5Pget_layout(properties.id()) == H5D_VIRTUAL ||
        H5Pget_external_count(properties.id()) > 0) {
      return bad(ErrorCode::kUnsupported, "lies in another file");
    }
    const Handle type(H5Dget_type(dataset.id()), H5Tclose);
    const H5T_class_t kind = H5Tget_class(type.id());
    if (kind != H5T_FLOAT && kind != H5T_INTEGER) return bad(ErrorCode::kUnsupported, "does not hold numbers");
    const Handle space(H5Dget_space(dataset.id()), H5Sclose);
    const int rank = H5Sget_simple_extent_ndims(space.id());
    constexpr int kMaxRank = 8;
    if (rank < 0 || rank > kMaxRank) return bad(ErrorCode::kUnsupported, StrCat("has ", rank, " dimensions"));
    std::array<hsize_t, kMaxRank> extents = {};
    H5Sget_simple_extent_dims(space.id(), extents.data(), nullptr);
    for (int i = 0; i < rank; ++i)
      array.shape.push_back(static_cast<int64_t>(std::min<hsize_t>(extents[i], hsize_t{1} << 40)));
    constexpr auto kElementBytes = static_cast<int64_t>(sizeof(float));
    const int64_t count = ElementCount(array.shape).value_or(kMaxBytes);
    if (count > left_bytes_ / kElementBytes) {
      return bad(ErrorCode::kLimit,
                 StrCat("of shape ", ToString(array.shape), " passes what a file of this size may hold"));
    }
    left_bytes_ -= count * kElementBytes;
    array.values.resize(static_cast<size_t>(count));
    if (count > 0 && H5Dread(dataset.id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, array.values.data()) < 0) {
      return bad(ErrorCode::kBadFormat, "cannot be read");
    }
    return {};
  }

  hid_t file_;
  std::vector<std::string> paths_;
  std::map<std::string, size_t> siblings_;
  int64_t left_bytes_;  // of float32 that may still be read
};

}  // namespace

Result<std::vector<KerasArray>> ReadKerasHdf5(const std::string& path) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // errors are ours to report
  H5PLset_loading_state(0);                     // no filter from a shared library that a file names
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file.ok())
    return Error{ErrorCode::kBadFormat, "the HDF5 file is damaged or truncated",
                 "copy it again, or save it again with Keras"};
  std::vector<std::string> paths;
  const herr_t visited = kVisit(file.id(), H5_INDEX_NAME, H5_ITER_NATIVE, CollectDataset, &paths, H5O_INFO_BASIC);
  if (visited > 0)
    return Error{ErrorCode::kLimit, StrCat("the HDF5 file has more than ", kMaxArrays, " arrays"),
                 "save the weights alone"};
  if (visited < 0)
    return Error{ErrorCode::kBadFormat, "the HDF5 file's groups cannot be read",
                 "copy it again, or save it again with Keras"};
  return Reader(file.id(), std::move(paths), LimitBytes(path)).ReadAll();
}

}  // namespace frond
