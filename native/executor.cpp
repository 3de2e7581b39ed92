#include "executor.h"

#include "counters.h"
#include "denormals.h"
#include "threads.h"

namespace ravine {
namespace {

// Runs all chunks; 1 if more than one thread took part.
int64_t runChunks(RunFn run, const Call& call, int64_t chunks, Pool* pool) {
  if (chunks > 1 && pool) return pool->share(run, call, chunks) > 0;
  if (chunks > 0) run(call, 0, chunks);
  return 0;
}

}  // namespace

bool Binding::run(int64_t part, bool pooled) {
  Pool* const pool = pooled ? &Pool::instance() : nullptr;
  const size_t begin = part > 0 ? static_cast<size_t>(program_->partEnds[static_cast<size_t>(part - 1)]) : 0;
  const size_t end = static_cast<size_t>(program_->partEnds[static_cast<size_t>(part)]);
  const Instruction* const instructions = program_->instructions.data();
  error_.clear();
  int64_t shared = 0;
  size_t i = begin;
  while (i < end && !error_.raised.load(std::memory_order_relaxed)) {
    const Instruction& instruction = instructions[i];
    const Call& call = calls_[i];
    if (instruction.prepare) runChunks(instruction.prepare, call, instruction.prepareChunks, pool);
    shared += runChunks(instruction.run, call, instruction.chunks, pool);
    if (instruction.finish) instruction.finish(call);
    i++;
  }
  counters().instructions.fetch_add(static_cast<int64_t>(i - begin), std::memory_order_relaxed);
  if (shared > 0) counters().sharedInstructions.fetch_add(shared, std::memory_order_relaxed);
  return !error_.raised.load(std::memory_order_acquire);
}

bool runPart(Binding& binding, int64_t part, bool wait) {
  const FlushDenormals flush;
  Pool& pool = Pool::instance();
  bool pooled = binding.shares(part + 1);
  if (pooled && wait) pool.acquire();
  if (pooled && !wait) pooled = pool.tryAcquire();
  const bool fine = binding.run(part, pooled);
  if (pooled) pool.release();
  return fine;
}

}  // namespace ravine
