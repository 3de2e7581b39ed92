// GFLOPS of the matrix product by shape, built in and by the system's BLAS, beside the peak of fused multiply-adds that a loop
// without memory reaches in the same run. bench/gemm.mjs builds and starts it: gemm THREADS BLAS|- [shape …]
#include <cstring>
#include <string>

#include "../native/blas.h"
#include "../native/gemm.h"
#include "team.h"

namespace ravine {
void plan_matmul_avx2(Plan&);
void plan_matmul_avx512(Plan&);
}  // namespace ravine

namespace {

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

double measure(PlanFn planFn, const Shape& s, Team& team) {
  std::vector<int64_t> elements{s.m * s.k, s.k * s.n};
  if (s.epilogue) elements.push_back(s.n);
  elements.push_back(s.m * s.n);
  const std::vector<int64_t> integers{1,         s.m,        s.n,        s.k, s.transposeA, s.transposeB, s.m * s.k,
                                      s.k * s.n, s.epilogue, s.epilogue, 0};
  return measure(planFn, s.name, elements, integers, 2.0 * static_cast<double>(s.m * s.n * s.k), team);
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
