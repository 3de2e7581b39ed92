#include "loop_spec.h"

#include <algorithm>

namespace ravine {
namespace {

std::string checkPlaces(const LoopSpec& spec) {
  const int64_t mostSamples = spec.feed ? spec.batchSize : std::min(spec.batchSize, spec.samples);
  if (spec.indices.buffer && !spec.indices.holds(mostSamples * 4, 4))
    return "indices: expected room for " + std::to_string(mostSamples) + " int32 at a multiple of 4";
  if (spec.random.buffer && !spec.random.holds(24, 4)) return "random: expected room for 6 int32 at a multiple of 4";
  for (size_t i = 0; i < spec.scalars.size(); i++) {
    const int64_t bytes = bytesOf(spec.scalars[i].dtype);
    if (!spec.scalars[i].place.holds(bytes, bytes))
      return "scalars.targets[" + std::to_string(i) + "] lies outside of its buffer";
  }
  for (size_t i = 0; i < spec.metrics.size(); i++) {
    const int64_t bytes = bytesOf(spec.metrics[i].dtype);
    if (!spec.metrics[i].place.holds(bytes, bytes)) return "metrics[" + std::to_string(i) + "] lies outside of its buffer";
  }
  return "";
}

std::string checkCollect(const LoopSpec& spec, const Collect& collect) {
  int64_t batchBytes = 0, epochBytes = 0;
  if (__builtin_mul_overflow(collect.rowBytes, spec.batchSize, &batchBytes) || !collect.source.holds(batchBytes, 1))
    return "expected batchSize rows in the source";
  if (spec.feed) return "";
  if (__builtin_mul_overflow(collect.rowBytes, spec.samples, &epochBytes) || epochBytes > collect.target->bytes())
    return "expected room for samples rows in the target";
  return "";
}

std::string checkPhases(const LoopSpec& spec) {
  const Phases& phases = spec.phases;
  for (const std::vector<int64_t>* list : {&phases.first, &phases.next, &phases.shortened, &phases.update})
    for (const int64_t part : *list)
      if (part >= spec.full->parts() || (spec.last && part >= spec.last->parts()))
        return "parts: expected at most the program's " + std::to_string(spec.full->parts());
  for (const std::vector<int64_t>* list : {&spec.begin, &spec.settle})
    for (const int64_t part : *list)
      if (part >= spec.full->parts())
        return "begin, settle: expected at most the program's " + std::to_string(spec.full->parts());
  if (phases.samples > 0 && !phases.scale.place.holds(bytesOf(phases.scale.dtype), bytesOf(phases.scale.dtype)))
    return "accumulate.scale lies outside of its buffer";
  if (spec.firstBatch % phases.batches != 0) return "firstBatch: expected the first of a step";
  return "";
}

}  // namespace

int64_t LoopSpec::plannedSteps() const {
  int64_t all = 0;
  if (__builtin_mul_overflow(stepsOf(batches()), epochs, &all)) all = INT64_MAX;
  return std::min(steps, all - firstBatch / phases.batches);
}

std::string LoopSpec::check() const {
  const std::string phase = checkPhases(*this);
  if (!phase.empty()) return phase;
  if (!feed && batches() == 0) return "samples: they do not fill one batch, and there is no binding for a short one";
  if (!feed && firstBatch >= batches()) return "firstBatch: expected less than the " + std::to_string(batches()) + " of an epoch";
  if (!firstSums.empty() && firstSums.size() != metrics.size())
    return "firstSums: expected " + std::to_string(metrics.size()) + ", one for each metric";
  const int64_t rows = scalars.empty() ? 0 : static_cast<int64_t>(table.size() / scalars.size());
  if (!scalars.empty() && (rows == 0 || table.size() % scalars.size() != 0))
    return "scalars.table: expected rows of " + std::to_string(scalars.size());
  if (!scalars.empty() && !feed && rows != 1 && rows < plannedSteps())
    return "scalars.table: expected 1 row or one for each of " + std::to_string(plannedSteps()) + " steps, got " +
           std::to_string(rows);
  std::string wrong = checkPlaces(*this);
  for (size_t i = 0; i < collect.size() && wrong.empty(); i++) {
    const std::string why = checkCollect(*this, collect[i]);
    if (!why.empty()) wrong = "collect[" + std::to_string(i) + "]: " + why;
  }
  return wrong;
}

}  // namespace ravine
