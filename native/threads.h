// The process's thread pool. Whoever has its turn shares an instruction's chunks with the workers.
#pragma once

#include <atomic>
#include <cstdint>

#include "kernel.h"
#include "turn.h"

namespace ravine {

constexpr int mostThreads = 256;

class Pool {
 public:
  // Never destroyed: its threads outlive every environment, and process exit does not wait for them.
  static Pool& instance();

  int threads() const { return wanted_.load(std::memory_order_relaxed); }
  // From the next turn on.
  void setThreads(int threads) { wanted_.store(threads); }

  // The turn. A loop waits for it, step by step; the JavaScript thread only tries.
  void acquire();
  bool tryAcquire();
  void release();

  // Runs chunks [0, chunks) on this thread and the workers and returns when all are done: how many units of work others did.
  // For whoever has the turn.
  int64_t share(RunFn run, const Call& call, int64_t chunks);

 private:
  // Where the caller or one worker takes its next piece: the job's number above, the piece's below, so that a worker that comes
  // late takes nothing of a later job. A line of its own (two: they are fetched in pairs).
  struct alignas(128) Range {
    std::atomic<uint64_t> next{0};
  };

  Pool();
  void start(bool tookTurn);
  void resize();
  void work(int worker);
  uint64_t awaitJob(int worker, uint64_t seen);
  int64_t help(int self, uint64_t job);
  void awaitPieces(int64_t others);

  // What the job is; written by the caller before it counts `job_` up. `version` is odd while it is written and twice the job's
  // number after: a worker that comes late and reads parts of two jobs finds it changed, and takes nothing.
  struct alignas(128) Job {
    std::atomic<uint64_t> version{0};
    std::atomic<RunFn> run{nullptr};
    std::atomic<const Call*> call{nullptr};
    std::atomic<int64_t> chunks{0};
    std::atomic<int64_t> perPiece{1};
    std::atomic<int64_t> pieces{0};
    std::atomic<int> width{1};
  } description_;

  alignas(128) std::atomic<uint64_t> job_{0};    // counts jobs; workers spin and sleep on it
  alignas(128) std::atomic<int64_t> done_{0};    // pieces that workers have finished
  alignas(128) std::atomic<int32_t> asleep_{0};  // workers that sleep on job_
  std::atomic<bool> held_{false};                // somebody has the turn: workers stay awake
  std::atomic<uint32_t> width_{1};               // threads that take part, the caller among them; idle ones sleep on it
  std::atomic<int> wanted_;
  Turn turn_;
  int started_ = 1;  // threads that exist, the caller counted; for whoever has the turn
  Range ranges_[mostThreads];
};

}  // namespace ravine
