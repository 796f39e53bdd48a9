#include "src/weights/output_path.h"

#include <filesystem>

#include "src/base/format.h"

namespace frond {

Status CheckOutput(const std::string& output, const std::vector<std::string>& inputs) {
  namespace fs = std::filesystem;
  const auto refuse = [&](const char* what) {
    return Error{ErrorCode::kInvalidArgument, StrCat("the output ", output, what), "give another path with --output"};
  };
  if (output.empty()) return refuse("is no path");
  std::error_code missing;
  if (fs::is_directory(output, missing)) return refuse(" is a folder");
  const fs::path folder = fs::path(output).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, missing)) return refuse(" lies in no folder that exists");
  for (const std::string& input : inputs) {
    if (fs::equivalent(input, output, missing)) return refuse(" is an input too");
  }
  return {};
}

}  // namespace frond
