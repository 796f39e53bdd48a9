#include "src/data/audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>

#include "src/data/border_probe.h"
#include "src/data/look.h"
#include "src/image/encode.h"
#include "tests/data/photo_files.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class AuditTest : public testing::Test {
 protected:
  std::string At(const std::string& name) const { return dir_.File("data/" + name); }
  void Pattern(const std::string& name, int width = 48, int height = 48) {
    WritePattern(At(name), ++seed_, width, height);
  }
  // Different photos for each class and split.
  void Fill(int train = 12, int others = 3) {
    for (const char* label : {"a", "b"}) {
      for (const char* split : {"train", "val", "test"}) {
        for (int i = 0; i < (*split == 't' && split[1] == 'r' ? train : others); ++i) {
          Pattern(std::string(split) + "/" + label + "/" + std::to_string(i) + ".png");
        }
      }
    }
  }
  Audit Run(AuditOptions options = {}) {
    Result<Dataset> dataset = ReadDataset(dir_.File("data"));
    EXPECT_TRUE(dataset.ok()) << dataset.error().ToString();
    if (dataset.ok()) dataset_ = std::move(dataset).value();
    return AuditDataset(dataset_, options);
  }
  size_t Index(const std::string& name) const {
    for (size_t i = 0; i < dataset_.samples.size(); ++i) {
      if (dataset_.samples[i].path == At(name)) return i;
    }
    ADD_FAILURE() << name;
    return 0;
  }
  const DuplicatePair* Pair(const Audit& audit, const std::string& a, const std::string& b) const {
    const size_t first = std::min(Index(a), Index(b));
    const size_t second = std::max(Index(a), Index(b));
    for (const DuplicatePair& pair : audit.duplicates) {
      if (pair.first == first && pair.second == second) return &pair;
    }
    return nullptr;
  }

  TempDir dir_;
  Dataset dataset_;
  uint64_t seed_ = 0;
};

// Where in the warnings the first is that holds `words`; npos if none.
size_t Place(const Audit& audit, const std::string& words) {
  for (size_t i = 0; i < audit.warnings.size(); ++i) {
    if (audit.warnings[i].find(words) != std::string::npos) return i;
  }
  return std::string::npos;
}

TEST_F(AuditTest, DifferentPhotosRaiseNothing) {
  Fill(12, 30);
  const Audit audit = Run();
  EXPECT_EQ(audit.photos, 144);
  EXPECT_EQ(audit.classes[1].photos, (std::array<int, 3>{12, 30, 30}));
  EXPECT_TRUE(audit.duplicates.empty());
  EXPECT_TRUE(audit.unreadable.empty());
  EXPECT_EQ(audit.imbalance, 1);
  EXPECT_EQ(audit.resize_mode, ResizeMode::kCrop);
  EXPECT_TRUE(audit.warnings.empty()) << audit.warnings[0];
  EXPECT_NE(AuditToText(audit, dataset_).find("Nothing to warn of"), std::string::npos);
}

TEST_F(AuditTest, CopiesAndNearCopiesAreFoundAcrossSplitsAndLabels) {
  Fill();
  WritePattern(At("train/a/0.png"), 500, 64, 48);
  fs::copy_file(At("train/a/0.png"), At("test/a/copy.png"));
  WritePattern(At("val/b/half.png"), 500, 32, 24);
  fs::copy_file(At("train/b/3.png"), At("train/b/again.png"));
  const Audit audit = Run();
  ASSERT_EQ(audit.duplicates.size(), 3U);
  const DuplicatePair* copy = Pair(audit, "train/a/0.png", "test/a/copy.png");
  ASSERT_NE(copy, nullptr);
  EXPECT_TRUE(copy->exact);
  EXPECT_EQ(copy->distance, 0);
  const DuplicatePair* half = Pair(audit, "train/a/0.png", "val/b/half.png");
  ASSERT_NE(half, nullptr);
  EXPECT_FALSE(half->exact);
  const DuplicatePair* again = Pair(audit, "train/b/3.png", "train/b/again.png");
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(audit.across_splits, 2);
  EXPECT_EQ(audit.across_labels, 1);
  EXPECT_NE(Place(audit, "2 of 14 photos in val and test have a twin in train"), std::string::npos);
  EXPECT_LT(Place(audit, "different splits"), Place(audit, "different labels"));
  EXPECT_LT(Place(audit, "different labels"), Place(audit, "in one split"));
  EXPECT_NE(AuditToText(audit, dataset_).find("the same file"), std::string::npos);

  EXPECT_EQ(Run({.duplicate_bits = -1}).duplicates.size(), 2U) << "the same bytes alone";
}

