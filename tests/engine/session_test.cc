#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <thread>

#include "frond/model.h"
#include "src/base/cpu_set.h"
#include "src/base/format.h"
#include "src/base/isa.h"
#include "src/spec/network.h"
#include "src/weights/model_file.h"
#include "tests/support/golden_file.h"
#include "tests/support/temp_dir.h"
#include "tests/support/threads.h"

namespace frond {
namespace {

// A small network with every kind of block, saved with generated weights.
Spec SmallSpec() {
  Spec spec;
  spec.name = "small";
  spec.stem_channels = 12;
  spec.head_channels = 40;
  spec.num_classes = 7;
  spec.stages = {{BlockKind::kFusedMBConv, 3, 1, 1, 12, 2, 0},
                 {BlockKind::kFusedMBConv, 3, 2, 4, 16, 2, 0},
                 {BlockKind::kMBConv, 5, 2, 6, 20, 2, 0.25},
                 {BlockKind::kMBConv, 3, 1, 1, 20, 1, 0.25},
                 {BlockKind::kMBConv, 3, 2, 3, 24, 2, 0}};
  spec.preprocessing.height = spec.preprocessing.width = 64;
  return spec;
}

// The same with GroupNorms from a block on.
Spec GroupedSpec(int channels_per_group, int from_block) {
  Spec spec = SmallSpec();
  spec.group_norm = {channels_per_group, from_block};
  return spec;
}

void WriteModel(const Spec& spec, const std::string& path, double least_variance = 0.6) {
  std::vector<std::vector<float>> values;
  std::vector<TensorToWrite> tensors;
  const std::vector<TensorSpec> wanted = NetworkTensors(BuildNetwork(spec));
  for (const TensorSpec& tensor : wanted) {
    const auto count = static_cast<size_t>(ElementCount(tensor.shape).value());
    const bool variance = tensor.name.ends_with("running_var");
    values.push_back(GeneratedValues(tensor.name, count, variance ? least_variance : -0.4, variance ? 1.4 : 0.6));
  }
  for (size_t i = 0; i < wanted.size(); ++i) tensors.push_back({wanted[i].name, wanted[i].shape, values[i]});
  const Status status = WriteModelFile(path, spec, {.labels = {}, .source_json = "{}"}, tensors);
  ASSERT_TRUE(status.ok()) << status.error().ToString();
}

class SessionTest : public testing::Test {
 protected:
  void SetUp() override { Save(SmallSpec()); }
  void Save(const Spec& spec, Precision precision = Precision::kFloat32) {
    WriteModel(spec, dir_.File("model.safetensors"));
    Result<Model> model = Model::Load(dir_.File("model.safetensors"), {precision});
    ASSERT_TRUE(model.ok()) << model.error().ToString();
    model_ = *model;
  }
  std::vector<float> Run(int threads, int count, int height, int width) const {
    Result<Session> session = Session::Create(*model_, {threads});
    EXPECT_TRUE(session.ok());
    const std::vector<float> input = GeneratedValues("input", size_t{3} * count * height * width, -2, 2);
    std::vector<float> out(static_cast<size_t>(count) * model_->output_size());
    const Status status = session->Run({input, count, height, width}, out);
    EXPECT_TRUE(status.ok()) << status.error().ToString();
    return out;
  }
  std::vector<float> FirstImage(const std::vector<float>& logits) const {
    return {logits.begin(), logits.begin() + model_->output_size()};
  }
  TempDir dir_;
  std::optional<Model> model_;
};

TEST_F(SessionTest, ResultsAreBitIdenticalForAnyNumberOfThreads) {
  for (const auto& [height, width] : {std::pair(64, 64), std::pair(97, 131), std::pair(33, 200), std::pair(280, 40)}) {
    const std::vector<float> one = Run(1, 2, height, width);
    for (const int threads : {2, 3, 7}) {
      const std::vector<float> many = Run(threads, 2, height, width);
      EXPECT_EQ(std::memcmp(one.data(), many.data(), one.size() * sizeof(float)), 0)
          << threads << " threads, " << height << "x" << width;
    }
  }
}

// Every kind of block, groups of one channel, of a few, of all, and the head's alone; sides down to a pixel.
TEST_F(SessionTest, GroupNormsGiveTheSameLogitsOnEveryInstructionSetAndAnyNumberOfThreads) {
  const std::pair<int, int> sizes[] = {{45, 67}, {90, 33}, {1, 1}};
  for (const auto& [channels, from_block] :
       {std::pair(8, 0), std::pair(5, 3), std::pair(1, 4), std::pair(16384, 2), std::pair(8, 9)}) {
    for (const auto& [height, width] : sizes) {
      const std::string what = StrCat(channels, " channels from block ", from_block, ", ", height, "x", width);
      setenv("FROND_ISA", "scalar", 1);
      Save(GroupedSpec(channels, from_block));
      const std::vector<float> scalar = Run(1, 2, height, width);
      float largest = 0;
      for (const float value : scalar) largest = std::max(largest, std::abs(value));
      for (const Isa isa : AvailableIsas()) {
        setenv("FROND_ISA", std::string(IsaName(isa)).c_str(), 1);
        Save(GroupedSpec(channels, from_block));
        const std::vector<float> one = Run(1, 2, height, width);
        for (size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(one[i], scalar[i], 2e-5 * largest) << IsaName(isa) << what;
        for (const int threads : {2, 3}) EXPECT_EQ(Run(threads, 1, height, width), FirstImage(one)) << threads << what;
      }
    }
  }
  unsetenv("FROND_ISA");
}

TEST_F(SessionTest, GroupNormsChangeTheAnswer) {
  const std::vector<float> batch = Run(1, 1, 64, 64);
  Save(GroupedSpec(8, 0));
  const std::vector<float> all = Run(1, 1, 64, 64);
  Save(GroupedSpec(8, 9));
  const std::vector<float> head = Run(1, 1, 64, 64);
  EXPECT_NE(all, batch);
  EXPECT_NE(head, batch);
  EXPECT_NE(head, all);
}

TEST_F(SessionTest, ABatchIsItsImagesOneByOne) {
  const std::vector<float> both = Run(1, 2, 40, 56);
  const std::vector<float> first = Run(1, 1, 40, 56);
  EXPECT_EQ(std::memcmp(both.data(), first.data(), first.size() * sizeof(float)), 0);
  EXPECT_NE(std::memcmp(both.data(), both.data() + first.size(), first.size() * sizeof(float)), 0);
}

TEST_F(SessionTest, ManySessionsShareAModel) {
  if (!ThreadsStart()) GTEST_SKIP() << "no threads here";
  const std::vector<float> expected = Run(1, 1, 64, 64);
  std::vector<std::thread> threads;
  std::vector<std::vector<float>> results(4);
  for (auto& result : results)
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) result = Run(2, 1, 64, 64);
    });
  for (std::thread& thread : threads) thread.join();
  for (const auto& result : results) EXPECT_EQ(result, expected);
}

