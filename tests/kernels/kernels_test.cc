#include "src/kernels/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/kernels/packed_weights.h"

// Every table this CPU can run against the scalar one, over generated shapes
// that meet every tail: fewer rows than a tile, columns and channels that no
// vector divides, windows that stick out on each side.

namespace frond {
namespace {

using Packed = PackedWeights<float>;

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
  constexpr Epilogue kEpilogues[] = {Epilogue::kNone, Epilogue::kSwish, Epilogue::kRelu, Epilogue::kRelu6,
                                     Epilogue::kSigmoid};
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
      const Packed packed(*tables[t], b, bias, depth, columns);
      results[t].assign(static_cast<size_t>(rows) * columns, -1);
      GemmArgs args;
      args.a = a.data();
      args.a_stride = static_cast<size_t>(depth);
      args.b = packed.matrix;
      args.dst = results[t].data();
      args.dst_stride = static_cast<size_t>(columns);
      if (round % 2 == 0) args.residual = residual.data();
      args.epilogue = kEpilogues[round % 4];
      const int panels = PanelCount(columns, tables[t]->panel);
      // In two parts each way, as threads would.
      const int row = rows / 2;
      const int panel = panels / 2;
      for (const auto& [panel_begin, panel_end] : {std::pair(0, panel), std::pair(panel, panels)}) {
        GemmArgs part = args;
        part.dst = results[t].data() + panel_begin * tables[t]->panel;
        if (part.residual != nullptr) part.residual = residual.data() + panel_begin * tables[t]->panel;
        tables[t]->gemm(part, 0, row, panel_begin, panel_end);
        tables[t]->gemm(part, row, rows, panel_begin, panel_end);
      }
    }
    ExpectClose(
        results[1], results[0],
        "rows " + std::to_string(rows) + " depth " + std::to_string(depth) + " columns " + std::to_string(columns));
  }
}

TEST_P(KernelsTest, GemvEqualsTheScalarTwin) {
  for (int round = 0; round < 100; ++round) {
    const int depth = 1 + static_cast<int>(random_() % 97);
    const int columns = 1 + static_cast<int>(random_() % 131);
    const auto a = RandomValues(depth, random_);
    const auto b = RandomValues(static_cast<size_t>(depth) * columns, random_);
    const auto bias = RandomValues(columns, random_);
    std::vector<float> results[2];
    const Kernels* tables[2] = {&scalar(), &kernels()};
    for (int t = 0; t < 2; ++t) {
      const Packed packed(*tables[t], b, bias, depth, columns);
      const int panels = PanelCount(columns, tables[t]->panel);
      const int split = panels / 2;
      results[t].assign(static_cast<size_t>(columns) + 1, -7);
      const Epilogue epilogue = round % 2 == 0 ? Epilogue::kNone : Epilogue::kSigmoid;
      tables[t]->gemv({a.data(), packed.matrix, results[t].data(), epilogue}, 0, split);
      tables[t]->gemv({a.data(), packed.matrix, results[t].data() + split * tables[t]->panel, epilogue}, split, panels);
      EXPECT_EQ(results[t].back(), -7) << "written past the last column";
    }
    ExpectClose(results[1], results[0], "depth " + std::to_string(depth) + " columns " + std::to_string(columns));
  }
}

// A map in panels, as the projection reads it: K in segments that lie apart.
TEST_P(KernelsTest, GemmReadsRowsInSegments) {
  for (int round = 0; round < 100; ++round) {
    const size_t rows = 2 + random_() % 40;
    const size_t segment = 1 + random_() % 20;
    const size_t depth = 1 + random_() % 70;
    const size_t segments = (depth + segment - 1) / segment;
    const int columns = 1 + static_cast<int>(random_() % 60);
    const auto a = RandomValues(rows * depth, random_);
    const size_t last_stride = depth - (segments - 1) * segment + random_() % 3;
    std::vector<float> apart(((segments - 1) * segment + last_stride) * rows, -1e9f);
    for (size_t m = 0; m < rows; ++m) {
      for (size_t k = 0; k < depth; ++k) {
        const size_t stride = k / segment == segments - 1 ? last_stride : segment;
        apart[k / segment * rows * segment + m * stride + k % segment] = a[m * depth + k];
      }
    }
    const Packed packed(kernels(), RandomValues(depth * columns, random_), RandomValues(columns, random_),
                        static_cast<int>(depth), columns);
    std::vector<float> results[2];
    for (int t = 0; t < 2; ++t) {
      results[t].resize(rows * columns);
      GemmArgs args;
      args.a = t == 0 ? a.data() : apart.data();
      args.a_stride = t == 0 ? depth : segment;
      args.a_segment = t == 0 ? 0 : segment;
      args.a_segment_step = t == 0 ? 0 : rows * segment;
      args.a_last_stride = t == 0 ? 0 : last_stride;
      args.b = packed.matrix;
      args.dst = results[t].data();
      args.dst_stride = static_cast<size_t>(columns);
      kernels().gemm(args, 0, static_cast<int>(rows), 0, PanelCount(columns, kernels().panel));
    }
    EXPECT_EQ(results[0], results[1]) << "round " << round;
  }
}

