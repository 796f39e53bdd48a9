#include "src/kernels/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

// Every table this CPU can run against the scalar one, over generated shapes
// that meet every tail: fewer rows than a tile, columns and channels that no
// vector divides, windows that stick out on each side.

namespace frond {
namespace {

std::vector<float> RandomValues(size_t count, std::mt19937& random) {
  std::uniform_real_distribution<float> values(-2, 2);
  std::vector<float> out(count);
  for (float& v : out) v = values(random);
  return out;
}

struct Packed {
  std::vector<float> panels;
  std::vector<float> bias;
  PackedMatrix matrix;
};

// b is K x N in C order.
Packed Pack(const Kernels& kernels, const std::vector<float>& b, const std::vector<float>& bias, int depth,
            int columns) {
  const int padded = PaddedColumns(columns, kernels.lanes);
  Packed packed;
  packed.panels.resize(static_cast<size_t>(padded) * depth);
  packed.bias = bias;
  packed.bias.resize(padded);
  for (int begin = 0; begin < columns; begin += kernels.panel) {
    const int width = std::min(kernels.panel, padded - begin);
    for (int k = 0; k < depth; ++k) {
      for (int n = begin; n < std::min(begin + width, columns); ++n) {
        packed.panels[static_cast<size_t>(begin) * depth + static_cast<size_t>(k) * width + n - begin] =
            b[static_cast<size_t>(k) * columns + n];
      }
    }
  }
  packed.matrix = {packed.panels.data(), packed.bias.data(), depth, columns};
  return packed;
}

void ExpectClose(const std::vector<float>& actual, const std::vector<float>& expected, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], 2e-5 * (1 + std::abs(expected[i]))) << what << " at " << i;
  }
}

class KernelsTest : public testing::TestWithParam<Isa> {
 protected:
  const Kernels& kernels() const { return KernelsFor(GetParam()); }
  const Kernels& scalar() const { return ScalarKernels(); }
  std::mt19937 random_{11};
};

TEST_P(KernelsTest, GemmEqualsTheScalarTwin) {
  constexpr Epilogue kEpilogues[] = {Epilogue::kNone, Epilogue::kSwish, Epilogue::kRelu6, Epilogue::kSigmoid};
  for (int round = 0; round < 300; ++round) {
    const int rows = 1 + static_cast<int>(random_() % 61);
    const int depth = 1 + static_cast<int>(random_() % 97);
    const int columns = 1 + static_cast<int>(random_() % 131);
    const auto a = RandomValues(static_cast<size_t>(rows) * depth, random_);
    const auto b = RandomValues(static_cast<size_t>(depth) * columns, random_);
    const auto bias = RandomValues(columns, random_);
    const auto residual = RandomValues(static_cast<size_t>(rows) * columns, random_);
    std::vector<float> results[2];
    const Kernels* tables[2] = {&scalar(), &kernels()};
    for (int t = 0; t < 2; ++t) {
      const Packed packed = Pack(*tables[t], b, bias, depth, columns);
      results[t].assign(static_cast<size_t>(rows) * columns, -1);
      const GemmArgs args = {a.data(),
                             static_cast<size_t>(depth),
                             packed.matrix,
                             results[t].data(),
                             static_cast<size_t>(columns),
                             round % 2 == 0 ? residual.data() : nullptr,
                             kEpilogues[round % 4]};
      const int panels = PanelCount(columns, tables[t]->panel);
      // In two parts each way, as threads would.
      const int row = rows / 2;
      const int panel = panels / 2;
      tables[t]->gemm(args, 0, row, 0, panel);
      tables[t]->gemm(args, 0, row, panel, panels);
      tables[t]->gemm(args, row, rows, 0, panel);
      tables[t]->gemm(args, row, rows, panel, panels);
    }
    ExpectClose(
        results[1], results[0],
        "rows " + std::to_string(rows) + " depth " + std::to_string(depth) + " columns " + std::to_string(columns));
  }
}

TEST_P(KernelsTest, DepthwiseEqualsTheScalarTwin) {
  constexpr int kKernelSizes[] = {1, 3, 5, 7};
  for (int round = 0; round < 400; ++round) {
    DepthwiseArgs args;
    args.kernel = kKernelSizes[round % 4];
    args.stride = 1 + round / 4 % 2;
    args.height = 1 + static_cast<int>(random_() % 20);
    args.width = 1 + static_cast<int>(random_() % 23);
    args.channels = 1 + static_cast<int>(random_() % 77);
    args.pad_top = static_cast<int>(random_() % args.kernel);
    args.pad_left = static_cast<int>(random_() % args.kernel);
    const int out_height = (args.height + args.stride - 1) / args.stride;
    args.out_width = (args.width + args.stride - 1) / args.stride;
    args.epilogue = round % 3 == 0 ? Epilogue::kSwish : round % 3 == 1 ? Epilogue::kRelu6 : Epilogue::kNone;
    const auto src = RandomValues(static_cast<size_t>(args.height) * args.width * args.channels, random_);
    const auto weights = RandomValues(static_cast<size_t>(args.kernel) * args.kernel * args.channels, random_);
    const auto bias = RandomValues(args.channels, random_);
    args.src = src.data();
    args.weights = weights.data();
    args.bias = bias.data();
    std::vector<float> results[2];
    std::vector<float> sums[2];
    const Kernels* tables[2] = {&scalar(), &kernels()};
    for (int t = 0; t < 2; ++t) {
      results[t].assign(static_cast<size_t>(out_height) * args.out_width * args.channels, -1);
      sums[t].assign(args.channels, -1);
      args.dst = results[t].data();
      const int row = out_height / 3;
      tables[t]->depthwise(args, 0, row, nullptr);
      tables[t]->depthwise(args, row, out_height, sums[t].data());
    }
    ExpectClose(results[1], results[0], "depthwise in round " + std::to_string(round));
    for (size_t c = 0; c < sums[0].size(); ++c)
      ASSERT_NEAR(sums[1][c], sums[0][c], 1e-3 * (1 + std::abs(sums[0][c]))) << "sum of channel " << c;
  }
}

