// cumsum over the middle of [outer, length, inner]: forwards or in reverse; exclusive leaves an element's own value out.
#pragma once

#include <cstdint>

#include "pairwise.h"

namespace ravine::RAVINE_ISA {

template <class T>
inline void cumsumRow(const T* x, T* out, int64_t length, int64_t step, bool exclusive) {
  T sum = 0;
  for (int64_t i = 0; i < length; ++i, x += step, out += step) {
    const T next = plus(sum, *x);
    *out = exclusive ? sum : next;
    sum = next;
  }
}

// `width` <= lanes columns at once.
template <class T>
inline void cumsumColumns(const T* x, T* out, int64_t length, int64_t step, bool exclusive, int width) {
  const bool whole = width == Vec<T>::lanes;
  auto sum = Vec<T>::zero();
  for (int64_t i = 0; i < length; ++i, x += step, out += step) {
    const auto next = sum + (whole ? Vec<T>::load(x) : Vec<T>::loadPartial(x, width));
    const auto result = exclusive ? sum : next;
    if (whole)
      result.store(out);
    else
      result.storePartial(out, width);
    sum = next;
  }
}

inline RowGrid cumsumGrid(int64_t outer, int64_t length, int64_t inner) {
  return RowGrid::cut(length == 0 ? 0 : outer, inner, roundUp(ceilDivide(copyElements, atLeast(length, 1)), 64));
}

template <class T>
void run_cumsum(const Call& call, int64_t begin, int64_t end) {
  const int64_t length = call.integers[1], inner = call.integers[2];
  const bool reverse = call.integers[3] != 0, exclusive = call.integers[4] != 0;
  const auto grid = cumsumGrid(call.integers[0], length, inner);
  const int64_t step = reverse ? -inner : inner, start = reverse ? (length - 1) * inner : 0;
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    const Block b = grid.block(chunk);
    for (int64_t o = b.rowBegin; o < b.rowEnd; ++o) {
      auto* x = static_cast<const T*>(call.pointers[0]) + o * length * inner + start;
      T* out = static_cast<T*>(call.pointers[1]) + o * length * inner + start;
      if (inner == 1) {
        cumsumRow(x, out, length, step, exclusive);
        continue;
      }
      for (int64_t c = b.columnBegin; c < b.columnEnd; c += Vec<T>::lanes)
        cumsumColumns(x + c, out + c, length, step, exclusive, static_cast<int>(atMost(Vec<T>::lanes, b.columnEnd - c)));
    }
  }
}

inline void plan_cumsum(Plan& p) {
  const int64_t outer = p.integers[0], length = p.integers[1], inner = p.integers[2];
  const int64_t elements = checkedProduct(outer, length, inner);
  const DType dtype = p.in(0).dtype;
  if (!p.expect(dtype != DType::u8, "dtype", 0)) return;
  if (!p.expect(0, dtype, elements) || !p.expect(1, dtype, elements)) return;
  p.run = dtype == DType::f32 ? run_cumsum<float> : dtype == DType::f64 ? run_cumsum<double> : run_cumsum<int32_t>;
  p.chunks = cumsumGrid(outer, length, inner).chunks();
  p.inPlace[0] = 1;
}

}  // namespace ravine::RAVINE_ISA
