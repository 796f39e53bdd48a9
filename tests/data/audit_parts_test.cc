#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "src/data/content_hash.h"
#include "src/data/linear_discriminant.h"
#include "src/data/perceptual_hash.h"
#include "src/data/random.h"
#include "src/data/resize_advice.h"

namespace frond {
namespace {

// The lines of tests/golden/audit.txt that begin with `kind`, without it.
std::vector<std::string> GoldenLines(const std::string& kind) {
  std::ifstream file(FROND_GOLDEN_DIR "/audit.txt");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kind + " ")) lines.push_back(line.substr(kind.size() + 1));
  }
  return lines;
}

// As in tools/goldens/make_audit.py.
HashPicture PictureOf(uint64_t seed) {
  Random random({seed});
  int grid[5][5];
  for (auto& row : grid) {
    for (int& value : row) value = static_cast<int>(random.Below(256));
  }
  HashPicture picture;
  for (size_t y = 0; y < kHashSide; ++y) {
    for (size_t x = 0; x < kHashSide; ++x) {
      const size_t i = y / 8;
      const size_t j = x / 8;
      const int u = static_cast<int>(x % 8);
      const int v = static_cast<int>(y % 8);
      const int upper = grid[i][j] * (8 - u) + grid[i][j + 1] * u;
      const int lower = grid[i + 1][j] * (8 - u) + grid[i + 1][j + 1] * u;
      picture[y * kHashSide + x] = static_cast<uint8_t>((upper * (8 - v) + lower * v) / 64);
    }
  }
  return picture;
}

TEST(PerceptualHashTest, AgreesWithSciPysTransform) {
  int count = 0;
  for (const std::string& line : GoldenLines("hash")) {
    std::istringstream words(line);
    uint64_t seed = 0;
    uint64_t hash = 0;
    words >> seed >> std::hex >> hash;
    EXPECT_EQ(PerceptualHash(PictureOf(seed)), hash) << line;
    ++count;
  }
  EXPECT_EQ(count, 24);
}

TEST(PerceptualHashTest, BrightnessAndContrastChangeLittle) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const HashPicture picture = PictureOf(seed);
    HashPicture faded;
    for (size_t i = 0; i < picture.size(); ++i) faded[i] = static_cast<uint8_t>(60 + picture[i] / 2);
    EXPECT_LE(std::popcount(PerceptualHash(picture) ^ PerceptualHash(faded)), 4);
    EXPECT_GT(Correlation(picture, faded), 0.999);
    const int others = std::popcount(PerceptualHash(picture) ^ PerceptualHash(PictureOf(seed + 100)));
    EXPECT_GT(others, 10);
  }
}

TEST(PerceptualHashTest, OneColourIsBlank) {
  HashPicture picture;
  picture.fill(200);
  EXPECT_TRUE(IsBlank(picture));
  EXPECT_EQ(Correlation(picture, PictureOf(1)), 0);
  for (size_t i = 0; i < picture.size(); ++i) picture[i] = static_cast<uint8_t>(200 + i % 3);
  EXPECT_TRUE(IsBlank(picture)) << "a sensor's noise";
  EXPECT_FALSE(IsBlank(PictureOf(1)));
}

// Hashes in clusters, so that there are pairs at every distance.
std::vector<uint64_t> Clusters(size_t count) {
  Random random({9});
  std::vector<uint64_t> hashes;
  while (hashes.size() < count) {
    const uint64_t centre = random.Bits();
    for (int i = 0; i < 5; ++i) {
      uint64_t hash = centre;
      for (uint64_t flips = random.Below(8); flips > 0; --flips) hash ^= uint64_t{1} << random.Below(64);
      hashes.push_back(hash);
    }
  }
  return hashes;
}

TEST(NearPairsTest, FindsWhatComparingAllFinds) {
  const std::vector<uint64_t> hashes = Clusters(400);
  for (const int bits : {0, 1, 6, 10, 13, 64}) {
    std::vector<std::pair<size_t, size_t>> expected;
    for (size_t i = 0; i < hashes.size(); ++i) {
      for (size_t j = i + 1; j < hashes.size(); ++j) {
        if (std::popcount(hashes[i] ^ hashes[j]) <= bits) expected.emplace_back(i, j);
      }
    }
    const auto all = [](size_t, size_t) { return true; };
    EXPECT_EQ(NearPairs(hashes, bits, SIZE_MAX, all), expected) << bits;
    EXPECT_EQ(NearPairs(hashes, bits, 7, all).size(), std::min<size_t>(7, expected.size()));
    const auto even = [](size_t i, size_t j) { return (i + j) % 2 == 0; };
    std::erase_if(expected, [&](const auto& pair) { return !even(pair.first, pair.second); });
    EXPECT_EQ(NearPairs(hashes, bits, SIZE_MAX, even), expected) << bits;
  }
  EXPECT_TRUE(NearPairs(hashes, -1, SIZE_MAX, [](size_t, size_t) { return true; }).empty());
}

TEST(ContentHashTest, EveryBitAndTheLengthCount) {
  Random random({4});
  for (const size_t size : {0, 1, 15, 16, 17, 100}) {
    std::vector<std::byte> content(size);
    for (std::byte& byte : content) byte = static_cast<std::byte>(random.Bits());
    const ContentHash hash = HashContent(content);
    EXPECT_EQ(HashContent(content), hash);
    std::set<std::pair<uint64_t, uint64_t>> seen = {{hash.low, hash.high}};
    double flipped = 0;
    for (size_t bit = 0; bit < 8 * size; ++bit) {
      content[bit / 8] ^= std::byte{1} << bit % 8;
      const ContentHash other = HashContent(content);
      content[bit / 8] ^= std::byte{1} << bit % 8;
      EXPECT_TRUE(seen.insert({other.low, other.high}).second) << size << " " << bit;
      flipped += std::popcount(other.low ^ hash.low) + std::popcount(other.high ^ hash.high);
    }
    if (size > 0) {
      EXPECT_NEAR(flipped / static_cast<double>(8 * size), 64, 4) << size;  // half of the bits
    }
    content.push_back(std::byte{0});  // as the last block is filled up
    EXPECT_NE(HashContent(content).low, hash.low);
  }
}

