#include "src/data/dataset.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "tests/data/photo_files.h"
#include "tests/support/temp_dir.h"

namespace frond {
namespace {

namespace fs = std::filesystem;

// Nothing is opened while a data set is listed, so photos may be empty files.
class DatasetTest : public testing::Test {
 protected:
  void Add(const std::string& name) { WriteText(dir_.File("data/" + name), ""); }
  void Add(const std::string& folder, int count) {
    for (int i = 0; i < count; ++i) Add(folder + "/" + std::to_string(100 + i) + ".jpg");
  }
  std::string Root() const { return dir_.File("data"); }
  std::string Csv(const std::string& text) {
    WriteText(dir_.File("data/list.csv"), text);
    return dir_.File("data/list.csv");
  }

  Dataset Read(const DatasetOptions& options = {}) {
    Result<Dataset> dataset = ReadDataset(Root(), options);
    EXPECT_TRUE(dataset.ok()) << dataset.error().ToString();
    return dataset.ok() ? std::move(dataset).value() : Dataset{};
  }

  // Paths below the root, in the data set's order.
  std::vector<std::string> Names(const Dataset& dataset) const {
    std::vector<std::string> names;
    for (const Sample& sample : dataset.samples) names.push_back(sample.path.substr(Root().size() + 1));
    return names;
  }