TEST_P(KernelsTest, GemmWithoutDestinationAveragesItsRows) {
  for (int round = 0; round < 100; ++round) {
    const int rows = 1 + static_cast<int>(random_() % 60);
    const int depth = 1 + static_cast<int>(random_() % 50);
    const int columns = 1 + static_cast<int>(random_() % 131);
    const auto a = RandomValues(static_cast<size_t>(rows) * depth, random_);
    const auto b = RandomValues(static_cast<size_t>(depth) * columns, random_);
    const auto bias = RandomValues(columns, random_);
    std::vector<float> means[2];
    const Kernels* tables[2] = {&scalar(), &kernels()};
    for (int t = 0; t < 2; ++t) {
      const Packed packed(*tables[t], b, bias, depth, columns);
      means[t].assign(static_cast<size_t>(columns) + 1, -7);
      GemmArgs args;
      args.a = a.data();
      args.a_stride = static_cast<size_t>(depth);
      args.b = packed.matrix;
      args.sums = means[t].data();
      args.factor = 1.0f / static_cast<float>(rows);
      args.epilogue = Epilogue::kSwish;
      tables[t]->gemm(args, 0, rows, 0, PanelCount(columns, tables[t]->panel));
      EXPECT_EQ(means[t].back(), -7) << "written past the last column";
    }
    ExpectClose(means[1], means[0], "round " + std::to_string(round));
  }
}

TEST_P(KernelsTest, DepthwiseRowEqualsTheScalarTwin) {
  constexpr int kKernelSizes[] = {1, 3, 5, 7};
  for (int round = 0; round < 400; ++round) {
    DepthwiseRowArgs args;
    args.kernel = kKernelSizes[round % 4];
    args.stride = 1 + round / 4 % 2;
    args.row_count = static_cast<int>(random_() % (args.kernel + 1));
    args.width = kernels().lanes * (1 + static_cast<int>(random_() % 4));
    args.out_width = 1 + static_cast<int>(random_() % 40);
    args.pixel_stride = static_cast<size_t>(args.width) + random_() % 3 * kernels().lanes;
    args.epilogue = round % 3 == 0 ? Epilogue::kSwish : round % 3 == 1 ? Epilogue::kRelu6 : Epilogue::kNone;
    const size_t in_pixels = static_cast<size_t>((args.out_width - 1) * args.stride + args.kernel);
    std::vector<std::vector<float>> rows;
    std::vector<const float*> pointers;
    for (int ky = 0; ky < args.row_count; ++ky) rows.push_back(RandomValues(in_pixels * args.pixel_stride, random_));
    for (const auto& row : rows) pointers.push_back(row.data());
    const auto weights = RandomValues(static_cast<size_t>(args.kernel) * args.kernel * args.width, random_);
    const auto bias = RandomValues(args.width, random_);
    args.rows = pointers.data();
    args.weights = weights.data();
    args.bias = bias.data();
    std::vector<float> results[2];
    std::vector<float> sums[2];
    const Kernels* tables[2] = {&scalar(), &kernels()};
    for (int t = 0; t < 2; ++t) {
      results[t].assign(args.out_width * args.pixel_stride, -1);
      sums[t].assign(args.width, -1);
      args.raw = results[t].data();
      args.dst = args.raw;
      args.sums = sums[t].data();
      tables[t]->depthwise_row(args);
    }
    ExpectClose(results[1], results[0], "depthwise in round " + std::to_string(round));
    for (size_t c = 0; c < sums[0].size(); ++c)
      ASSERT_NEAR(sums[1][c], sums[0][c], 1e-3 * (1 + std::abs(sums[0][c]))) << "sum of channel " << c;
  }
}

