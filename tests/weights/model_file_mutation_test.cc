// Damaged and hostile model files: each is refused with a reason, or what it
// gives can be read to the last byte.

#include <gtest/gtest.h>

#include "src/spec/network.h"
#include "src/weights/model_file.h"
#include "tests/support/temp_dir.h"
#include "tests/weights/model_mutations.h"

namespace frond::testing {
namespace {

class ModelFileMutations : public ::testing::Test {
 protected:
  // Whether `file` was read.
  bool Try(const std::string& file, const std::string& what) {
    WriteBytes(path, file);
    const Result<ModelFile> model = ReadModelFile(path);
    if (!model.ok()) {
      last_error = model.error().ToString();
      EXPECT_TRUE(last_error.starts_with(path)) << what << ": " << last_error;
      return false;
    }
    for (const TensorSpec& tensor : NetworkTensors(BuildNetwork(model->spec))) {
      const std::span<const float> view = FloatView(*model, tensor.name);
      EXPECT_EQ(static_cast<int64_t>(view.size()), ElementCount(tensor.shape)) << what << ": " << tensor.name;
      float sum = 0;
      for (const float value : view) sum += value;
      last_sum = sum;
    }
    return true;
  }

  TempDir dir;
  std::string path = dir.File("model.safetensors");
  std::string last_error;
  volatile float last_sum = 0;
};

TEST_F(ModelFileMutations, TheSoundFileIsRead) { EXPECT_TRUE(Try(TinyModel(), "sound")) << last_error; }

TEST_F(ModelFileMutations, DamagedFiles) {
  int read = 0;
  int refused = 0;
  ForEachDamagedModel(19,
                      [&](const std::string& file, const std::string& what) { ++(Try(file, what) ? read : refused); });
  EXPECT_GT(read, 100);  // flipped weights are weights
  EXPECT_GT(refused, 1000);
}

TEST_F(ModelFileMutations, HostileSpecs) {
  for (const HostileSpec& spec : HostileSpecs()) {
    const std::string title = spec.json.substr(0, 300);
    const bool read = Try(TinyModelWithSpec(spec.json), title);
    if (spec.says.empty()) continue;
    EXPECT_FALSE(read) << title;
    EXPECT_NE(last_error.substr(path.size()).find(spec.says), std::string::npos)
        << title << "\n"
        << last_error << "\nwants: " << spec.says;
    EXPECT_LT(last_error.size(), 2000U) << title;
    EXPECT_EQ(last_error.find('\x1b'), std::string::npos) << title;
  }
}

}  // namespace
}  // namespace frond::testing
