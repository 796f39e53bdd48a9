// The program `frond-train` as others call it: what a run leaves, that a killed one goes on, and what it says of bad
// input.

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "frond/model.h"
#include "src/evaluate/predict_dataset.h"
#include "tests/train/train_program.h"

namespace frond {
namespace {

namespace fs = std::filesystem;

TEST_F(TrainProgram, LeavesAModelItsFiguresAndAReport) {
  const Outcome outcome = Train("run", "--json");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const nlohmann::json result = nlohmann::json::parse(outcome.out);
  EXPECT_GT(result["val"]["top1"].get<double>(), 0.8);
  EXPECT_GT(result["test"]["top1"].get<double>(), 0.8);
  for (const char* file : {"last.safetensors", "metrics.jsonl", "events.out.tfevents.frond", "config.toml",
                           "audit.json", "README.md", "report.html", "result.json"}) {
    EXPECT_TRUE(fs::exists(dir.File(StrCat("run/", file)))) << file;
  }
  const Result<Model> model = Model::Load(dir.File("run/model.safetensors"));
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->labels(), (std::vector<std::string>{"blue", "green", "red"}));
  EXPECT_EQ(model->temperature(), result["temperature"].get<double>());
  // By which drift is told later.
  ASSERT_NE(model->reference(), nullptr);
  EXPECT_EQ(model->reference()->projections.size(),
            model->reference()->photos * (model->reference()->deviations.size() + 1));
  // What it says of the test photos is what the engine says of them.
  const Result<Dataset> dataset = ReadDataset(dir.File("data"));
  ASSERT_TRUE(dataset.ok());
  const Result<DatasetPredictions> test = PredictDataset(*model, *dataset, {});
  ASSERT_TRUE(test.ok()) << test.error().ToString();
  const Result<Evaluation> evaluation = Evaluate(test->tasks[0], model->temperature());
  ASSERT_TRUE(evaluation.ok());
  EXPECT_NEAR(evaluation->nll, result["test"]["nll"].get<double>(), 1e-6);
}

// From a model with batch-norms, in batches of four: the trained layers' become GroupNorms, and the engine computes
// what the module did.
TEST_F(TrainProgram, GroupNormsReplaceBatchNormsAndRunOnTheEngine) {
  ASSERT_EQ(Train("run", "--epochs 4").status, 0) << Text("err");
  const std::string command =
      StrCat(dir.File("data"), " --pretrained ", dir.File("run/model.safetensors"),
             " --freeze stages:1 --norm group --batch 4 --epochs 3 --threads 1 --json --out ", dir.File("groups"));
  const Outcome outcome = Run(command);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(Has(outcome.err, "trained layers get GroupNorms from block 1")) << outcome.err;
  const nlohmann::json result = nlohmann::json::parse(outcome.out);
  EXPECT_GT(result["val"]["top1"].get<double>(), 0.8);
  const Result<Model> model = Model::Load(dir.File("groups/model.safetensors"));
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->spec().group_norm, (GroupNormSpec{8, 1}));
  // Figures on val are the module's, by libtorch: the engine's of the same photos.
  const Result<Dataset> dataset = ReadDataset(dir.File("data"));
  ASSERT_TRUE(dataset.ok());
  const Result<DatasetPredictions> val = PredictDataset(*model, *dataset, {.split = Split::kVal});
  ASSERT_TRUE(val.ok()) << val.error().ToString();
  const Result<Evaluation> evaluation = Evaluate(val->tasks[0], model->temperature());
  ASSERT_TRUE(evaluation.ok());
  EXPECT_NEAR(evaluation->nll, result["val"]["nll"].get<double>(), 1e-4);
  // A run from this one keeps them.
  const Outcome next = Run(StrCat(dir.File("data"), " --pretrained ", dir.File("groups/model.safetensors"),
                                  " --freeze head --epochs 1 --threads 1 --out ", dir.File("next")));
  ASSERT_EQ(next.status, 0) << next.err;
  EXPECT_EQ(Model::Load(dir.File("next/model.safetensors")).value().spec().group_norm, (GroupNormSpec{8, 1}));
}

