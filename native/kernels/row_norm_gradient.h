// The gradient of layer and RMS normalisation (Ba, Kiros & Hinton 2016; Zhang & Sennrich 2019). With x̂ = (x − mean)·f,
// f = deviation⁻¹, and g = dy·scale:
//   dx = f·(g − (Σ g)/n − x̂·(Σ g·x̂)/n), the first sum only where a mean was taken off
//   dscale = Σ dy·x̂,  dshift = Σ dy over the rows
// The rows are cut into parts by the shape alone; each part adds up scale's and shift's gradients by itself, and they are joined.
#pragma once

#include "row_norm.h"
#include "strided.h"

namespace ravine::RAVINE_ISA {

// Rows that a vector of columns goes through at once, so that sums over the rows are loaded and stored once for all of them.
constexpr int rowsAtOnce = 4;
constexpr int64_t mostRowParts = 32;

// Inputs: x, dy, deviation⁻¹, then mean if centered, then scale if scaled.
template <class T>
struct RowNormGradient {
  const RowNormData& d;
  const T *x, *dy, *factor, *mean, *scale;
  T* dx;

  explicit RowNormGradient(const Call& call)
      : d(kept<RowNormData>(call)),
        x(in(call, 0)),
        dy(in(call, 1)),
        factor(in(call, 2)),
        mean(in(call, 2 + d.centered)),
        scale(in(call, 2 + d.centered + d.scaled)),
        dx(static_cast<T*>(call.pointers[inputs(d)])) {}
  static const T* in(const Call& call, int i) { return static_cast<const T*>(call.pointers[i]); }
  static int inputs(const RowNormData& d) { return 3 + d.centered + d.scaled; }
};

// What dx of a row is made of: f·g − (x̂·slope + shift)
template <class T>
struct RowSlopes {
  Vec<T> mean, factor, slope, shift;
};

template <bool centered, bool scaled, class T>
inline RowSlopes<T> rowSlopes(const RowNormGradient<T>& g, int64_t row) {
  using V = Vec<T>;
  const T *x = g.x + row * g.d.columns, *dy = g.dy + row * g.d.columns;
  const T f = g.factor[row];
  const V mean = V::broadcast(centered ? g.mean[row] : T(0)), factor = V::broadcast(f);
  const RowSums<2, T> sums(
      0, g.d.columns, [&](auto& sum, int64_t i, int n) __attribute__((always_inline)) {
        V slope = loadLanes(dy + i, n);
        if constexpr (scaled) slope = slope * loadLanes(g.scale + i, n);
        sum[0] = fma(slope, standardized<centered>(loadLanes(x + i, n), mean, factor), sum[0]);
        if constexpr (centered) sum[1] = sum[1] + slope;
      });
  const T share = f / static_cast<T>(g.d.columns);
  const T shift = centered ? sums.total(1) * share : T(0);
  return {mean, factor, V::broadcast(sums.total(0) * share), V::broadcast(shift)};
}

// dx of some rows. Σ dy·x̂ and Σ dy over them are added to, or become, what a part has in `products` and `sums`.
template <int rows, bool centered, bool scaled, class T>
inline void gradientOfRows(const RowNormGradient<T>& g, int64_t first, T* products, T* sums, bool isFirst) {
  using V = Vec<T>;
  const int64_t columns = g.d.columns;
  RowSlopes<T> slopes[rows];
  for (int r = 0; r < rows; r++) slopes[r] = rowSlopes<centered, scaled>(g, first + r);
  forEachVector<T>(
      columns, [&](int64_t c, int n) __attribute__((always_inline)) {
        const bool adds = scaled && !isFirst;
        V product = adds ? loadLanes(products + c, n) : V::zero(), sum = adds ? loadLanes(sums + c, n) : V::zero();
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
          const RowSlopes<T>& s = slopes[r];
          const int64_t at = (first + r) * columns + c;
          const V hat = standardized<centered>(loadLanes(g.x + at, n), s.mean, s.factor), dy = loadLanes(g.dy + at, n);
          V slope = dy;
          if constexpr (scaled) {
            product = fma(dy, hat, product);
            sum = sum + dy;
            slope = dy * loadLanes(g.scale + c, n);
          }
          storeLanes(s.factor * slope - fma(hat, s.slope, s.shift), g.dx + at, n);
        }
        if constexpr (scaled) {
          storeLanes(product, products + c, n);
          storeLanes(sum, sums + c, n);
        }
      });
}

