// Every instruction set of this machine against the scalar engine, through whole networks of the family, at odd sizes
// and batches.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "frond/model.h"
#include "src/base/isa.h"
#include "tests/engine/saved_model.h"
#include "tests/support/golden_file.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

struct Size {
  int count, height, width;
};

class FamiliesTest : public testing::TestWithParam<const char*> {
 protected:
  void TearDown() override { unsetenv("FROND_ISA"); }

  std::vector<float> Logits(const std::string& path, Isa isa, const Size& size,
                            Precision precision = Precision::kFloat32) const {
    setenv("FROND_ISA", std::string(IsaName(isa)).c_str(), 1);
    const Result<Model> model = Model::Load(path, {precision});
    EXPECT_TRUE(model.ok()) << model.error().ToString();
    Result<Session> session = Session::Create(*model, {2});
    const auto images = GeneratedValues("input", size_t{3} * size.count * size.height * size.width, -2, 2);
    std::vector<float> logits(static_cast<size_t>(size.count) * model->output_size());
    const Status status = session->Run({images, size.count, size.height, size.width}, logits);
    EXPECT_TRUE(status.ok()) << status.error().ToString();
    return logits;
  }
};

TEST_P(FamiliesTest, LogitsEqualTheScalarEngines) {
  const TempDir dir;
  const std::string path = dir.File("model.safetensors");
  SaveGeneratedModel(FindSpec(GetParam()).value(), path);
  for (const Size& size : {Size{1, 64, 64}, Size{3, 37, 61}}) {
    const std::vector<float> expected = Logits(path, Isa::kScalar, size);
    float largest = 0;
    for (const float value : expected) largest = std::max(largest, std::abs(value));
    ASSERT_GT(largest, 0.1f);
    const auto difference_of = [&](const std::vector<float>& logits) {
      float difference = 0;
      for (size_t i = 0; i < logits.size(); ++i) difference = std::max(difference, std::abs(logits[i] - expected[i]));
      return difference / largest;
    };
    for (const Isa isa : AvailableIsas()) {
      const float difference = difference_of(Logits(path, isa, size));
      EXPECT_LE(difference, 2e-5f) << IsaName(isa) << " at " << size.height << "x" << size.width;
      RecordProperty(std::string(IsaName(isa)) + "_relative_error", std::to_string(difference));
    }
    const float rounded = difference_of(Logits(path, AvailableIsas().back(), size, Precision::kBfloat16));
    EXPECT_LE(rounded, 0.1f) << "bf16 at " << size.height << "x" << size.width;
    EXPECT_GT(rounded, 1e-4f) << "bf16 rounds nothing";
    RecordProperty("bf16_relative_error", std::to_string(rounded));
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, FamiliesTest,
                         testing::Values("b0", "tf_efficientnet_b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "lite0",
                                         "lite1", "lite2", "lite3", "lite4", "v2-s", "v2-m", "tf_efficientnetv2_b0",
                                         "tf_efficientnetv2_b1", "tf_efficientnetv2_b2", "tf_efficientnetv2_b3"),
                         [](const auto& test) {
                           std::string name = test.param;
                           for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

}  // namespace
}  // namespace frond