TEST_F(TrainProgram, GroupNormsNeedATrainedNorm) {
  ASSERT_EQ(Train("run", "--epochs 1").status, 0) << Text("err");
  const Outcome outcome = Run(StrCat(dir.File("data"), " --pretrained ", dir.File("run/model.safetensors"),
                                     " --freeze head --norm group --out ", dir.File("groups")));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(Has(outcome.err, "no norm is trained")) << outcome.err;
}

TEST_F(TrainProgram, KilledAtAnyMomentItEndsLikeTheUnbrokenRun) {
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(Train("whole", "--checkpoint-seconds 0").status, 0) << Text("err");
  const auto whole_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start).count();
  Random random({17});
  int killed = 0;
  // Each attempt may last a fifth of the whole: it starts, loads, does some steps. 20 kills, and then to the end.
  for (int attempt = 0; attempt < 20; ++attempt) {
    killed += RunAndKill(Command("broken", "--checkpoint-seconds 0"),
                         static_cast<int>(random.Uniform(0.1, 0.45) * static_cast<double>(whole_ms)))
                  ? 1
                  : 0;
  }
  EXPECT_GE(killed, 1);
  ASSERT_EQ(Train("broken", "--checkpoint-seconds 0").status, 0) << Text("err");
  for (const char* file : {"model.safetensors", "last.safetensors"}) {
    EXPECT_TRUE(Text(StrCat("whole/", file)) == Text(StrCat("broken/", file))) << file << " differs";
  }
}

// Views that repeat: what is frozen runs once, and nothing else changes, also where that is interrupted.
TEST_F(TrainProgram, KeepingWhatIsFrozenChangesNoBit) {
  ASSERT_EQ(Train("start", "--epochs 2").status, 0) << Text("err");
  for (const char* freeze : {"stages:1", "head"}) {
    const auto command = [&](const std::string& out, const std::string& more) {
      return StrCat(dir.File("data"), " --pretrained ", dir.File("start/model.safetensors"), " --freeze ", freeze,
                    " --views 2 --epochs 4 --batch 8 --threads 1 --out ", dir.File(out), " ", more);
    };
    fs::remove_all(dir.File("computed"));
    fs::remove_all(dir.File("kept"));
    const Outcome computed = Run(command("computed", "--cache-gb 0"));
    ASSERT_EQ(computed.status, 0) << computed.err;
    EXPECT_TRUE(Has(Text("computed/report.html"), "the frozen part runs in every epoch"));
    for (const int milliseconds : {300, 500, 700}) RunAndKill(command("kept", "--checkpoint-seconds 0"), milliseconds);
    const Outcome kept = Run(command("kept", "--checkpoint-seconds 0"));
    ASSERT_EQ(kept.status, 0) << kept.err;
    EXPECT_FALSE(Has(Text("kept/report.html"), "the frozen part runs in every epoch"));
    EXPECT_TRUE(Text("kept/model.safetensors") == Text("computed/model.safetensors")) << freeze;
    EXPECT_FALSE(fs::exists(dir.File("kept/frozen.cache")));
  }
}

// Of real networks, since a tiny one's peak is the program's own.
TEST_F(TrainProgram, TheMemoryEstimateIsRightWithinAQuarter) {
  struct Peak {
    double expected = 0;
    double measured = 0;
  };
  const auto peak = [&](const std::string& out, const std::string& options) {
    const Outcome outcome =
        Run(StrCat(dir.File("data"), " --epochs 1 --threads 1 --batch 16 --json --out ", dir.File(out), " ", options));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_TRUE(Has(outcome.err, "memory: about ")) << outcome.err;
    const nlohmann::json memory = nlohmann::json::parse(outcome.out)["memory"];
    const Peak bytes{memory["expected_bytes"].get<double>(), memory["peak_bytes"].get<double>()};
    EXPECT_NEAR(bytes.expected / bytes.measured, 1, 0.25) << options << ": " << bytes.measured;
    return bytes;
  };
  peak("relu6", "--arch lite0 --size 224 --freeze none");
  const Peak swish = peak("swish", "--arch b0 --size 192 --freeze none");
  const Peak recomputed = peak("recomputed", "--arch b0 --size 192 --freeze none --grad-checkpoint");
  EXPECT_LT(recomputed.measured, 0.8 * swish.measured);
  EXPECT_TRUE(Text("recomputed/model.safetensors") == Text("swish/model.safetensors"));
  peak("frozen", StrCat("--pretrained ", dir.File("relu6/model.safetensors"), " --size 160 --freeze 0.6"));
}

