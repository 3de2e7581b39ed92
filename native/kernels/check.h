// Stops a step whose values are not finite.
#pragma once

#include "../simd/real.h"
#include "common.h"

namespace ravine::RAVINE_ISA {

// The first place in [begin, end) that is infinite or NaN, or end.
template <class T>
int64_t firstNotFinite(const T* x, int64_t begin, int64_t end) {
  using V = Vec<T>;
  constexpr int64_t block = 64;
  int64_t i = begin;
  for (; i + block <= end; i += block) {
    V largest = abs(V::load(x + i));
    for (int64_t j = V::lanes; j < block; j += V::lanes) largest = max(largest, abs(V::load(x + i + j)));
    if (any(!lt(largest, infinity<T>()))) break;
  }
  for (; i < end; i++)
    if (!(x[i] - x[i] == 0)) break;
  return i;
}

template <class T>
void run_check_finite(const Call& call, int64_t begin, int64_t end) {
  const Range range = chunkRange(begin, end, *static_cast<const int64_t*>(call.data), 2 * chunkElements);
  const T* x = static_cast<const T*>(call.pointers[0]);
  const int64_t place = firstNotFinite(x, range.begin, range.end);
  if (place < range.end) raise(call.error, Fault::nonFinite, call.instruction, place, static_cast<double>(x[place]));
}

inline void plan_check_finite(Plan& p) {
  const DType dtype = p.in(0).dtype;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return;
  p.run = dtype == DType::f32 ? run_check_finite<float> : run_check_finite<double>;
  p.chunks = chunkCount(p.in(0).elements, 2 * chunkElements);
  *reinterpret_cast<int64_t*>(p.data) = p.in(0).elements;
}

}  // namespace ravine::RAVINE_ISA
