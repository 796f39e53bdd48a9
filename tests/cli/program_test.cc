// The program as a shell sees it: exit statuses, streams, files.

#include <gtest/gtest.h>

#include <fstream>

#include "cli/npy.h"
#include "tests/cli/program.h"
#include "tests/weights/weights_of.h"

namespace frond {
namespace {

TEST_F(Program, InfoPrintsThePapersTable) {
  const Outcome b0 = Run("info b0");
  EXPECT_EQ(b0.status, 0);
  EXPECT_TRUE(Has(b0.out, "MBConv6, k5x5")) << b0.out;
  EXPECT_TRUE(Has(b0.out, "5288548")) << b0.out;
  EXPECT_TRUE(b0.err.empty()) << b0.err;
}

TEST_F(Program, InfoComparesScalesAndLists) {
  EXPECT_TRUE(Has(Run("info b0 b4 lite0").out, "efficientnet_lite0"));
  const Outcome scaled = Run("info --phi 1 --alpha 2");
  EXPECT_EQ(scaled.status, 0);
  EXPECT_TRUE(Has(scaled.err, "warning")) << scaled.err;
  EXPECT_TRUE(Run("info --phi 1").err.empty());
  EXPECT_TRUE(Has(Run("info --list").out, "tf_efficientnet_b4\n"));
}

TEST_F(Program, ASpecCanBeReadBack) {
  std::ofstream(dir.File("spec.json")) << Run("info v2-s --spec").out;
  const Outcome again = Run("info --spec " + dir.File("spec.json"));
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(SpecFromJson(again.out).value(), FindSpec("v2-s").value());
}

TEST_F(Program, WrongUsageIsTwoAndWrongInputOne) {
  EXPECT_EQ(Run("").status, 2);
  EXPECT_EQ(Run("info").status, 2);
  EXPECT_EQ(Run("frobnicate").status, 2);
  EXPECT_EQ(Run("info b0 --size").status, 2);
  EXPECT_EQ(Run("--help").status, 0);
  EXPECT_EQ(Run("info b0 --size 0").status, 1);
  const Outcome unknown = Run("info b99");
  EXPECT_EQ(unknown.status, 1);
  EXPECT_TRUE(unknown.err.starts_with("frond: ")) << unknown.err;
  const Outcome json = Run("info b99 --json");
  EXPECT_EQ(json.status, 1);
  EXPECT_TRUE(Has(json.out, "\"code\": \"not_found\"")) << json.out;
}

TEST_F(Program, TrainingsThreadsSpinBrieflyUnlessToldOtherwise) {
  setenv("FROND_TRAIN_PROGRAM", "/usr/bin/env", 1);  // which says what it was given
  for (const char* name : {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}) unsetenv(name);
  EXPECT_TRUE(Has(Run("train").out, "GOMP_SPINCOUNT=1000\n"));
  setenv("GOMP_SPINCOUNT", "7", 1);
  EXPECT_TRUE(Has(Run("train").out, "GOMP_SPINCOUNT=7\n"));
  unsetenv("GOMP_SPINCOUNT");
  setenv("OMP_WAIT_POLICY", "passive", 1);
  EXPECT_FALSE(Has(Run("train").out, "GOMP_SPINCOUNT"));
  unsetenv("OMP_WAIT_POLICY");
  unsetenv("FROND_TRAIN_PROGRAM");
}

TEST_F(Program, ImportsAndRuns) {
  WeightsOf weights(FindSpec("lite0").value());
  for (auto& tensor : weights.tensors) {
    const bool variance = tensor.name.ends_with("running_var");
    for (size_t i = 0; i < tensor.values.size(); ++i)
      tensor.values[i] = variance ? 1.0F : 0.01F * static_cast<float>(i % 7) - 0.03F;
  }
  weights.Write(dir.File("in.safetensors"));
  const std::string model = dir.File("model.safetensors");
  const Outcome imported = Run("import " + dir.File("in.safetensors") + " --arch tf_efficientnet_lite0 -o " + model);
  ASSERT_EQ(imported.status, 0) << imported.err;
  EXPECT_TRUE(Has(Run("info " + model).out, "no labels"));

  ASSERT_TRUE(cli::WriteNpy(dir.File("x.npy"), {2, 3, 64, 48}, std::vector<float>(2 * 3 * 64 * 48, 0.5F)).ok());
  const Outcome ran = Run("run " + model + " --input " + dir.File("x.npy") + " --output " + dir.File("y.npy"));
  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_TRUE(Has(ran.err, "made for 224x224")) << ran.err;
  EXPECT_EQ(cli::NpyFile::Read(dir.File("y.npy")).value().shape(), (Shape{2, 1000}));
  EXPECT_EQ(
      Run("run " + dir.File("in.safetensors") + " --input " + dir.File("x.npy") + " --output " + dir.File("y.npy"))
          .status,
      1);
}

TEST_F(Program, RunChecksItsOutputFirst) {
  // None of the files need be sound: the path is refused before they are read.
  std::ofstream(dir.File("m.safetensors")) << "x";
  std::ofstream(dir.File("x.npy")) << "x";
  const std::string run = "run " + dir.File("m.safetensors") + " --input " + dir.File("x.npy") + " --output ";
  EXPECT_TRUE(Has(Run(run + dir.File("x.npy")).err, "is an input too"));
  EXPECT_TRUE(Has(Run(run + dir.File("m.safetensors")).err, "is an input too"));
  EXPECT_TRUE(Has(Run(run + dir.File(".")).err, "is a folder"));
  EXPECT_TRUE(Has(Run(run + dir.File("no/y.npy")).err, "no folder that exists"));
}

TEST_F(Program, TextsFromFilesCannotCommandTheTerminal) {
  WeightsOf weights(FindSpec("lite0").value());
  weights.Write(dir.File("m.safetensors"), {{"frond.format", "1"},
                                            {"frond.spec", SpecToJson(FindSpec("lite0").value())},
                                            {"frond.source",
                                             "\x1b[2J\x07 \xc2\x9b 31m K\xc3\xa4"
                                             "fer\nrow"}});
  const Outcome info = Run("info " + dir.File("m.safetensors"));
  EXPECT_EQ(info.status, 0) << info.err;
  EXPECT_TRUE(Has(info.out,
                  "source         ?[2J? ? 31m K\xc3\xa4"
                  "fer?row\n"))
      << info.out;
  const Outcome usage = Run("info 'a\x1b[2J'");
  EXPECT_EQ(usage.err.find('\x1b'), std::string::npos) << usage.err;
}

}  // namespace
}  // namespace frond
