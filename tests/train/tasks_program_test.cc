// Two tasks on one body, from a CSV to what the other verbs say of the model.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "src/base/format.h"
#include "tests/cli/program.h"
#include "tests/data/photo_files.h"

namespace frond {
namespace {

using Json = nlohmann::json;

constexpr int kPhotos = 14;  // of each combination

struct Leaf {
  std::string crop;
  std::string disease;
};

// Leaves: the crop is the ground's colour, the disease a spot or none. Some labels are missing.
class TrainTasks : public Program {
 protected:
  void SetUp() override {
    std::string csv = "path,label:crop,label:disease\n";
    uint64_t seed = 0;
    for (const char* crop : {"coffee", "rice"}) {
      for (const char* disease : {"healthy", "miner", "rust"}) {
        for (int i = 0; i < kPhotos; ++i) {
          const std::string name = StrCat("photos/", crop, "_", disease, "_", i, ".png");
          WriteLeaf(name, {crop, disease}, seed++);
          truth[dir.File(name)] = {i == 3 ? "" : crop, i == 5 ? "" : disease};
          csv += StrCat(name, ",", truth[dir.File(name)].crop, ",", truth[dir.File(name)].disease, "\n");
        }
      }
    }
    WriteText(dir.File("list.csv"), csv);
    WriteText(dir.File("spec.json"), R"({"name": "tiny", "stem_channels": 8, "head_channels": 32, "num_classes": 3,
        "activation": "swish", "stages": [{"kind": "mbconv", "channels": 8, "se_ratio": 0.25},
        {"kind": "mbconv", "kernel": 5, "stride": 2, "expand_ratio": 4, "channels": 16, "layers": 2, "se_ratio": 0.25}]})");
  }
  void WriteLeaf(const std::string& name, const Leaf& leaf, uint64_t seed) const {
    WritePng(dir.File(name), 40, 40, [&](int x, int y) {
      Random random({seed, static_cast<uint64_t>(x), static_cast<uint64_t>(y)});
      Colour pixel = leaf.crop == "coffee" ? Colour{50, 150, 60} : Colour{160, 160, 50};
      if (leaf.disease == "rust" && std::abs(x - 20) < 8 && std::abs(y - 20) < 8) pixel = {190, 50, 40};
      if (leaf.disease == "miner" && std::abs(x - y) < 5) pixel = {220, 220, 220};
      for (uint8_t& part : pixel) {
        part = static_cast<uint8_t>(std::clamp(part + static_cast<int>(random.Below(61)) - 30, 0, 255));
      }
      return pixel;
    });
  }
  Outcome Train(const std::string& more = "") const {
    return Run(StrCat("train ", dir.File("list.csv"), " --arch ", dir.File("spec.json"),
                      " --size 32 --freeze none --epochs 10 --batch 12 --lr 0.01 --threads 1 --out ", dir.File("run"),
                      " ", more));
  }

