#ifndef FROND_TESTS_SUPPORT_TEMP_DIR_H_
#define FROND_TESTS_SUPPORT_TEMP_DIR_H_

#include <filesystem>
#include <string>

namespace frond {

// A new empty folder that goes with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string File(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace frond

#endif  // FROND_TESTS_SUPPORT_TEMP_DIR_H_
