// Stochastic gradient descent on E = (1/N) Σ l + α (ρ ‖w‖₁ + (1 − ρ)/2 ‖w‖²), one row a step (Bottou, "Large-scale machine
// learning with stochastic gradient descent", 2010).
#pragma once

#include <memory>
#include <vector>

#include "job.h"
#include "sparse_losses.h"
#include "sparse_matrix.h"

namespace ravine {

// What has been learnt, by column; `outputs` numbers a column. Steps go on from here.
struct SgdState {
  std::shared_ptr<Buffer> weights;    // float32 [columns × outputs]
  std::shared_ptr<Buffer> averages;   // float32 [columns × outputs], with averaging
  std::shared_ptr<Buffer> penalties;  // float64 [columns × outputs], with L1: what each weight has been moved towards 0
  // float64: intercepts [outputs], their averages [outputs], steps, η₀ (0: not chosen yet), L1 due so far, step at which
  // averaging began (−1: has not)
  std::shared_ptr<Buffer> scalars;
};

struct SgdSpec {
  std::shared_ptr<const SparseMatrix> matrix;
  std::vector<int32_t> labels;  // a class a row; with one output 0 stands for −1
  SgdState state;
  SparseLoss loss = SparseLoss::log;
  int64_t outputs = 1, epochs = 1, firstEpoch = 0;
  double alpha = 1e-4, l1Ratio = 0;
  double eta0 = 0;        // 0: chosen by trial
  bool constant = false;  // η = η₀, else Bottou's
  bool average = false;
  double averageFrom = 0;  // steps before averaging begins
  double interceptRate = 0.01;
  bool shuffle = true;
  uint64_t seed = 0;
};

struct SgdResult {
  std::vector<double> losses;  // of each epoch: the mean over the rows as they came, each before its own step
  double seconds = 0, steps = 0;
  bool stopped = false;
  double divergedAt = -1;  // the step whose score was not finite, which was not taken, or before which weights were not
  double eta = 0;          // of the last step
};

void runSgd(const SgdSpec& spec, Job& job, SgdResult& result);

}  // namespace ravine
