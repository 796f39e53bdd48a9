// kernels [NAME-PART [bf16]]: each row of the kernel table over the shapes of B0, B4 and Lite0, beside what the core
// can do: multiply-adds against the measured peak, bytes against the measured reading of a buffer of the same size.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "src/kernels/kernels.h"

namespace frond {
namespace {

using Clock = std::chrono::steady_clock;

// Seconds of one call, the least of several rounds of about 5 ms.
double SecondsOf(const std::function<void()>& call) {
  constexpr int kRounds = 9;
  double best = 1e9;
  int calls = 1;
  for (int round = 0; round < kRounds; ++round) {
    const Clock::time_point start = Clock::now();
    for (int i = 0; i < calls; ++i) call();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count() / calls;
    best = std::min(best, seconds);
    calls = std::max(1, static_cast<int>(0.005 / seconds));
  }
  return best;
}

std::vector<float> Values(size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i * 7919 % 2003) / 1000.0f - 1.0f;
  return values;
}

// As elements of a map or as weights: floats, or Bf16 where they take two bytes.
std::vector<std::byte> Stored(const std::vector<float>& values, size_t bytes_each) {
  std::vector<std::byte> stored(values.size() * bytes_each);
  for (size_t i = 0; i < values.size(); ++i) {
    const Bf16 half = FromFloat<Bf16>(values[i]);
    const void* from = bytes_each == sizeof(Bf16) ? static_cast<const void*>(&half) : &values[i];
    std::memcpy(stored.data() + i * bytes_each, from, bytes_each);
  }
  return stored;
}

class Bench {
 public:
  Bench(const Kernels& kernels, std::string only) : kernels_(kernels), only_(std::move(only)) {
    peak_ = static_cast<double>(kernels.multiply_adds(1000)) / SecondsOf([&] { kernels.multiply_adds(1000); });
    std::printf("%s, peak %.1f GMAC/s\n", std::string(IsaName(kernels.isa)).c_str(), peak_ / 1e9);
  }

  // Rows x K times K x N, as the expansion of a panel or the projection of a map.
  void Gemm(const char* name, int rows, int depth, int columns, Epilogue epilogue) const {
    const int padded = PaddedColumns(columns, kernels_.lanes);
    const auto a = Values(static_cast<size_t>(rows) * depth);
    const auto map = Stored(a, kernels_.element_bytes);
    // What lies behind the weights is prefetched.
    const auto b = Stored(Values(static_cast<size_t>(padded) * depth + 4096), kernels_.weight_bytes());
    const auto bias = Values(padded);
    std::vector<float> dst(static_cast<size_t>(rows) * columns);
    const PackedMatrix weights = {b.data(), bias.data(), depth, columns};
    GemmArgs args;
    args.a = map.data();
    args.a_stride = static_cast<size_t>(depth);
    args.b = weights;
    args.dst = dst.data();
    args.dst_stride = static_cast<size_t>(columns);
    args.epilogue = epilogue;
    const GemvArgs row = {a.data(), weights, dst.data(), epilogue};
    const int panels = PanelCount(columns, kernels_.panel);
    Report(
        name, int64_t{rows} * depth * columns,
        [&] { rows == 1 ? kernels_.gemv(row, 0, panels) : kernels_.gemm(args, 0, rows, 0, panels); },
        std::to_string(rows) + "x" + std::to_string(depth) + "x" + std::to_string(columns));
  }

  void Depthwise(const char* name, int out_width, int kernel, int stride, Epilogue epilogue) const {
    const int width = kernels_.panel;
    const size_t in_pixels = static_cast<size_t>(out_width - 1) * stride + kernel;
    const auto src = Values(in_pixels * width * kernel);
    const auto weights = Values(static_cast<size_t>(kernel) * kernel * width);
    const auto bias = Values(width);
    std::vector<float> dst(static_cast<size_t>(out_width) * width);
    std::vector<float> raw(dst.size());
    std::vector<float> sums(width);
    std::vector<const float*> rows;
    for (int ky = 0; ky < kernel; ++ky) rows.push_back(src.data() + ky * in_pixels * width);
    DepthwiseRowArgs args;
    args.rows = rows.data();
    args.row_count = kernel;
    args.weights = weights.data();
    args.bias = bias.data();
    args.dst = dst.data();
    args.raw = kernels_.element_bytes == sizeof(float) ? dst.data() : raw.data();
    args.sums = epilogue == Epilogue::kSwish ? sums.data() : nullptr;
    args.pixel_stride = static_cast<size_t>(width);
    args.width = width;
    args.out_width = out_width;
    args.kernel = kernel;
    args.stride = stride;
    args.epilogue = epilogue;
    Report(
        name, int64_t{out_width} * width * kernel * kernel, [&] { kernels_.depthwise_row(args); },
        std::to_string(out_width) + " px k" + std::to_string(kernel) + " s" + std::to_string(stride));
  }

  void Stem(int out_width, int columns, Epilogue epilogue) const {
    constexpr int kTaps = 27;
    const int width = PanelWidth(kernels_, columns, 0);
    const auto image = Values(static_cast<size_t>(kTaps) * out_width * 2);
    const auto b = Values(static_cast<size_t>(PaddedColumns(columns, kernels_.lanes)) * kTaps);
    const auto bias = Values(PaddedColumns(columns, kernels_.lanes));
    std::vector<float> dst(static_cast<size_t>(out_width) * width);
    std::vector<const float*> taps;
    for (int t = 0; t < kTaps; ++t) taps.push_back(image.data() + static_cast<size_t>(t) * out_width * 2);
    StemRowArgs args;
    args.taps = taps.data();
    args.b = {b.data(), bias.data(), kTaps, columns};
    args.dst = dst.data();
    args.pixel_stride = static_cast<size_t>(width);
    args.out_width = out_width;
    args.epilogue = epilogue;
    Report(
        "stem_row", int64_t{out_width} * kTaps * width, [&] { kernels_.stem_row(args, 0); },
        std::to_string(out_width) + " px");
  }

