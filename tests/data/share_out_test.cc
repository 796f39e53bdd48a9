#include <gtest/gtest.h>

#include <map>
#include <set>

#include "src/data/dataset.h"
#include "src/data/natural_order.h"
#include "tests/data/photo_files.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

// Data sets of empty files, a name each.
class ShareOutTest : public testing::Test {
 protected:
  void Add(const std::string& name) { WriteText(dir_.File(name), ""); }
  Dataset Read(const DatasetOptions& options) {
    Result<Dataset> dataset = ReadDataset(dir_.path().string(), options);
    EXPECT_TRUE(dataset.ok()) << dataset.error().ToString();
    return dataset.ok() ? std::move(dataset).value() : Dataset{};
  }
  TempDir dir_;
};

using Three = std::array<int, 3>;

Three Counts(const Dataset& dataset, int label) {
  Three counts = {};
  for (const Sample& sample : dataset.samples) {
    if (sample.labels[0] == label) ++counts[static_cast<size_t>(sample.split)];
  }
  return counts;
}

std::vector<Split> SplitsOf(const Dataset& dataset) {
  std::vector<Split> splits;
  for (const Sample& sample : dataset.samples) splits.push_back(sample.split);
  return splits;
}

void ExpectGroupsTogether(const Dataset& dataset) {
  std::map<std::string, std::set<Split>> splits_of;
  for (const Sample& sample : dataset.samples) splits_of[sample.group].insert(sample.split);
  for (const auto& [group, splits] : splits_of) EXPECT_EQ(splits.size(), 1U) << group;
}

TEST_F(ShareOutTest, EveryClassIsDividedAsTheSharesSay) {
  for (int i = 0; i < 100; ++i) Add("a/" + std::to_string(i) + ".jpg");
  for (int i = 0; i < 20; ++i) Add("b/" + std::to_string(i) + ".jpg");
  for (const SplitMethod method : {SplitMethod::kBlocks, SplitMethod::kRandom}) {
    const Dataset dataset = Read({.val_share = 0.2, .test_share = 0.1, .method = method});
    EXPECT_EQ(Counts(dataset, 0), (Three{70, 20, 10}));
    EXPECT_EQ(Counts(dataset, 1), (Three{14, 4, 2}));
    EXPECT_TRUE(dataset.warnings.empty());
  }
}

TEST_F(ShareOutTest, SmallClassesGetOneInEachSplit) {
  for (int size = 1; size <= 12; ++size) {
    for (int i = 0; i < size; ++i) Add(std::to_string(100 + size) + "/" + std::to_string(i) + ".jpg");
  }
  for (const SplitMethod method : {SplitMethod::kBlocks, SplitMethod::kRandom}) {
    for (const double share : {0.01, 0.15, 0.45}) {
      const Dataset both = Read({.val_share = share, .test_share = share, .method = method});
      const Dataset val = Read({.val_share = share, .test_share = 0, .method = method});
      for (int size = 1; size <= 12; ++size) {
        const Three counts = Counts(both, size - 1);
        EXPECT_GE(counts[0], 1) << size;
        if (size >= 3) {
          EXPECT_TRUE(counts[1] >= 1 && counts[2] >= 1) << size << " " << share;
        }
        EXPECT_EQ(counts[0] + counts[1] + counts[2], size);
        const Three halves = Counts(val, size - 1);
        EXPECT_GE(halves[0], 1);
        EXPECT_EQ(halves[2], 0);
        if (size >= 2) {
          EXPECT_GE(halves[1], 1) << size;
        }
      }
    }
  }
  const Dataset none = Read({.val_share = 0, .test_share = 0});
  EXPECT_EQ(none.Indices(Split::kTrain).size(), none.samples.size());
  EXPECT_FALSE(Read({}).warnings.empty()) << "classes of one photo are in no val";
}

TEST_F(ShareOutTest, BlocksFollowTheOrderOfNumbers) {
  for (int i = 0; i < 40; ++i) {
    Add("a/IMG_" + std::to_string(i) + ".jpg");
    Add("b/IMG_" + std::to_string(i) + ".jpg");
  }
  const Dataset dataset = Read({.val_share = 0.25, .test_share = 0.25});
  for (const Sample& sample : dataset.samples) {
    const int number = std::stoi(sample.path.substr(sample.path.rfind('_') + 1));
    EXPECT_EQ(sample.split, number < 20 ? Split::kTrain : number < 30 ? Split::kVal : Split::kTest) << sample.path;
  }
}

TEST_F(ShareOutTest, RandomSplitsDependOnTheSeedAlone) {
  for (int i = 0; i < 60; ++i) {
    Add("a/" + std::to_string(i) + ".jpg");
    Add("b/" + std::to_string(i) + ".jpg");
  }
  const DatasetOptions one = {.method = SplitMethod::kRandom, .seed = 1};
  const DatasetOptions two = {.method = SplitMethod::kRandom, .seed = 2};
  EXPECT_EQ(SplitsOf(Read(one)), SplitsOf(Read(one)));
  EXPECT_NE(SplitsOf(Read(one)), SplitsOf(Read(two)));
  EXPECT_NE(SplitsOf(Read(one)), SplitsOf(Read({})));
  const std::vector<Split> splits = SplitsOf(Read(one));
  EXPECT_NE(std::vector<Split>(splits.begin(), splits.begin() + 60),
            std::vector<Split>(splits.begin() + 60, splits.end()))
      << "each class has a shuffle of its own";
}

