// Dual coordinate descent on E = (1/N) Σ l + α/2 ‖w‖² (Hsieh et al. 2008 for the hinge losses, Yu, Huang & Lin 2011 for the
// logistic one), to a given duality gap. The intercept is the weight of a column of ones and is shrunk with the others.
#pragma once

#include <memory>
#include <vector>

#include "job.h"
#include "sparse_losses.h"
#include "sparse_matrix.h"

namespace ravine {

struct DualSpec {
  std::shared_ptr<const SparseMatrix> matrix;
  std::vector<int32_t> labels;
  std::shared_ptr<Buffer> weights;  // float32 [columns × outputs], written
  std::shared_ptr<Buffer> scalars;  // float64: intercepts [outputs], written
  SparseLoss loss = SparseLoss::hinge;
  int64_t outputs = 1, epochs = 1000;  // with more outputs than one, each class against the rest
  double alpha = 1e-4, gap = 1e-4;
  bool intercept = true;
  uint64_t seed = 0;
};

struct DualResult {
  std::vector<double> gaps, objectives, passes;  // of each output, when it ended
  double seconds = 0;
  bool stopped = false;
};

void runDual(const DualSpec& spec, Job& job, DualResult& result);

}  // namespace ravine
