#ifndef FROND_SRC_MONITOR_KERNEL_TEST_H_
#define FROND_SRC_MONITOR_KERNEL_TEST_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "frond/result.h"

namespace frond {

// Whether two samples of vectors are of one distribution: the maximum mean discrepancy (Gretton et al. 2012) with the
// rational quadratic kernel 1 / (1 + |x - y|^2 / s), which is characteristic as the Gaussian is, sees several scales at
// once, and needs no exponential; s is the median squared distance within the reference.

// Points for one side after the other, so that a compiler may take several at a time.
class KernelPoints {
 public:
  KernelPoints(size_t dimensions, size_t capacity);

  size_t capacity() const { return capacity_; }  // a multiple of 8
  void Set(size_t slot, std::span<const float> point);
  // Kernels of `point` with all slots, into `out`, capacity() floats.
  void Kernels(std::span<const float> point, float scale, float* out) const;

 private:
  size_t dimensions_;
  size_t capacity_;
  std::vector<float> values_;  // dimensions x capacity
  mutable std::vector<float> distances_;
};

// The sample that others are compared with, and what its own spread makes of the discrepancy where there is none.
class KernelReference {
 public:
  // `points` is count x dimensions, finite, at least two rows.
  KernelReference(std::span<const float> points, size_t dimensions);

  size_t count() const { return count_; }
  size_t dimensions() const { return dimensions_; }
  const KernelPoints& points() const { return points_; }
  float scale() const { return scale_; }                    // 1 / s
  const std::vector<float>& gram() const { return gram_; }  // count x count
  double gram_mean() const { return gram_mean_; }

  // P(MMD^2 > value) where there is no difference, of a sample of n photos (effective): a weighted sum of chi-squares,
  // the weights the eigenvalues of the centred Gram matrix (Gretton et al. 2009), times 1 / n + 1 / m.
  double Tail(double value, double n, double m) const;

 private:
  size_t count_;
  size_t dimensions_;
  float scale_ = 1;
  KernelPoints points_;
  std::vector<float> gram_;
  double gram_mean_ = 0;
  std::vector<double> weights_;
  double rest_ = 0;  // what the weights that are left out add up to
};

struct KernelTestResult {
  double mmd2 = 0;  // biased, so never negative
  double p_value = 1;
};

// A permutation test: the share of random divisions of both samples together, `permutations` and the one at hand, whose
// discrepancy is no less; at least 1 / (permutations + 1), and uniform where there is no difference. `points` is
// count x dimensions. Errors: kInvalidArgument for no points, another dimension, or values that are not finite.
Result<KernelTestResult> PermutationTest(const KernelReference& reference, std::span<const float> points,
                                         int permutations, uint64_t seed);

// The last points of a stream, of which nested windows are compared with a reference. Memory for `capacity` points, its
// kernels with each other and with the reference; some microseconds a point.
class KernelWindow {
 public:
  KernelWindow(const KernelReference& reference, size_t capacity);

  size_t count() const { return count_; }
  void Add(std::span<const float> point);
  // MMD^2 of the newest n points, 1 <= n <= count(), and the reference.
  double Discrepancy(size_t n) const;
  // By what the newest n count too much for their neighbours' likeness, at least 1: three shots of each leaf make 3.
  // One and twice the correlations of photos up to four apart, by the kernel, beyond that of photos five to ten apart.
  double DesignEffect(size_t n) const;
  // Of each of the newest n, the newest first, how much more it is like them than like the reference: the witness
  // function, whose mean over them less that over the reference is MMD^2 (Gretton et al. 2012, section 2.3).
  std::vector<double> Witness(size_t n) const;
  // As PermutationTest, of the newest n.
  double PermutationP(const KernelReference& reference, size_t n, int permutations, uint64_t seed) const;

 private:
  size_t SlotOf(size_t age) const { return (next_ + capacity_ - 1 - age) % capacity_; }

  const KernelReference* reference_;
  size_t capacity_;
  size_t count_ = 0;
  size_t next_ = 0;
  KernelPoints points_;
  std::vector<float> gram_;          // capacity x points_.capacity()
  std::vector<float> cross_;         // capacity x reference points' capacity
  std::vector<double> cross_means_;  // capacity
};

}  // namespace frond

#endif  // FROND_SRC_MONITOR_KERNEL_TEST_H_
