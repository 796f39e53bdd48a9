#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "tests/kernels/packed_weights.h"

// The bfloat16 tables against their scalar twin, and the instruction against its emulation.

namespace frond {
namespace {

// Eight significant bits: what rounding a sum one way or the other may change.
constexpr float kLastBit = 1.0f / 128;

using Weights = PackedWeights<Bf16>;

// A map as a table keeps it.
struct Map {
  Map(const Kernels& table, const std::vector<float>& values)
      : kernels(table), bytes(values.size() * table.element_bytes) {
    for (size_t i = 0; i < values.size(); ++i) {
      const Bf16 half = FromFloat<Bf16>(values[i]);
      const float rounded = ToFloat(half);
      const void* from = table.element_bytes == sizeof(Bf16) ? static_cast<const void*>(&half) : &rounded;
      std::memcpy(bytes.data() + i * table.element_bytes, from, table.element_bytes);
    }
  }
  void* At(size_t element) { return bytes.data() + element * kernels.element_bytes; }
  std::vector<float> Values() const {
    std::vector<float> values(bytes.size() / kernels.element_bytes);
    kernels.widen(bytes.data(), static_cast<int>(values.size()), values.data());
    return values;
  }
  const Kernels& kernels;
  std::vector<unsigned char> bytes;
};

struct Product {
  int rows, depth, columns;
  bool to_floats, adds;
  Epilogue epilogue;
  std::vector<float> a, b, bias, residual;

  Product(int round, std::mt19937& random)
      : rows(1 + static_cast<int>(random() % 61)),
        depth(2 * (1 + static_cast<int>(random() % 48))),
        columns(1 + static_cast<int>(random() % 131)),
        to_floats(round % 3 == 0),
        adds(!to_floats && round % 2 == 0),
        epilogue(round % 4 == 0   ? Epilogue::kSwish
                 : round % 4 == 1 ? Epilogue::kRelu6
                                  : Epilogue::kNone),
        a(RandomValues(static_cast<size_t>(rows) * depth, random)),
        b(RandomValues(static_cast<size_t>(depth) * columns, random)),
        bias(RandomValues(columns, random)),
        residual(RandomValues(static_cast<size_t>(rows) * columns, random)) {}

  std::vector<float> By(const Kernels& table) const {
    const Weights weights(table, b, bias, depth, columns);
    Map map(table, a);
    Map to(table, residual);
    std::vector<float> floats(residual.size(), -1);
    GemmArgs args;
    args.a = map.At(0);
    args.a_stride = static_cast<size_t>(depth);
    args.b = weights.matrix;
    args.dst = to_floats ? floats.data() : to.At(0);
    args.dst_floats = to_floats;
    args.dst_stride = static_cast<size_t>(columns);
    if (adds) args.residual = to.At(0);
    args.epilogue = epilogue;
    table.gemm(args, 0, rows / 2, 0, PanelCount(columns, table.panel));
    table.gemm(args, rows / 2, rows, 0, PanelCount(columns, table.panel));
    return to_floats ? floats : to.Values();
  }
};

void ExpectClose(const std::vector<float>& actual, const std::vector<float>& expected, float share, int round) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], share * std::max(1.0f, std::abs(expected[i])))
        << "round " << round << " at " << i;
  }
}

class Bf16Test : public testing::TestWithParam<Isa> {
 protected:
  const Kernels& kernels() const { return KernelsFor(GetParam(), Precision::kBfloat16); }
  const Kernels& scalar() const { return ScalarKernels(Precision::kBfloat16); }
  std::mt19937 random_{17};
};

TEST_P(Bf16Test, GemmEqualsTheScalarTwin) {
  for (int round = 0; round < 200; ++round) {
    const Product product(round, random_);
    ExpectClose(product.By(kernels()), product.By(scalar()), product.to_floats ? 1e-4f : kLastBit, round);
  }
}

TEST_P(Bf16Test, GemvEqualsTheScalarTwin) {
  for (int round = 0; round < 100; ++round) {
    const Product product(round, random_);
    std::vector<float> results[2];
    const Kernels* tables[2] = {&scalar(), &kernels()};
    for (int t = 0; t < 2; ++t) {
      const Weights weights(*tables[t], product.b, product.bias, product.depth, product.columns);
      results[t].resize(product.columns);
      tables[t]->gemv({product.a.data(), weights.matrix, results[t].data(), product.epilogue}, 0,
                      PanelCount(product.columns, tables[t]->panel));
    }
    ExpectClose(results[1], results[0], 1e-4f, round);
  }
}