  TempDir dir_;
};

std::array<int, 3> Counts(const Dataset& dataset, int label) {
  std::array<int, 3> counts = {};
  for (const Sample& sample : dataset.samples) {
    if (sample.labels[0] == label) ++counts[static_cast<size_t>(sample.split)];
  }
  return counts;
}

using Three = std::array<int, 3>;

std::string All(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + "\n";
  return all;
}

void ExpectError(const Result<Dataset>& dataset, ErrorCode code, const std::vector<std::string>& words) {
  ASSERT_FALSE(dataset.ok());
  EXPECT_EQ(dataset.error().code, code) << dataset.error().ToString();
  for (const std::string& word : words) {
    EXPECT_NE(dataset.error().ToString().find(word), std::string::npos) << dataset.error().ToString();
  }
}

TEST_F(DatasetTest, ClassFoldersAreSortedAndSearchedToTheBottom) {
  for (const char* name :
       {"rust/b.jpg", "rust/a.JPEG", "healthy/plant 2/x.png", "healthy/plant 1/deep/y.webp", "healthy/z.jpg"}) {
    Add(name);
  }
  const Dataset dataset = Read();
  EXPECT_EQ(dataset.form, "class folders");
  EXPECT_EQ(dataset.labels, (std::vector<std::string>{"healthy", "rust"}));
  EXPECT_EQ(Names(dataset), (std::vector<std::string>{"healthy/plant 1/deep/y.webp", "healthy/plant 2/x.png",
                                                      "healthy/z.jpg", "rust/a.JPEG", "rust/b.jpg"}));
  EXPECT_EQ(dataset.samples[3].labels, std::vector<int>{1});
}

TEST_F(DatasetTest, WhatIsNoPhotoIsCountedByKind) {
  Add("a", 5);
  Add("b", 5);
  for (const char* name : {"README", "a/x.txt", "b/y.TXT", "b/z.heic", "a/.hidden.jpg", ".git/c.jpg", "loose.jpg"})
    Add(name);
  fs::create_directories(dir_.File("data/empty"));
  const Dataset dataset = Read();
  EXPECT_EQ(dataset.samples.size(), 10U);
  EXPECT_EQ(dataset.labels.size(), 2U);
  const std::string warnings = All(dataset.warnings);
  EXPECT_NE(warnings.find("3 files that are no photos (.txt, without an extension)"), std::string::npos) << warnings;
  EXPECT_NE(warnings.find("1 picture in formats that are not read (.heic)"), std::string::npos) << warnings;
  EXPECT_NE(warnings.find("1 photo lies in no class folder"), std::string::npos) << warnings;
  EXPECT_NE(warnings.find("folders without photos are no classes: empty"), std::string::npos) << warnings;
}

TEST_F(DatasetTest, LinksAreFollowedAndLoopsEnd) {
  Add("a", 3);
  Add("b", 3);
  WriteText(dir_.File("elsewhere/far.jpg"), "");
  WriteText(dir_.File("elsewhere/inner/near.jpg"), "");
  fs::create_symlink(dir_.File("elsewhere/far.jpg"), dir_.File("data/a/link.jpg"));
  fs::create_directory_symlink(dir_.File("elsewhere"), dir_.File("data/b/folder"));
  fs::create_directory_symlink(dir_.File("data"), dir_.File("data/a/up"));
  fs::create_directory_symlink(dir_.File("data/b"), dir_.File("data/a/other class"));
  fs::create_directory_symlink(dir_.File("elsewhere"), dir_.File("elsewhere/inner/round"));
  fs::create_symlink(dir_.File("nowhere"), dir_.File("data/a/broken.jpg"));
  fs::create_symlink("self.jpg", dir_.File("data/a/self.jpg"));
  ASSERT_EQ(mkfifo(dir_.File("data/a/pipe.jpg").c_str(), 0600), 0);
  const Dataset dataset = Read();
  EXPECT_EQ(Names(dataset),
            (std::vector<std::string>{"a/100.jpg", "a/101.jpg", "a/102.jpg", "a/link.jpg", "b/100.jpg", "b/101.jpg",
                                      "b/102.jpg", "b/folder/far.jpg", "b/folder/inner/near.jpg"}));
  const std::string warnings = All(dataset.warnings);
  EXPECT_NE(warnings.find("2 links that lead nowhere"), std::string::npos) << warnings;
  EXPECT_NE(warnings.find("1 pipe"), std::string::npos) << warnings;
}

TEST_F(DatasetTest, AFolderThatCannotBeReadIsAWarning) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads everything";
  Add("a", 3);
  Add("b", 3);
  Add("a/closed", 3);
  fs::permissions(dir_.File("data/a/closed"), fs::perms::none);
  const Dataset dataset = Read();
  fs::permissions(dir_.File("data/a/closed"), fs::perms::owner_all);
  EXPECT_EQ(dataset.samples.size(), 6U);
  EXPECT_NE(All(dataset.warnings).find("a/closed"), std::string::npos);
}

TEST_F(DatasetTest, SplitsThatAreGivenAreKept) {
  for (const char* split : {"Train", "validation", "test"}) {
    for (const char* label : {"a", "b"}) Add(std::string(split) + "/" + label, *split == 'T' ? 9 : 4);
  }
  const Dataset dataset = Read({.val_share = 0.5, .test_share = 0.4});
  EXPECT_EQ(dataset.form, "split folders");
  EXPECT_EQ(Counts(dataset, 0), (Three{9, 4, 4}));
  for (const Sample& sample : dataset.samples) {
    EXPECT_EQ(sample.split == Split::kTest, sample.path.find("/test/") != std::string::npos);
  }
}

TEST_F(DatasetTest, ASplitThatIsMissingIsTakenFromTrain) {
  for (const char* label : {"a", "b"}) {
    Add(std::string("train/") + label, 20);
    Add(std::string("test/") + label, 5);
  }
  const Dataset dataset = Read({.val_share = 0.25, .test_share = 0.25});
  EXPECT_EQ(Counts(dataset, 0), (Three{15, 5, 5}));
  for (const Sample& sample : dataset.samples) {
    EXPECT_EQ(sample.split == Split::kTest, sample.path.find("/test/") != std::string::npos);
  }
  EXPECT_EQ(Counts(Read({.val_share = 0, .test_share = 0.25}), 0), (Three{20, 0, 5}));
}

TEST_F(DatasetTest, RefusalsSayWhatWasFound) {
  ExpectError(ReadDataset(dir_.File("none")), ErrorCode::kNotFound, {"none"});
  WriteText(dir_.File("text/a/1.txt"), "");
  WriteText(dir_.File("text/a/2.txt"), "");
  ExpectError(ReadDataset(dir_.File("text")), ErrorCode::kInvalidArgument, {"no photos", "2 files", ".txt"});
  WriteText(dir_.File("flat/1.jpg"), "");
  ExpectError(ReadDataset(dir_.File("flat")), ErrorCode::kInvalidArgument, {"1 photos", "no class folders"});
  WriteText(dir_.File("one/rust/1.jpg"), "");
  ExpectError(ReadDataset(dir_.File("one")), ErrorCode::kInvalidArgument, {"one class", "rust"});
  WriteText(dir_.File("only/train/rust/1.jpg"), "");
  ExpectError(ReadDataset(dir_.File("only")), ErrorCode::kInvalidArgument, {"one class", "only/train"});
  WriteText(dir_.File("headless/val/a/1.jpg"), "");
  WriteText(dir_.File("headless/test/a/1.jpg"), "");
  ExpectError(ReadDataset(dir_.File("headless")), ErrorCode::kInvalidArgument, {"no train folder"});
  WriteText(dir_.File("twice/val/a/1.jpg"), "");
  WriteText(dir_.File("twice/valid/a/1.jpg"), "");
  ExpectError(ReadDataset(dir_.File("twice")), ErrorCode::kInvalidArgument, {"both val and valid"});
  for (const char* name : {"train/a/1.jpg", "train/b/1.jpg", "val/a/1.jpg", "val/mould/1.jpg"}) {
    WriteText(dir_.File(std::string("odd/") + name), "");
  }
  ExpectError(ReadDataset(dir_.File("odd")), ErrorCode::kInvalidArgument, {"mould", "not in train", "val has 1"});
}

TEST_F(DatasetTest, SharesAndPatternsThatCannotBeAreRefused) {
  Add("a", 3);
  Add("b", 3);
  ExpectError(ReadDataset(Root(), {.val_share = -0.1}), ErrorCode::kInvalidArgument, {"-0.1"});
  ExpectError(ReadDataset(Root(), {.val_share = 0.5, .test_share = 0.5}), ErrorCode::kInvalidArgument, {"0.5"});
  ExpectError(ReadDataset(Root(), {.val_share = std::stod("nan")}), ErrorCode::kInvalidArgument, {"nan"});
  ExpectError(ReadDataset(Root(), {.group_pattern = "(plant"}), ErrorCode::kInvalidArgument, {"(plant"});
  ExpectError(ReadDataset(Root(), {.group_pattern = "plant"}), ErrorCode::kInvalidArgument,
              {"none of 6 paths", "a/100.jpg"});
}

TEST(ParseSplitTest, NamesAndOthers) {
  EXPECT_EQ(ParseSplit("train").value(), Split::kTrain);
  for (const char* name : {"val", "valid", "validation", "Val"}) EXPECT_EQ(ParseSplit(name).value(), Split::kVal);
  for (const Split split : kSplits) EXPECT_EQ(ParseSplit(SplitName(split)).value(), split);
  ASSERT_FALSE(ParseSplit("dev").ok());
  EXPECT_NE(ParseSplit("dev").error().ToString().find("validation"), std::string::npos);
}

TEST_F(DatasetTest, CsvWithQuotesLineEndsAndMark) {
  for (const char* name : {"a, first.jpg", "say \"hi\".jpg", "sub/c.jpg", "d.jpg"}) Add(name);
  const Result<Dataset> dataset = ReadDataset(
      Csv("\xEF\xBB\xBFid,File,CLASS,split,group\r\n1,\"a, first.jpg\",rust,train,p1\r\n\r\n"
          "2,\"say \"\"hi\"\".jpg\",healthy,train,p2\r\n3,./sub/c.jpg,rust,valid,\r\n4,d.jpg,healthy,test,p3"));
  ASSERT_TRUE(dataset.ok()) << dataset.error().ToString();
  EXPECT_EQ(dataset->form, "csv");
  EXPECT_EQ(Names(*dataset), (std::vector<std::string>{"d.jpg", "say \"hi\".jpg", "a, first.jpg", "sub/c.jpg"}));
  EXPECT_EQ(dataset->samples[3].split, Split::kVal);
  EXPECT_EQ(dataset->samples[2].group, "p1");
  EXPECT_EQ(dataset->samples[3].group, "");
}

TEST_F(DatasetTest, CsvWithSemicolonsAndWithoutSplits) {
  std::string text = "image;label\n";
  for (int i = 0; i < 20; ++i) {
    const std::string name = std::to_string(100 + i) + ".jpg";
    Add(name);
    text += name + (i < 10 ? ";a\n" : ";b\n");
  }
  const Result<Dataset> dataset = ReadDataset(Csv(text), {.val_share = 0.2, .test_share = 0.1});
  ASSERT_TRUE(dataset.ok()) << dataset.error().ToString();
  EXPECT_EQ(Counts(*dataset, 0), (Three{7, 2, 1}));
}

TEST_F(DatasetTest, CsvLinesWithoutASplitAreSharedOut) {
  std::string text = "path,label,split\n";
  for (int i = 0; i < 22; ++i) {
    const std::string name = std::to_string(100 + i) + ".jpg";
    Add(name);
    text += name + "," + (i % 2 == 0 ? "a," : "b,") + (i < 2 ? "test\n" : "\n");
  }
  const Result<Dataset> dataset = ReadDataset(Csv(text), {.val_share = 0.2, .test_share = 0.1});
  ASSERT_TRUE(dataset.ok()) << dataset.error().ToString();
  EXPECT_EQ(Counts(*dataset, 0), (Three{7, 2, 2}));
  EXPECT_EQ(dataset->samples[0].split, Split::kTest);
}

TEST_F(DatasetTest, BrokenCsvsAreRefusedByLine) {
  for (const char* name : {"a.jpg", "b.jpg"}) Add(name);
  const auto refused = [&](const std::string& text, ErrorCode code, const std::vector<std::string>& words) {
    SCOPED_TRACE(text);
    ExpectError(ReadDataset(Csv(text)), code, words);
  };
  refused("", ErrorCode::kBadFormat, {"no lines"});
  refused("path,label\n", ErrorCode::kInvalidArgument, {"no photos"});
  refused("name,label\na.jpg,x\n", ErrorCode::kBadFormat, {"path", "name, label"});
  refused("path,species\na.jpg,x\n", ErrorCode::kBadFormat, {"label"});
  refused("path,file,label\na.jpg,a.jpg,x\n", ErrorCode::kInvalidArgument, {"columns 1 and 2"});
  refused("path,label\na.jpg,x\nb.jpg\n", ErrorCode::kInvalidArgument, {"line 3", "1 fields", "2"});
  refused("path,label\na.jpg,x,\"y\nb.jpg,x\n", ErrorCode::kInvalidArgument, {"line 2", "never closed"});
  refused("path,label\na.jpg,\"x\"y\n", ErrorCode::kInvalidArgument, {"line 2", "closing quote"});
  refused("path,label\na.jpg,x\"y\n", ErrorCode::kInvalidArgument, {"line 2", "quote inside"});
  refused("path,label\n,x\n", ErrorCode::kInvalidArgument, {"line 2", "no photo"});
  refused("path,label\na.jpg, \n", ErrorCode::kInvalidArgument, {"line 2", "no label"});
  refused("path,label,split\na.jpg,x,dev\n", ErrorCode::kInvalidArgument, {"line 2", "dev", "validation"});
  refused("path,label\na.jpg,x\n./a.jpg,y\n", ErrorCode::kInvalidArgument, {"line 3", "another label than line 2"});
  refused("path,label\na.jpg,x\nc.jpg,y\n", ErrorCode::kNotFound, {"line 3", "c.jpg", "1 of 2"});
  refused(std::string("p\0a\0t\0h\0", 8), ErrorCode::kBadFormat, {"zero byte", "UTF-8"});
  refused("path,label\n\"multi\nline\",x\na.jpg\n", ErrorCode::kInvalidArgument, {"line 4"});
}

TEST_F(DatasetTest, ALabelThatTrainHasNotIsNamed) {
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) Add(name);
  ExpectError(ReadDataset(Csv("path,label,split\na.jpg,x,train\nb.jpg,y,train\nc.jpg,a stranger,test\n")),
              ErrorCode::kInvalidArgument, {"'a stranger'", "test has 1"});
}

TEST_F(DatasetTest, TheSamePhotoTwiceCountsOnce) {
  for (const char* name : {"a.jpg", "b.jpg"}) Add(name);
  const Result<Dataset> dataset = ReadDataset(Csv("path,label\na.jpg,x\nb.jpg,y\na.jpg,x\n"));
  ASSERT_TRUE(dataset.ok()) << dataset.error().ToString();
  EXPECT_EQ(dataset->samples.size(), 2U);
  EXPECT_NE(All(dataset->warnings).find("1 line lists a photo again"), std::string::npos);
}

}  // namespace
}  // namespace frond
