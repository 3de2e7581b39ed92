#include "sparse_dual.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

#include "permutation.h"
#include "sparse_rows.h"

namespace ravine {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int64_t rowsBetweenLooks = 1024;

double xLogX(double x) { return x > 0 ? x * std::log(x) : 0; }

// One problem: min ½‖w‖² + C Σ l(y_i w·x_i), C = 1/(αN). Its dual is over one a_i a row, and w = Σ y_i a_i x_i.
template <class Index>
class Dual {
 public:
  Dual(const DualSpec& spec, const Index* ranks, const std::vector<double>& squares, int64_t output, Job& job)
      : spec_(spec),
        matrix_(*spec.matrix),
        ranks_(ranks),
        values_(matrix_.entryValues()),
        squares_(squares),
        output_(output),
        job_(job) {
    C_ = 1 / (spec.alpha * static_cast<double>(matrix_.rows));
    const bool squared = spec.loss == SparseLoss::squaredHinge;
    upper_ = squared ? infinity : C_;
    diagonal_ = squared ? 0.5 / C_ : 0;
    w_.assign(static_cast<size_t>(matrix_.columns), 0);
    a_.assign(static_cast<size_t>(matrix_.rows), 0);
    if (spec.loss == SparseLoss::log) startLogistic();
  }

  // Passes until the gap is small enough, in the mean form: (P − D) / (C N).
  void run(DualResult& result) {
    std::vector<int32_t> active(a_.size()), order;
    std::iota(active.begin(), active.end(), 0);
    int64_t pass = 0;
    double gap = infinity, objective = 0;
    for (; pass < spec_.epochs && gap > spec_.gap && !result.stopped; pass++) {
      order.resize(active.size());
      shuffle(order, spec_.seed, static_cast<uint64_t>(pass));
      for (int32_t& place : order) place = active[static_cast<size_t>(place)];
      result.stopped = !onePass(order, pass, gap);
      const bool look = pass < 3 || pass % 3 == 2 || pass + 1 == spec_.epochs || result.stopped;
      if (look) gap = measure(objective);
      shrink(active, look);
    }
    result.gaps.push_back(gap);
    result.objectives.push_back(objective);
    result.passes.push_back(static_cast<double>(pass));
    store();
  }

 private:
  double label(int64_t row) const {
    const int32_t given = spec_.labels[static_cast<size_t>(row)];
    return (spec_.outputs == 1 ? given != 0 : given == output_) ? 1 : -1;
  }

  double score(int64_t row) const {
    const int64_t first = matrix_.rowOffsets()[row], count = matrix_.rowOffsets()[row + 1] - first;
    return rowDot<double>(ranks_ + first, values_ ? values_ + first : nullptr, count, w_.data()) + bias_;
  }

  void move(int64_t row, double step) {
    const int64_t first = matrix_.rowOffsets()[row], count = matrix_.rowOffsets()[row + 1] - first;
    rowAdd(ranks_ + first, values_ ? values_ + first : nullptr, count, step, w_.data());
    if (spec_.intercept) bias_ += step;
  }

  // a = min(0.001 C, 1e−8): inside (0, C), where the entropy has a slope.
  void startLogistic() {
    const double first = std::min(0.001 * C_, 1e-8);
    for (int64_t row = 0; row < matrix_.rows; row++) {
      a_[static_cast<size_t>(row)] = first;
      move(row, label(row) * first);
    }
  }

  bool onePass(const std::vector<int32_t>& order, int64_t pass, double gap) {
    lowest_ = infinity;
    highest_ = -infinity;
    for (size_t i = 0; i < order.size(); i++) {
      if (i % rowsBetweenLooks == 0) {
        if (job_.stopping()) return false;
        job_.tell({static_cast<double>(pass), static_cast<double>(i), gap});
      }
      prefetchAhead(matrix_, ranks_, values_, order, i);
      if (spec_.loss == SparseLoss::log)
        logisticStep(order[i]);
      else
        hingeStep(order[i]);
    }
    return true;
  }

  // G = y w·x − 1 + D a; a ← clip(a − G / (x·x + D), 0, U)
  void hingeStep(int64_t row) {
    double& a = a_[static_cast<size_t>(row)];
    const double y = label(row), slope = y * score(row) - 1 + diagonal_ * a;
    const double projected = a == 0 ? std::min(slope, 0.0) : a == upper_ ? std::max(slope, 0.0) : slope;
    lowest_ = std::min(lowest_, projected);
    highest_ = std::max(highest_, projected);
    const double curvature = squares_[static_cast<size_t>(row)] + diagonal_;
    if (std::abs(projected) < 1e-12) return;
    // A row of zeros without an intercept pulls at nothing: its dual variable goes to its bound.
    const double target = curvature > 0 ? std::min(std::max(a - slope / curvature, 0.0), upper_) : upper_;
    const double step = target - a;
    a = target;
    move(row, step * y);
  }

