// frond predict as a shell sees it: documents, exit statuses, folders of every kind.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli/npy.h"
#include "frond/classify.h"
#include "tests/cli/program.h"
#include "tests/support/tiny_model.h"

namespace frond {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const fs::path kPhotos = FROND_PHOTO_DIR;

class Predict : public Program {
 protected:
  Predict() { WriteTinyModel(model); }

  // A folder with one photo of each kind, two of them deeper, and a text.
  std::string Folder() {
    const fs::path folder = dir.path() / "photos";
    fs::create_directories(folder / "b" / "c");
    fs::copy_file(kPhotos / "png_rgb8.png", folder / "z.png");
    fs::copy_file(kPhotos / "jpeg_420.jpg", folder / "b" / "a.jpg");
    fs::copy_file(kPhotos / "webp_lossy.webp", folder / "b" / "c" / "no suffix");
    std::ofstream(folder / "a.jpg") << "a text whatever its name says";
    std::ofstream(folder / "empty");
    return folder.string();
  }
  Json Document(const std::string& arguments, int status = 0) {
    const Outcome outcome = Run("predict " + model + " " + arguments + " --json");
    EXPECT_EQ(outcome.status, status) << outcome.out << outcome.err;
    Json document = Json::parse(outcome.out, nullptr, false);
    EXPECT_FALSE(document.is_discarded()) << outcome.out;
    return document;
  }
  static std::vector<std::string> Paths(const Json& document) {
    std::vector<std::string> paths;
    for (const Json& result : document["results"]) paths.push_back(result["path"]);
    return paths;
  }

  std::string model = dir.File("model.safetensors");
  std::string jpeg = (kPhotos / "jpeg_420.jpg").string();
};

TEST_F(Predict, TheDocumentHasItsShape) {
  const Json document = Document(jpeg);
  EXPECT_EQ(document["model"], (Json{{"name", "model"}, {"arch", "tiny"}, {"file", model}}));
  EXPECT_EQ(document["skipped"], 0);
  ASSERT_EQ(document["results"].size(), 1u);
  const Json& result = document["results"][0];
  EXPECT_EQ(result["path"], jpeg);
  ASSERT_EQ(result["labels"].size(), 5u);
  double sum = 0;
  double last = 1;
  for (const Json& label : result["labels"]) {
    const std::string names[] = {"apple", "birch", "cherry", "date", "elder"};
    EXPECT_EQ(label["label"], names[label["index"].get<size_t>()]);
    EXPECT_LE(label["score"].get<double>(), last);
    last = label["score"];
    sum += last;
  }
  EXPECT_NEAR(sum, 1, 1e-6);
  for (const char* part : {"decode", "preprocess", "inference"}) {
    EXPECT_GE(result["timing_ms"][part].get<double>(), 0) << part;
  }
}

TEST_F(Predict, AnswersAsTheLibraryAndRunDo) {
  Classifier classifier = Classifier::Load(model, {.threads = 1}).value();
  const Image photo = ReadImage(jpeg).value();
  const std::vector<Score> scores = classifier.Classify(photo, 5).value();
  const Json labels = Document(jpeg)["results"][0]["labels"];

  const Preprocessing& size = classifier.model().spec().preprocessing;
  std::vector<float> input(size_t{3} * static_cast<size_t>(size.height) * static_cast<size_t>(size.width));
  ASSERT_TRUE(Preprocess(photo, size, input).ok());
  ASSERT_TRUE(cli::WriteNpy(dir.File("x.npy"), {1, 3, size.height, size.width}, input).ok());
  ASSERT_EQ(Run("run " + model + " --input " + dir.File("x.npy") + " --output " + dir.File("y.npy")).status, 0);
  const cli::NpyFile logits = cli::NpyFile::Read(dir.File("y.npy")).value();
  const std::vector<Score> of_run = TopScores(logits.values(), 5).value();
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(labels[i]["index"], scores[i].index);
    EXPECT_EQ(labels[i]["score"].get<float>(), scores[i].score);
    EXPECT_EQ(of_run[i].index, scores[i].index);
    EXPECT_EQ(of_run[i].score, scores[i].score);
  }
}

TEST_F(Predict, FoldersAreWalkedSortedAndOthersCounted) {
  const std::string folder = Folder();
  const Json document = Document(folder);
  EXPECT_EQ(Paths(document),
            (std::vector<std::string>{folder + "/b/a.jpg", folder + "/b/c/no suffix", folder + "/z.png"}));
  EXPECT_EQ(document["skipped"], 2);
}

TEST_F(Predict, LinksInACircleEndAndPipesAreNotOpened) {
  const std::string folder = Folder();
  fs::create_directory_symlink("..", folder + "/b/up");
  fs::create_directory_symlink(folder, folder + "/self");
  fs::create_symlink("nowhere", folder + "/dangling");
  fs::create_symlink("loop", folder + "/loop");
  fs::create_symlink("z.png", folder + "/linked.png");
  ASSERT_EQ(mkfifo((folder + "/pipe").c_str(), 0600), 0);
  const Json document = Document(folder);
  EXPECT_EQ(document["results"].size(), 4u);
  EXPECT_EQ(document["skipped"], 5);
}

