// What a loop is to do: LoopSpec of lib/runtime/addon.ts, checked.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "executor.h"
#include "feed.h"

namespace ravine {

struct Place {
  std::shared_ptr<Buffer> buffer;
  int64_t offset = 0;

  std::byte* data() const { return buffer->data() + offset; }
  // Whether that many bytes lie there, and on a multiple of `alignment`.
  bool holds(int64_t bytes, int64_t alignment) const {
    return offset % alignment == 0 && offset <= buffer->bytes() && bytes <= buffer->bytes() - offset;
  }
};

struct Scalar {
  Place place;
  DType dtype;
};

struct Metric {
  Place place;
  DType dtype;
  bool mean;  // is multiplied by the batch's samples
};

struct Collect {
  Place source;
  int64_t rowBytes = 0;
  std::shared_ptr<Buffer> target;
};

// Parts of the program by when they run; a step is of `batches` batches.
struct Phases {
  int64_t batches = 1;
  std::vector<int64_t> first, next;        // of a step's first batch and of each after it
  std::vector<int64_t> shortened, update;  // at its end: where it has other than `samples` samples; always
  int64_t samples = 0;                     // 0: never shortened
  Scalar scale{{}, DType::f32};            // samples / those of the step, written before `shortened`
};

struct LoopSpec {
  std::shared_ptr<Binding> full, last;
  Phases phases;
  // Parts of `full` for parameters whose rows see steps late: before the first step, and whenever somebody is to see parameters.
  std::vector<int64_t> begin, settle;
  int64_t samples = 0, batchSize = 0, epochs = 0;
  int64_t steps = INT64_MAX;  // at most
  int64_t firstBatch = 0, firstEpoch = 0, firstStep = 0;
  bool shuffle = false;
  uint64_t seed = 0;
  Place indices;                // int32[batchSize]; no buffer: not written
  std::vector<Scalar> scalars;  // targets of a row of the table
  std::vector<double> table;    // rows × scalars; the last row serves all later steps
  Place random;                 // int32[6]; no buffer: not written
  std::vector<Metric> metrics;
  std::vector<double> firstSums;  // of the metrics in the batches before firstBatch; none: 0
  std::vector<Collect> collect;
  std::shared_ptr<Feed> feed;
  double progressMs = 50;

  // Of a whole epoch. Samples that do not fill a batch make one only where there is a binding for it.
  int64_t batches() const { return samples / batchSize + (last && samples % batchSize > 0 ? 1 : 0); }
  int64_t stepsOf(int64_t batches) const { return batches / phases.batches + (batches % phases.batches > 0 ? 1 : 0); }
  // Without a feed: the steps that epochs ask for.
  int64_t plannedSteps() const;

  // Why the parts of the spec do not fit together, or an empty string.
  std::string check() const;
};

}  // namespace ravine
