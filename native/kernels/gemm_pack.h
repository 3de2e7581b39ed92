// Copies of operands in the order in which tiles read them.
#pragma once

#include "gemm_transpose.h"

namespace ravine::RAVINE_ISA {

// Columns [0, columns) of B[depth, …], row-major, as panel[depth, width], zero beyond `columns`.
template <class T>
inline void packColumns(const T* b, int64_t stride, int64_t depth, int columns, int width, T* panel) {
  using V = Vec<T>;
  constexpr int lanes = V::lanes;
  constexpr int ahead = 16;  // rows lie a page apart in wide matrices, where no hardware prefetcher follows
  for (int64_t p = 0; p < depth; p++, b += stride, panel += width) {
    __builtin_prefetch(b + ahead * stride);
    if (width * static_cast<int>(sizeof(T)) > 64) __builtin_prefetch(b + ahead * stride + width / 2);
    for (int v = 0; v < width; v += lanes) {
      const int left = columns - v;
      (left >= lanes ? V::load(b + v) : V::loadPartial(b + v, left > 0 ? left : 0)).store(panel + v);
    }
  }
}

// The same of a B that is stored transposed: b[column·stride + p].
template <class T>
inline void packTransposed(const T* b, int64_t stride, int64_t depth, int columns, int width, T* panel) {
  constexpr int lanes = Vec<T>::lanes;
  for (int64_t p = 0; p < depth; p += lanes) {
    const int steps = depth - p < lanes ? static_cast<int>(depth - p) : lanes;
    for (int v = 0; v < width; v += lanes) {
      const int left = columns - v, rows = left >= lanes ? lanes : left > 0 ? left : 0;
      transposeSquare(b + v * stride + p, stride, rows, steps, panel + p * width + v, width, lanes);
    }
  }
}

// Rows of A[rows, depth] as strip[depth, rows]. Transposed: A is stored [depth, …] and `a` points to the strip's first column.
template <class T>
inline void packStrip(const T* a, int64_t stride, bool transposed, int64_t depth, int rows, T* strip) {
  using V = Vec<T>;
  constexpr int lanes = V::lanes;
  for (int r = 0; r < rows; r += lanes) {
    const int count = rows - r < lanes ? rows - r : lanes;
    if (transposed) {
      for (int64_t p = 0; p < depth; p++) V::loadPartial(a + p * stride + r, count).storePartial(strip + p * rows + r, count);
    } else {
      for (int64_t p = 0; p < depth; p += lanes) {
        const int steps = depth - p < lanes ? static_cast<int>(depth - p) : lanes;
        transposeSquare(a + r * stride + p, stride, count, steps, strip + p * rows + r, rows, count);
      }
    }
  }
}

}  // namespace ravine::RAVINE_ISA
