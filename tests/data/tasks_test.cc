// Data sets whose photos have a label for each of several tasks.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "src/base/format.h"
#include "src/data/audit.h"
#include "src/data/dataset.h"
#include "tests/data/photo_files.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

class TasksTest : public testing::Test {
 protected:
  // A CSV whose photos are empty files: listing opens none.
  Result<Dataset> Read(const std::string& csv, const DatasetOptions& options = {}) {
    WriteText(dir_.File("list.csv"), csv);
    return ReadDataset(dir_.File("list.csv"), options);
  }
  void Photos(const std::vector<std::string>& names) {
    for (const std::string& name : names) WriteText(dir_.File(name), "");
  }
  void ExpectError(const std::string& csv, const std::vector<std::string>& words,
                   ErrorCode code = ErrorCode::kInvalidArgument) {
    const Result<Dataset> dataset = Read(csv);
    ASSERT_FALSE(dataset.ok()) << csv;
    EXPECT_EQ(ErrorCodeName(dataset.error().code), ErrorCodeName(code)) << dataset.error().ToString();
    for (const std::string& word : words) {
      EXPECT_NE(dataset.error().ToString().find(word), std::string::npos) << dataset.error().ToString();
    }
  }
  // "a.jpg" for the photos of a data set, in its order.
  static std::string NameOf(const Sample& sample) { return sample.path.substr(sample.path.rfind('/') + 1); }

  TempDir dir_;
};

constexpr const char* kFour =
    "path, label:crop ,LABEL: Disease,split\n"
    "d.jpg,rice,rust,train\n"
    "a.jpg,coffee,,train\n"
    "b.jpg,coffee,healthy,train\n"
    "c.jpg, ,rust,train\n";

TEST_F(TasksTest, ColumnsAreTasksAndEmptyCellsNoLabels) {
  Photos({"a.jpg", "b.jpg", "c.jpg", "d.jpg"});
  const Result<Dataset> dataset = Read(kFour, {.val_share = 0, .test_share = 0});
  ASSERT_TRUE(dataset.ok()) << dataset.error().ToString();
  EXPECT_EQ(dataset->tasks, (std::vector<Task>{{"crop", 0, 2}, {"Disease", 2, 2}}));
  EXPECT_EQ(dataset->labels, (std::vector<std::string>{"coffee", "rice", "healthy", "rust"}));
  std::vector<std::pair<std::string, std::vector<int>>> samples;
  for (const Sample& sample : dataset->samples) samples.emplace_back(NameOf(sample), sample.labels);
  EXPECT_EQ(samples, (decltype(samples){
                         {"c.jpg", {kNoLabel, 3}}, {"a.jpg", {0, kNoLabel}}, {"b.jpg", {0, 2}}, {"d.jpg", {1, 3}}}));
  EXPECT_EQ(dataset->ClassName(1), "crop: rice");
  EXPECT_EQ(dataset->ClassName(2), "Disease: healthy");
  EXPECT_EQ(dataset->LabelText(dataset->samples[0]), "-, rust");
  EXPECT_EQ(dataset->LabelsOf(dataset->tasks[1]).front(), "healthy");
  EXPECT_EQ(dataset->warnings.size(), 2U);
  EXPECT_NE(dataset->warnings[0].find("1 of 4 photos have no label for crop"), std::string::npos);
  EXPECT_NE(dataset->warnings[1].find("for Disease"), std::string::npos);
}

TEST_F(TasksTest, OneColumnLabelIsOneTaskWithoutAName) {
  Photos({"a.jpg", "b.jpg"});
  const Result<Dataset> dataset = Read("path,label\na.jpg,x\nb.jpg,y\n", {.val_share = 0, .test_share = 0});
  ASSERT_TRUE(dataset.ok());
  EXPECT_EQ(dataset->tasks, (std::vector<Task>{{"", 0, 2}}));
  EXPECT_EQ(dataset->ClassName(1), "y");
  EXPECT_EQ(dataset->LabelText(dataset->samples[0]), "x");
}

TEST_F(TasksTest, BrokenLinesAreNamed) {
  Photos({"a.jpg", "b.jpg", "c.jpg"});
  const std::string head = "path,label:crop,label:disease\n";
  ExpectError(head + "a.jpg,coffee,rust\nb.jpg,,\n", {"line 3", "no label"});
  ExpectError(head + "a.jpg,coffee,rust\na.jpg,coffee,\n", {"line 3", "another label than line 2"});
  ExpectError(head + "a.jpg,coffee\n", {"line 2", "2 fields"});
  ExpectError(head + "a.jpg,coffee,rust\nb.jpg,rice,rust\n", {"one class alone", "'disease'", "'rust' (2 photos)"});
  ExpectError(head + "a.jpg,coffee,\nb.jpg,rice,\n", {"no label for the task 'disease'"});
}

TEST_F(TasksTest, BrokenHeadersAreNamed) {
  Photos({"a.jpg"});
  ExpectError("path,label:crop,label: crop\n", {"columns 2 and 3", "mean the same"});
  ExpectError("path,label:crop,label\n", {"with a task's name and one without"});
  ExpectError("path,class,label:crop\n", {"with a task's name and one without"});
  ExpectError("path,label:crop,label:\n", {"column 3", "names no task"});
  ExpectError("path,label:a\x01\n", {"names no task"});
  ExpectError("path,label:" + std::string(257, 'x') + "\n", {"names no task"});
  ExpectError("path,disease:label\n", {"no column for the label"}, ErrorCode::kBadFormat);
}