// Part: dx of its rows, and its sums to scratch [parts, 2, columns].
template <class T, bool centered, bool scaled>
inline void runRowNormGradient(const Call& call, int64_t begin, int64_t end) {
  const RowNormGradient<T> g(call);
  for (int64_t part = begin; part < end; part++) {
    const Range rows = g.d.chunks(part, part + 1);
    T* products = scaled ? static_cast<T*>(call.scratch) + part * 2 * g.d.columns : nullptr;
    T* sums = scaled ? products + g.d.columns : nullptr;
    if (scaled && rows.begin == rows.end) fillRun(products, T(0), 2 * g.d.columns);
    int64_t r = rows.begin;
    for (; r + rowsAtOnce <= rows.end; r += rowsAtOnce)
      gradientOfRows<rowsAtOnce, centered, scaled>(g, r, products, sums, r == rows.begin);
    for (; r < rows.end; r++) gradientOfRows<1, centered, scaled>(g, r, products, sums, r == rows.begin);
  }
}

constexpr int64_t joinedColumns = 1024;

// Σ over the parts, for chunks of columns.
template <class T>
inline void joinRowParts(const Call& call, int64_t begin, int64_t end) {
  const RowNormData& d = kept<RowNormData>(call);
  const int64_t parts = chunkCount(d.rows, d.rowsPerChunk);
  const Range columns = chunkRange(begin, end, d.columns, joinedColumns);
  for (int i = 0; i <= static_cast<int>(d.shifted); i++) {
    const T* from = static_cast<const T*>(call.scratch) + i * d.columns + columns.begin;
    T* to = static_cast<T*>(call.pointers[RowNormGradient<T>::inputs(d) + 1 + i]) + columns.begin;
    reduceColumns<Sum<T>>(from, parts, 2 * d.columns, to, columns.end - columns.begin);
  }
}

// At most 32 parts, of whole fours where there are rows enough: each writes two rows of sums.
inline void cutRowParts(RowNormData& d) {
  const int64_t least = atMost(rowsAtOnce, ceilDivide(d.rows, 2));
  d.rowsPerChunk = atLeast(atLeast(ceilDivide(d.rows, mostRowParts), d.rowsPerChunk), least);
  if (d.rowsPerChunk > rowsAtOnce) d.rowsPerChunk = roundUp(d.rowsPerChunk, rowsAtOnce);
}

template <class T>
inline void planRowNormGradient(Plan& p, RowNormData& d) {
  if (!d.scaled) {
    p.run = d.centered ? runRowNormGradient<T, true, false> : runRowNormGradient<T, false, false>;
    p.chunks = chunkCount(d.rows, d.rowsPerChunk);
    return;
  }
  cutRowParts(d);
  p.prepare = d.centered ? runRowNormGradient<T, true, true> : runRowNormGradient<T, false, true>;
  p.prepareChunks = chunkCount(d.rows, d.rowsPerChunk);
  p.run = joinRowParts<T>;
  p.chunks = chunkCount(d.columns, joinedColumns);
  p.scratchBytes = p.prepareChunks * 2 * d.columns * static_cast<int64_t>(sizeof(T));
}

inline void plan_row_norm_gradient(Plan& p) {
  RowNormData d;
  if (!readRowNorm(p, d)) return;
  const int inputs = 3 + d.centered + d.scaled, outputs = 1 + d.scaled + d.shifted;
  if (!p.expect(p.inputs == inputs && p.outputs == outputs, "operands")) return;
  const int64_t elements = d.rows * d.columns;
  if (!expectEach(p, 0, 2, elements) || !expectEach(p, 2, 3 + d.centered, d.rows)) return;
  if (!expectEach(p, 3 + d.centered, inputs, d.columns) || !expectEach(p, inputs, inputs + 1, elements)) return;
  if (!expectEach(p, inputs + 1, inputs + outputs, d.columns)) return;
  p.in(0).dtype == DType::f64 ? planRowNormGradient<double>(p, d) : planRowNormGradient<float>(p, d);
  p.inPlace[0] = 1 | 1 << 1;
  keep(p, d);
}

}  // namespace ravine::RAVINE_ISA
