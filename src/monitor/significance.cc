#include "src/monitor/significance.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace frond {
namespace {

double NormalTail(double x) { return 0.5 * std::erfc(x / std::numbers::sqrt2); }

// log of B(a, b).
double LogBeta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

// P(X >= count) of a beta-binomial of n (whole) with a, b.
double BetaBinomialTail(double count, double n, double a, double b) {
  if (count <= 0) return 1;
  if (count > n) return 0;
  double term = std::exp(std::lgamma(n + 1) - std::lgamma(count + 1) - std::lgamma(n - count + 1) +
                         LogBeta(count + a, n - count + b) - LogBeta(a, b));
  double sum = 0;
  const auto more = static_cast<int64_t>(n - count);
  for (int64_t i = 0; i <= more; ++i) {
    const double k = count + static_cast<double>(i);
    sum += term;
    if (i < more) term *= (n - k) / (k + 1) * (k + a) / (n - k - 1 + b);
  }
  return std::min(1.0, sum);
}

}  // namespace

double EffectiveCount(double n, double correlation) { return n <= 1 ? n : n / (1 + (n - 1) * correlation); }

double KolmogorovTail(double d, double n, double m) {
  if (n <= 0 || m <= 0) return 1;
  const double root = std::sqrt(n * m / (n + m));
  const double lambda = (root + 0.12 + 0.11 / root) * d;
  if (lambda < 0.3) return 1;
  double sum = 0;
  for (int j = 1; j <= 20; ++j) {
    const double term = std::exp(-2.0 * j * j * lambda * lambda);
    sum += j % 2 == 1 ? term : -term;
    if (term < 1e-17) break;
  }
  return std::clamp(2 * sum, 0.0, 1.0);
}

double WeightedChiSquareTail(std::span<const double> weights, double rest, double value) {
  double mean = 0;
  double squares = 0;
  double cubes = 0;
  double largest = 0;
  for (const double weight : weights) {
    mean += weight;
    squares += weight * weight;
    cubes += weight * weight * weight;
    largest = std::max(largest, weight);
  }
  const double t = value - rest;
  if (largest <= 0) return t > 0 ? 0 : 1;
  if (t <= 0) return 1;
  const double deviation = std::sqrt(2 * squares);
  if (std::abs(t - mean) < 1e-3 * deviation) {
    const double skew = 8 * cubes / (deviation * deviation * deviation);
    return 0.5 - skew / (6 * std::sqrt(2 * std::numbers::pi));
  }
  // The saddlepoint: where the cumulant function's slope is t. It grows from 0 to infinity up to 1 / (2 largest).
  const auto slope = [&](double zeta) {
    double sum = 0;
    for (const double weight : weights) sum += weight / (1 - 2 * zeta * weight);
    return sum;
  };
  double low = t > mean ? 0 : -0.5 * static_cast<double>(weights.size()) / t;
  double high = t > mean ? (1 - largest / t) / (2 * largest) : 0;
  for (int i = 0; i < 60 && high - low > 1e-7 * (std::abs(low) + std::abs(high)); ++i) {
    const double middle = 0.5 * (low + high);
    (slope(middle) < t ? low : high) = middle;
  }
  const double zeta = 0.5 * (low + high);
  double cumulant = 0;
  double curvature = 0;
  for (const double weight : weights) {
    const double left = 1 - 2 * zeta * weight;
    cumulant -= 0.5 * std::log(left);
    curvature += 2 * weight * weight / (left * left);
  }
  const double w = std::copysign(std::sqrt(std::max(0.0, 2 * (zeta * t - cumulant))), zeta);
  const double v = zeta * std::sqrt(curvature);
  if (std::abs(w) < 1e-9 || v / w <= 0) return 0.5;
  return std::clamp(NormalTail(w + std::log(v / w) / w), 0.0, 1.0);
}

double ShareTail(double count, double n, double share, double error) {
  if (n < 1) return 1;
  // As a whole number of photos; what is rounded is rounded towards the share.
  const double whole = std::floor(n);
  const double scaled = count * whole / n;
  share = std::clamp(share, 1e-6, 1 - 1e-6);
  const double spread = share * (1 - share);
  const double strength = std::max(1e-3, spread / std::max(error * error, 1e-9 * spread) - 1);
  const double a = share * strength;
  const double b = (1 - share) * strength;
  const double above = BetaBinomialTail(std::floor(scaled), whole, a, b);
  const double below = BetaBinomialTail(whole - std::ceil(scaled), whole, b, a);
  return std::min(1.0, 2 * std::min(above, below));
}

}  // namespace frond
