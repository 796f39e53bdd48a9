// Damaged and hostile model files, loaded and run: whatever the engine accepts
// runs to its end at any size.

#include <gtest/gtest.h>

#include "frond/model.h"
#include "tests/support/temp_dir.h"
#include "tests/weights/model_mutations.h"

namespace frond::testing {
namespace {

class ModelMutations : public ::testing::Test {
 protected:
  // Whether `file` was loaded; if so it was run.
  bool Try(const std::string& file, const std::string& what) {
    constexpr int kSide = 8;  // px
    WriteBytes(path, file);
    const Result<Model> model = Model::Load(path);
    if (!model.ok()) {
      EXPECT_FALSE(model.error().message.empty()) << what;
      return false;
    }
    Result<Session> session = Session::Create(*model, {1});
    EXPECT_TRUE(session.ok()) << what;
    const std::vector<float> image(size_t{3} * kSide * kSide, 0.5F);
    std::vector<float> out(static_cast<size_t>(model->output_size()));
    const Status ran = session->Run({image, 1, kSide, kSide}, out);
    EXPECT_TRUE(ran.ok()) << what << ": " << ran.error().ToString();
    return true;
  }

  TempDir dir;
  std::string path = dir.File("model.safetensors");
};

TEST_F(ModelMutations, TheSoundFileRuns) { EXPECT_TRUE(Try(TinyModel(), "sound")); }

TEST_F(ModelMutations, DamagedFilesAreRefusedOrRun) {
  int ran = 0;
  ForEachDamagedModel(43, [&](const std::string& file, const std::string& what) { ran += Try(file, what) ? 1 : 0; });
  EXPECT_GT(ran, 100);
}

TEST_F(ModelMutations, HostileSpecsAreRefusedOrRun) {
  for (const HostileSpec& spec : HostileSpecs()) {
    const std::string title = spec.json.substr(0, 300);
    const bool ran = Try(TinyModelWithSpec(spec.json), title);
    EXPECT_TRUE(!ran || spec.says.empty()) << title;
  }
}

}  // namespace
}  // namespace frond::testing
