// The input that a run chooses for the photos it is given.

#include <gtest/gtest.h>

#include "src/base/format.h"
#include "src/train/setup.h"
#include "tests/data/photo_files.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

class TrainingInputTest : public testing::Test {
 protected:
  void Photos(int width, int height) {
    for (int i = 0; i < 16; ++i) {
      WritePattern(dir_.File(StrCat("data/", i % 2 == 0 ? "a" : "b", "/", i, ".png")), i, width, height);
    }
  }
  Preprocessing Input(const std::string& size = "auto", const std::string& fit = "auto") {
    TrainOptions options;
    options.data = dir_.File("data");
    options.out = dir_.File("run");
    options.freeze = "none";
    options.arch = "lite0";  // 224 x 224
    options.size = size;
    options.fit = fit;
    options.threads = 1;
    const auto setup = PrepareRun(options, [](size_t, size_t) {});
    EXPECT_TRUE(setup.ok()) << setup.error().ToString();
    return setup.ok() ? setup->module.spec().preprocessing : Preprocessing{};
  }
  static std::pair<int, int> Sides(const Preprocessing& input) { return {input.height, input.width}; }

 private:
  TempDir dir_;
};

TEST_F(TrainingInputTest, HasTheShapeOfThePhotosAndMorePixelsWhereTheyHaveThem) {
  Photos(512, 256);
  EXPECT_EQ(Sides(Input()), std::pair(192, 384));
  EXPECT_EQ(Input().mode, ResizeMode::kSquash);
  EXPECT_EQ(Input().crop_pct, 1);
}

TEST_F(TrainingInputTest, SmallPhotosAreNotBlownUp) {
  Photos(100, 50);
  EXPECT_EQ(Sides(Input()), std::pair(160, 320)) << "about as many pixels as 224 x 224";
}

TEST_F(TrainingInputTest, SquarePhotosGetASquare) {
  Photos(400, 400);
  EXPECT_EQ(Sides(Input()), std::pair(288, 288));
  EXPECT_EQ(Input().mode, ResizeMode::kCrop);
}

TEST_F(TrainingInputTest, IsWhatTheOptionsSay) {
  Photos(512, 256);
  EXPECT_EQ(Sides(Input("200")), std::pair(200, 200));
  EXPECT_EQ(Sides(Input("64x160")), std::pair(64, 160));
  EXPECT_EQ(Sides(Input("auto", "crop")), std::pair(288, 288)) << "a crop's shape is the user's choice";
}

}  // namespace
}  // namespace frond
