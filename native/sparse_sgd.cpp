#include "sparse_sgd.h"

#include <chrono>
#include <cstring>
#include <limits>

#include "permutation.h"
#include "sparse_rows.h"
#include "sparse_sgd_weights.h"

namespace ravine {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int64_t rowsBetweenLooks = 1024;

// Step lengths: η_t = η₀ / (1 + α η₀ t), with averaging to the power ¾.
struct Steps {
  double eta0, alpha;
  bool constant, averaged;

  double at(double t) const {
    if (constant) return eta0;
    const double base = 1 + alpha * eta0 * t;
    if (!averaged) return eta0 / base;
    const double root = std::sqrt(base);
    return eta0 / (root * std::sqrt(root));
  }
};

// One run over rows with the types of matrix and loss fixed.
template <class Index, class Loss>
class Runner {
 public:
  Runner(const SgdSpec& spec, const Index* ranks, SgdWeights& weights)
      : spec_(spec), matrix_(*spec.matrix), ranks_(ranks), values_(matrix_.entryValues()), weights_(weights) {
    scores_.resize(static_cast<size_t>(spec.outputs));
    pulls_.resize(static_cast<size_t>(spec.outputs));
  }

  Loss loss;

  // The step on one row; false, and nothing done, where a score is not finite. `mu` < 0: no average.
  bool step(int64_t row, double eta, double mu) {
    const int64_t first = matrix_.rowOffsets()[row], count = matrix_.rowOffsets()[row + 1] - first;
    const Index* const ranks = ranks_ + first;
    const float* const values = values_ ? values_ + first : nullptr;
    const int32_t label = spec_.labels[static_cast<size_t>(row)];
    if (spec_.outputs == 1) {
      const double score =
          static_cast<double>(rowDot<float>(ranks, values, count, weights_.W.data())) * weights_.scale + weights_.intercept[0];
      if (!(std::abs(score) < std::numeric_limits<double>::infinity())) return false;
      const double y = label == 0 ? -1 : 1;
      const double pull = y * loss.pull(y * score);
      weights_.shrink(1 - eta * spec_.alpha * (1 - spec_.l1Ratio));
      if (pull != 0) addOne(ranks, values, count, static_cast<float>(eta * pull * weights_.inverse));
      weights_.intercept[0] += eta * spec_.interceptRate * pull;
    } else {
      if (!scoreMany(ranks, values, count)) return false;
      pullMany(label);
      weights_.shrink(1 - eta * spec_.alpha * (1 - spec_.l1Ratio));
      addMany(ranks, values, count, eta * weights_.inverse);
      for (size_t k = 0; k < pulls_.size(); k++) weights_.intercept[k] += eta * spec_.interceptRate * pulls_[k];
    }
    if (spec_.l1Ratio > 0) clipRow(ranks, count, eta);
    if (mu >= 0) weights_.average(mu);
    return true;
  }

  // The loss of a row, added to `loss`.
  void look(int64_t row) {
    const int64_t first = matrix_.rowOffsets()[row], count = matrix_.rowOffsets()[row + 1] - first;
    const float* const values = values_ ? values_ + first : nullptr;
    scoreMany(ranks_ + first, values, count);
    pullMany(spec_.labels[static_cast<size_t>(row)]);
  }

 private:
  void addOne(const Index* ranks, const float* values, int64_t count, float step) {
    float* const W = weights_.W.data();
    if (!weights_.averaging) {
      rowAdd(ranks, values, count, step, W);
      return;
    }
    float* const A = weights_.A.data();
    const float forA = -static_cast<float>(weights_.f) * step;
    for (int64_t i = 0; i < count; i++) {
      const float value = values ? values[i] : 1.0F;
      W[ranks[i]] += step * value;
      A[ranks[i]] += forA * value;
    }
  }

  bool scoreMany(const Index* ranks, const float* values, int64_t count) {
    const size_t outputs = scores_.size();
    std::fill(scores_.begin(), scores_.end(), 0.0F);
    for (int64_t i = 0; i < count; i++) {
      const float value = values ? values[i] : 1.0F;
      const float* const W = weights_.W.data() + static_cast<size_t>(ranks[i]) * outputs;
      for (size_t k = 0; k < outputs; k++) scores_[k] += value * W[k];
    }
    bool finite = true;
    for (size_t k = 0; k < outputs; k++) {
      pulls_[k] = static_cast<double>(scores_[k]) * weights_.scale + weights_.intercept[k];
      finite = finite && std::abs(pulls_[k]) < std::numeric_limits<double>::infinity();
    }
    return finite;
  }

  // From scores to −dl/ds, in place. Softmax: [k = label] − P(k); else each output against the rest.
  void pullMany(int32_t label) {
    if (spec_.loss == SparseLoss::softmax) {
      const double most = *std::max_element(pulls_.begin(), pulls_.end());
      const double own = pulls_[static_cast<size_t>(label)];
      double sum = 0;
      for (double& score : pulls_) sum += score = std::exp(score - most);
      loss.sum += std::log(sum) + most - own;
      for (double& part : pulls_) part = -part / sum;
      pulls_[static_cast<size_t>(label)] += 1;
      return;
    }
    for (size_t k = 0; k < pulls_.size(); k++) {
      const double y = (spec_.outputs == 1 ? label != 0 : static_cast<size_t>(label) == k) ? 1 : -1;
      pulls_[k] = y * loss.pull(y * pulls_[k]);
    }
  }

