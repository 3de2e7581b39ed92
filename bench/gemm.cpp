// GFLOPS of the matrix product by shape, built in and by the system's BLAS, beside the peak of fused multiply-adds that a loop
// without memory reaches in the same run. bench/gemm.mjs builds and starts it: gemm THREADS BLAS|- [shape …]
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "../native/blas.h"
#include "../native/gemm.h"
#include "../native/kernel.h"

namespace ravine {
void plan_matmul_avx2(Plan&);
void plan_matmul_avx512(Plan&);
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

struct Shape {
  const char* name;
  int64_t m, n, k;
  bool transposeA, transposeB, epilogue;
};

const Shape shapes[] = {
    {"mlp-1", 128, 512, 784, false, false, true},
    {"mlp-2", 128, 256, 512, false, false, true},
    {"mlp-3", 128, 10, 256, false, false, true},
    {"mlp-dx3", 128, 256, 10, false, true, false},
    {"mlp-dx2", 128, 512, 256, false, true, false},
    {"mlp-dw1", 784, 512, 128, true, false, false},
    {"mlp-dw2", 512, 256, 128, true, false, false},
    {"mlp-dw3", 256, 10, 128, true, false, false},
    {"wide-1", 256, 2048, 1024, false, false, true},
    {"wide-2", 256, 2048, 2048, false, false, true},
    {"wide-3", 256, 1000, 2048, false, false, true},
    {"wide-dx2", 256, 2048, 2048, false, true, false},
    {"wide-dx3", 256, 2048, 1000, false, true, false},
    {"wide-dw1", 1024, 2048, 256, true, false, false},
    {"wide-dw2", 2048, 2048, 256, true, false, false},
    {"wide-dw3", 2048, 1000, 256, true, false, false},
    {"small-1", 32, 128, 784, false, false, true},
    {"small-dw1", 784, 128, 32, true, false, false},
    {"logistic", 128, 10, 784, false, false, true},
    {"logistic-dw", 784, 10, 128, true, false, false},
    {"xor", 4, 8, 2, false, false, true},
    {"cube-1024", 1024, 1024, 1024, false, false, false},
};

// The best of many short repeats, in seconds.
double measure(PlanFn planFn, const Shape& s, Team& team) {
  const std::vector<Operand> operands = [&] {
    std::vector<Operand> list{{DType::f32, s.m * s.k}, {DType::f32, s.k * s.n}};
    if (s.epilogue) list.push_back({DType::f32, s.n});
    list.push_back({DType::f32, s.m * s.n});
    return list;
  }();
  std::vector<std::vector<float>> memory;
  std::vector<void*> pointers;
  for (const Operand& operand : operands) {
    memory.emplace_back(static_cast<size_t>(operand.elements));
    for (size_t i = 0; i < memory.back().size(); i++) memory.back()[i] = static_cast<float>(i * 2654435761u % 1000) / 1000 - 0.5f;
    pointers.push_back(memory.back().data());
  }
  const int64_t integers[] = {1, s.m, s.n, s.k, s.transposeA, s.transposeB, s.m * s.k, s.k * s.n, s.epilogue, s.epilogue, 0};
  const double reals[11] = {};
  Plan plan{};
  plan.operands = operands.data(), plan.inputs = static_cast<int>(operands.size()) - 1, plan.outputs = 1;
  plan.integers = integers, plan.reals = reals, plan.attributes = 11;
  planFn(plan);
  if (plan.fault) std::exit((std::fprintf(stderr, "%s: %s\n", s.name, plan.fault), 1));
  std::vector<char> scratch(static_cast<size_t>(plan.scratchBytes) + 64);
  void* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64) % 64;
  const Call call{pointers.data(), integers, reals, aligned, nullptr, 0, plan.data};
  const double flops = 2.0 * static_cast<double>(s.m * s.n * s.k);
  const int repeats = std::max(1, static_cast<int>(1e8 / std::max(flops, 2e4)));
  double best = 1e9;
  for (int t = 0; t < 40; t++) {
    const double start = seconds();
    for (int i = 0; i < repeats; i++) {
      if (plan.prepare) team.run(plan.prepare, call, plan.prepareChunks);
      team.run(plan.run, call, plan.chunks);
    }
    best = std::min(best, (seconds() - start) / repeats);
  }
  return best;
}

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

int main(int count, char** arguments) {
  const int threads = count > 1 ? std::max(1, std::atoi(arguments[1])) : 1;
  const char* blas = count > 2 && std::strcmp(arguments[2], "-") != 0 ? arguments[2] : nullptr;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  const PlanFn plan = wide ? plan_matmul_avx512 : plan_matmul_avx2;
  Team team(threads);
  const double most = peak(wide ? fmaPeak_avx512 : fmaPeak_avx2, team, threads);
  std::printf("%s, %d threads, peak %.1f GFLOPS\n", wide ? "avx512" : "avx2", threads, most);
  for (const Shape& s : shapes) {
    if (count > 3 && std::none_of(arguments + 3, arguments + count, [&](const char* name) { return !std::strcmp(name, s.name); }))
      continue;
    const double flops = 2e-9 * static_cast<double>(s.m * s.n * s.k);
    selectBlas("builtin");
    const double own = measure(plan, s, team);
    std::printf("%-12s [%4ld,%4ld,%4ld]%s%s %10.2f us %7.1f GFLOPS %3.0f %%", s.name, static_cast<long>(s.m),
                static_cast<long>(s.n), static_cast<long>(s.k), s.transposeA ? "T" : "N", s.transposeB ? "T" : "N", own * 1e6,
                flops / own, 100 * flops / own / most);
    if (blas && selectBlas(blas).empty()) std::printf("   BLAS %7.1f GFLOPS", flops / measure(plan, s, team));
    std::printf("\n");
  }
}
