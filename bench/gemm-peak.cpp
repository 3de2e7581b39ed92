// As many fused multiply-adds as the machine does with everything in registers. Compiled once for each instruction set.
#include "../test/native/gemm_isa.cpp"

namespace ravine {

// Returns the floating-point operations of one round.
double RAVINE_JOIN(fmaPeak_, RAVINE_ISA)(long rounds) {
  using V = RAVINE_ISA::Vec<float>;
  constexpr int sums = V::lanes == 16 ? 24 : 12;
  V sum[sums];
#pragma GCC unroll 24
  for (int i = 0; i < sums; i++) sum[i] = V::broadcast(1.0f + static_cast<float>(i));
  const V x = V::broadcast(0.999f), y = V::broadcast(0.001f);
  for (long r = 0; r < rounds; r++) {
#pragma GCC unroll 24
    for (int i = 0; i < sums; i++) sum[i] = fma(sum[i], x, y);
#pragma GCC unroll 24
    for (int i = 0; i < sums; i++) asm volatile("" : "+v"(sum[i].v));
  }
  return 2.0 * sums * V::lanes;
}

}  // namespace ravine
