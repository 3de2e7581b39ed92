// What layer, RMS and group normalisation share, forward and backward, over wide rows and narrow ones.
#pragma once

#include "pairwise.h"
#include "pool_window.h"

namespace ravine::RAVINE_ISA {

struct RowNormData {
  int64_t rows, columns;
  double epsilon;
  bool centered, scaled, shifted;
  int64_t rowsPerChunk;

  // Rows that are turned: row_norm_narrow.h.
  bool isNarrow() const { return columns > 0 && columns < 16; }
  Range chunks(int64_t begin, int64_t end) const { return chunkRange(begin, end, rows, rowsPerChunk); }
};

// Inputs: x, scale?, shift?. Outputs: y, f = deviation⁻¹, and mean if centered. What is not there points anywhere.
template <class T>
struct RowNormOperands {
  const T *x, *scale, *shift;
  T *y, *factor, *mean;

  RowNormOperands(const Call& call, bool scaled, bool shifted, bool centered) {
    const auto at = [&](int i) { return static_cast<T*>(call.pointers[i]); };
    const int inputs = 1 + scaled + shifted;
    x = at(0), scale = at(scaled), shift = at(scaled + shifted);
    y = at(inputs), factor = at(inputs + 1), mean = at(inputs + 1 + centered);
  }
};

// Inputs: x, dy, f, mean if centered, scale?. Outputs: dx, dscale?, dshift?.
template <class T>
struct RowGradientOperands {
  const T *x, *dy, *factor, *mean, *scale;
  T *dx, *dscale, *dshift;

  RowGradientOperands(const Call& call, bool scaled, bool shifted, bool centered) {
    const auto at = [&](int i) { return static_cast<T*>(call.pointers[i]); };
    const int inputs = 3 + centered + scaled;
    x = at(0), dy = at(1), factor = at(2), mean = at(2 + centered), scale = at(2 + centered + scaled);
    dx = at(inputs), dscale = at(inputs + scaled), dshift = at(inputs + scaled + shifted);
  }
};

// x̂ = (x − mean)·deviation⁻¹
template <bool centered, class T>
inline Vec<T> standardized(Vec<T> x, Vec<T> mean, Vec<T> factor) {
  return centered ? (x - mean) * factor : x * factor;
}

// The rows that come next, while these go through registers: between passes over a row in cache, memory would idle (25 GB/s
// instead of 40). `p` may lie past the end.
template <class T>
inline void prefetchRow(const T* p, int64_t c) {
  if (c * static_cast<int64_t>(sizeof(T)) % 64 == 0) __builtin_prefetch(p + c);
}

inline bool readRowNorm(Plan& p, RowNormData& d) {
  const int64_t rows = p.integers[0], columns = p.integers[1];
  d = {rows, columns, p.reals[2], p.integers[3] != 0, p.integers[4] != 0, p.integers[5] != 0, 1};
  d.rowsPerChunk = atLeast(chunkElements / atLeast(columns, 1), 1);
  const DType dtype = p.in(0).dtype;
  return p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0) &&
         p.expect(checkedProduct(rows, columns) >= 0, "size") && p.expect(d.scaled || !d.shifted, "a shift without a scale");
}
// Operands [begin, end) hold that many elements each.
inline bool expectEach(Plan& p, int begin, int end, int64_t elements) {
  for (int i = begin; i < end; i++)
    if (!p.expect(i, p.in(0).dtype, elements)) return false;
  return true;
}

}  // namespace ravine::RAVINE_ISA
