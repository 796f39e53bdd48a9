#ifndef FROND_SRC_MONITOR_SIGNIFICANCE_H_
#define FROND_SRC_MONITOR_SIGNIFICANCE_H_

#include <cstddef>
#include <span>

namespace frond {

// How improbable a difference is where there is none. All are accurate far out (1e-6 and less), where alarms are
// decided.

// Photos of one hour resemble each other: n of them tell as much as n / (1 + (n - 1) * correlation) that were drawn
// apart (Kish 1965, the design effect), however many, at most 1 / correlation.
double EffectiveCount(double n, double correlation);

// Measured on streams of photos like those of training (bench/monitor/drift.py): of what is seen and felt of photos,
// and of how they are called.
constexpr double kPhotoCorrelation = 0.01;
constexpr double kClassCorrelation = 0.002;

// P(D > d) of two samples' largest difference of distribution functions (Kolmogorov and Smirnov; Stephens 1970's
// correction for few).
double KolmogorovTail(double d, double n, double m);

// P(sum of weights[i] * chi-square of 1 + rest > value) by Lugannani & Rice's saddlepoint (Kuonen 1999). Weights
// positive.
double WeightedChiSquareTail(std::span<const double> weights, double rest, double value);

// Twice the smaller tail of a count among n photos of what has a share that is known with a standard error (the
// beta-binomial), at most 1. `count` and `n` may be effective ones, with fractions.
double ShareTail(double count, double n, double share, double error);

}  // namespace frond

#endif  // FROND_SRC_MONITOR_SIGNIFICANCE_H_