TEST_P(KernelsTest, StemRowEqualsTheProductOfItsWindows) {
  for (int round = 0; round < 100; ++round) {
    const int depth = 1 + static_cast<int>(random_() % 40);
    const int columns = 1 + static_cast<int>(random_() % 100);
    StemRowArgs args;
    args.stride = 1 + round % 2;
    args.out_width = 1 + static_cast<int>(random_() % 40);
    args.epilogue = round % 2 == 0 ? Epilogue::kSwish : Epilogue::kRelu6;
    std::vector<std::vector<float>> taps;
    std::vector<const float*> pointers;
    for (int t = 0; t < depth; ++t) taps.push_back(RandomValues(args.out_width * args.stride, random_));
    for (const auto& tap : taps) pointers.push_back(tap.data());
    const Packed packed(kernels(), RandomValues(static_cast<size_t>(depth) * columns, random_),
                        RandomValues(columns, random_), depth, columns);
    args.taps = pointers.data();
    args.b = packed.matrix;
    std::vector<float> windows(static_cast<size_t>(args.out_width) * depth);
    for (int x = 0; x < args.out_width; ++x) {
      for (int t = 0; t < depth; ++t) windows[x * depth + t] = taps[t][x * args.stride];
    }
    for (int p = 0; p < PanelCount(columns, kernels().panel); ++p) {
      const int width = PanelWidth(kernels(), columns, p);
      std::vector<float> row(static_cast<size_t>(args.out_width) * width);
      std::vector<float> product(row.size());
      args.dst = row.data();
      args.pixel_stride = static_cast<size_t>(width);
      kernels().stem_row(args, p);
      GemmArgs gemm;
      gemm.a = windows.data();
      gemm.a_stride = static_cast<size_t>(depth);
      gemm.b = packed.matrix;
      gemm.b.columns = PaddedColumns(columns, kernels().lanes);
      gemm.dst = product.data();
      gemm.dst_stride = static_cast<size_t>(width);
      gemm.epilogue = args.epilogue;
      kernels().gemm(gemm, 0, args.out_width, p, p + 1);
      ExpectClose(row, product, "round " + std::to_string(round));
    }
  }
}

TEST_P(KernelsTest, ScaleAndMeanEqualTheScalarTwin) {
  for (int round = 0; round < 100; ++round) {
    const int rows = 1 + static_cast<int>(random_() % 30);
    const int channels = 1 + static_cast<int>(random_() % 90);
    const int whole = PaddedColumns(channels, kernels().lanes);
    const size_t stride = static_cast<size_t>(whole + 3);
    const auto src = RandomValues(rows * stride, random_);
    const auto scale = RandomValues(whole, random_);
    std::vector<float> means[2] = {std::vector<float>(channels), std::vector<float>(channels)};
    std::vector<float> scaled[2] = {src, src};
    const Kernels* tables[2] = {&scalar(), &kernels()};
    for (int t = 0; t < 2; ++t) {
      const int split = channels / 3;
      tables[t]->column_mean(src.data(), rows, channels, 0, split, 0.25f, means[t].data());
      tables[t]->column_mean(src.data(), rows, channels, split, channels, 0.25f, means[t].data());
      tables[t]->scale_rows(scaled[t].data(), rows, stride, whole, scale.data());
    }
    ExpectClose(means[1], means[0], "mean");
    ExpectClose(scaled[1], scaled[0], "scaled rows");
  }
}