TEST_F(SessionTest, ASessionCanBeBoundToCpus) {
  if (!CheckCpus({0}).ok()) GTEST_SKIP() << "threads cannot be bound here, or CPU 0 is not ours";
  const std::vector<float> expected = Run(1, 1, 64, 64);
  const std::vector<float> input = GeneratedValues("input", size_t{3} * 64 * 64, -2, 2);
  Result<Session> session = Session::Create(*model_, {2, {0}});
  ASSERT_TRUE(session.ok()) << session.error().ToString();
  const int before = AvailableCpus();
  std::vector<float> out(7);
  ASSERT_TRUE(session->Run({input, 1, 64, 64}, out).ok());
  EXPECT_EQ(out, expected);
  EXPECT_EQ(AvailableCpus(), before) << "the caller stays bound";
  const Result<Session> bad = Session::Create(*model_, {1, {0, 100000}});
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(bad.error().message.find("100000"), std::string::npos) << bad.error().message;
}

TEST_F(SessionTest, ASessionFollowsTheSizeOfItsInput) {
  Result<Session> session = Session::Create(*model_, {1});
  std::vector<float> out(7);
  for (const int side : {64, 96, 1, 64}) {
    const std::vector<float> input = GeneratedValues("input", size_t{3} * side * side, -2, 2);
    ASSERT_TRUE(session->Run({input, 1, side, side}, out).ok());
    EXPECT_EQ(out, Run(1, 1, side, side));
  }
}

TEST_F(SessionTest, EverySetOfInstructionsGivesTheSameLogits) {
  setenv("FROND_ISA", "scalar", 1);
  Save(SmallSpec());
  const std::vector<float> scalar = Run(1, 2, 45, 67);
  float largest = 0;
  for (const float value : scalar) largest = std::max(largest, std::abs(value));
  for (const Isa isa : AvailableIsas()) {
    setenv("FROND_ISA", std::string(IsaName(isa)).c_str(), 1);
    Save(SmallSpec());
    const std::vector<float> logits = Run(1, 2, 45, 67);
    for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], scalar[i], 2e-5 * largest) << IsaName(isa);
  }
  unsetenv("FROND_ISA");
}

// Channels that bfloat16 can take in pairs, also behind a squeeze.
Spec PairedSpec() {
  Spec spec = SmallSpec();
  for (StageSpec& stage : spec.stages) stage.channels = (stage.channels + 15) / 16 * 16;
  return spec;
}

