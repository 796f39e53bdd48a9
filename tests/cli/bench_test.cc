// frond bench as a shell and as a harness see it. Times themselves are no promise of a test.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "cli/npy.h"
#include "tests/cli/program.h"
#include "tests/support/tiny_model.h"

namespace frond {
namespace {

using Json = nlohmann::json;

class Bench : public Program {
 protected:
  Bench() { WriteTinyModel(model); }

  // What the program answers to these lines of a harness.
  Outcome Serve(const std::string& lines, const std::string& options = "") const {
    std::ofstream(dir.File("lines")) << lines;
    return Run("bench " + model + " --serve-protocol " + options + " <" + dir.File("lines"));
  }

  const std::string model = dir.File("model.safetensors");
};

TEST_F(Bench, TheDocumentHasPercentilesMemoryAndEveryLayer) {
  const Outcome outcome = Run("bench " + model + " --runs 20 --seconds 0.05 --batch 2 --json");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const Json document = Json::parse(outcome.out);
  const Json& latency = document["latency_ms"];
  EXPECT_EQ(latency["runs"], 20);
  const std::vector<double> ascending = {
      0, latency["min"], latency["p50"], latency["p90"], latency["p95"], latency["p99"], latency["max"]};
  EXPECT_TRUE(std::is_sorted(ascending.begin(), ascending.end())) << latency;
  EXPECT_GT(ascending[1], 0);
  EXPECT_EQ(document["batch"], 2);
  EXPECT_EQ(document["precision"], "fp32");
  EXPECT_GT(document["memory_bytes"]["working"], 0);
  EXPECT_GT(document["peak_gmacs"], 0);
  const auto macs = [&](const char* list) {
    return std::accumulate(document[list].begin(), document[list].end(), int64_t{0},
                           [](int64_t sum, const Json& row) { return sum + row["macs"].get<int64_t>(); });
  };
  const Json info = Json::parse(Run("info " + model + " --json").out);
  EXPECT_EQ(macs("ops"), info["models"][0]["macs"].get<int64_t>());
  EXPECT_EQ(macs("stages"), macs("ops"));
}

TEST_F(Bench, HalfPrecisionTakesHalfTheWeights) {
  const auto weights = [&](const std::string& options) {
    const Json document = Json::parse(Run("bench " + model + " --runs 3 --seconds 0.05 --json " + options).out);
    return std::pair(document["precision"].get<std::string>(), document["memory_bytes"]["weights"].get<double>());
  };
  const auto [full_name, full] = weights("");
  const auto [half_name, half] = weights("--precision bf16");
  EXPECT_EQ(full_name, "fp32");
  EXPECT_EQ(half_name, "bf16");
  EXPECT_LT(half, 0.65 * full);
}

TEST_F(Bench, TheTableNamesStagesOrLayers) {
  const Outcome stages = Run("bench " + model + " --runs 3 --seconds 0.05");
  EXPECT_TRUE(Has(stages.out, "stage 1") && Has(stages.out, "classifier") && Has(stages.out, "p99")) << stages.out;
  const Outcome layers = Run("bench " + model + " --runs 3 --seconds 0.05 --ops");
  EXPECT_TRUE(Has(layers.out, "blocks.0.0") && Has(layers.out, "depthwise")) << layers.out;
}

TEST_F(Bench, AHarnessGetsTimesAndLogits) {
  const std::vector<float> images(size_t{2} * 3 * 64 * 64, 0.25f);
  ASSERT_TRUE(cli::WriteNpy(dir.File("in.npy"), {2, 3, 64, 64}, images).ok());
  const Outcome outcome =
      Serve("run 2\nio " + dir.File("in.npy") + " " + dir.File("out.npy") + "\nrun 1\n", "--threads 2 --batch 2");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  std::istringstream lines(outcome.out);
  std::string ready;
  double first = 0, io = -1, second = 0;
  ASSERT_TRUE(lines >> ready >> first >> io >> second) << outcome.out;
  EXPECT_EQ(ready, "ready");
  EXPECT_GT(first, 0);
  EXPECT_EQ(io, 0);
  EXPECT_GT(second, 0);
  ASSERT_EQ(Run("run " + model + " --input " + dir.File("in.npy") + " --output " + dir.File("run.npy")).status, 0);
  EXPECT_EQ(Text("out.npy"), Text("run.npy"));
}

TEST_F(Bench, AHarnessIsToldWhatCannotBeFollowed) {
  for (const char* line : {"jump 3", "run", "run 0", "run -2", "io one.npy", "io missing.npy out.npy"}) {
    const Outcome outcome = Serve(std::string(line) + "\n");
    EXPECT_EQ(outcome.status, 1) << line;
    EXPECT_TRUE(Has(outcome.out, "ready\nerror: ")) << outcome.out;
  }
  EXPECT_EQ(Serve("").status, 0);
}

TEST_F(Bench, OptionsOutOfRangeAreWrongUsage) {
  for (const char* options : {"--batch 0", "--threads 257", "--seconds 0", "--precision int9", "--runs 0"}) {
    EXPECT_EQ(Run("bench " + model + " " + options).status, 2) << options;
  }
  EXPECT_EQ(Run("bench " + dir.File("none.safetensors")).status, 1);
}

}  // namespace
}  // namespace frond
