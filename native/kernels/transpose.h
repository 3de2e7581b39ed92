// Transposed copies, blocked in registers: square blocks of 16-byte vectors by a perfect-shuffle network.
#pragma once

#include <cstddef>
#include <cstdint>

#include "grid.h"

namespace ravine::RAVINE_ISA {

template <class U>
struct Bits {
  typedef U Register __attribute__((vector_size(16)));
  static constexpr int count = 16 / sizeof(U);

  // a0 b0 a1 b1 … of the lower halves, or of the upper ones.
  template <int upper>
  static Register interleave(Register a, Register b) {
    constexpr int n = count, h = upper * n / 2;
    if constexpr (n == 2) return Register{a[h], b[h]};
    if constexpr (n == 4) return Register{a[h], b[h], a[h + 1], b[h + 1]};
    if constexpr (n == 16)
      return Register{a[h],     b[h],     a[h + 1], b[h + 1], a[h + 2], b[h + 2], a[h + 3], b[h + 3],
                      a[h + 4], b[h + 4], a[h + 5], b[h + 5], a[h + 6], b[h + 6], a[h + 7], b[h + 7]};
  }
};

// to[i, j] = from[j, i] for one block of count × count; log2(count) rounds of interleaving row i with row i + count/2.
template <class U>
inline void transposeBlock(const U* from, int64_t fromStride, U* to, int64_t toStride) {
  using B = Bits<U>;
  constexpr int n = B::count;
  typename B::Register row[n], mixed[n];
#pragma GCC unroll 16
  for (int i = 0; i < n; ++i) __builtin_memcpy(&row[i], from + i * fromStride, 16);
#pragma GCC unroll 4
  for (int round = 1; round < n; round *= 2) {
#pragma GCC unroll 8
    for (int i = 0; i < n / 2; ++i) {
      mixed[2 * i] = B::template interleave<0>(row[i], row[i + n / 2]);
      mixed[2 * i + 1] = B::template interleave<1>(row[i], row[i + n / 2]);
    }
#pragma GCC unroll 16
    for (int i = 0; i < n; ++i) row[i] = mixed[i];
  }
#pragma GCC unroll 16
  for (int i = 0; i < n; ++i) __builtin_memcpy(to + i * toStride, &row[i], 16);
}

// to[i·toStride + j] = from[j·fromStride + i] for i < m, j < n. Walks squares of one cache line by one cache line, so that every
// line is used up while it is near.
template <class U>
void transposeCopy(const U* from, int64_t fromStride, U* to, int64_t toStride, int64_t m, int64_t n) {
  constexpr int64_t line = 64 / sizeof(U), step = Bits<U>::count;
  const int64_t wholeRows = m / step * step, wholeColumns = n / step * step;
  for (int64_t i0 = 0; i0 < wholeRows; i0 += line) {
    const int64_t i1 = atMost(i0 + line, wholeRows);
    for (int64_t j0 = 0; j0 < wholeColumns; j0 += line) {
      const int64_t j1 = atMost(j0 + line, wholeColumns);
      for (int64_t i = i0; i < i1; i += step)
        for (int64_t j = j0; j < j1; j += step)
          transposeBlock(from + j * fromStride + i, fromStride, to + i * toStride + j, toStride);
    }
  }
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = i < wholeRows ? wholeColumns : 0; j < n; ++j) to[i * toStride + j] = from[j * fromStride + i];
}

}  // namespace ravine::RAVINE_ISA