TEST_P(KernelsTest, ScaleAndMeanEqualTheScalarTwin) {
  for (int round = 0; round < 100; ++round) {
    const int rows = 1 + static_cast<int>(random_() % 30);
    const int channels = 1 + static_cast<int>(random_() % 90);
    const auto src = RandomValues(static_cast<size_t>(rows) * channels, random_);
    const auto scale = RandomValues(channels, random_);
    std::vector<float> means[2] = {std::vector<float>(channels), std::vector<float>(channels)};
    std::vector<float> scaled[2] = {src, src};
    const Kernels* tables[2] = {&scalar(), &kernels()};
    for (int t = 0; t < 2; ++t) {
      const int split = channels / 3;
      tables[t]->column_mean(src.data(), rows, channels, 0, split, 0.25f, means[t].data());
      tables[t]->column_mean(src.data(), rows, channels, split, channels, 0.25f, means[t].data());
      tables[t]->scale_rows(scaled[t].data(), rows, channels, scale.data());
    }
    ExpectClose(means[1], means[0], "mean");
    ExpectClose(scaled[1], scaled[0], "scaled rows");
  }
}

// Scaling the weights is the same as scaling the inputs.
TEST_P(KernelsTest, ScaledPanelsEqualScaledRows) {
  for (int round = 0; round < 50; ++round) {
    const int rows = 1 + static_cast<int>(random_() % 20);
    const int depth = 1 + static_cast<int>(random_() % 50);
    const int columns = 1 + static_cast<int>(random_() % 120);
    auto a = RandomValues(static_cast<size_t>(rows) * depth, random_);
    const auto scale = RandomValues(depth, random_);
    const Packed packed = Pack(kernels(), RandomValues(static_cast<size_t>(depth) * columns, random_),
                               RandomValues(columns, random_), depth, columns);
    const int panels = PanelCount(columns, kernels().panel);
    std::vector<float> panels_scaled(packed.panels.size());
    kernels().scale_panels(packed.matrix, scale.data(), 0, panels / 2, panels_scaled.data());
    kernels().scale_panels(packed.matrix, scale.data(), panels / 2, panels, panels_scaled.data());
    std::vector<float> results[2];
    for (auto& r : results) r.assign(static_cast<size_t>(rows) * columns, -1);
    GemmArgs args = {a.data(),          static_cast<size_t>(depth),   packed.matrix,
                     results[0].data(), static_cast<size_t>(columns), nullptr,
                     Epilogue::kNone};
    args.b.panels = panels_scaled.data();
    kernels().gemm(args, 0, rows, 0, panels);
    kernels().scale_rows(a.data(), rows, depth, scale.data());
    args.b.panels = packed.panels.data();
    args.dst = results[1].data();
    kernels().gemm(args, 0, rows, 0, panels);
    ExpectClose(results[0], results[1], "scaled panels");
  }
}

// exp is the one approximation in the engine: swish and sigmoid over their whole range.
TEST_P(KernelsTest, SwishAndSigmoidAreAccurateEverywhere) {
  std::vector<float> inputs;
  for (float x = -110; x <= 110; x += 0.0371f) inputs.push_back(x);
  for (const float x : {0.0f, -0.0f, 1e-30f, -1e-30f, 1e30f, -1e30f, 3e38f}) inputs.push_back(x);
  const Packed identity = Pack(kernels(), {1.0f}, {0.0f}, 1, 1);
  for (const Epilogue epilogue : {Epilogue::kSwish, Epilogue::kSigmoid}) {
    std::vector<float> out(inputs.size());
    const GemmArgs args = {inputs.data(), 1, identity.matrix, out.data(), 1, nullptr, epilogue};
    kernels().gemm(args, 0, static_cast<int>(inputs.size()), 0, 1);
    for (size_t i = 0; i < inputs.size(); ++i) {
      const double x = inputs[i];
      const double sigmoid = 1 / (1 + std::exp(-x));
      const double exact = epilogue == Epilogue::kSwish ? x * sigmoid : sigmoid;
      EXPECT_NEAR(out[i], exact, 2e-6 * std::abs(exact) + 1e-7) << "at " << x;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, KernelsTest, testing::ValuesIn(AvailableIsas()),
                         [](const auto& test) { return std::string(IsaName(test.param)); });

TEST(KernelsForTest, EachInstructionSetHasItsOwnTable) {
  for (const Isa isa : AvailableIsas()) EXPECT_EQ(KernelsFor(isa).isa, isa) << IsaName(isa);
}

}  // namespace
}  // namespace frond
