// Files made by the real torch and safetensors (tools/goldens): every container
// and precision gives the values of tiny.safetensors. The files named in
// FROND_GOLDEN_FILES must be there; others in the folder are read as well.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <sstream>

#include "tests/weights/expect.h"

namespace frond::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = FROND_GOLDEN_DIR;

// Half an ulp of the precision that a file's name tells: bfloat16's for both
// halves, since tiny_fp16 was rounded from values that bfloat16 had rounded.
bool IsClose(float got, float want, const std::string& name) {
  const bool half = name.find("fp16") != std::string::npos || name.find("bf16") != std::string::npos;
  const float relative = half ? 0x1p-8f : 0.0f;
  const float absolute = half ? 0x1p-25f : 0.0f;  // half of float16's smallest subnormal
  return std::abs(got - want) <= std::abs(want) * relative + absolute;
}

TEST(Golden, ListedFilesAreThere) {
  std::istringstream listed(FROND_GOLDEN_FILES);
  std::string name;
  while (std::getline(listed, name, ',')) EXPECT_TRUE(fs::exists(kFolder / name)) << name << " is missing";
}

TEST(Golden, EveryContainerGivesTheSameValues) {
  const Result<TensorFile> reference = ReadTensorFile(kFolder / "tiny.safetensors");
  ASSERT_TRUE(reference.ok()) << reference.error().ToString();
  for (const fs::directory_entry& entry : fs::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename();
    if (entry.path().extension() != ".pth" && entry.path().extension() != ".safetensors") continue;
    const Result<TensorFile> file = ReadTensorFile(entry.path());
    if (name.find("whole_module") != std::string::npos) {
      ExpectError(file, ErrorCode::kUnsupported, "whole pickled model", name);
      continue;
    }
    ASSERT_TRUE(file.ok()) << file.error().ToString();
    EXPECT_EQ(file->tensors.size(), reference->tensors.size()) << name;
    for (const StoredTensor& tensor : file->tensors) {
      const std::string bare = tensor.name.starts_with("module.") ? tensor.name.substr(7) : tensor.name;
      const StoredTensor* twin = reference->Find(bare);
      ASSERT_NE(twin, nullptr) << name << " " << tensor.name;
      ASSERT_EQ(tensor.shape, twin->shape) << name << " " << tensor.name;
      const std::vector<float> got = ToFloat(tensor);
      const std::vector<float> want = ToFloat(*twin);
      for (size_t i = 0; i < want.size(); ++i) {
        ASSERT_TRUE(IsClose(got[i], want[i], name))
            << name << " " << tensor.name << " at " << i << ": " << got[i] << " for " << want[i];
      }
    }
  }
}

}  // namespace
}  // namespace frond::testing