TEST_F(AuditTest, ManyCopiesArePairedWithOne) {
  Fill();
  for (int i = 0; i < 20; ++i) fs::copy_file(At("train/a/0.png"), At("test/a/copy" + std::to_string(i) + ".png"));
  const Audit audit = Run();
  EXPECT_EQ(audit.duplicates.size(), 20U);
  EXPECT_EQ(audit.across_splits, 20);
  for (const DuplicatePair& pair : audit.duplicates) {
    EXPECT_TRUE(pair.first == Index("train/a/0.png") || pair.second == Index("train/a/0.png"));
  }
}

// Two pictures whose frequencies have the same signs, and so the same hash, but other strengths: photos arranged alike.
TEST_F(AuditTest, TheSameHashAloneIsNoDuplicate) {
  Fill();
  for (const size_t strong : {0, 1}) {
    WritePng(At(strong == 0 ? "train/a/x.png" : "val/b/x.png"), 64, 64, [strong](int x, int y) {
      double value = 128;
      size_t k = 0;
      for (int sum = 1; sum <= 10; ++sum) {
        for (int v = 0; v <= sum && k < 64; ++v, ++k) {
          const double sign = k % 2 == 0 ? 1 : -1;
          value += sign * (k / 2 % 2 == strong ? 8 : 2) * std::cos(std::numbers::pi / 64 * (x + 0.5) * (sum - v)) *
                   std::cos(std::numbers::pi / 64 * (y + 0.5) * v);
        }
      }
      const auto grey = static_cast<uint8_t>(std::clamp(value, 0.0, 255.0));
      return Colour{grey, grey, grey};
    });
  }
  Result<Dataset> dataset = ReadDataset(dir_.File("data"));
  ASSERT_TRUE(dataset.ok());
  const std::vector<Look> looks = LookAtAll(*dataset, 1, nullptr);
  dataset_ = std::move(dataset).value();
  const Look& first = looks[Index("train/a/x.png")];
  const Look& second = looks[Index("val/b/x.png")];
  ASSERT_LE(std::popcount(first.hash ^ second.hash), 4);
  ASSERT_LT(Correlation(first.luma, second.luma), 0.9);
  EXPECT_TRUE(Run().duplicates.empty());
}

TEST_F(AuditTest, BrokenPhotosAreNamedWithTheirReasons) {
  Fill();
  fs::resize_file(At("train/a/3.png"), 200);
  WriteText(At("val/b/text.jpg"), "no photo");
  WriteText(At("val/b/empty.webp"), "");
  const Audit audit = Run();
  ASSERT_EQ(audit.unreadable.size(), 3U);
  EXPECT_EQ(audit.unreadable[0].sample, Index("train/a/3.png"));
  EXPECT_NE(audit.unreadable[1].error.message.find("empty"), std::string::npos);
  EXPECT_NE(audit.unreadable[2].error.message.find("no photo"), std::string::npos);
  EXPECT_EQ(audit.photos, 38);
  EXPECT_EQ(audit.classes[0].photos[0], 11);
  EXPECT_NE(Place(audit, "3 of 38 photos cannot be read"), std::string::npos);
  EXPECT_NE(AuditToText(audit, dataset_).find("train/a/3.png: "), std::string::npos);
}

