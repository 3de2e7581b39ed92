// What benches of single kernels share: threads, clock, peak.
#pragma once

#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "../native/kernel.h"

namespace ravine {
double fmaPeak_avx2(long rounds);
double fmaPeak_avx512(long rounds);
}  // namespace ravine

using namespace ravine;

namespace {

double seconds() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Spins; on a busy machine gives way after a while.
template <class Done>
void await(Done done) {
  for (int spins = 0; !done(); spins++)
    if (spins > 5000) std::this_thread::yield();
}

// Threads that spin between jobs: what is measured is the product, not waking up.
class Team {
 public:
  explicit Team(int threads) {
    for (int t = 1; t < threads; t++)
      members_.emplace_back([this] {
        for (int seen = 0;; seen++) {
          await([&] { return stop_.load() || job_.load(std::memory_order_acquire) != seen; });
          if (stop_.load()) return;
          work();
          finished_.fetch_add(1, std::memory_order_release);
        }
      });
  }
  ~Team() {
    stop_ = true;
    for (auto& member : members_) member.join();
  }
  void run(RunFn run, const Call& call, int64_t chunks) {
    if (members_.empty() || chunks <= 1) return run(call, 0, chunks);
    run_ = run, call_ = &call, chunks_ = chunks;
    next_ = 0, finished_ = 0;
    job_.fetch_add(1, std::memory_order_release);
    work();
    await([&] { return finished_.load(std::memory_order_acquire) == static_cast<int>(members_.size()); });
  }

 private:
  void work() {
    for (int64_t i; (i = next_.fetch_add(1)) < chunks_;) run_(*call_, i, i + 1);
  }
  RunFn run_ = nullptr;
  const Call* call_ = nullptr;
  int64_t chunks_ = 0;
  std::atomic<int64_t> next_{0};
  std::atomic<int> job_{0}, finished_{0};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> members_;
};

using Memory = std::unique_ptr<void, decltype(&std::free)>;

// Huge pages, as the library's buffers have them.
Memory allocate(size_t bytes) {
  constexpr size_t page = size_t{2} << 20;
  const size_t length = (bytes / page + 1) * page;
  Memory memory(std::aligned_alloc(page, length), &std::free);
  madvise(memory.get(), length, MADV_HUGEPAGE);
  return memory;
}

// The best of many short repeats of a kernel on arbitrary numbers, in seconds. operands: inputs, then one output.
double measure(PlanFn planFn, const char* name, const std::vector<int64_t>& elements, const std::vector<int64_t>& integers,
               double flops, Team& team) {
  std::vector<Operand> operands;
  std::vector<Memory> memory;
  std::vector<void*> pointers;
  for (const int64_t count : elements) {
    operands.push_back({DType::f32, count});
    memory.push_back(allocate(static_cast<size_t>(count) * sizeof(float)));
    float* const numbers = static_cast<float*>(memory.back().get());
    for (int64_t i = 0; i < count; i++) numbers[i] = static_cast<float>(i * 2654435761 % 1000) / 1000 - 0.5f;
    pointers.push_back(numbers);
  }
  const std::vector<double> reals(integers.begin(), integers.end());
  Plan plan{};
  plan.operands = operands.data(), plan.inputs = static_cast<int>(operands.size()) - 1, plan.outputs = 1;
  plan.integers = integers.data(), plan.reals = reals.data(), plan.attributes = static_cast<int>(integers.size());
  planFn(plan);
  if (plan.fault) std::exit((std::fprintf(stderr, "%s: %s\n", name, plan.fault), 1));
  const Memory scratch = allocate(static_cast<size_t>(plan.scratchBytes));
  const Call call{pointers.data(), integers.data(), reals.data(), scratch.get(), nullptr, 0, plan.data};
  const int repeats = std::max(1, static_cast<int>(1e8 / std::max(flops, 2e4)));
  double best = 1e9;
  for (int t = 0; t < 40; t++) {
    const double start = seconds();
    for (int i = 0; i < repeats; i++) {
      if (plan.prepare) team.run(plan.prepare, call, plan.prepareChunks);
      team.run(plan.run, call, plan.chunks);
      if (plan.finish) plan.finish(call);
    }
    best = std::min(best, (seconds() - start) / repeats);
  }
  return best;
}

// GFLOPS of multiply-adds that touch no memory.
double peak(double (*loop)(long), Team& team, int threads) {
  static double (*current)(long);
  static double flops;
  current = loop;
  flops = loop(1);
  const Call none{};
  double best = 1e9;
  for (int t = 0; t < 40; t++) {
    const double start = seconds();
    team.run([](const Call&, int64_t, int64_t) { current(20000); }, none, threads);
    best = std::min(best, seconds() - start);
  }
  return flops * 20000 * threads / best / 1e9;
}

}  // namespace