// A product with a zero factor must not forget what came before: files of mostly zeros differ.
TEST(ContentHashTest, ZerosKeepWhatCameBefore) {
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (size_t at = 0; at < 512; ++at) {
    std::vector<std::byte> content(512);
    content[at] = std::byte{1};
    const ContentHash hash = HashContent(content);
    EXPECT_TRUE(seen.insert({hash.low, hash.high}).second) << at;
  }
}

// Blocks chosen to make a factor zero, in turn for each lane.
TEST(ContentHashTest, BlocksThatCancelAConstantDoNotCollide) {
  const uint64_t constants[] = {0x6a09e667f3bcc909, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1};
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (const uint64_t constant : constants) {
    for (uint64_t other = 0; other < 100; ++other) {
      for (const bool first : {true, false}) {
        const uint64_t block[4] = {first ? constant : other, first ? other : constant, 0, 0};
        std::vector<std::byte> content(sizeof(block));
        std::memcpy(content.data(), block, sizeof(block));
        const ContentHash hash = HashContent(content);
        EXPECT_TRUE(seen.insert({hash.low, hash.high}).second);
      }
    }
  }
}

TEST(LinearDiscriminantTest, AgreesWithScikitLearn) {
  int count = 0;
  for (const std::string& line : GoldenLines("discriminant")) {
    std::istringstream words(line);
    uint64_t seed = 0;
    size_t rows = 0;
    size_t columns = 0;
    int classes = 0;
    std::string expected;
    words >> seed >> rows >> columns >> classes >> expected;
    Random random({seed});
    std::vector<float> features;
    std::vector<int> labels;
    std::vector<int> folds;
    for (size_t n = 0; n < rows; ++n) {
      labels.push_back(static_cast<int>(random.Below(static_cast<uint64_t>(classes))));
      folds.push_back(static_cast<int>(n * 5 / rows));
      for (int d = 0; d < static_cast<int>(columns); ++d) {
        const bool stands_out = d == labels.back() || d == labels.back() + 1;
        features.push_back(static_cast<float>(random.Uniform() + (stands_out ? 0.5 : 0)));
      }
    }
    std::string given;
    for (const int label : CrossValidatedClasses({features, columns, labels, folds, classes, 5}))
      given += std::to_string(label);
    EXPECT_EQ(given, expected) << line;
    ++count;
  }
  EXPECT_EQ(count, 3);
}

TEST(LinearDiscriminantTest, FeaturesWithoutContentDoNoHarm) {
  const std::vector<float> features(30, 7);  // constant
  std::vector<int> labels = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1};
  std::vector<int> folds = {0, 1, 2, 3, 4, 0, 1, 2, 3, 4};
  for (const int label : CrossValidatedClasses({features, 3, labels, folds, 2, 5})) EXPECT_EQ(label, 0);
  folds.assign(10, 0);  // nothing is left to fit
  EXPECT_EQ(CrossValidatedClasses({features, 3, labels, folds, 2, 5}).size(), 10U);
}

TEST(ResizeAdviceTest, WhatTheProportionsAskFor) {
  const auto mixed = [](double a, double b) {
    std::vector<double> ratios(50, a);
    ratios.insert(ratios.end(), 50, b);
    return AdviseResize(ratios);
  };
  EXPECT_EQ(mixed(1, 1).mode, ResizeMode::kCrop);
  EXPECT_EQ(mixed(0.9, 1.1).mode, ResizeMode::kCrop);
  EXPECT_EQ(mixed(4.0 / 3, 4.0 / 3).mode, ResizeMode::kSquash);
  EXPECT_EQ(mixed(4.0 / 3, 3.0 / 4).mode, ResizeMode::kSquash);
  EXPECT_EQ(mixed(2, 2).mode, ResizeMode::kSquash);
  EXPECT_EQ(mixed(2, 0.5).mode, ResizeMode::kPad);
  EXPECT_EQ(mixed(16.0 / 9, 9.0 / 16).mode, ResizeMode::kPad);
  EXPECT_EQ(mixed(4, 4).mode, ResizeMode::kPad);
  EXPECT_EQ(mixed(0.25, 0.25).mode, ResizeMode::kPad);
  EXPECT_EQ(AdviseResize({}).mode, ResizeMode::kCrop);

  const ResizeAdvice leaves = mixed(2, 2);
  EXPECT_NE(leaves.reason.find("discard 50 %"), std::string::npos) << leaves.reason;
  EXPECT_EQ(leaves.input_shape, 2);
  EXPECT_EQ(mixed(0.75, 0.75).input_shape, 0.75) << "photos on end";
  EXPECT_EQ(mixed(4.0 / 3, 3.0 / 4).input_shape, 1) << "both ways round";
  EXPECT_EQ(mixed(4, 4).input_shape, 1);
  EXPECT_EQ(mixed(0.95, 1.05).input_shape, 1);
  EXPECT_NEAR(leaves.proportions[1], 2, 1e-9);
  std::vector<double> nearly_all(95, 1.0);
  nearly_all.insert(nearly_all.end(), 5, 6.0);
  EXPECT_EQ(AdviseResize(nearly_all).mode, ResizeMode::kCrop) << "one in twenty is no reason";
}

}  // namespace
}  // namespace frond
