// What a linear model says of rows.
#pragma once

#include <memory>
#include <vector>

#include "job.h"
#include "sparse_matrix.h"

namespace ravine {

struct ScoreSpec {
  // classes: the number of the most likely class; sigmoid: of each output; rest: sigmoids that sum to 1; softmax
  enum class Link { none, classes, sigmoid, rest, softmax };
  std::shared_ptr<const SparseMatrix> matrix;
  std::shared_ptr<Buffer> weights;  // float32 [columns × outputs]
  std::vector<double> intercepts;   // [outputs]
  Link link = Link::none;
};

// float64 [rows × outputs]; with `classes` [rows]; the sigmoid of a single output gives both classes, [rows × 2]
std::shared_ptr<Buffer> scoreRows(const ScoreSpec& spec, Job& job);

}  // namespace ravine