  std::map<std::string, Leaf> truth;
};

// Figures of one task that are counted anew from what `frond predict` says of each photo.
struct Counted {
  int n = 0;
  int right = 0;
  double nll = 0;
};

TEST_F(TrainTasks, BothAreLearnedAndEveryVerbSaysTheSame) {
  const Outcome trained = Train("--json");
  ASSERT_EQ(trained.status, 0) << trained.err;
  const Json result = Json::parse(trained.out);
  const std::string model = dir.File("run/model.safetensors");
  const std::string csv = dir.File("list.csv");

  // Chance is a half and a third; 14 test photos, of which some have no label.
  const Json evaluated = Json::parse(Run(StrCat("evaluate ", model, " ", csv, " --json")).out);
  EXPECT_GT(evaluated["tasks"]["crop"]["top1"].get<double>(), 0.85) << evaluated;
  EXPECT_GT(evaluated["tasks"]["disease"]["top1"].get<double>(), 0.7) << evaluated;
  EXPECT_FALSE(evaluated.contains("top1"));
  for (const char* task : {"crop", "disease"}) {
    EXPECT_EQ(evaluated["tasks"][task]["n"], result["tasks"][task]["test"]["n"]);
    EXPECT_NEAR(evaluated["tasks"][task]["nll"].get<double>(), result["tasks"][task]["test"]["nll"].get<double>(),
                1e-6);
    EXPECT_EQ(evaluated["tasks"][task]["temperature"], result["tasks"][task]["temperature"]);
  }
  EXPECT_NEAR(
      result["test"]["top1"].get<double>(),
      (evaluated["tasks"]["crop"]["top1"].get<double>() + evaluated["tasks"]["disease"]["top1"].get<double>()) / 2,
      1e-12);

  const Json all = Json::parse(Run(StrCat("evaluate ", model, " ", csv, " --json --split all")).out);
  const Json predicted = Json::parse(Run(StrCat("predict ", model, " ", dir.File("photos"), " --json")).out);
  std::map<std::string, Counted> counted;
  for (const Json& photo : predicted["results"]) {
    ASSERT_EQ(photo["tasks"].size(), 2U) << photo;
    EXPECT_FALSE(photo.contains("labels"));
    for (const Json& answer : photo["tasks"]) {
      const Leaf& leaf = truth.at(photo["path"]);
      const std::string& label = answer["task"] == "crop" ? leaf.crop : leaf.disease;
      ASSERT_EQ(answer["top"].size(), answer["task"] == "crop" ? 2U : 3U);
      double sum = 0;
      Counted& count = counted[answer["task"]];
      for (const Json& score : answer["top"]) {
        sum += score["score"].get<double>();
        if (score["label"] == label) count.nll -= std::log(score["score"].get<double>());
      }
      EXPECT_NEAR(sum, 1, 1e-5);
      if (label.empty()) continue;
      ++count.n;
      count.right += answer["top"][0]["label"] == label ? 1 : 0;
    }
  }
  for (const auto& [task, count] : counted) {
    EXPECT_EQ(all["tasks"][task]["n"], count.n);
    EXPECT_EQ(count.n, 6 * (kPhotos - 1));
    EXPECT_NEAR(all["tasks"][task]["top1"].get<double>(), static_cast<double>(count.right) / count.n, 1e-12);
    EXPECT_NEAR(all["tasks"][task]["nll"].get<double>(), count.nll / count.n, 1e-4);
  }
}

TEST_F(TrainTasks, EveryFileOfTheRunNamesTheTasks) {
  ASSERT_EQ(Train("--epochs 2 --class-weights balanced --mixup 0.2 --oversample").status, 0) << Text("err");
  EXPECT_TRUE(Has(Text("out"), "test disease: ")) << Text("out");
  EXPECT_TRUE(Has(Text("err"), "(crop ")) << Text("err");
  std::istringstream lines(Text("run/metrics.jsonl"));
  int epochs = 0;
  for (std::string line; std::getline(lines, line); ++epochs) {
    const Json record = Json::parse(line);
    EXPECT_NEAR(
        record["val_accuracy"].get<double>(),
        (record["val_accuracy_of"]["crop"].get<double>() + record["val_accuracy_of"]["disease"].get<double>()) / 2,
        1e-12);
  }
  EXPECT_EQ(epochs, 2);
  EXPECT_TRUE(Has(Text("run/events.out.tfevents.frond"), "accuracy/val/disease"));
  for (const char* part : {"| test, crop |", "### disease", "accuracy of disease"}) {
    EXPECT_TRUE(Has(Text("run/README.md"), part)) << part;
  }
  for (const char* part : {"disease: Confusion", "crop: Reliability", "validation crop"}) {
    EXPECT_TRUE(Has(Text("run/report.html"), part)) << part;
  }
  const std::string model = dir.File("run/model.safetensors");
  EXPECT_TRUE(Has(Run("info " + model).out, "crop (2 classes), disease (3 classes)"));
  EXPECT_EQ(Json::parse(Run("info --json " + model).out)["models"][0]["tasks"],
            Json::parse(R"([{"name": "crop", "classes": 2}, {"name": "disease", "classes": 3}])"));
  const Outcome text = Run(StrCat("predict ", model, " ", dir.File("photos/rice_rust_1.png"), " --top 1"));
  EXPECT_TRUE(Has(text.out, "\n  crop\n") && Has(text.out, "\n  disease\n")) << text.out;
  const Outcome figures = Run(StrCat("evaluate ", model, " ", dir.File("list.csv"), " --report ", dir.File("e.html")));
  EXPECT_TRUE(Has(figures.out, "crop: accuracy ") && Has(figures.out, "\ndisease: accuracy ")) << figures.out;
  EXPECT_TRUE(Has(Text("e.html"), "disease: Photos"));
}

TEST_F(TrainTasks, AnInterruptedEpochGoesOnWithItsCounts) {
  // Killed by the clock somewhere; whatever it left, the same command ends like the unbroken run.
  ASSERT_EQ(Train("--epochs 3 --checkpoint-seconds 0").status, 0) << Text("err");
  const std::string whole = Text("run/metrics.jsonl");
  const std::string model = Text("run/model.safetensors");
  std::filesystem::remove_all(dir.File("run"));
  for (int attempt = 0; attempt < 8; ++attempt) {
    (void)std::system(StrCat("timeout -s KILL 0.", 3 + attempt, " ", FROND_PROGRAM, " train ", dir.File("list.csv"),
                             " --arch ", dir.File("spec.json"),
                             " --size 32 --freeze none --epochs 10 --batch 12 --lr 0.01 --threads 1 --out ",
                             dir.File("run"), " --epochs 3 --checkpoint-seconds 0 >/dev/null 2>&1")
                          .c_str());
  }
  ASSERT_EQ(Train("--epochs 3 --checkpoint-seconds 0").status, 0) << Text("err");
  EXPECT_TRUE(Text("run/model.safetensors") == model);
  std::istringstream lines(whole);
  std::istringstream again(Text("run/metrics.jsonl"));
  std::string other;
  for (std::string line; std::getline(lines, line) && std::getline(again, other);) {
    EXPECT_EQ(Json::parse(line)["train_accuracy"], Json::parse(other)["train_accuracy"]);
    EXPECT_EQ(Json::parse(line)["val_accuracy_of"], Json::parse(other)["val_accuracy_of"]);
  }
}

TEST_F(TrainTasks, AFolderOfOneTaskDoesNotFitAModelOfTwo) {
  ASSERT_EQ(Train("--epochs 1").status, 0) << Text("err");
  WriteText(dir.File("plain.csv"),
            "path,label,split\nphotos/rice_rust_1.png,rice,train\n"
            "photos/coffee_rust_1.png,coffee,train\nphotos/rice_rust_2.png,rice,test\n");
  const Outcome outcome = Run(StrCat("evaluate ", dir.File("run/model.safetensors"), " ", dir.File("plain.csv")));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(Has(outcome.err, "label:TASK")) << outcome.err;
  // One of the tasks alone does.
  WriteText(dir.File("crop.csv"),
            "path,label:crop,split\nphotos/rice_rust_1.png,rice,train\n"
            "photos/coffee_rust_1.png,coffee,train\nphotos/rice_rust_2.png,rice,test\n");
  const Outcome crop =
      Run(StrCat("evaluate ", dir.File("run/model.safetensors"), " ", dir.File("crop.csv"), " --json"));
  ASSERT_EQ(crop.status, 0) << crop.err;
  EXPECT_EQ(Json::parse(crop.out)["tasks"].size(), 1U);
  EXPECT_TRUE(Has(crop.err, "no photo has a label for disease")) << crop.err;
}

}  // namespace
}  // namespace frond
