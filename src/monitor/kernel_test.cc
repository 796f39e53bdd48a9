#include "src/monitor/kernel_test.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "src/base/format.h"
#include "src/monitor/eigen.h"
#include "src/monitor/significance.h"

namespace frond {
namespace {

constexpr size_t kLanes = 8;
constexpr size_t kWeights = 48;

double Sum(const float* values, size_t count) {
  float sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (size_t k = 0; k < kLanes; ++k) sums[k] += values[i + k];
  }
  double total = 0;
  for (; i < count; ++i) total += values[i];
  for (const float sum : sums) total += sum;
  return total;
}

// 1 / the median squared distance of different points; of points that are all one, 1.
float ScaleOf(std::span<const float> points, size_t count, size_t dimensions) {
  std::vector<float> distances;
  distances.reserve(count * (count - 1) / 2);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < i; ++j) {
      float sum = 0;
      for (size_t d = 0; d < dimensions; ++d) {
        const float difference = points[i * dimensions + d] - points[j * dimensions + d];
        sum += difference * difference;
      }
      distances.push_back(sum);
    }
  }
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::ranges::nth_element(distances, middle);
  return *middle > 0 ? 1 / *middle : 1;
}

// How often a random choice of `chosen` of `total` points differs from the others at least as much as the first ones
// do. `gram` is total x total.
KernelTestResult Permute(const std::vector<float>& gram, size_t total, size_t chosen, int permutations, uint64_t seed) {
  std::vector<double> rows(total);
  for (size_t i = 0; i < total; ++i) rows[i] = Sum(gram.data() + i * total, total);
  const double all = std::accumulate(rows.begin(), rows.end(), 0.0);
  const auto n = static_cast<double>(chosen);
  const auto m = static_cast<double>(total - chosen);
  std::vector<uint32_t> order(total);
  std::iota(order.begin(), order.end(), 0U);
  const auto discrepancy = [&] {
    double within = 0;
    double with_all = 0;
    for (size_t i = 0; i < chosen; ++i) {
      const float* row = gram.data() + order[i] * total;
      with_all += rows[order[i]];
      float sum = 0;
      for (size_t j = 0; j < i; ++j) sum += row[order[j]];
      within += 2 * static_cast<double>(sum) + row[order[i]];
    }
    const double across = with_all - within;
    return within / (n * n) - 2 * across / (n * m) + (all - within - 2 * across) / (m * m);
  };
  KernelTestResult result;
  result.mmd2 = discrepancy();
  std::mt19937_64 random(seed);
  int no_less = 0;
  for (int p = 0; p < permutations; ++p) {
    for (size_t i = 0; i < chosen; ++i) {
      std::swap(order[i], order[i + random() % (total - i)]);
    }
    if (discrepancy() >= result.mmd2 * (1 - 1e-9)) ++no_less;
  }
  result.p_value = (1.0 + no_less) / (1.0 + permutations);
  return result;
}

}  // namespace

KernelPoints::KernelPoints(size_t dimensions, size_t capacity)
    : dimensions_(dimensions),
      capacity_((capacity + kLanes - 1) / kLanes * kLanes),
      values_(dimensions * capacity_),
      distances_(capacity_) {}

void KernelPoints::Set(size_t slot, std::span<const float> point) {
  for (size_t d = 0; d < dimensions_; ++d) values_[d * capacity_ + slot] = point[d];
}

void KernelPoints::Kernels(std::span<const float> point, float scale, float* out) const {
  for (size_t begin = 0; begin < capacity_; begin += kLanes) {
    float sums[kLanes] = {};
    for (size_t d = 0; d < dimensions_; ++d) {
      const float* row = values_.data() + d * capacity_ + begin;
      const float here = point[d];
      for (size_t k = 0; k < kLanes; ++k) {
        const float difference = row[k] - here;
        sums[k] += difference * difference;
      }
    }
    for (size_t k = 0; k < kLanes; ++k) out[begin + k] = 1 / (1 + sums[k] * scale);
  }
}

KernelReference::KernelReference(std::span<const float> points, size_t dimensions)
    : count_(points.size() / dimensions), dimensions_(dimensions), points_(dimensions, count_) {
  scale_ = ScaleOf(points, count_, dimensions);
  for (size_t i = 0; i < count_; ++i) points_.Set(i, points.subspan(i * dimensions, dimensions));
  gram_.resize(count_ * count_);
  std::vector<float> row(points_.capacity());
  std::vector<double> means(count_);
  for (size_t i = 0; i < count_; ++i) {
    points_.Kernels(points.subspan(i * dimensions, dimensions), scale_, row.data());
    std::copy_n(row.begin(), count_, gram_.begin() + static_cast<std::ptrdiff_t>(i * count_));
    means[i] = Sum(row.data(), count_) / static_cast<double>(count_);
    gram_mean_ += means[i] / static_cast<double>(count_);
  }
  std::vector<double> centred(count_ * count_);
  double trace = 0;
  for (size_t i = 0; i < count_; ++i) {
    for (size_t j = 0; j < count_; ++j) {
      centred[i * count_ + j] = gram_[i * count_ + j] - means[i] - means[j] + gram_mean_;
    }
    trace += centred[i * count_ + i];
  }
  // The sample's mean was taken off its own points: of count - 1 there is that much to be known.
  const double degrees = static_cast<double>(count_) - 1;
  rest_ = trace / degrees;
  for (const double value : LargestEigenpairs(centred, count_, kWeights).values) {
    if (value <= 1e-9 * trace) break;
    weights_.push_back(value / degrees);
    rest_ -= weights_.back();
  }
  rest_ = std::max(0.0, rest_);
}

