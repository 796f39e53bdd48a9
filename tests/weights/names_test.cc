// The name maps against what the libraries themselves call their tensors:
// tests/weights/names/ was printed by each library, "name shape dtype" a line.

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "src/weights/identify.h"

namespace frond {
namespace {

struct Listing {
  const char* file;
  const char* library;
  const char* spec;
};

// A TensorFile without data: identification looks at names and shapes alone.
TensorFile ReadListing(const std::string& path) {
  TensorFile file;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    StoredTensor tensor;
    std::string shape;
    words >> tensor.name >> shape;
    if (shape != "scalar") {
      std::istringstream extents(shape);
      for (std::string extent; std::getline(extents, extent, 'x');) tensor.shape.push_back(std::stoll(extent));
    }
    file.tensors.push_back(std::move(tensor));
  }
  return file;
}

class Names : public testing::TestWithParam<Listing> {};

TEST_P(Names, AreThoseOfTheLibrary) {
  const TensorFile file = ReadListing(std::string(FROND_NAMES_DIR "/") + GetParam().file + ".txt");
  ASSERT_GT(file.tensors.size(), 100u);
  const Result<Identification> found = Identify(file, "/nowhere/weights.pth", "");
  ASSERT_TRUE(found.ok()) << found.error().ToString();
  EXPECT_EQ(found->library, GetParam().library);
  EXPECT_EQ(found->spec.name, GetParam().spec);
  EXPECT_EQ(found->spec.num_classes, 1000);
  EXPECT_EQ(found->tensors.size(), NetworkTensors(BuildNetwork(found->spec)).size());
}

INSTANTIATE_TEST_SUITE_P(
    Libraries, Names,
    testing::Values(Listing{"timm_efficientnet_b0", "timm", "efficientnet_b0"},
                    Listing{"timm_efficientnet_b8", "timm", "efficientnet_b8"},
                    Listing{"timm_efficientnetv2_s", "timm", "efficientnetv2_s"},
                    Listing{"timm_tf_efficientnet_lite0", "timm", "efficientnet_lite0"},
                    Listing{"timm_tf_efficientnetv2_b0", "timm", "tf_efficientnetv2_b0"},
                    Listing{"torchvision_efficientnet_b0", "torchvision", "torchvision_efficientnet_b0"},
                    Listing{"torchvision_efficientnet_v2_s", "torchvision", "torchvision_efficientnetv2_s"},
                    Listing{"efficientnet_pytorch_b0", "efficientnet_pytorch", "tf_efficientnet_b0"},
                    Listing{"efficientnet_lite_pytorch_lite0", "efficientnet_pytorch", "tf_efficientnet_lite0"},
                    Listing{"keras_EfficientNetB0", "keras", "tf_efficientnet_b0"},
                    Listing{"keras_EfficientNetV2B0", "keras", "tf_efficientnetv2_b0"},
                    Listing{"keras_EfficientNetV2S", "keras", "tf_efficientnetv2_s"}),
    [](const auto& listing) { return std::string(listing.param.file); });

TEST(Dialects, LitesOfEfficientNetLitePyTorchAreCroppedAlike) {
  const TensorFile file = ReadListing(FROND_NAMES_DIR "/efficientnet_lite_pytorch_lite2.txt");
  const Result<Identification> found = Identify(file, "/nowhere/weights.pth", "");
  ASSERT_TRUE(found.ok()) << found.error().ToString();
  EXPECT_EQ(found->spec.preprocessing.crop_pct, 0.875);
  EXPECT_EQ(FindSpec("tf_efficientnet_lite2").value().preprocessing.crop_pct, 0.89);
}

TEST(Layouts, KerasKernelsComeInPyTorchOrder) {
  // Element value = its index in PyTorch's order O, I, H, W; stored H, W, I, O.
  const Shape shape = {2, 3, 2, 2};
  std::vector<float> stored;
  for (int h = 0; h < 2; ++h)
    for (int w = 0; w < 2; ++w)
      for (int i = 0; i < 3; ++i)
        for (int o = 0; o < 2; ++o) stored.push_back(static_cast<float>(((o * 3 + i) * 2 + h) * 2 + w));
  const std::vector<float> values = ToPyTorchOrder(stored, shape, Layout::kHwio);
  for (size_t n = 0; n < values.size(); ++n) EXPECT_EQ(values[n], static_cast<float>(n));
}

TEST(Layouts, DepthwiseAndDenseToo) {
  // H x W x C x 1 of 1 x 2 x 3 x 1, and 2 x 3 transposed.
  EXPECT_EQ(ToPyTorchOrder({0, 2, 4, 1, 3, 5}, {3, 1, 1, 2}, Layout::kHwc1), (std::vector<float>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(ToPyTorchOrder({0, 3, 1, 4, 2, 5}, {2, 3}, Layout::kTransposed), (std::vector<float>{0, 1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace frond