TEST_F(Predict, ABrokenPhotoStandsBesideTheGoodOnes) {
  const std::string folder = Folder();
  std::ofstream(folder + "/broken.jpg") << "\xff\xd8\xff\xe0 and nothing more";
  const Json document = Document(folder, 1);
  ASSERT_EQ(document["results"].size(), 4u);
  for (const Json& result : document["results"]) {
    const bool broken = result["path"] == folder + "/broken.jpg";
    EXPECT_EQ(result.contains("error"), broken);
    EXPECT_EQ(result.contains("labels"), !broken);
    if (broken) {
      EXPECT_EQ(result["error"]["code"], "bad_format");
      EXPECT_FALSE(result["error"]["message"].get<std::string>().empty());
    }
  }
  const Outcome text = Run("predict " + model + " " + folder);
  EXPECT_EQ(text.status, 1);
  EXPECT_TRUE(Has(text.err, "broken.jpg")) << text.err;
  EXPECT_TRUE(Has(text.out, "z.png")) << text.out;
  EXPECT_TRUE(Has(text.out, "3 photos")) << text.out;
}

TEST_F(Predict, WhatIsNamedIsNotSkipped) {
  const Json document = Document(model + " /nowhere.jpg " + jpeg, 1);
  EXPECT_EQ(document["results"][0]["error"]["code"], "bad_format");
  EXPECT_EQ(document["results"][1]["error"]["code"], "not_found");
  EXPECT_TRUE(document["results"][2].contains("labels"));
  EXPECT_EQ(document["skipped"], 0);
}

TEST_F(Predict, UnreadableThingsAreErrorsNotSilence) {
  const std::string folder = Folder();
  fs::create_symlink("/proc/self/mem", folder + "/unreadable.jpg");  // refuses even root at its first byte
  const Json document = Document(folder, 1);
  ASSERT_EQ(document["results"].size(), 4u);
  EXPECT_EQ(document["results"][2]["path"], folder + "/unreadable.jpg");
  EXPECT_EQ(document["results"][2]["error"]["code"], "io");
  if (geteuid() == 0) return;  // root may enter every folder
  fs::permissions(folder + "/b", fs::perms::none);
  const Json closed = Document(folder, 1);
  fs::permissions(folder + "/b", fs::perms::owner_all);
  EXPECT_EQ(Paths(closed),
            (std::vector<std::string>{folder + "/b", folder + "/unreadable.jpg", folder + "/z.png"}));
}

TEST_F(Predict, ThreadsAndBatchesChangeNoScore) {
  const std::string folder = kPhotos.string();
  Json expected = Document(folder + " --threads 1 --batch 1", 0)["results"];
  ASSERT_GT(expected.size(), 50u);
  for (Json& result : expected) result.erase("timing_ms");
  for (const char* options : {"--threads 3 --batch 1", "--threads 1 --batch 7", "--threads 5 --batch 4096"}) {
    Json actual = Document(folder + " " + options)["results"];
    for (Json& result : actual) result.erase("timing_ms");
    EXPECT_EQ(actual, expected) << options;
  }
}

TEST_F(Predict, TopMayBeMoreThanTheClassesButNotLessThanOne) {
  EXPECT_EQ(Document(jpeg + " --top 2")["results"][0]["labels"].size(), 2u);
  EXPECT_EQ(Document(jpeg + " --top 1000")["results"][0]["labels"].size(), 5u);
  EXPECT_EQ(Run("predict " + model + " " + jpeg + " --top 0").status, 2);
  EXPECT_EQ(Run("predict " + model + " " + jpeg + " --batch 0").status, 2);
  EXPECT_EQ(Run("predict " + model + " " + jpeg + " --threads 257").status, 2);
  EXPECT_EQ(Run("predict " + model).status, 2);
}

TEST_F(Predict, NamesThatAreNotUtf8StayValidJson) {
  const std::string folder = dir.File("odd");
  fs::create_directory(folder);
  fs::copy_file(jpeg, folder + "/caf\xe9.jpg");
  const Json result = Document(folder)["results"][0];
  EXPECT_EQ(result["path"], folder + "/caf\xef\xbf\xbd.jpg");
  std::ofstream(dir.File("base64")) << result["path_base64"].get<std::string>();
  ASSERT_EQ(std::system(("base64 -d " + dir.File("base64") + " >" + dir.File("whole")).c_str()), 0);
  EXPECT_EQ(Text("whole"), folder + "/caf\xe9.jpg");
  EXPECT_FALSE(Document(jpeg)["results"][0].contains("path_base64"));
}

TEST_F(Predict, TextNamesTheLabelsAndTheTimes) {
  const Outcome text = Run("predict " + model + " " + jpeg + " --top 1");
  EXPECT_EQ(text.status, 0);
  EXPECT_TRUE(text.out.starts_with(jpeg + "\n")) << text.out;
  EXPECT_TRUE(Has(text.out, " %  ")) << text.out;
  for (const char* part : {"decode ", "preprocess ", "inference "}) EXPECT_TRUE(Has(text.out, part)) << text.out;
  EXPECT_TRUE(text.err.empty()) << text.err;
}

TEST_F(Predict, AModelThatCannotAnswerIsRefusedOnce) {
  const std::string extractor = dir.File("extractor.safetensors");
  WriteTinyExtractor(extractor);
  const Outcome refused = Run("predict " + extractor + " " + jpeg + " --json");
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(Json::parse(refused.out)["error"]["code"], "unsupported");
  const Outcome missing = Run("predict " + dir.File("none") + " " + jpeg);
  EXPECT_EQ(missing.status, 1);
  EXPECT_TRUE(missing.out.empty());
}

TEST_F(Predict, AnEmptyFolderIsNoError) {
  const std::string folder = dir.File("nothing");
  fs::create_directory(folder);
  const Json document = Document(folder);
  EXPECT_TRUE(document["results"].empty());
  EXPECT_TRUE(Has(Run("predict " + model + " " + folder).err, "no photo"));
}

}  // namespace
}  // namespace frond
