#include "batches.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <vector>

#include "permutation.h"

namespace ravine {
namespace {

class ResidentBatches : public Batches {
 public:
  explicit ResidentBatches(const LoopSpec& spec)
      : spec_(spec), order_(static_cast<size_t>(spec.samples)), batches_(spec.batches()) {
    std::iota(order_.begin(), order_.end(), 0);
  }

  Next next(int64_t epoch, int64_t batch, Batch& found) override {
    if (spec_.shuffle && epoch != shuffled_) {
      shuffle(order_, spec_.seed, static_cast<uint64_t>(spec_.firstEpoch + epoch));
      shuffled_ = epoch;
    }
    const int64_t first = batch * spec_.batchSize;
    found.samples = std::min(spec_.batchSize, spec_.samples - first);
    found.binding = found.samples == spec_.batchSize ? spec_.full.get() : spec_.last.get();
    if (spec_.indices.buffer)
      std::memcpy(spec_.indices.data(), order_.data() + first, static_cast<size_t>(found.samples) * sizeof(int32_t));
    return Next::batch;
  }

  bool complete(int64_t batch) const override { return batch == batches_; }

 private:
  const LoopSpec& spec_;
  std::vector<int32_t> order_;
  int64_t batches_;
  int64_t shuffled_ = -1;  // the epoch whose order it is
};

class FedBatches : public Batches {
 public:
  FedBatches(const LoopSpec& spec, std::function<bool()> interrupted) : feed_(*spec.feed), interrupted_(std::move(interrupted)) {}

  Next next(int64_t, int64_t, Batch& found) override {
    if (!feed_.take(item_, interrupted_)) return Next::interrupted;
    if (item_.kind == Feed::Item::Kind::epochEnd) return Next::epochEnd;
    if (item_.kind == Feed::Item::Kind::finished) return Next::finished;
    found = {item_.binding.get(), item_.samples};
    return Next::batch;
  }

  void used() override {
    item_.binding.reset();
    feed_.free(item_.entry);
  }

 private:
  Feed& feed_;
  std::function<bool()> interrupted_;
  Feed::Item item_{};
};

}  // namespace

std::unique_ptr<Batches> makeBatches(const LoopSpec& spec, std::function<bool()> interrupted) {
  if (spec.feed) return std::make_unique<FedBatches>(spec, std::move(interrupted));
  return std::make_unique<ResidentBatches>(spec);
}

}  // namespace ravine