// Groups of random sizes, some of one class, some of several.
TEST_F(ShareOutTest, GroupsNeverCrossSplitsAndSharesStayNear) {
  Random random({5});
  std::array<int, 3> sizes = {};
  for (int group = 0; group < 90; ++group) {
    const bool mixed = group % 3 == 0;
    const uint64_t photos = 1 + random.Below(8);
    for (uint64_t i = 0; i < photos; ++i) {
      const auto label = mixed ? random.Below(3) : static_cast<uint64_t>(group) / 3 % 3;
      ++sizes[label];
      Add(std::string(1, static_cast<char>('a' + label)) + "/plant" + std::to_string(group) + "_" + std::to_string(i) +
          ".jpg");
    }
  }
  for (const SplitMethod method : {SplitMethod::kBlocks, SplitMethod::kRandom}) {
    for (uint64_t seed = 0; seed < 5; ++seed) {
      const Dataset dataset =
          Read({.val_share = 0.2, .test_share = 0.2, .method = method, .seed = seed, .group_pattern = "(plant\\d+)_"});
      ExpectGroupsTogether(dataset);
      for (int label = 0; label < 3; ++label) {
        const Three counts = Counts(dataset, label);
        EXPECT_NEAR(counts[1], 0.2 * sizes[static_cast<size_t>(label)], 8);
        EXPECT_NEAR(counts[2], 0.2 * sizes[static_cast<size_t>(label)], 8);
      }
    }
  }
}

// Each plant has photos of both classes: three plants can fill three splits, and must.
TEST_F(ShareOutTest, GroupsOfAllClassesStillFillEverySplit) {
  for (const int plants : {3, 4, 7}) {
    for (int plant = 0; plant < plants; ++plant) {
      for (int i = 0; i < 5; ++i) {
        for (const char* label : {"a", "b"})
          Add(std::string(label) + "/p" + std::to_string(plant) + "_" + std::to_string(i) + ".jpg");
      }
    }
    const Dataset dataset = Read({.group_pattern = "/(p\\d)"});
    ExpectGroupsTogether(dataset);
    for (int label = 0; label < 2; ++label) {
      for (const int count : Counts(dataset, label)) EXPECT_GE(count, 5) << plants;
    }
  }
}

// Every group has a photo of a, the last six have ten of b: shared out by a alone, b would lie mostly in val and test.
TEST_F(ShareOutTest, GroupsOfSeveralClassesAreSharedOutByAllOfThem) {
  for (int group = 0; group < 20; ++group) {
    const std::string prefix = "/p" + std::to_string(100 + group) + "_";
    Add("a" + prefix + "0.jpg");
    for (int i = 0; i < 10 && group >= 14; ++i) Add("b" + prefix + std::to_string(i) + ".jpg");
  }
  const Dataset dataset = Read({.group_pattern = "(p\\d+)_"});
  ExpectGroupsTogether(dataset);
  EXPECT_EQ(Counts(dataset, 1), (Three{40, 10, 10}));
  EXPECT_EQ(Counts(dataset, 0), (Three{14, 3, 3}));
}

TEST_F(ShareOutTest, OneGroupForAClassGoesToTrainAndIsWarnedOf) {
  for (int i = 0; i < 10; ++i) {
    Add("a/p1_" + std::to_string(i) + ".jpg");
    Add("b/" + std::to_string(i) + ".jpg");
  }
  const Dataset dataset = Read({.group_pattern = "p\\d"});
  EXPECT_EQ(Counts(dataset, 0), (Three{10, 0, 0}));
  std::string warnings;
  for (const std::string& warning : dataset.warnings) warnings += warning + "\n";
  EXPECT_NE(warnings.find("val has no photo of a"), std::string::npos) << warnings;
  EXPECT_NE(warnings.find("no group in 10 of 20"), std::string::npos) << warnings;
}

TEST_F(ShareOutTest, AGroupThatIsGivenToSeveralSplitsIsWarnedOf) {
  for (const char* split : {"train", "val", "test"}) {
    for (const char* label : {"a", "b"}) Add(std::string(split) + "/" + label + "/p1.jpg");
  }
  const Dataset dataset = Read({.group_pattern = "p\\d"});
  ASSERT_EQ(dataset.warnings.size(), 1U);
  EXPECT_NE(dataset.warnings[0].find("1 group lies in several splits"), std::string::npos);
}

TEST(NaturalOrderTest, NumbersCount) {
  const std::vector<std::string> order = {"a", "a1", "a01", "a2", "a10", "a10b", "a11", "a100", "b", "b0/9", "b0/10"};
  for (size_t i = 0; i < order.size(); ++i) {
    for (size_t j = 0; j < order.size(); ++j) {
      const bool less =
          i < j && !(order[i] == "a1" && order[j] == "a01") ? true : order[i] == "a01" && order[j] == "a1";
      EXPECT_EQ(NaturalLess(order[i], order[j]), less) << order[i] << " " << order[j];
    }
  }
  EXPECT_TRUE(NaturalLess("a99999999999999999999999", "a100000000000000000000000"));
}

}  // namespace
}  // namespace frond
