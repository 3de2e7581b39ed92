#include "sparse_score.h"

#include <algorithm>
#include <cmath>

#include "sparse_rows.h"

namespace ravine {
namespace {

double sigmoid(double s) {
  const double e = std::exp(-std::abs(s));
  return s >= 0 ? 1 / (1 + e) : e / (1 + e);
}

void applyLink(ScoreSpec::Link link, double* scores, int64_t outputs) {
  double sum = 0;
  if (link == ScoreSpec::Link::softmax) {
    const double most = *std::max_element(scores, scores + outputs);
    for (int64_t k = 0; k < outputs; k++) sum += scores[k] = std::exp(scores[k] - most);
  } else {
    for (int64_t k = 0; k < outputs; k++) sum += scores[k] = sigmoid(scores[k]);
  }
  if (link == ScoreSpec::Link::sigmoid) return;
  // All sigmoids may be 0: then nothing speaks for one class more than for another.
  for (int64_t k = 0; k < outputs; k++) scores[k] = sum > 0 ? scores[k] / sum : 1 / static_cast<double>(outputs);
}

double classOf(const double* scores, int64_t outputs) {
  if (outputs == 1) return scores[0] > 0 ? 1 : 0;
  return static_cast<double>(std::max_element(scores, scores + outputs) - scores);
}

// Probabilities of one output are those of both classes.
bool pairs(const ScoreSpec& spec) { return spec.intercepts.size() == 1 && spec.link == ScoreSpec::Link::sigmoid; }

template <class Index>
void score(const ScoreSpec& spec, const Index* ranks, Job& job, double* results) {
  const SparseMatrix& matrix = *spec.matrix;
  const auto outputs = static_cast<int64_t>(spec.intercepts.size());
  std::vector<float> weights(static_cast<size_t>(matrix.columns * outputs));
  toRanks(matrix, reinterpret_cast<const float*>(spec.weights->data()), weights.data(), outputs);
  const float* const values = matrix.entryValues();
  std::vector<double> scores(static_cast<size_t>(outputs));
  const bool classes = spec.link == ScoreSpec::Link::classes;
  for (int64_t row = 0; row < matrix.rows; row++) {
    if (row % 4096 == 0 && job.stopping()) return;
    const int64_t first = matrix.rowOffsets()[row], count = matrix.rowOffsets()[row + 1] - first;
    const float* const own = values ? values + first : nullptr;
    if (outputs == 1) {
      scores[0] = rowDot<double>(ranks + first, own, count, weights.data()) + spec.intercepts[0];
    } else {
      std::copy(spec.intercepts.begin(), spec.intercepts.end(), scores.begin());
      for (int64_t i = 0; i < count; i++) {
        const float* const w = weights.data() + static_cast<int64_t>(ranks[first + i]) * outputs;
        const double value = own ? static_cast<double>(own[i]) : 1.0;
        for (int64_t k = 0; k < outputs; k++) scores[static_cast<size_t>(k)] += value * static_cast<double>(w[k]);
      }
    }
    if (classes) {
      results[row] = classOf(scores.data(), outputs);
      continue;
    }
    if (spec.link != ScoreSpec::Link::none) applyLink(spec.link, scores.data(), outputs);
    if (pairs(spec)) {
      results[row * 2] = 1 - scores[0];
      results[row * 2 + 1] = scores[0];
    } else {
      std::copy(scores.begin(), scores.end(), results + row * outputs);
    }
  }
}

}  // namespace

std::shared_ptr<Buffer> scoreRows(const ScoreSpec& spec, Job& job) {
  const bool classes = spec.link == ScoreSpec::Link::classes;
  const auto outputs = classes ? 1 : pairs(spec) ? 2 : static_cast<int64_t>(spec.intercepts.size());
  std::shared_ptr<Buffer> results = sparseBuffer(spec.matrix->rows * outputs * 8);
  withRanks(*spec.matrix, [&](const auto* ranks) { score(spec, ranks, job, reinterpret_cast<double*>(results->data())); });
  return results;
}

}  // namespace ravine