  void addMany(const Index* ranks, const float* values, int64_t count, double factor) {
    const size_t outputs = scores_.size();
    for (size_t k = 0; k < outputs; k++) scores_[k] = static_cast<float>(factor * pulls_[k]);
    const auto f = static_cast<float>(weights_.f);
    for (int64_t i = 0; i < count; i++) {
      const float value = values ? values[i] : 1.0F;
      const size_t at = static_cast<size_t>(ranks[i]) * outputs;
      float* const W = weights_.W.data() + at;
      for (size_t k = 0; k < outputs; k++) W[k] += value * scores_[k];
      if (!weights_.averaging) continue;
      float* const A = weights_.A.data() + at;
      for (size_t k = 0; k < outputs; k++) A[k] -= f * (value * scores_[k]);
    }
  }

  void clipRow(const Index* ranks, int64_t count, double eta) {
    weights_.due += spec_.l1Ratio * eta * spec_.alpha;
    const size_t outputs = scores_.size();
    for (int64_t i = 0; i < count; i++) {
      for (size_t k = 0; k < outputs; k++) weights_.clip(static_cast<size_t>(ranks[i]) * outputs + k);
    }
  }

  const SgdSpec& spec_;
  const SparseMatrix& matrix_;
  const Index* ranks_;
  const float* values_;
  SgdWeights& weights_;
  std::vector<float> scores_;
  std::vector<double> pulls_;
};

// State to weights by rank, and back.
class Exchange {
 public:
  explicit Exchange(const SgdSpec& spec) : spec_(spec), scalars_(reinterpret_cast<double*>(spec.state.scalars->data())) {}

  double& steps() { return scalars_[2 * spec_.outputs]; }
  double& eta0() { return scalars_[2 * spec_.outputs + 1]; }
  double& due() { return scalars_[2 * spec_.outputs + 2]; }
  double& averagedFrom() { return scalars_[2 * spec_.outputs + 3]; }

  void load(SgdWeights& weights) {
    const auto size = static_cast<size_t>(spec_.matrix->columns * spec_.outputs);
    weights.W.resize(size);
    toRanks(*spec_.matrix, floats(spec_.state.weights), weights.W.data(), spec_.outputs);
    if (spec_.average) {
      weights.A.resize(size);
      toRanks(*spec_.matrix, floats(spec_.state.averages), weights.A.data(), spec_.outputs);
    }
    if (spec_.l1Ratio > 0) {
      weights.q.resize(size);
      eachPenalty([&](size_t rank, size_t column) { weights.q[rank] = penalties()[column]; });
    }
    weights.intercept.assign(scalars_, scalars_ + spec_.outputs);
    weights.averageIntercept.assign(scalars_ + spec_.outputs, scalars_ + 2 * spec_.outputs);
    weights.due = due();
    weights.averaging = spec_.average && averagedFrom() >= 0;
  }

  void store(SgdWeights& weights) {
    toColumns(*spec_.matrix, weights.W.data(), floats(spec_.state.weights), spec_.outputs);
    if (spec_.average) toColumns(*spec_.matrix, weights.A.data(), floats(spec_.state.averages), spec_.outputs);
    if (spec_.l1Ratio > 0) eachPenalty([&](size_t rank, size_t column) { penalties()[column] = weights.q[rank]; });
    std::copy(weights.intercept.begin(), weights.intercept.end(), scalars_);
    std::copy(weights.averageIntercept.begin(), weights.averageIntercept.end(), scalars_ + spec_.outputs);
    due() = weights.due;
  }

 private:
  static float* floats(const std::shared_ptr<Buffer>& buffer) { return reinterpret_cast<float*>(buffer->data()); }
  double* penalties() const { return reinterpret_cast<double*>(spec_.state.penalties->data()); }

  template <class Move>
  void eachPenalty(const Move& move) {
    const uint32_t* const order = spec_.matrix->columnOfRank();
    const auto outputs = static_cast<size_t>(spec_.outputs);
    for (size_t i = 0; i < static_cast<size_t>(spec_.matrix->columns) * outputs; i++)
      move(i, order ? order[i / outputs] * outputs + i % outputs : i);
  }

