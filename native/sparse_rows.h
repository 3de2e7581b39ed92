// What the loops over rows share: products with a row, and a row called for before it is needed.
#pragma once

#include <cstdint>
#include <vector>

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

// Rows in a random order: the hardware does not guess them, so their lines are called for `rowsAhead` rows before, and where they
// begin twice as early. Always inlined: GCC takes a function that only prefetches for one without effect and drops the call.
constexpr int64_t rowsAhead = 8;

[[gnu::always_inline]] inline void prefetchLines(const void* start, int64_t bytes) {
  constexpr int64_t most = 1024;
  for (int64_t line = 0; line < (bytes < most ? bytes : most); line += 64)
    __builtin_prefetch(static_cast<const char*>(start) + line);
}

// The rows after place `at` of the order.
template <class Index>
[[gnu::always_inline]] inline void prefetchAhead(const SparseMatrix& matrix, const Index* ranks, const float* values,
                                                 const std::vector<int32_t>& order, size_t at) {
  const int64_t* const offsets = matrix.rowOffsets();
  if (at + 2 * rowsAhead >= order.size()) return;
  __builtin_prefetch(offsets + order[at + 2 * rowsAhead]);
  const int32_t row = order[at + rowsAhead];
  const int64_t first = offsets[row], count = offsets[row + 1] - first;
  prefetchLines(ranks + first, count * static_cast<int64_t>(sizeof(Index)));
  if (values) prefetchLines(values + first, count * 4);
}

}  // namespace ravine