TEST_F(TrainProgram, AFinishedRunIsTheSameAgain) {
  ASSERT_EQ(Train("run", "--epochs 2").status, 0) << Text("err");
  const std::string model = Text("run/model.safetensors");
  ASSERT_EQ(Train("run", "--epochs 2").status, 0) << Text("err");
  EXPECT_TRUE(Text("run/model.safetensors") == model);
}

TEST_F(TrainProgram, ARunWithOtherOptionsIsNotGoneOnWith) {
  ASSERT_EQ(Train("run", "--epochs 2").status, 0) << Text("err");
  const Outcome other = Train("run", "--epochs 3");
  EXPECT_EQ(other.status, 1);
  EXPECT_TRUE(Has(other.err, "other options") && Has(other.err, "--restart")) << other.err;
  EXPECT_EQ(Train("run", "--epochs 3 --restart").status, 0) << Text("err");
}

TEST_F(TrainProgram, AnEarlierRunsModelCanBeTheStart) {
  ASSERT_EQ(Train("run", "--epochs 2").status, 0) << Text("err");
  const Outcome outcome = Run(StrCat(dir.File("data"), " --pretrained ", dir.File("run/model.safetensors"),
                                     " --freeze head --epochs 1 --batch 8 --threads 1 --out ", dir.File("next")));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  // Frozen layers keep their statistics: all but the classifier is what it was.
  const Result<Model> next = Model::Load(dir.File("next/model.safetensors"));
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->labels().size(), 3U);
}

TEST_F(TrainProgram, OneClassIsNone) {
  fs::remove_all(dir.File("data/red"));
  fs::remove_all(dir.File("data/green"));
  const Outcome outcome = Train("run");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(Has(outcome.err, "blue")) << outcome.err;
}

TEST_F(TrainProgram, ThreePhotosAClassAreFewButWork) {
  for (const char* name : {"blue", "green", "red"}) {
    for (int i = 3; i < kPhotos; ++i) fs::remove(dir.File(StrCat("data/", name, "/", i, ".png")));
  }
  const Outcome outcome = Train("run", "--epochs 1");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(Has(outcome.err, "1 photo")) << outcome.err;
}

TEST_F(TrainProgram, AFolderOfTextFilesHasNoPhotos) {
  fs::remove_all(dir.File("data"));
  WriteText(dir.File("data/notes/a.txt"), "a");
  WriteText(dir.File("data/more/b.txt"), "b");
  const Outcome outcome = Train("run");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(Has(outcome.err, ".txt")) << outcome.err;
}

TEST_F(TrainProgram, APhotoThatCannotBeReadIsNamedAndLeftOut) {
  WriteText(dir.File("data/red/broken.png"), "no picture");
  const Outcome outcome = Train("run", "--epochs 1");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(Has(outcome.err, "broken.png")) << outcome.err;
}

TEST_F(TrainProgram, AnAbsurdLearningRateEndsWithAdvice) {
  const Outcome outcome = Train("run", "--lr 1000000 --clip 0 --optimizer sgd --json");
  EXPECT_EQ(outcome.status, 1);
  const nlohmann::json error = nlohmann::json::parse(outcome.out)["error"];
  EXPECT_TRUE(Has(error["message"], "diverged at a learning rate")) << outcome.out;
  EXPECT_TRUE(Has(error["remedy"], "--lr-range")) << outcome.out;
}

