#include "threads.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <system_error>

#include "cpu.h"
#include "denormals.h"
#include "quiet_thread.h"

namespace ravine {
namespace {

constexpr int pieceBits = 24;
constexpr int64_t mostPieces = int64_t{1} << 20;
constexpr int pausesBeforeYield = 2000;  // some 60 µs; then a thread that waits lets others run
constexpr auto awakeAfterWork = std::chrono::microseconds(50);

constexpr uint64_t tagged(uint64_t job, int64_t piece) { return job << pieceBits | static_cast<uint64_t>(piece); }
constexpr int64_t pieceOf(uint64_t word) { return static_cast<int64_t>(word & ((uint64_t{1} << pieceBits) - 1)); }
constexpr bool belongs(uint64_t word, uint64_t job) { return word >> pieceBits == job << pieceBits >> pieceBits; }

int threadsAtStart() {
  const char* given = std::getenv("RAVINE_NUM_THREADS");
  const int asked = given ? std::atoi(given) : 0;
  return asked >= 1 ? std::min(asked, mostThreads) : std::min(usableCores(), mostThreads);
}

// False where the system has no more threads.
template <class Body>
bool startDetached(Body body) {
  try {
    quietThread(body).detach();
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

Pool& Pool::instance() {
  static Pool* const pool = new Pool;
  return *pool;
}

Pool::Pool() : wanted_(threadsAtStart()) {}

void Pool::acquire() {
  turn_.acquire();
  held_.store(true, std::memory_order_relaxed);
  if (wanted_.load(std::memory_order_relaxed) != static_cast<int>(width_.load(std::memory_order_relaxed))) resize();
}

bool Pool::tryAcquire() {
  if (!turn_.tryAcquire()) return false;
  held_.store(true, std::memory_order_relaxed);
  if (wanted_.load(std::memory_order_relaxed) != static_cast<int>(width_.load(std::memory_order_relaxed))) resize();
  return true;
}

void Pool::release() {
  held_.store(false, std::memory_order_relaxed);
  turn_.release();
}

// Where the system gives no more threads, those that exist do the work.
void Pool::resize() {
  const int wanted = wanted_.load(std::memory_order_relaxed);
  while (started_ < wanted && startDetached([this, worker = started_] { work(worker); })) started_++;
  if (started_ < wanted) wanted_.store(started_);
  width_.store(static_cast<uint32_t>(std::min(started_, wanted)));
  futexWake(width_, INT32_MAX);
  futexWake(job_, INT32_MAX);
}

int64_t Pool::share(RunFn run, const Call& call, int64_t chunks) {
  const int width = static_cast<int>(width_.load(std::memory_order_relaxed));
  if (width == 1 || chunks <= 1) {
    run(call, 0, chunks);
    return 0;
  }
  const int64_t perPiece = (chunks + mostPieces - 1) / mostPieces, pieces = (chunks + perPiece - 1) / perPiece;
  const uint64_t job = job_.load(std::memory_order_relaxed) + 1;
  description_.version.store(2 * job - 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  description_.run.store(run, std::memory_order_relaxed);
  description_.call.store(&call, std::memory_order_relaxed);
  description_.chunks.store(chunks, std::memory_order_relaxed);
  description_.perPiece.store(perPiece, std::memory_order_relaxed);
  description_.pieces.store(pieces, std::memory_order_relaxed);
  description_.width.store(width, std::memory_order_relaxed);
  description_.version.store(2 * job, std::memory_order_release);
  done_.store(0, std::memory_order_relaxed);
  for (int i = 0; i < width; i++) ranges_[i].next.store(tagged(job, pieces * i / width), std::memory_order_release);
  job_.store(job);
  if (asleep_.load() > 0) futexWake(job_, static_cast<int>(std::min<int64_t>(pieces, INT32_MAX)));
  const int64_t others = pieces - help(0, job);
  awaitPieces(others);
  return others;
}

// Takes pieces of one's own range first (the same data as in the last instruction, so it lies in this core's cache), then of the
// others'. Were the description of the next job read, with this job's number on the ranges, a piece that never was could be
// taken: hence its version.
int64_t Pool::help(int self, uint64_t job) {
  const uint64_t version = description_.version.load(std::memory_order_acquire);
  const RunFn run = description_.run.load(std::memory_order_relaxed);
  const Call* call = description_.call.load(std::memory_order_relaxed);
  const int64_t chunks = description_.chunks.load(std::memory_order_relaxed);
  const int64_t perPiece = description_.perPiece.load(std::memory_order_relaxed);
  const int64_t pieces = description_.pieces.load(std::memory_order_relaxed);
  const int width = description_.width.load(std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  if (version != 2 * job || description_.version.load(std::memory_order_relaxed) != version) return 0;
  int64_t finished = 0;
  for (int i = 0; i < width; i++) {
    const int owner = (self + i) % width;
    const int64_t end = pieces * (owner + 1) / width;
    std::atomic<uint64_t>& next = ranges_[owner].next;
    uint64_t word = next.load(std::memory_order_acquire);
    while (belongs(word, job) && pieceOf(word) < end) {
      if (!next.compare_exchange_weak(word, word + 1, std::memory_order_acq_rel)) continue;
      const int64_t first = pieceOf(word) * perPiece;
      run(*call, first, std::min(first + perPiece, chunks));
      finished++;
      word = next.load(std::memory_order_acquire);
    }
  }
  return finished;
}

// The system may have taken a worker's core away in the middle of a piece.
void Pool::awaitPieces(int64_t others) {
  for (int spins = 0; done_.load(std::memory_order_acquire) != others; spins++) {
    if (spins < pausesBeforeYield)
      pauseThread();
    else
      sched_yield();
  }
}

void Pool::work(int worker) {
  const FlushDenormals flush;
  for (uint64_t job = 0;;) {
    job = awaitJob(worker, job);
    const int64_t finished = help(worker, job);
    if (finished > 0) done_.fetch_add(finished, std::memory_order_release);
  }
}

// Spins for a while after the last work, and as long as somebody has the turn; then sleeps.
uint64_t Pool::awaitJob(int worker, uint64_t seen) {
  std::chrono::steady_clock::time_point until{};
  for (int spins = 1;; spins++) {
    const uint32_t width = width_.load(std::memory_order_relaxed);
    if (static_cast<uint32_t>(worker) >= width) {
      futexWait(width_, width);
      continue;
    }
    const uint64_t job = job_.load(std::memory_order_acquire);
    if (job != seen) return job;
    pauseThread();
    if (spins % 32 != 0) continue;
    const auto now = std::chrono::steady_clock::now();
    const bool held = held_.load(std::memory_order_relaxed);
    if (held || until.time_since_epoch().count() == 0) until = now + awakeAfterWork;
    if (held && spins > pausesBeforeYield) sched_yield();
    if (now > until) {
      asleep_.fetch_add(1);
      if (job_.load() == seen) futexWait(job_, seen);
      asleep_.fetch_sub(1);
      until = {};
    }
  }
}

}  // namespace ravine