  const SgdSpec& spec_;
  double* scalars_;
};

// Objective after one pass of constant η over the first rows of the order, from where the weights stand.
template <class Index, class Loss>
double costOf(const SgdSpec& spec, const Index* ranks, const SgdWeights& start, const std::vector<int32_t>& order, int64_t count,
              double eta) {
  SgdWeights weights = start;
  weights.averaging = false;
  Runner<Index, Loss> runner(spec, ranks, weights);
  for (int64_t i = 0; i < count; i++)
    if (!runner.step(order[static_cast<size_t>(i)], eta, -1)) return std::numeric_limits<double>::infinity();
  weights.flatten();
  runner.loss = {};
  for (int64_t i = 0; i < count; i++) runner.look(order[static_cast<size_t>(i)]);
  double squares = 0, absolutes = 0;
  for (const float weight : weights.W) {
    squares += static_cast<double>(weight) * static_cast<double>(weight);
    absolutes += std::abs(static_cast<double>(weight));
  }
  const double cost = runner.loss.total() / static_cast<double>(count) +
                      spec.alpha * (spec.l1Ratio * absolutes + (1 - spec.l1Ratio) / 2 * squares);
  return cost == cost ? cost : std::numeric_limits<double>::infinity();
}

// Bottou's: doubled or halved from 1 while the cost over 1,000 rows falls, and halved while it is not finite; of two neighbours
// the lower.
template <class Cost>
double chooseEta0(const Cost& cost) {
  double low = 1, high = 2, lowCost = cost(low), highCost = cost(high);
  const auto falls = [&] { return lowCost < highCost || lowCost == std::numeric_limits<double>::infinity(); };
  if (falls()) {
    while (falls() && low > 1e-30) {
      high = low;
      highCost = lowCost;
      low = high / 2;
      lowCost = cost(low);
    }
  } else {
    while (highCost < lowCost && high < 1e30) {
      low = high;
      lowCost = highCost;
      high = low * 2;
      highCost = cost(high);
    }
  }
  return low;
}

template <class Index, class Loss>
void runTyped(const SgdSpec& spec, const Index* ranks, Job& job, SgdResult& result) {
  const int64_t rows = spec.matrix->rows;
  Exchange exchange(spec);
  SgdWeights weights;
  exchange.load(weights);
  std::vector<int32_t> order(static_cast<size_t>(rows));
  const auto arrange = [&](int64_t epoch) {
    if (spec.shuffle)
      shuffle(order, spec.seed, static_cast<uint64_t>(epoch));
    else
      for (size_t i = 0; i < order.size(); i++) order[i] = static_cast<int32_t>(i);
  };
  arrange(spec.firstEpoch);
  if (spec.eta0 > 0) exchange.eta0() = spec.eta0;
  if (exchange.eta0() == 0) {
    const int64_t count = std::min<int64_t>(rows, 1000);
    exchange.eta0() = chooseEta0([&](double eta) { return costOf<Index, Loss>(spec, ranks, weights, order, count, eta); });
  }
  const Steps steps{exchange.eta0(), spec.alpha, spec.constant, spec.average};
  double& t = exchange.steps();
  double& averagedFrom = exchange.averagedFrom();
  Runner<Index, Loss> runner(spec, ranks, weights);
  bool over = false;
  for (int64_t epoch = 0; epoch < spec.epochs && !over; epoch++) {
    if (epoch > 0) arrange(spec.firstEpoch + epoch);
    runner.loss = {};
    int64_t done = 0;
    for (; done < rows; done++) {
      if (done % rowsBetweenLooks == 0) {
        if (job.stopping()) {
          result.stopped = over = true;
          break;
        }
        job.tell({static_cast<double>(epoch), static_cast<double>(done),
                  done > 0 ? runner.loss.total() / static_cast<double>(done) : 0});
      }
      prefetchAhead(*spec.matrix, ranks, spec.matrix->entryValues(), order, static_cast<size_t>(done));
      double mu = -1;
      if (spec.average) {
        if (averagedFrom < 0 && t >= spec.averageFrom) averagedFrom = t;
        if (averagedFrom >= 0) mu = 1 / (1 + t - averagedFrom);
      }
      const double eta = steps.at(t);
      result.eta = eta;
      if (!runner.step(order[static_cast<size_t>(done)], eta, mu)) {
        result.divergedAt = t;
        over = true;
        break;
      }
      t += 1;
      result.steps += 1;
    }
    if (spec.l1Ratio > 0) weights.clipAll();
    if (done > 0) result.losses.push_back(runner.loss.total() / static_cast<double>(done));
  }
  weights.finish();
  if (result.divergedAt < 0 && !weights.finite()) result.divergedAt = t;
  exchange.store(weights);
}

template <class Index>
void runIndexed(const SgdSpec& spec, const Index* ranks, Job& job, SgdResult& result) {
  switch (spec.loss) {
    case SparseLoss::hinge:
      return runTyped<Index, HingeLoss>(spec, ranks, job, result);
    case SparseLoss::squaredHinge:
      return runTyped<Index, SquaredHingeLoss>(spec, ranks, job, result);
    default:
      return runTyped<Index, LogLoss>(spec, ranks, job, result);
  }
}

}  // namespace

void runSgd(const SgdSpec& spec, Job& job, SgdResult& result) {
  const Clock::time_point start = Clock::now();
  withRanks(*spec.matrix, [&](const auto* ranks) { runIndexed(spec, ranks, job, result); });
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace ravine