TEST_P(Bf16Test, DepthwiseRowEqualsTheScalarTwin) {
  for (int round = 0; round < 100; ++round) {
    DepthwiseRowArgs args;
    args.kernel = 3 + 2 * (round % 2);
    args.stride = 1 + round / 2 % 2;
    args.row_count = args.kernel;
    args.width = kernels().lanes * (1 + static_cast<int>(random_() % 3));
    args.out_width = 1 + static_cast<int>(random_() % 40);
    args.pixel_stride = static_cast<size_t>(args.width);
    args.epilogue = round % 3 == 0 ? Epilogue::kSwish : Epilogue::kRelu6;
    const auto row =
        RandomValues(static_cast<size_t>((args.out_width - 1) * args.stride + args.kernel) * args.width, random_);
    const std::vector<const float*> rows(args.kernel, row.data());
    const auto weights = RandomValues(static_cast<size_t>(args.kernel) * args.kernel * args.width, random_);
    const auto bias = RandomValues(args.width, random_);
    args.rows = rows.data();
    args.weights = weights.data();
    args.bias = bias.data();
    std::vector<float> results[2];
    std::vector<float> sums[2];
    const Kernels* tables[2] = {&scalar(), &kernels()};
    for (int t = 0; t < 2; ++t) {
      std::vector<float> raw(args.out_width * args.pixel_stride);
      Map dst(*tables[t], raw);
      sums[t].assign(args.width, -1);
      args.dst = dst.At(0);
      args.raw = tables[t]->element_bytes == sizeof(float) ? static_cast<float*>(args.dst) : raw.data();
      args.sums = round % 4 == 0 ? nullptr : sums[t].data();
      tables[t]->depthwise_row(args);
      results[t] = dst.Values();
    }
    ExpectClose(results[1], results[0], kLastBit, round);
    ExpectClose(sums[1], sums[0], 1e-3f, round);  // of the values before they were rounded
  }
}

TEST_P(Bf16Test, ScalingEqualsTheScalarTwin) {
  for (int round = 0; round < 50; ++round) {
    const Product product(round, random_);
    const auto scale = RandomValues(product.depth, random_);
    std::vector<float> products[2];
    const Kernels* tables[2] = {&scalar(), &kernels()};
    for (int t = 0; t < 2; ++t) {
      const Weights weights(*tables[t], product.b, product.bias, product.depth, product.columns);
      Weights scaled(*tables[t], product.b, product.bias, product.depth, product.columns);
      const int half = product.depth / 4 * 2;
      tables[t]->scale_panels(weights.matrix, scale.data(), 0, half, scaled.panels.data());
      tables[t]->scale_panels(weights.matrix, scale.data(), half, product.depth, scaled.panels.data());
      products[t].resize(product.columns);
      tables[t]->gemv({product.a.data(), scaled.matrix, products[t].data(), Epilogue::kNone}, 0,
                      PanelCount(product.columns, tables[t]->panel));
    }
    ExpectClose(products[1], products[0], 1e-4f, round);

    const int width = PaddedColumns(product.columns, kernels().lanes);
    const auto rows = RandomValues(static_cast<size_t>(product.rows) * width, random_);
    const auto factors = RandomValues(width, random_);
    Map expected(scalar(), rows);
    Map actual(kernels(), rows);
    for (Map* map : {&expected, &actual}) {
      map->kernels.scale_rows(map->At(0), product.rows, static_cast<size_t>(width), width, factors.data());
    }
    EXPECT_EQ(actual.Values(), expected.Values()) << "round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, Bf16Test, testing::ValuesIn(AvailableIsas()),
                         [](const auto& test) { return std::string(IsaName(test.param)); });

TEST(Bf16InstructionTest, GivesTheBitsOfItsEmulation) {
  const std::vector<Isa> isas = AvailableIsas();
  if (isas.back() != Isa::kAvx512Bf16) GTEST_SKIP() << "this CPU has no AVX512-BF16";
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    Product product(round, random);
    if (product.epilogue == Epilogue::kSwish) product.epilogue = Epilogue::kNone;  // its last bit depends on the tile
    EXPECT_EQ(product.By(KernelsFor(Isa::kAvx512Bf16, Precision::kBfloat16)),
              product.By(KernelsFor(Isa::kAvx512, Precision::kBfloat16)))
        << "round " << round;
  }
}

TEST(Bf16ValueTest, RoundsToTheNearestAndTiesToEven) {
  EXPECT_EQ(ToFloat(FromFloat<Bf16>(1.0f)), 1.0f);
  EXPECT_EQ(ToFloat(FromFloat<Bf16>(1 + kLastBit / 2)), 1.0f);                 // a tie; 1 is even
  EXPECT_EQ(ToFloat(FromFloat<Bf16>(1 + kLastBit * 1.5f)), 1 + 2 * kLastBit);  // a tie; 1 + 2/128 is even
  EXPECT_EQ(ToFloat(FromFloat<Bf16>(1 + kLastBit * 0.51f)), 1 + kLastBit);
  EXPECT_EQ(ToFloat(FromFloat<Bf16>(-1 - kLastBit * 0.49f)), -1.0f);
  EXPECT_TRUE(std::isinf(ToFloat(FromFloat<Bf16>(std::numeric_limits<float>::max()))));
  EXPECT_TRUE(std::isnan(ToFloat(FromFloat<Bf16>(std::numeric_limits<float>::quiet_NaN()))));
  EXPECT_TRUE(std::isnan(ToFloat(FromFloat<Bf16>(BitCast<float>(uint32_t{0x7f800001})))));  // not an infinity
}

}  // namespace
}  // namespace frond