TEST_F(SessionTest, Bfloat16IsCloseToFloat32AndTheSameForAnyNumberOfThreads) {
  Save(PairedSpec());
  const std::vector<float> exact = Run(1, 2, 45, 67);
  float largest = 0;
  for (const float value : exact) largest = std::max(largest, std::abs(value));
  for (const Isa isa : AvailableIsas()) {
    setenv("FROND_ISA", std::string(IsaName(isa)).c_str(), 1);
    Save(PairedSpec(), Precision::kBfloat16);
    const std::vector<float> logits = Run(1, 2, 45, 67);
    EXPECT_NE(logits, exact) << IsaName(isa);
    for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], exact[i], 0.03 * largest) << IsaName(isa);
    for (const int threads : {2, 3}) EXPECT_EQ(Run(threads, 2, 45, 67), logits) << IsaName(isa) << ", " << threads;
  }
  unsetenv("FROND_ISA");
}

TEST_F(SessionTest, Bfloat16NeedsChannelsInPairs) {
  const Result<Model> model = Model::Load(dir_.File("model.safetensors"), {Precision::kBfloat16});
  setenv("FROND_ISA", "scalar", 1);
  EXPECT_TRUE(Model::Load(dir_.File("model.safetensors"), {Precision::kBfloat16}).ok()) << "plain loops pair nothing";
  unsetenv("FROND_ISA");
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(model.error().message.find("se.conv_expand has 5"), std::string::npos) << model.error().message;
}

TEST_F(SessionTest, Bfloat16RunsGroupNorms) {
  Spec spec = PairedSpec();
  spec.group_norm = {8, 0};
  Save(spec);
  const std::vector<float> exact = Run(1, 2, 45, 67);
  float largest = 0;
  for (const float value : exact) largest = std::max(largest, std::abs(value));
  for (const Isa isa : AvailableIsas()) {
    setenv("FROND_ISA", std::string(IsaName(isa)).c_str(), 1);
    Save(spec, Precision::kBfloat16);
    const std::vector<float> logits = Run(1, 2, 45, 67);
    EXPECT_NE(logits, exact) << IsaName(isa);
    for (size_t i = 0; i < logits.size(); ++i) EXPECT_NEAR(logits[i], exact[i], 0.05 * largest) << IsaName(isa);
    for (const int threads : {2, 3}) EXPECT_EQ(Run(threads, 2, 45, 67), logits) << IsaName(isa) << ", " << threads;
  }
  unsetenv("FROND_ISA");
}

// The caller can then tell that there is no answer.
TEST_F(SessionTest, APixelThatIsNotANumberIsNoAnswer) {
  std::vector<float> image = GeneratedValues("input", size_t{3} * 64 * 64, -2, 2);
  image[64 * 31 + 30] = std::numeric_limits<float>::quiet_NaN();
  for (const auto& [activation, group_norm] :
       {std::pair(Activation::kSwish, GroupNormSpec{}), std::pair(Activation::kRelu6, GroupNormSpec{}),
        std::pair(Activation::kSwish, GroupNormSpec{8, 3}), std::pair(Activation::kRelu6, GroupNormSpec{8, 0})}) {
    Spec spec = PairedSpec();
    spec.activation = activation;
    spec.group_norm = group_norm;
    for (const Isa isa : AvailableIsas()) {
      setenv("FROND_ISA", std::string(IsaName(isa)).c_str(), 1);
      for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
        Save(spec, precision);
        Result<Session> session = Session::Create(*model_, {1});
        std::vector<float> logits(static_cast<size_t>(model_->output_size()));
        ASSERT_TRUE(session->Run({image, 1, 64, 64}, logits).ok());
        for (const float logit : logits) {
          EXPECT_TRUE(std::isnan(logit)) << IsaName(isa) << ", " << PrecisionName(precision) << ": " << logit;
        }
      }
    }
  }
  unsetenv("FROND_ISA");
}

TEST_F(SessionTest, AModelWithoutHeadGivesThePooledFeatures) {
  Spec spec = SmallSpec();
  spec.num_classes = 0;
  Save(spec);
  EXPECT_EQ(model_->output_size(), 40);
  const std::vector<float> features = Run(1, 1, 64, 64);
  EXPECT_EQ(features, Run(3, 1, 64, 64));
  EXPECT_GT(*std::max_element(features.begin(), features.end()), 0);
}