TEST_F(AuditTest, PhotosThatVanishAfterListingAreUnreadable) {
  Fill();
  Run();
  fs::remove_all(dir_.File("data"));
  const Audit audit = AuditDataset(dataset_, {});
  EXPECT_EQ(audit.unreadable.size(), dataset_.samples.size());
  EXPECT_EQ(audit.unreadable[0].error.code, ErrorCode::kNotFound);
  EXPECT_EQ(Place(audit, "train has no readable photo of a, b"), 0U);
  EXPECT_FALSE(AuditToText(audit, dataset_).empty());
  EXPECT_TRUE(Json::accept(AuditToJson(audit, dataset_)));
}

TEST_F(AuditTest, SmallAndUnequalClassesAreWarnedOf) {
  Fill(4);
  for (int i = 4; i < 40; ++i) Pattern("train/b/" + std::to_string(i) + ".png");
  const Audit audit = Run();
  EXPECT_EQ(audit.imbalance, 10);
  EXPECT_NE(Place(audit, "40 photos of b and 4 of a"), std::string::npos);
  EXPECT_NE(Place(audit, "1 class has fewer than 10 photos in train: a (4)"), std::string::npos);
  EXPECT_EQ(Place(Run({.tiny_class = 4}), "fewer than"), std::string::npos);
  EXPECT_NE(Place(audit, "val has 6 photos: an accuracy of 90 % measured there is uncertain by 24 points"),
            std::string::npos);
}

// A grey disc on a background whose colour varies about 120, and by `shift` more for class b.
void Backgrounds(const std::string& root, int shift) {
  Random random({3});
  for (int i = 0; i < 80; ++i) {
    const std::string label = i % 2 == 0 ? "a" : "b";
    const int colour = 120 + static_cast<int>(random.Below(20)) + (i % 2 == 0 ? 0 : shift);
    WritePng(root + "/" + label + "/" + std::to_string(i) + ".png", 64, 64, [&](int x, int y) {
      const bool inside = (x - 32) * (x - 32) + (y - 32) * (y - 32) < 400;
      const int noise = static_cast<int>(random.Below(12));
      const auto value = static_cast<uint8_t>(noise + (inside ? (i % 2 == 0 ? 40 : 220) : colour));
      return Colour{value, value, static_cast<uint8_t>(value / 2)};
    });
  }
}

TEST_F(AuditTest, BackgroundsThatTellTheClassAreFound) {
  Backgrounds(dir_.File("data"), 40);
  const Audit audit = Run();
  EXPECT_GT(audit.border_accuracy, 0.95);
  EXPECT_EQ(audit.majority_accuracy, 0.5);
  EXPECT_NE(Place(audit, "the border tells the class"), std::string::npos);
}

TEST_F(AuditTest, WhatOnlyTheMiddleTellsIsNoFault) {
  Backgrounds(dir_.File("data"), 0);
  const Audit audit = Run();
  EXPECT_NEAR(audit.border_accuracy, 0.5, 0.17);
  EXPECT_EQ(Place(audit, "the border tells the class"), std::string::npos);
}

