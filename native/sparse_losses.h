// Losses of a linear score s and a label y = ±1, in the margin z = y·s. `pull` is −dl/dz: the step on the score is η·y·pull.
#pragma once

#include <cmath>
#include <cstdint>

namespace ravine {

enum class SparseLoss { hinge, squaredHinge, log, softmax };

// l = max(0, 1 − z)
struct HingeLoss {
  double sum = 0;
  double pull(double z) {
    if (z > 1) return 0;
    sum += 1 - z;
    return 1;
  }
  double total() const { return sum; }
};

// l = max(0, 1 − z)²
struct SquaredHingeLoss {
  double sum = 0;
  double pull(double z) {
    if (z >= 1) return 0;
    sum += (1 - z) * (1 - z);
    return 2 * (1 - z);
  }
  double total() const { return sum; }
};

// l = ln(1 + e^−z), summed as the logarithm of a product: one logarithm in hundreds of rows instead of one a row.
struct LogLoss {
  double sum = 0, product = 1;
  double pull(double z) {
    if (z < -36) {
      sum -= z;
      return 1;
    }
    const double e = std::exp(-z);
    product *= 1 + e;
    if (product > 1e280) fold();
    return e / (1 + e);
  }
  void fold() {
    sum += std::log(product);
    product = 1;
  }
  double total() const { return sum + std::log(product); }
};

}  // namespace ravine