double KernelReference::Tail(double value, double n, double m) const {
  if (n <= 0 || m <= 0) return 1;
  return WeightedChiSquareTail(weights_, rest_, value / (1 / n + 1 / m));
}

Result<KernelTestResult> PermutationTest(const KernelReference& reference, std::span<const float> points,
                                         int permutations, uint64_t seed) {
  const size_t dimensions = reference.dimensions();
  const size_t n = points.size() / dimensions;
  if (n == 0 || points.size() != n * dimensions) {
    return Error{ErrorCode::kInvalidArgument,
                 StrCat(points.size(), " values for points of ", dimensions, " dimensions"), "give at least one point"};
  }
  if (const auto wrong = std::ranges::find_if(points, [](float value) { return !std::isfinite(value); });
      wrong != points.end()) {
    return Error{ErrorCode::kInvalidArgument, StrCat("a point has the value ", *wrong), "give finite ones"};
  }
  KernelWindow window(reference, n);
  for (size_t i = 0; i < n; ++i) window.Add(points.subspan(i * dimensions, dimensions));
  return KernelTestResult{window.Discrepancy(n), window.PermutationP(reference, n, permutations, seed)};
}

KernelWindow::KernelWindow(const KernelReference& reference, size_t capacity)
    : reference_(&reference),
      capacity_(capacity),
      points_(reference.dimensions(), capacity),
      gram_(capacity * points_.capacity()),
      cross_(capacity * reference.points().capacity()),
      cross_means_(capacity) {}

void KernelWindow::Add(std::span<const float> point) {
  const size_t stride = points_.capacity();
  points_.Set(next_, point);
  float* row = gram_.data() + next_ * stride;
  points_.Kernels(point, reference_->scale(), row);
  for (size_t other = 0; other < capacity_; ++other) gram_[other * stride + next_] = row[other];
  float* cross = cross_.data() + next_ * reference_->points().capacity();
  reference_->points().Kernels(point, reference_->scale(), cross);
  cross_means_[next_] = Sum(cross, reference_->count()) / static_cast<double>(reference_->count());
  next_ = (next_ + 1) % capacity_;
  count_ = std::min(count_ + 1, capacity_);
}

double KernelWindow::Discrepancy(size_t n) const {
  // The newest n lie in the slots from `begin` on, which may go round the ring's end.
  const size_t begin = SlotOf(n - 1);
  const size_t straight = std::min(n, capacity_ - begin);
  double within = 0;
  double across = 0;
  for (size_t age = 0; age < n; ++age) {
    const size_t slot = SlotOf(age);
    const float* row = gram_.data() + slot * points_.capacity();
    within += Sum(row + begin, straight) + Sum(row, n - straight);
    across += cross_means_[slot];
  }
  const auto count = static_cast<double>(n);
  return std::max(0.0, within / (count * count) - 2 * across / count + reference_->gram_mean());
}

std::vector<double> KernelWindow::Witness(size_t n) const {
  const size_t begin = SlotOf(n - 1);
  const size_t straight = std::min(n, capacity_ - begin);
  std::vector<double> witness;
  for (size_t age = 0; age < n; ++age) {
    const size_t slot = SlotOf(age);
    const float* row = gram_.data() + slot * points_.capacity();
    witness.push_back((Sum(row + begin, straight) + Sum(row, n - straight)) / static_cast<double>(n) -
                      cross_means_[slot]);
  }
  return witness;
}

double KernelWindow::DesignEffect(size_t n) const {
  constexpr size_t kNear = 4;
  constexpr size_t kFar = 10;
  if (n < 2 * kFar) return 1;
  double near = 0;
  double far = 0;
  for (size_t lag = 1; lag <= kFar; ++lag) {
    double sum = 0;
    for (size_t age = 0; age + lag < n; ++age) sum += gram_[SlotOf(age) * points_.capacity() + SlotOf(age + lag)];
    const double mean = sum / static_cast<double>(n - lag);
    (lag <= kNear ? near : far) += mean;
  }
  far /= static_cast<double>(kFar - kNear);
  if (far >= 1) return 1;
  return std::max(1.0, 1 + 2 * (near - kNear * far) / (1 - far));
}

double KernelWindow::PermutationP(const KernelReference& reference, size_t n, int permutations, uint64_t seed) const {
  const size_t m = reference.count();
  const size_t total = n + m;
  std::vector<float> pooled(total * total);
  for (size_t i = 0; i < n; ++i) {
    const size_t slot = SlotOf(i);
    float* row = pooled.data() + i * total;
    for (size_t j = 0; j < n; ++j) row[j] = gram_[slot * points_.capacity() + SlotOf(j)];
    for (size_t j = 0; j < m; ++j) {
      row[n + j] = cross_[slot * reference.points().capacity() + j];
      pooled[(n + j) * total + i] = row[n + j];
    }
  }
  for (size_t i = 0; i < m; ++i) {
    std::copy_n(reference.gram().begin() + static_cast<std::ptrdiff_t>(i * m), m,
                pooled.begin() + static_cast<std::ptrdiff_t>((n + i) * total + n));
  }
  return Permute(pooled, total, n, permutations, seed).p_value;
}

}  // namespace frond
