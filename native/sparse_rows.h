// What the loops over rows share: products with a row, and a row called for before it is needed.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sparse_matrix.h"

namespace ravine {

// Σ value · weight[rank], in four chains by position and then ((0 + 1) + (2 + 3)): the same bits everywhere. No gather: eight
// scalar loads are as fast on the machines that we know, and the loop waits for memory.
template <class Sum, class Index, class Weight>
inline Sum rowDot(const Index* ranks, const float* values, int64_t count, const Weight* weights) {
  Sum sums[4] = {0, 0, 0, 0};
  const int64_t whole = count & ~int64_t{3};
  for (int64_t i = 0; i < whole; i += 4) {
    for (int64_t lane = 0; lane < 4; lane++) {
      const auto weight = static_cast<Sum>(weights[ranks[i + lane]]);
      sums[lane] += values ? static_cast<Sum>(values[i + lane]) * weight : weight;
    }
  }
  for (int64_t i = whole; i < count; i++) {
    const auto weight = static_cast<Sum>(weights[ranks[i]]);
    sums[i - whole] += values ? static_cast<Sum>(values[i]) * weight : weight;
  }
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

// weights[rank] += step · value
template <class Index, class Weight>
inline void rowAdd(const Index* ranks, const float* values, int64_t count, Weight step, Weight* weights) {
  for (int64_t i = 0; i < count; i++) weights[ranks[i]] += values ? step * static_cast<Weight>(values[i]) : step;
}

// Rows in a random order: the hardware does not guess them, so their lines are called for `rowsAhead` rows before.
constexpr int64_t rowsAhead = 4;

template <class Index>
inline void prefetchRow(const SparseMatrix& matrix, const Index* ranks, const float* values, int64_t row) {
  constexpr int64_t mostLines = 16;
  const int64_t first = matrix.rowOffsets()[row], count = matrix.rowOffsets()[row + 1] - first;
  const auto lines = [](const auto* start, int64_t bytes) {
    const auto* at = reinterpret_cast<const char*>(start);
    for (int64_t line = 0; line < std::min<int64_t>(bytes, mostLines * 64); line += 64) __builtin_prefetch(at + line);
  };
  lines(ranks + first, count * static_cast<int64_t>(sizeof(Index)));
  if (values) lines(values + first, count * 4);
}

}  // namespace ravine
