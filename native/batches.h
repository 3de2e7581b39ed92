// Where a loop's batches come from: resident samples in a given order, or a feed.
#pragma once

#include <functional>
#include <memory>

#include "loop_spec.h"

namespace ravine {

struct Batch {
  Binding* binding = nullptr;
  int64_t samples = 0;
};

enum class Next { batch, epochEnd, finished, interrupted };

class Batches {
 public:
  virtual ~Batches() = default;
  // `epoch` epochs of this loop are over, `batch` batches of the running one are.
  virtual Next next(int64_t epoch, int64_t batch, Batch& found) = 0;
  // The step that used the batch is over.
  virtual void used() {}
  // Whether that many batches are all of an epoch; a feed tells it by Next::epochEnd.
  virtual bool complete(int64_t) const { return false; }
};

// `interrupted` tells a wait that something else is to be done first.
std::unique_ptr<Batches> makeBatches(const LoopSpec& spec, std::function<bool()> interrupted);

}  // namespace ravine