TEST_F(SessionTest, FeaturesComeBesideTheLogitsWhereTheyAreWanted) {
  for (const int hidden : {0, 26}) {
    for (const int channels_per_group : {0, 8}) {  // without and with a norm behind the head
      Spec spec = channels_per_group > 0 ? GroupedSpec(channels_per_group, 3) : SmallSpec();
      spec.num_classes = 0;
      Save(spec);
      const std::vector<float> expected = Run(1, 3, 64, 64);
      spec.num_classes = 7;
      spec.hidden_units = hidden;
      Save(spec);
      const std::vector<float> plain = Run(1, 3, 64, 64);
      Result<Session> session = Session::Create(*model_, {2});
      const std::vector<float> input = GeneratedValues("input", size_t{3} * 3 * 64 * 64, -2, 2);
      std::vector<float> logits(size_t{3} * 7);
      std::vector<float> features(size_t{3} * 40);
      ASSERT_TRUE(session->Run({input, 3, 64, 64}, logits, features).ok());
      EXPECT_EQ(logits, plain);
      EXPECT_EQ(features, expected);
      EXPECT_FALSE(session->Run({input, 3, 64, 64}, logits, std::span(features).first(40)).ok());
    }
  }
  Spec extractor = SmallSpec();
  extractor.num_classes = 0;
  Save(extractor);
  Result<Session> session = Session::Create(*model_, {1});
  const std::vector<float> input = GeneratedValues("input", size_t{3} * 64 * 64, -2, 2);
  std::vector<float> out(40);
  std::vector<float> features(40);
  EXPECT_FALSE(session->Run({input, 1, 64, 64}, out, features).ok());
}

TEST_F(SessionTest, AHiddenLayerStandsBetweenFeaturesAndClasses) {
  Spec spec = SmallSpec();
  spec.num_classes = 0;
  Save(spec);
  const std::vector<float> features = Run(1, 1, 64, 64);
  spec.num_classes = 7;
  spec.hidden_units = 26;
  Save(spec);
  const std::vector<float> logits = Run(2, 1, 64, 64);
  const auto linear = [](const std::string& name, const std::vector<float>& input, int outputs) {
    const std::vector<float> weight = GeneratedValues(name + ".weight", input.size() * outputs, -0.4, 0.6);
    std::vector<float> out = GeneratedValues(name + ".bias", static_cast<size_t>(outputs), -0.4, 0.6);
    for (size_t o = 0; o < out.size(); ++o) {
      for (size_t i = 0; i < input.size(); ++i) out[o] += weight[o * input.size() + i] * input[i];
    }
    return out;
  };
  std::vector<float> hidden = linear("classifier.0", features, 26);
  EXPECT_LT(*std::min_element(hidden.begin(), hidden.end()), 0) << "nothing for ReLU to do";
  for (float& value : hidden) value = std::max(value, 0.0f);
  const std::vector<float> expected = linear("classifier.3", hidden, 7);
  for (size_t c = 0; c < 7; ++c) EXPECT_NEAR(logits[c], expected[c], 1e-5 * std::abs(expected[c]) + 1e-4);
}

TEST_F(SessionTest, WeightsThatAreNotFiniteAreRefusedByName) {
  WriteModel(SmallSpec(), dir_.File("bad.safetensors"), /*least_variance=*/-1.4);
  const Result<Model> model = Model::Load(dir_.File("bad.safetensors"));
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().code, ErrorCode::kBadFormat);
  EXPECT_NE(model.error().message.find("conv_stem"), std::string::npos) << model.error().message;
}

TEST_F(SessionTest, WorkingMemoryHasALimit) {
  Spec spec = SmallSpec();
  spec.stages = {{BlockKind::kFusedMBConv, 1, 1, 16, 8, 1, 0}};
  spec.stem_channels = 1024;
  Save(spec);
  Result<Session> session = Session::Create(*model_, {1});
  const std::vector<float> input(size_t{3} * 4096 * 4096);
  std::vector<float> out(7);
  const Status status =
      session->Run({input, 1, 4096, 4096}, out);  // 2048 x 2048 x 16384 floats between expand and project
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kLimit);
  EXPECT_NE(status.error().message.find("4096x4096"), std::string::npos) << status.error().message;
}

TEST_F(SessionTest, SizesThatDisagreeAreRefusedWithBoth) {
  Result<Session> session = Session::Create(*model_, {1});
  std::vector<float> input(3 * 64 * 64);
  std::vector<float> out(7);
  const auto message = [&](const ImageBatch& batch, std::span<float> to) {
    const Status status = session->Run(batch, to);
    return status.ok() ? std::string() : status.error().ToString();
  };
  EXPECT_NE(message({input, 1, 64, 63}, out).find("12288 values for 1x3x64x63"), std::string::npos);
  EXPECT_NE(message({input, 0, 64, 64}, out).find("0 images"), std::string::npos);
  EXPECT_NE(message({input, 1, -64, 64}, out).find("-64x64"), std::string::npos);
  EXPECT_NE(message({input, 1, 8193, 64}, out).find("8193x64"), std::string::npos);
  EXPECT_NE(message({input, 1, 64, 64}, std::span(out).first(6)).find("room for 6"), std::string::npos);
  EXPECT_FALSE(Session::Create(*model_, {-1}).ok());
}

}  // namespace
}  // namespace frond