  // Kernels that move more than they compute.
  void Moves(int rows) const {
    const int width = kernels_.panel;
    auto map = Values(static_cast<size_t>(rows) * width);
    const auto scale = std::vector<float>(width, 1.0f);
    std::vector<float> mean(width);
    const std::string shape = std::to_string(rows) + "x" + std::to_string(width);
    ReportBytes(
        "scale_rows", map, 2, [&] { kernels_.scale_rows(map.data(), rows, width, width, scale.data()); }, shape);
    ReportBytes(
        "column_mean", map, 1, [&] { kernels_.column_mean(map.data(), rows, width, 0, width, 1.0f, mean.data()); },
        shape);
    const PackedMatrix matrix = {map.data(), scale.data(), rows, width};
    auto scaled = map;
    const auto factors = std::vector<float>(rows, 1.0f);
    ReportBytes(
        "scale_panels", map, 2, [&] { kernels_.scale_panels(matrix, factors.data(), 0, rows, scaled.data()); }, shape);
  }

 private:
  bool Wanted(const char* name) const { return std::string(name).find(only_) != std::string::npos; }

  void Report(const char* name, int64_t macs, const std::function<void()>& call, const std::string& shape) const {
    if (!Wanted(name)) return;
    const double seconds = SecondsOf(call);
    const double rate = static_cast<double>(macs) / seconds;
    std::printf("%-22s %-16s %9.2f us  %6.1f GMAC/s  %3.0f %% of peak\n", name, shape.c_str(), seconds * 1e6,
                rate / 1e9, rate / peak_ * 100);
  }

  // Beside memmove of as many bytes: each reads them once and writes them once, or only reads.
  void ReportBytes(const char* name, std::vector<float>& map, int passes, const std::function<void()>& call,
                   const std::string& shape) const {
    if (!Wanted(name)) return;
    const double bytes = static_cast<double>(map.size() * sizeof(float)) * passes;
    std::vector<float> copy(map.size());
    const double copying = SecondsOf([&] { std::memcpy(copy.data(), map.data(), map.size() * sizeof(float)); });
    const double seconds = SecondsOf(call);
    std::printf("%-22s %-16s %9.2f us  %6.1f GB/s    %3.0f %% of memcpy\n", name, shape.c_str(), seconds * 1e6,
                bytes / seconds / 1e9, copying / 2 * passes / seconds * 100);
  }

  const Kernels& kernels_;
  std::string only_;
  double peak_ = 0;
};

int Main(int argc, char** argv) {
  const Result<Precision> precision = ParsePrecision(argc > 2 ? argv[2] : "fp32");
  if (!precision.ok()) return std::fprintf(stderr, "kernels: %s\n", precision.error().ToString().c_str()), 2;
  const Result<const Kernels*> kernels = ChooseKernels(*precision);
  if (!kernels.ok()) return std::fprintf(stderr, "kernels: %s\n", kernels.error().ToString().c_str()), 1;
  const Bench bench(**kernels, argc > 1 ? argv[1] : "");
  for (const Epilogue epilogue : {Epilogue::kSwish, Epilogue::kRelu6}) {
    const bool swish = epilogue == Epilogue::kSwish;
    bench.Stem(112, 32, epilogue);
    const char* expand = swish ? "gemm expand swish" : "gemm expand relu6";
    for (const auto& [rows, depth] : {std::pair(112, 16), std::pair(56, 24), std::pair(28, 40), std::pair(14, 80),
                                      std::pair(14, 112), std::pair(7, 192), std::pair(24, 56), std::pair(12, 272)}) {
      bench.Gemm(expand, rows, depth, (*kernels)->panel, epilogue);
    }
    bench.Gemm(swish ? "gemm activation swish" : "gemm activation relu6", 56, 2, (*kernels)->panel, epilogue);
    const char* depthwise = swish ? "depthwise_row swish" : "depthwise_row relu6";
    for (const int kernel : {3, 5}) {
      for (const int stride : {1, 2}) {
        for (const int width : {56, 28, 14, 7, 12}) bench.Depthwise(depthwise, width, kernel, stride, epilogue);
      }
    }
  }
  for (const auto& [rows, depth, columns] :
       {std::array{3136, 144, 24}, std::array{784, 240, 40}, std::array{196, 480, 80}, std::array{196, 672, 112},
        std::array{49, 1152, 192}, std::array{49, 1152, 320}, std::array{144, 1632, 272}}) {
    bench.Gemm("gemm project", rows, depth, columns, Epilogue::kNone);
  }
  bench.Gemm("gemm head", 49, 320, 1280, Epilogue::kSwish);
  bench.Gemm("gemv classifier", 1, 1280, 1000, Epilogue::kNone);
  for (const int rows : {49, 784, 12544}) bench.Moves(rows);
  return 0;
}

}  // namespace
}  // namespace frond

int main(int argc, char** argv) { return frond::Main(argc, argv); }
