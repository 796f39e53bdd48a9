#include "frond/spec.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <map>
#include <sstream>

#include "src/spec/cost.h"
#include "src/spec/families.h"
#include "src/spec/input_size.h"
#include "src/spec/variants.h"

namespace frond {
namespace {

NetworkCost CostOf(const std::string& name, int size = 0) {
  const Spec spec = FindSpec(name).value();
  return ComputeCost(spec, size == 0 ? spec.preprocessing.height : size, size == 0 ? spec.preprocessing.width : size)
      .value();
}

// The published counts, as every library's models have them.
TEST(CostTest, ParametersArePublishedOnes) {
  const std::map<std::string, int64_t> published = {
      {"b0", 5288548},     {"b1", 7794184},    {"b2", 9109994},    {"b3", 12233232},
      {"b4", 19341616},    {"b5", 30389784},   {"b6", 43040704},   {"b7", 66347960},
      {"lite0", 4652008},  {"lite1", 5416680}, {"lite2", 6092072}, {"lite3", 8197096},
      {"lite4", 13006568}, {"v2-s", 21458488}, {"v2-m", 54139356}, {"v2-l", 118515272}};
  for (const auto& [name, parameters] : published) EXPECT_EQ(CostOf(name).parameters, parameters) << name;
}

TEST(CostTest, ParametersAndMacsAreTimms) {
  std::ifstream in(std::string(FROND_GOLDEN_DIR) + "/costs.txt");
  int rows = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    std::string name;
    int side = 0;
    int64_t parameters = 0;
    int64_t macs = 0;
    fields >> name >> side >> parameters >> macs;
    const NetworkCost cost = CostOf(name, side);
    EXPECT_EQ(cost.parameters, parameters) << name;
    EXPECT_EQ(cost.macs, macs) << name;
    ++rows;
  }
  EXPECT_GE(rows, 25);
}

TEST(CostTest, StagesAddUp) {
  const NetworkCost cost = CostOf("b0");
  ASSERT_EQ(cost.stages.size(), 9U);
  EXPECT_EQ(cost.stages[3].op, "MBConv6, k5x5, SE0.25");
  EXPECT_EQ(cost.stages[3].in_height, 56);
  int64_t macs = 0;
  int64_t parameters = 0;
  for (const StageCost& stage : cost.stages) {
    macs += stage.macs;
    parameters += stage.parameters;
  }
  EXPECT_EQ(macs, cost.macs);
  EXPECT_EQ(parameters, cost.parameters);
  // The widest moment is the first depthwise of stage 2: 112 x 112 x 96 floats in, 56 x 56 x 96 out.
  EXPECT_EQ(cost.peak_activation_bytes, (112 * 112 + 56 * 56) * 96 * 4);
}

TEST(SpecTest, EveryNameIsValidAndSurvivesJson) {
  EXPECT_GE(SpecNames().size(), 50U);
  for (const std::string& name : SpecNames()) {
    const Result<Spec> spec = FindSpec(name);
    ASSERT_TRUE(spec.ok()) << name;
    EXPECT_EQ(spec->name, name);
    EXPECT_TRUE(ValidateSpec(*spec).ok()) << name;
    const Result<Spec> back = SpecFromJson(SpecToJson(*spec));
    ASSERT_TRUE(back.ok()) << back.error().ToString();
    EXPECT_EQ(*back, *spec) << name;
    EXPECT_FALSE(spec->preprocessing.draft) << name;
  }
  Spec spec = FindSpec("b0").value();
  spec.preprocessing.draft = true;
  EXPECT_EQ(SpecFromJson(SpecToJson(spec)).value(), spec);
}

TEST(SpecTest, GroupNormSurvivesJsonAndIsNotWrittenWhereThereIsNone) {
  Spec spec = FindSpec("b0").value();
  EXPECT_EQ(SpecToJson(spec).find("group_norm"), std::string::npos);
  for (const GroupNormSpec& group_norm : {GroupNormSpec{8, 5}, GroupNormSpec{1, 0}, GroupNormSpec{16384, 16}}) {
    spec.group_norm = group_norm;
    const Result<Spec> back = SpecFromJson(SpecToJson(spec));
    ASSERT_TRUE(back.ok()) << back.error().ToString();
    EXPECT_EQ(*back, spec);
  }
}

// The groups of a layer are equally large, and no larger than asked for; its tensors have no running statistics.
TEST(NetworkTest, GroupNormsReplaceThoseOfTheirBlocksAndTheHead) {
  Spec spec = FindSpec("b0").value();
  const size_t all = NetworkTensors(BuildNetwork(spec)).size();
  spec.group_norm = {10, 15};
  const Network network = BuildNetwork(spec);
  EXPECT_EQ(network.stem.norm_groups, 0);
  EXPECT_EQ(network.blocks[14].project.norm_groups, 0);
  EXPECT_EQ(network.blocks[15].expand->norm_groups, 128);  // 1152 channels in nines
  EXPECT_EQ(network.blocks[15].depthwise->norm_groups, 128);
  EXPECT_EQ(network.blocks[15].project.norm_groups, 32);  // 320 in tens
  EXPECT_EQ(network.head.norm_groups, 128);               // 1280 in tens
  EXPECT_EQ(NetworkTensors(network).size(), all - 8);
  spec.group_norm = {16384, 16};  // all channels of a layer: the head's alone
  EXPECT_EQ(BuildNetwork(spec).head.norm_groups, 1);
  EXPECT_EQ(NetworkTensors(BuildNetwork(spec)).size(), all - 2);
  // Parameters are counted alike, and a stem does not wait for a block that waits for its whole map.
  EXPECT_EQ(ComputeCost(spec, 224, 224)->parameters, CostOf("b0").parameters);
  EXPECT_TRUE(StemJoinsFirstBlock(BuildNetwork(spec)));
  spec.group_norm = {8, 0};
  EXPECT_FALSE(StemJoinsFirstBlock(BuildNetwork(spec)));
}

TEST(SpecTest, VariantsDifferWhereTheLibrariesDo) {
  const Spec plain = FindSpec("efficientnet_b4").value();
  const Spec tf = FindSpec("tf_efficientnet_b4").value();
  EXPECT_EQ(plain.stages, tf.stages);
  EXPECT_EQ(plain.padding, Padding::kSymmetric);
  EXPECT_EQ(tf.padding, Padding::kSame);
  EXPECT_EQ(plain.bn_epsilon, 1e-5);
  EXPECT_EQ(tf.bn_epsilon, 1e-3);
  EXPECT_EQ(FindSpec("torchvision_efficientnet_b4")->bn_epsilon, 1e-5);
  EXPECT_EQ(FindSpec("torchvision_efficientnet_b5")->bn_epsilon, 1e-3);
  EXPECT_EQ(FindSpec("tf_efficientnet_b4.ap_in1k")->preprocessing.mean[0], 0.5);
  EXPECT_EQ(FindSpec("tf_efficientnetv2_s.in21k")->num_classes, 21843);
  EXPECT_EQ(FindSpec("b4").value(), plain);
}

TEST(SpecTest, AnUnknownNameIsAnsweredWithCloseOnes) {
  const Result<Spec> spec = FindSpec("eficientnet_b3");
  ASSERT_FALSE(spec.ok());
  EXPECT_EQ(spec.error().code, ErrorCode::kNotFound);
  EXPECT_NE(spec.error().remedy.find("efficientnet_b3"), std::string::npos);
}

TEST(ScaleTest, RoundingFollowsThePaper) {
  EXPECT_EQ(RoundChannels(32 * 1.1), 32);
  EXPECT_EQ(RoundChannels(320 * 1.1), 352);
  EXPECT_EQ(RoundChannels(24 * 1.4), 32);
  EXPECT_EQ(RoundChannels(10.9), 16);  // 8 would lose more than 10 %
  EXPECT_EQ(RoundChannels(10.9, /*may_lose_channels=*/true), 8);
  EXPECT_EQ(RoundLayers(3 * 1.1), 4);
}

TEST(ScaleTest, TheFormulaScalesAllThree) {
  CompoundScaling scaling;
  scaling.phi = 1;
  EXPECT_NEAR(scaling.cost_growth(), 1.2 * 1.1 * 1.1 * 1.15 * 1.15, 1e-12);
  const Spec spec = Scale(FindSpec("b0").value(), scaling).value();
  EXPECT_EQ(spec.preprocessing.height, 258);  // 224 * 1.15
  EXPECT_EQ(spec.stages[5].layers, 5);        // 4 * 1.2
  EXPECT_EQ(spec.stages[5].channels, 208);    // 192 * 1.1 = 211.2
}

TEST(ScaleTest, SenselessCoefficientsAreRefused) {
  for (const double bad :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    CompoundScaling scaling;
    scaling.phi = 1;
    scaling.beta = bad;
    EXPECT_FALSE(Scale(FindSpec("b0").value(), scaling).ok()) << bad;
  }
  CompoundScaling huge;
  huge.phi = 1e9;
  EXPECT_FALSE(Scale(FindSpec("b0").value(), huge).ok());
}

TEST(InputSizeTest, OneNumberOrHeightByWidth) {
  EXPECT_EQ(ParseInputSize("224").value(), (InputSize{224, 224}));
  EXPECT_EQ(ParseInputSize("160x320").value(), (InputSize{160, 320}));
  for (const char* text : {"", "0", "-1", "224x", "x224", "224x0", "160x320x3", "8193", "1e2", "99999999999"}) {
    EXPECT_FALSE(ParseInputSize(text).ok()) << text;
  }
}

TEST(InputSizeTest, AnotherShapeCostsAboutTheSame) {
  const Spec spec = FindSpec("lite0").value();
  EXPECT_EQ(ShapedInput(spec, 224 * 224, 1), (InputSize{224, 224}));
  EXPECT_EQ(ShapedInput(spec, 224 * 224, 2), (InputSize{160, 320}));
  EXPECT_EQ(ShapedInput(spec, 224 * 224, 0.5), (InputSize{320, 160}));
  EXPECT_EQ(ShapedInput(spec, 1.5 * 224 * 224, 2), (InputSize{192, 384}));
  for (const int side : {224, 240, 300, 380}) {
    for (const double shape : {0.4, 0.56, 0.75, 1.0, 1.33, 1.5, 1.78, 2.5}) {
      const InputSize size = ShapedInput(spec, side * side, shape);
      EXPECT_EQ(size.height % 32 + size.width % 32, 0) << side << " " << shape;
      EXPECT_NEAR(static_cast<double>(size.width) / size.height / shape, 1, 0.13) << side << " " << shape;
      EXPECT_NEAR(static_cast<double>(size.width) * size.height / (side * side), 1, 0.2) << side << " " << shape;
    }
  }
}

TEST(SpecJsonTest, MistakesAreNamed) {
  const std::string good = SpecToJson(FindSpec("b0").value());
  const auto message = [](const std::string& json) {
    const Result<Spec> spec = SpecFromJson(json);
    return spec.ok() ? std::string("accepted") : spec.error().ToString();
  };
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = good;
    const size_t at = changed.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return changed.replace(at, from.size(), to);
  };
  EXPECT_NE(message("{\"name\": \"" + std::string(70000, 'a') + "\"}").find("65536"), std::string::npos);
  EXPECT_NE(message("{\"name\": \"\\u001b]0;x\"}").find("control characters"), std::string::npos);
  EXPECT_NE(message(std::string("{\0}", 3)).find("not valid JSON"), std::string::npos);
  EXPECT_NE(message("{").find("not valid JSON"), std::string::npos);
  EXPECT_NE(message(std::string(60000, '[')).find("not valid JSON"), std::string::npos);
  EXPECT_NE(message("[]").find("not an object"), std::string::npos);
  EXPECT_NE(message(with("\"kernel\": 3", "\"kernel\": 4")).find("stages[0].kernel is 4"), std::string::npos);
  EXPECT_NE(message(with("\"kernel\": 3", "\"kernl\": 3")).find("kernl"), std::string::npos);
  EXPECT_NE(message(with("\"swish\"", "\"gelu\"")).find("swish or relu6"), std::string::npos);
  EXPECT_NE(message(with("\"num_classes\": 1000", "\"num_classes\": -1")).find("num_classes is -1"), std::string::npos);
  EXPECT_NE(message(with("\"num_classes\": 1000", "\"num_classes\": 1e30")).find("whole number"), std::string::npos);
  EXPECT_NE(message(with("\"num_classes\": 1000", "\"num_classes\": \"many\"")).find("whole number"),
            std::string::npos);
  EXPECT_NE(message(with("\"draft\": false", "\"draft\": 1")).find("neither true nor false"), std::string::npos);
}

}  // namespace
}  // namespace frond