// Of each of the six combinations ten photos, a folder each: blocks of one task alone would put whole folders into
// test.
TEST_F(TasksTest, EachCombinationIsDividedForItself) {
  std::string csv = "path,label:crop,label:disease\n";
  for (const char* crop : {"coffee", "rice"}) {
    for (const char* disease : {"healthy", "miner", "rust"}) {
      for (int i = 0; i < 10; ++i) {
        const std::string name = StrCat(crop, "/", disease, "/", i, ".jpg");
        Photos({name});
        csv += StrCat(name, ",", crop, ",", disease, "\n");
      }
    }
  }
  const Result<Dataset> dataset = Read(csv, {.val_share = 0.2, .test_share = 0.1});
  ASSERT_TRUE(dataset.ok()) << dataset.error().ToString();
  std::map<std::pair<std::vector<int>, Split>, int> counts;
  for (const Sample& sample : dataset->samples) ++counts[{sample.labels, sample.split}];
  EXPECT_EQ(counts.size(), 18U);
  for (const auto& [key, count] : counts) {
    EXPECT_EQ(count, key.second == Split::kTrain ? 7 : key.second == Split::kVal ? 2 : 1);
  }
}

// 24 photos, each with a combination of its own: divided one by one, all would be in train.
TEST_F(TasksTest, RareCombinationsAreDividedByTheFirstTask) {
  std::string csv = "path,label:crop,label:a,label:b\n";
  for (int i = 0; i < 24; ++i) {
    const std::string name = StrCat(i, ".jpg");
    Photos({name});
    csv += StrCat(name, ",", i % 2, ",", i % 4 / 2, ",", i / 4, "\n");
  }
  const Result<Dataset> dataset =
      Read(csv, {.val_share = 0.25, .test_share = 0.25, .method = SplitMethod::kRandom, .seed = 2});
  ASSERT_TRUE(dataset.ok()) << dataset.error().ToString();
  for (const Split split : kSplits) {
    std::array<int, 2> crops = {};
    for (const size_t i : dataset->Indices(split)) ++crops[static_cast<size_t>(dataset->samples[i].labels[0])];
    EXPECT_EQ(crops[0], split == Split::kTrain ? 6 : 3);
    EXPECT_EQ(crops[1], crops[0]);
  }
}

TEST_F(TasksTest, TheAuditCountsEachTasksClassesAndEachPhotoOnce) {
  std::string csv = "path,label:crop,label:disease,split\n";
  for (int i = 0; i < 16; ++i) {
    const std::string name = StrCat(i, ".png");
    // Reds and blues: what border there is tells the disease.
    const bool rust = i % 2 == 0;
    WritePng(dir_.File(name), 24, 24, [&](int x, int y) {
      return Colour{static_cast<uint8_t>(rust ? 180 + i : 20), static_cast<uint8_t>(x * y % 50),
                    static_cast<uint8_t>(rust ? 20 : 150 + i)};
    });
    csv += StrCat(name, ",", i % 4 < 2 ? "coffee" : "rice", ",",
                  i == 0 ? ""
                  : rust ? "rust"
                         : "healthy",
                  ",", i < 12 ? "train" : "val", "\n");
  }
  const Result<Dataset> dataset = Read(csv, {.val_share = 0, .test_share = 0});
  ASSERT_TRUE(dataset.ok()) << dataset.error().ToString();
  const Audit audit = AuditDataset(*dataset, {.threads = 1, .duplicate_bits = -1});
  EXPECT_EQ(audit.readable, (std::array<int, 3>{12, 4, 0}));
  ASSERT_EQ(audit.classes.size(), 4U);
  EXPECT_EQ(audit.classes[0].label, "crop: coffee");
  EXPECT_EQ(audit.classes[0].photos, (std::array<int, 3>{6, 2, 0}));
  EXPECT_EQ(audit.classes[3].label, "disease: rust");
  EXPECT_EQ(audit.classes[3].photos, (std::array<int, 3>{5, 2, 0}));
  EXPECT_EQ(audit.border_task, "disease");
  EXPECT_NEAR(audit.imbalance, 6.0 / 5, 1e-12);
  const std::string text = AuditToText(audit, *dataset);
  EXPECT_NE(text.find("crop: rice"), std::string::npos) << text;
  EXPECT_NE(text.find("the class (disease)"), std::string::npos) << text;
  const nlohmann::json json = nlohmann::json::parse(AuditToJson(audit, *dataset));
  EXPECT_EQ(json["border"]["task"], "disease");
}

TEST_F(TasksTest, CopiesDisagreeOnlyWhereBothHaveALabel) {
  const Sample both{"a", {0, 2}};
  EXPECT_FALSE(LabelsDiffer(both, {"b", {0, kNoLabel}}));
  EXPECT_FALSE(LabelsDiffer(both, {"b", {kNoLabel, 2}}));
  EXPECT_TRUE(LabelsDiffer(both, {"b", {0, 3}}));
  EXPECT_TRUE(LabelsDiffer(both, {"b", {1, kNoLabel}}));
}

}  // namespace
}  // namespace frond
