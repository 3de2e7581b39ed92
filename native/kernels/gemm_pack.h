// Copies of operands in the order in which tiles read them.
#pragma once

#include "gemm_tile.h"
#include "gemm_transpose.h"

namespace ravine::RAVINE_ISA {

// Panels of B: [depth, width] each, one after the other, width being a tile's columns or, where no more columns are left, one
// vector; zero beyond the last column.
template <class T>
constexpr int panelWidth(int64_t columns) {
  return columns <= Vec<T>::lanes ? Vec<T>::lanes : tileColumns<T>;
}

// Columns that tiles read where there are `columns`: the last panel is as wide as one vector or as a whole tile.
template <class T>
constexpr int64_t panelColumns(int64_t columns) {
  const int64_t rest = columns % tileColumns<T>;
  return columns - rest + (rest ? panelWidth<T>(rest) : 0);
}

// Columns [0, columns) of a row-major B. Row by row, so that what is read is contiguous for as long as possible; rows lie pages
// apart in wide matrices, where no hardware prefetcher follows.
template <class T>
inline void packPanels(const T* b, int64_t stride, int64_t depth, int64_t columns, T* panels) {
  using V = Vec<T>;
  constexpr int lanes = V::lanes, full = tileColumns<T>, lineElements = 64 / sizeof(T);
  constexpr int64_t ahead = 4;
  for (int64_t p = 0; p < depth; p++, b += stride) {
    for (int64_t j = 0; j < columns; j += lineElements) __builtin_prefetch(b + ahead * stride + j);
    for (int64_t j = 0; j < columns; j += full) {
      const int width = panelWidth<T>(columns - j);
      T* to = panels + j * depth + p * width;
      for (int v = 0; v < width; v += lanes) {
        const int64_t left = columns - j - v;
        (left >= lanes ? V::load(b + j + v) : V::loadPartial(b + j + v, left > 0 ? static_cast<int>(left) : 0)).store(to + v);
      }
    }
  }
}

// The same of a B that is stored transposed: b[column·stride + p].
template <class T>
inline void packPanelsTransposed(const T* b, int64_t stride, int64_t depth, int64_t columns, T* panels) {
  constexpr int lanes = Vec<T>::lanes, full = tileColumns<T>;
  for (int64_t j = 0; j < columns; j += full) {
    const int width = panelWidth<T>(columns - j);
    T* panel = panels + j * depth;
    for (int64_t p = 0; p < depth; p += lanes) {
      const int steps = depth - p < lanes ? static_cast<int>(depth - p) : lanes;
      for (int v = 0; v < width; v += lanes) {
        const int64_t left = columns - j - v;
        const int rows = left >= lanes ? lanes : left > 0 ? static_cast<int>(left) : 0;
        transposeSquare(b + (j + v) * stride + p, stride, rows, steps, panel + p * width + v, width, lanes);
      }
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