// Both passes of a norm, at widths that no vector divides; nothing beside the row's channels is touched.
TEST_P(KernelsTest, RowMomentsAndNormaliseEqualTheScalarTwin) {
  constexpr Epilogue kEpilogues[] = {Epilogue::kNone, Epilogue::kSwish, Epilogue::kRelu6};
  for (int round = 0; round < 200; ++round) {
    const int count = 1 + static_cast<int>(random_() % 40);
    const int width = 1 + static_cast<int>(random_() % 70);
    const int padded = PaddedColumns(width, kernels().lanes);
    const size_t stride = static_cast<size_t>(width) + random_() % 5;
    auto src = RandomValues((count - 1) * stride + width, random_);  // ends with the last channel
    if (round % 4 == 0) {
      for (float& value : src) value += 1000;  // a large mean must not swallow the distances from it
    }
    const auto residual = RandomValues(src.size(), random_);
    const auto centre = RandomValues(padded, random_);
    const auto scale = RandomValues(padded, random_);
    const auto shift = RandomValues(padded, random_);
    std::vector<float> sums[2];
    std::vector<float> squares[2];
    std::vector<float> outputs[2] = {src, src};
    std::vector<float> output_sums[2];
    const Kernels* tables[2] = {&scalar(), &kernels()};
    for (int t = 0; t < 2; ++t) {
      for (auto* values : {&sums[t], &squares[t], &output_sums[t]}) values->assign(padded, -1);
      tables[t]->row_moments(src.data(), count, stride, width, sums[t].data(), squares[t].data());
      NormaliseRowArgs args;
      args.row = outputs[t].data();
      args.residual = round % 3 == 0 ? residual.data() : nullptr;
      args.centre = centre.data();
      args.scale = scale.data();
      args.shift = shift.data();
      args.sums = round % 2 == 0 ? output_sums[t].data() : nullptr;
      args.stride = stride;
      args.count = count;
      args.width = width;
      args.epilogue = kEpilogues[round % 3];
      tables[t]->normalise_row(args);
    }
    for (int c = 0; c < width; ++c) {
      ASSERT_NEAR(sums[1][c], sums[0][c], 1e-5 * (1 + std::abs(sums[0][c]))) << round;
      ASSERT_NEAR(squares[1][c], squares[0][c], 1e-3 * (1 + squares[0][c])) << round;
      ASSERT_NEAR(output_sums[1][c], output_sums[0][c], 1e-4 * (1 + std::abs(output_sums[0][c]))) << round;
    }
    ExpectClose(outputs[1], outputs[0], "row of " + std::to_string(width) + " in round " + std::to_string(round));
    for (size_t i = 0; i < src.size(); ++i) {
      if (static_cast<int>(i % stride) >= width) {
        ASSERT_EQ(outputs[1][i], src[i]) << "written beside the row";
      }
    }
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
    const Packed packed(kernels(), RandomValues(static_cast<size_t>(depth) * columns, random_),
                        RandomValues(columns, random_), depth, columns);
    const int panels = PanelCount(columns, kernels().panel);
    std::vector<float> panels_scaled(packed.panels.size());
    kernels().scale_panels(packed.matrix, scale.data(), 0, depth / 2, panels_scaled.data());
    kernels().scale_panels(packed.matrix, scale.data(), depth / 2, depth, panels_scaled.data());
    std::vector<float> results[2];
    for (auto& r : results) r.assign(static_cast<size_t>(rows) * columns, -1);
    GemmArgs args;
    args.a = a.data();
    args.a_stride = static_cast<size_t>(depth);
    args.b = packed.matrix;
    args.b.panels = panels_scaled.data();
    args.dst = results[0].data();
    args.dst_stride = static_cast<size_t>(columns);
    kernels().gemm(args, 0, rows, 0, panels);
    for (int m = 0; m < rows; ++m) {
      for (int k = 0; k < depth; ++k) a[static_cast<size_t>(m) * depth + k] *= scale[k];
    }
    args.b.panels = packed.panels.data();
    args.dst = results[1].data();
    kernels().gemm(args, 0, rows, 0, panels);
    ExpectClose(results[0], results[1], "scaled panels");
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, KernelsTest, testing::ValuesIn(AvailableIsas()),
                         [](const auto& test) { return std::string(IsaName(test.param)); });

TEST(KernelsForTest, EachInstructionSetHasItsOwnTable) {
  for (const Isa isa : AvailableIsas()) {
    for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
      EXPECT_EQ(KernelsFor(isa, precision).isa, isa) << IsaName(isa);
      EXPECT_EQ(KernelsFor(isa, precision).precision, precision) << IsaName(isa);
    }
  }
}

}  // namespace
}  // namespace frond