TEST_F(TrainProgram, AModelMadeToOverflowTrainsOnAndItsLayerIsNamed) {
  ASSERT_EQ(Train("start", "--epochs 2").status, 0) << Text("err");
  Scale("start/model.safetensors", "blocks.1.0.bn1.weight", 2e38F);
  const std::string command =
      StrCat(dir.File("data"), " --pretrained ", dir.File("start/model.safetensors"),
             " --freeze none --precision bf16 --norm batch --batch 4 --lr 0.01 --epochs 4 --threads 1 --json --out ");
  const Outcome outcome = Run(command + dir.File("run"));
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_TRUE(Has(outcome.err, "watchdog: epoch 1, batch 1: the loss is nan, first in blocks.1.0.bn1")) << outcome.err;
  EXPECT_TRUE(Has(Text("run/report.html"), "first in blocks.1.0.bn1"));
  EXPECT_GT(nlohmann::json::parse(outcome.out)["test"]["top1"].get<double>(), 0.8);
  EXPECT_FALSE(fs::exists(dir.File("run/good.safetensors")));
  // Killed at any moment it ends alike.
  for (const int milliseconds : {300, 400, 500, 600}) {
    RunAndKill(command + dir.File("broken") + " --checkpoint-seconds 0", milliseconds);
  }
  ASSERT_EQ(Run(command + dir.File("broken") + " --checkpoint-seconds 0").status, 0) << Text("err");
  EXPECT_TRUE(Text("run/model.safetensors") == Text("broken/model.safetensors"));
}

// Swish becomes ReLU6 in the spec, so that the engine computes what was trained.
TEST_F(TrainProgram, ClampedActivationsAreTheModelsOwn) {
  ASSERT_EQ(Train("run", "--activation relu6 --epochs 2 --json").status, 0) << Text("err");
  const Result<Model> model = Model::Load(dir.File("run/model.safetensors"));
  ASSERT_TRUE(model.ok()) << model.error().ToString();
  EXPECT_EQ(model->spec().activation, Activation::kRelu6);
}

TEST_F(TrainProgram, AFullDiskIsSaidAndLeavesTheLastCheckpoint) {
  ASSERT_EQ(Train("run", "--epochs 6").status, 0);
  const std::string before = Text("run/checkpoint.safetensors");
  ASSERT_FALSE(before.empty());
  // A limit on the size of files stands for the full disk: 16 blocks of 512 bytes.
  const std::string command = StrCat("sh -c \"trap '' XFSZ; ulimit -f 16; exec ", FROND_PROGRAM, " ", Command("full"),
                                     "\" >", dir.File("out"), " 2>", dir.File("err"));
  const int status = std::system(command.c_str());
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 1) << Text("err");
  EXPECT_TRUE(Has(Text("err"), "full/")) << Text("err");
  for (const auto& file : fs::directory_iterator(dir.File("full"))) {
    EXPECT_FALSE(file.path().filename().string().ends_with(".safetensors")) << file.path();
  }
}

// Of the maps of this input each takes 0.8 GB.
TEST_F(TrainProgram, TooLittleMemoryEndsWithAdvice) {
  const std::string command =
      StrCat("sh -c \"ulimit -v 3000000; exec ", FROND_PROGRAM, " ", Command("run", "--size 2048 --batch 24"), "\" >",
             dir.File("out"), " 2>", dir.File("err"));
  const int status = std::system(command.c_str());
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 1) << Text("err");
  EXPECT_TRUE(Has(Text("err"), "memory may not suffice")) << Text("err");
  EXPECT_TRUE(Has(Text("err"), "a smaller --batch")) << Text("err");
}

TEST_F(TrainProgram, TheRateTestSuggestsAndDraws) {
  const Outcome outcome = Train("run", "--lr-range --json");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const nlohmann::json range = nlohmann::json::parse(outcome.out);
  ASSERT_TRUE(range["suggested"].is_number()) << outcome.out;
  EXPECT_GT(range["suggested"].get<double>(), 1e-6);
  EXPECT_LT(range["suggested"].get<double>(), 10);
  EXPECT_GT(range["rates"].size(), 20U);
  EXPECT_TRUE(Has(Text("run/lr_range.html"), "<svg"));
  EXPECT_FALSE(fs::exists(dir.File("run/checkpoint.safetensors")));
}

TEST_F(TrainProgram, WrongUsageIsTold) {
  EXPECT_EQ(Train("run", "--head transformer").status, 2);
  EXPECT_EQ(Train("run", "--precision fp8").status, 2);
  const Outcome freeze = Train("run", "--freeze 1.5");
  EXPECT_EQ(freeze.status, 1);
  EXPECT_TRUE(Has(freeze.err, "1.5")) << freeze.err;
}

}  // namespace
}  // namespace frond
