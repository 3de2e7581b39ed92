// One step of a loop: its inputs, its parts, what is read from it.

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "loop.h"
#include "threads.h"

namespace ravine {
namespace {

template <class T>
void put(const Place& place, T value) {
  std::memcpy(place.data(), &value, sizeof(T));
}

void putScalar(const Scalar& target, double value) {
  if (target.dtype == DType::f64)
    put(target.place, value);
  else if (target.dtype == DType::f32)
    put(target.place, static_cast<float>(value));
  else
    put(target.place, static_cast<int32_t>(value));
}

template <class T>
double get(const Place& place) {
  T value;
  std::memcpy(&value, place.data(), sizeof(T));
  return static_cast<double>(value);
}

// While it lives this thread has the pool's turn, if it is wanted at all.
class PoolTurn {
 public:
  explicit PoolTurn(bool wanted) : wanted_(wanted) {
    if (wanted_) Pool::instance().acquire();
  }
  ~PoolTurn() {
    if (wanted_) Pool::instance().release();
  }
  PoolTurn(const PoolTurn&) = delete;
  PoolTurn& operator=(const PoolTurn&) = delete;

 private:
  bool wanted_;
};

}  // namespace

// A batch of the step; the last one ends it.
bool Loop::step(const Batch& batch) {
  const Phases& phases = spec_.phases;
  if (batchesOfStep_ == 0) {
    writeScalars();
    if (phases.batches > 1) sumsBefore_ = sums_;
  }
  writeRandom();
  if (!runParts(*batch.binding, batchesOfStep_ == 0 ? phases.first : phases.next)) return false;
  addMetrics(batch);
  for (const Collect& to : spec_.collect) collect(batch, to);
  collected_ += batch.samples;
  outcome_.batch++;
  batchesOfEpoch_++;
  batchesOfStep_++;
  samplesOfStep_ += batch.samples;
  return batchesOfStep_ < phases.batches || endStep(*batch.binding);
}

// The step is counted only when every part has run.
bool Loop::endStep(Binding& binding) {
  const Phases& phases = spec_.phases;
  if (phases.samples > 0 && phases.samples != samplesOfStep_) {
    putScalar(phases.scale, static_cast<double>(phases.samples) / static_cast<double>(samplesOfStep_));
    if (!runParts(binding, phases.shortened)) return false;
  }
  if (!runParts(binding, phases.update)) return false;
  outcome_.steps++;
  batchesOfStep_ = samplesOfStep_ = 0;
  return true;
}

bool Loop::runParts(Binding& binding, const std::vector<int64_t>& parts) {
  if (parts.empty()) return true;
  const int64_t end = *std::max_element(parts.begin(), parts.end()) + 1;
  if (binding.parts() < end) throw std::runtime_error("[fit] a batch's program has fewer parts than the loop runs");
  const std::lock_guard lock(binding.running);
  const bool pooled = binding.shares(end);
  const PoolTurn turn(pooled);
  for (const int64_t part : parts) {
    if (binding.run(part, pooled)) continue;
    outcome_.fault = binding.fault();
    return false;
  }
  return true;
}

void Loop::writeScalars() {
  const size_t targets = spec_.scalars.size();
  if (targets == 0) return;
  const auto rows = static_cast<int64_t>(spec_.table.size() / targets);
  const double* row = spec_.table.data() + static_cast<size_t>(std::min(outcome_.steps, rows - 1)) * targets;
  for (size_t i = 0; i < targets; i++) putScalar(spec_.scalars[i], row[i]);
}

void Loop::writeRandom() {
  if (!spec_.random.buffer) return;
  const auto step = static_cast<uint64_t>(spec_.firstStep + outcome_.steps);
  const uint64_t words[] = {spec_.seed, step, static_cast<uint64_t>(samplesOfStep_)};
  std::memcpy(spec_.random.data(), words, sizeof(words));
}

void Loop::addMetrics(const Batch& batch) {
  for (size_t i = 0; i < sums_.size(); i++) {
    const Metric& metric = spec_.metrics[i];
    const double value = metric.dtype == DType::f64 ? get<double>(metric.place) : get<float>(metric.place);
    sums_[i] += metric.mean ? value * static_cast<double>(batch.samples) : value;
  }
}

void Loop::collect(const Batch& batch, const Collect& to) const {
  const int64_t bytes = batch.samples * to.rowBytes, offset = collected_ * to.rowBytes;
  if (batch.samples > spec_.batchSize || bytes > to.target->bytes() - offset)
    throw std::runtime_error("[fit] the collected rows do not fit into their buffer");
  std::memcpy(to.target->data() + offset, to.source.data(), static_cast<size_t>(bytes));
}

}  // namespace ravine
