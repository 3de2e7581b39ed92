// The weights as a run sees them: w = W · scale, average a = (A + f · W) · averageScale, by rank. Shrinking all weights is one
// product.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "sparse_sgd.h"

namespace ravine {

struct SgdWeights {
  std::vector<float> W, A;
  std::vector<double> q;  // by which L1 has moved each weight so far
  std::vector<double> intercept, averageIntercept;
  double scale = 1, inverse = 1;  // and 1 / scale
  double averageScale = 1, f = 0;
  double due = 0;          // L1: by which each weight should have been moved so far
  bool averaging = false;  // it has begun: until then A is not looked at

  // w ← (1 − ηα(1 − ρ)) w; at 1e5 of scale everything is written out, before float32 loses digits.
  void shrink(double factor) {
    if (factor <= 0) {
      flatten();
      std::fill(W.begin(), W.end(), 0.0F);
      return;
    }
    scale *= factor;
    inverse = 1 / scale;
    if (inverse > 1e5 || averageScale < 1e-5) flatten();
  }

  void flatten() {
    const auto forA = static_cast<float>(averageScale), forW = static_cast<float>(f * averageScale);
    for (size_t i = 0; averaging && i < A.size(); i++) A[i] = A[i] * forA + W[i] * forW;
    const auto factor = static_cast<float>(scale);
    for (float& weight : W) weight *= factor;
    scale = inverse = averageScale = 1;
    f = 0;
  }

  // a ← (1 − μ) a + μ w, after the step. μ = 1 begins anew: a = w.
  void average(double mu) {
    if (mu >= 1) {
      std::fill(A.begin(), A.end(), 0.0F);
      averageScale = scale;
      f = 1;
      averaging = true;
    } else {
      averageScale *= 1 - mu;
      f += mu * scale / averageScale;
    }
    for (size_t k = 0; k < intercept.size(); k++) averageIntercept[k] += mu * (intercept[k] - averageIntercept[k]);
  }

  // What is to be read when the run ends: before averaging began the average is the weights themselves.
  void finish() {
    flatten();
    if (averaging || A.empty()) return;
    A = W;
    averageIntercept = intercept;
  }

  bool finite() const {
    const auto all = [](const auto& list) {
      return std::all_of(list.begin(), list.end(), [](auto number) { return std::isfinite(number); });
    };
    return all(W) && all(A) && all(intercept) && all(averageIntercept);
  }

  // Tsuruoka, Tsujii & Ananiadou (2009): the weight is moved towards 0 by what is due and has not been applied, never across.
  void clip(size_t i) {
    const double before = static_cast<double>(W[i]) * scale;
    double after = before;
    if (before > 0)
      after = std::max(0.0, before - (due + q[i]));
    else if (before < 0)
      after = std::min(0.0, before + (due - q[i]));
    q[i] += after - before;
    if (after == before) return;
    const auto target = static_cast<float>(after * inverse);
    if (averaging) A[i] -= static_cast<float>(f) * (target - W[i]);
    W[i] = target;
  }

  void clipAll() {
    for (size_t i = 0; i < W.size(); i++) clip(i);
  }
};

}  // namespace ravine