  // Newton on one coordinate of ½‖w‖² + Σ a ln a + (C − a) ln(C − a), from the side where it converges (Yu, Huang & Lin,
  // algorithm 5).
  void logisticStep(int64_t row) {
    double& a = a_[static_cast<size_t>(row)];
    const double y = label(row), b = y * score(row), curvature = squares_[static_cast<size_t>(row)];
    const bool low = curvature * (0.5 * C_ - a) + b >= 0;
    double z = std::max(low ? a : C_ - a, 1e-300);
    const double start = low ? a : C_ - a, side = low ? b : -b;
    if (C_ - z < 0.5 * C_) z *= 0.1;
    double slope = curvature * (z - start) + side + std::log(z / (C_ - z));
    for (int i = 0; i < 100 && std::abs(slope) >= 1e-10; i++) {
      const double bend = curvature + C_ / (C_ - z) / z, next = z - slope / bend;
      z = next <= 0 ? z * 0.1 : std::min(next, C_ * (1 - 1e-16));
      slope = curvature * (z - start) + side + std::log(z / (C_ - z));
    }
    const double target = low ? z : C_ - z, step = target - a;
    a = target;
    move(row, step * y);
  }

  // Rows at a bound whose slope points out by more than any did in this pass rest until the gap has been looked at.
  void shrink(std::vector<int32_t>& active, bool restart) {
    if (spec_.loss == SparseLoss::log) return;
    if (restart) {
      active.resize(a_.size());
      std::iota(active.begin(), active.end(), 0);
      return;
    }
    const double above = highest_ > 0 ? highest_ : infinity, below = lowest_ < 0 ? lowest_ : -infinity;
    std::erase_if(active, [&](int32_t row) {
      const double a = a_[static_cast<size_t>(row)];
      if (a != 0 && a != upper_) return false;
      const double slope = label(row) * score(row) - 1 + diagonal_ * a;
      return a == 0 ? slope > above : slope < below;
    });
  }

  // (P − D) / (C N), and P / (C N): the mean loss plus α/2 ‖w‖².
  double measure(double& objective) {
    double losses = 0, dual = 0, norm = spec_.intercept ? bias_ * bias_ : 0;
    for (const double weight : w_) norm += weight * weight;
    HingeLoss hinge;
    SquaredHingeLoss squared;
    LogLoss logistic;
    for (int64_t row = 0; row < matrix_.rows; row++) {
      const double z = label(row) * score(row), a = a_[static_cast<size_t>(row)];
      if (spec_.loss == SparseLoss::log) {
        logistic.pull(z);
        dual -= xLogX(a / C_) + xLogX(1 - a / C_);
      } else if (spec_.loss == SparseLoss::hinge) {
        hinge.pull(z);
        dual += a / C_;
      } else {
        squared.pull(z);
        dual += (a - 0.5 * diagonal_ * a * a) / C_;
      }
    }
    losses = hinge.total() + squared.total() + logistic.total();
    const auto rows = static_cast<double>(matrix_.rows);
    const double penalty = 0.5 * spec_.alpha * norm;
    objective = losses / rows + penalty;
    return objective - (dual / rows - penalty);
  }

  void store() const {
    std::vector<float> byRank(w_.begin(), w_.end());
    const bool finite = std::all_of(byRank.begin(), byRank.end(), [](float weight) { return std::isfinite(weight); });
    if (!finite || !std::isfinite(bias_))
      throw JobError("data", "the weights are not finite: values are too large, or alpha is too small");
    std::vector<float> byColumn(byRank.size());
    toColumns(matrix_, byRank.data(), byColumn.data(), 1);
    auto* const weights = reinterpret_cast<float*>(spec_.weights->data());
    for (size_t i = 0; i < byColumn.size(); i++)
      weights[i * static_cast<size_t>(spec_.outputs) + static_cast<size_t>(output_)] = byColumn[i];
    reinterpret_cast<double*>(spec_.scalars->data())[output_] = bias_;
  }

  const DualSpec& spec_;
  const SparseMatrix& matrix_;
  const Index* ranks_;
  const float* values_;
  const std::vector<double>& squares_;
  int64_t output_;
  Job& job_;
  double C_ = 1, upper_ = 1, diagonal_ = 0, bias_ = 0;
  double lowest_ = 0, highest_ = 0;  // projected slopes of the pass
  std::vector<double> w_, a_;
};

std::vector<double> squaresOf(const DualSpec& spec) {
  const SparseMatrix& matrix = *spec.matrix;
  const float* const values = matrix.entryValues();
  std::vector<double> squares(static_cast<size_t>(matrix.rows), spec.intercept ? 1 : 0);
  for (int64_t row = 0; row < matrix.rows; row++) {
    for (int64_t i = matrix.rowOffsets()[row]; i < matrix.rowOffsets()[row + 1]; i++) {
      const double value = values ? static_cast<double>(values[i]) : 1.0;
      squares[static_cast<size_t>(row)] += value * value;
    }
  }
  return squares;
}

}  // namespace

void runDual(const DualSpec& spec, Job& job, DualResult& result) {
  const Clock::time_point start = Clock::now();
  const std::vector<double> squares = squaresOf(spec);
  withRanks(*spec.matrix, [&]<class Index>(const Index* ranks) {
    for (int64_t output = 0; output < spec.outputs && !result.stopped; output++)
      Dual<Index>(spec, ranks, squares, output, job).run(result);
  });
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace ravine