TEST(BorderProbeTest, ChanceIsNoFinding) {
  EXPECT_TRUE((BorderProbe{80, 0.7, 0.5}.TellsClass()));
  EXPECT_FALSE((BorderProbe{80, 0.65, 0.5}.TellsClass())) << "within three standard errors";
  EXPECT_FALSE((BorderProbe{10'000, 0.58, 0.5}.TellsClass())) << "certain, but little";
  EXPECT_FALSE((BorderProbe{10, 1.0, 0.5}.TellsClass())) << "too few photos to say";
}

TEST_F(AuditTest, BlankPhotosAreNamedAndNoNearDuplicates) {
  Fill();
  for (int i = 0; i < 3; ++i) {
    // A lens cap: hardly any light, but of one course, in which the three would correlate.
    WritePng(At("train/a/blank" + std::to_string(i) + ".png"), 42, 42, [i](int x, int) {
      const auto grey = static_cast<uint8_t>(10 + 5 * i + x / 14);
      return Colour{grey, grey, grey};
    });
  }
  const Audit audit = Run();
  EXPECT_TRUE(audit.duplicates.empty());
  EXPECT_NE(Place(audit, "3 photos are of one colour"), std::string::npos);
}

TEST_F(AuditTest, LongPhotosAskForAnotherResize) {
  for (int i = 0; i < 12; ++i) {
    Pattern("a/" + std::to_string(i) + ".png", 128, 64);
    Pattern("b/" + std::to_string(i) + ".png", 128, 64);
  }
  const Audit audit = Run();
  EXPECT_EQ(audit.resize_mode, ResizeMode::kSquash);
  EXPECT_EQ(audit.photo_pixels, 128 * 64);
  EXPECT_DOUBLE_EQ(audit.proportions[0], 2);
  EXPECT_NE(Place(audit, "discard 50 %"), std::string::npos);
}

TEST_F(AuditTest, AJpegIsMeasuredAsItIsStored) {
  Image photo = Image::Create(1600, 800).value();  // large enough for a draft
  std::ranges::fill(photo.pixels(), uint8_t{90});
  const Look look = LookAt(EncodeJpeg(photo).value(), DecodeOptions{}.max_pixels);
  EXPECT_EQ(look.width, 1600);
  EXPECT_EQ(look.height, 800);
}

TEST_F(AuditTest, ThreadsChangeNothingAndProgressReachesTheEnd) {
  Fill(40);
  fs::copy_file(At("train/a/0.png"), At("test/b/copy.png"));
  const Audit one = Run({.threads = 1});
  size_t last = 0;
  const Audit more = AuditDataset(dataset_, {.threads = 4}, [&](size_t done, size_t of) {
    EXPECT_GT(done, last);
    last = done;
    EXPECT_EQ(of, dataset_.samples.size());
  });
  EXPECT_EQ(last, dataset_.samples.size());
  EXPECT_EQ(AuditToJson(one, dataset_), AuditToJson(more, dataset_));
}

TEST_F(AuditTest, StrangeNamesDoNotSteerTheTerminalNorBreakTheJson) {
  Fill();
  Pattern("train/a/\x1b[2J\n.png");
  WriteText(At("train/b/\xff\xfe.png"), "x");
  fs::copy_file(At("train/a/\x1b[2J\n.png"), At("val/b/twin\xc2\x9b.png"));
  const Audit audit = Run();
  const std::string text = AuditToText(audit, dataset_);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
  EXPECT_NE(text.find("\xef\xbf\xbd[2J\xef\xbf\xbd.png"), std::string::npos);  // replaced by Printable
  const Json json = Json::parse(AuditToJson(audit, dataset_));
  EXPECT_EQ(json["duplicates"]["pairs"].size(), 1U);
}

TEST_F(AuditTest, JsonHoldsEverythingWithPaths) {
  Fill();
  WriteText(At("val/b/broken.jpg"), "x");
  WriteText(At("notes.txt"), "x");
  fs::copy_file(At("train/a/0.png"), At("test/b/copy.png"));
  const Audit audit = Run();
  const Json json = Json::parse(AuditToJson(audit, dataset_));
  EXPECT_EQ(json["form"], "split folders");
  EXPECT_EQ(json["photos"], 38);
  EXPECT_EQ(json["classes"][0], (Json{{"label", "a"}, {"train", 12}, {"val", 3}, {"test", 3}}));
  EXPECT_EQ(json["unreadable"][0]["path"], At("val/b/broken.jpg"));
  EXPECT_EQ(json["unreadable"][0]["error"]["code"], "bad_format");
  EXPECT_EQ(json["duplicates"]["across_splits"], 1);
  const Json& pair = json["duplicates"]["pairs"][0];
  EXPECT_EQ(pair["first"], (Json{{"path", At("train/a/0.png")}, {"label", "a"}, {"split", "train"}}));
  EXPECT_EQ(pair["second"]["path"], At("test/b/copy.png"));
  EXPECT_EQ(pair["exact"], true);
  EXPECT_EQ(json["border"]["majority"], 0.5135135135135135);
  EXPECT_EQ(json["resize"]["mode"], "crop");
  EXPECT_EQ(json["warnings"].size(), audit.warnings.size());
  EXPECT_NE(json["reading"][0].get<std::string>().find(".txt"), std::string::npos);
}

}  // namespace
}  // namespace frond
