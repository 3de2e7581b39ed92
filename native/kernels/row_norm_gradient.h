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

// What dx of up to sixteen rows is made of: f·g − (x̂·tilt + level)
template <class T>
struct RowSlopes {
  alignas(64) T tilt[16], level[16];
};

template <bool centered, bool scaled, class T>
inline RowSlopes<T> slopesOfRows(const RowGradientOperands<T>& g, int64_t columns, int64_t first, int rows) {
  using V = Vec<T>;
  using L = Lanes16<T>;
  const T* scale = g.scale;
  L tilts[16], levels[16];
  for (int r = 0; r < 16; r++) tilts[r] = levels[r] = L::zero();
  alignas(64) T factors[16] = {};
  for (int r = 0; r < rows; r++) {
    const T *x = g.x + (first + r) * columns, *dy = g.dy + (first + r) * columns;
    factors[r] = g.factor[first + r];
    const V mean = V::broadcast(centered ? g.mean[first + r] : T(0)), factor = V::broadcast(factors[r]);
    const auto sums = sumsOfRow<2, T>(
        0, columns, [&](auto& sum, int64_t i, int n) __attribute__((always_inline)) {
          V slope = loadLanes(dy + i, n);
          if constexpr (scaled) slope = slope * loadLanes(scale + i, n);
          sum[0] = fma(slope, standardized<centered>(loadLanes(x + i, n), mean, factor), sum[0]);
          if constexpr (centered) sum[1] = sum[1] + slope;
        });
    tilts[r] = sums.of[0];
    levels[r] = sums.of[1];
  }
  RowSlopes<T> s;
  const V count = V::broadcast(static_cast<T>(columns));
  const L tilt = sumEach(tilts), level = centered ? sumEach(levels) : L::zero();
  for (int k = 0; k < L::parts; k++) {
    const V share = V::load(factors + k * V::lanes) / count;
    (tilt.part[k] * share).store(s.tilt + k * V::lanes);
    (level.part[k] * share).store(s.level + k * V::lanes);
  }
  return s;
}

// dx of some rows, whose slopes stand from `at` on. Σ dy·x̂ and Σ dy over them are added to, or become, what a part has in
// `products` and `sums`.
template <int rows, bool centered, bool scaled, class T>
inline void gradientOfRows(const RowGradientOperands<T>& g, int64_t columns, int64_t first, const RowSlopes<T>& s, int at,
                           int ahead, T* products, T* sums, bool isFirst) {
  using V = Vec<T>;
  const T *x = g.x + first * columns, *dy = g.dy + first * columns, *scale = g.scale;
  T* dx = g.dx + first * columns;
  V mean[rows], factor[rows], tilt[rows], level[rows];
  for (int r = 0; r < rows; r++) {
    mean[r] = V::broadcast(centered ? g.mean[first + r] : T(0));
    factor[r] = V::broadcast(g.factor[first + r]);
    tilt[r] = V::broadcast(s.tilt[at + r]);
    level[r] = V::broadcast(s.level[at + r]);
  }
  forEachVector<T>(
      columns, [&](int64_t c, int n) __attribute__((always_inline)) {
        const bool adds = scaled && !isFirst;
        V product = adds ? loadLanes(products + c, n) : V::zero(), sum = adds ? loadLanes(sums + c, n) : V::zero();
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
          const int64_t i = r * columns + c;
          prefetchRow(x + ahead * columns, i);
          prefetchRow(dy + ahead * columns, i);
          const V hat = standardized<centered>(loadLanes(x + i, n), mean[r], factor[r]), given = loadLanes(dy + i, n);
          V slope = given;
          if constexpr (scaled) {
            product = fma(given, hat, product);
            sum = sum + given;
            slope = given * loadLanes(scale + c, n);
          }
          storeLanes(factor[r] * slope - fma(hat, tilt[r], level[r]), dx + i, n);
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
  const RowNormData& d = kept<RowNormData>(call);
  const RowGradientOperands<T> g(call, d.scaled, d.shifted, d.centered);
  const int64_t columns = d.columns;
  const int atOnce = rowsTogether<T>(columns, rowBlockBytes / 16, rowsAtOnce);
  for (int64_t part = begin; part < end; part++) {
    const Range rows = d.chunks(part, part + 1);
    T* products = scaled ? static_cast<T*>(call.scratch) + part * 2 * columns : nullptr;
    T* sums = scaled ? products + columns : nullptr;
    if (scaled && rows.begin == rows.end) fillRun(products, T(0), 2 * columns);
    for (int64_t first = rows.begin; first < rows.end; first += atOnce) {
      const int count = static_cast<int>(atMost(atOnce, rows.end - first));
      const auto s = slopesOfRows<centered, scaled>(g, columns, first, count);
      int r = 0;
      for (; r + rowsAtOnce <= count; r += rowsAtOnce)
        gradientOfRows<rowsAtOnce, centered, scaled>(g, columns, first + r, s, r, atOnce, products, sums,
                                                     first + r == rows.begin);
      for (; r < count; r++)
        gradientOfRows<1, centered, scaled>(g, columns, first + r, s, r, atOnce, products, sums, first + r == rows.begin);
    }
  }
}

constexpr int64_t joinedColumns = 1024;

// Σ over the parts, for chunks of columns.
template <class T>
inline void joinRowParts(const Call& call, int64_t begin, int64_t end) {
  const RowNormData& d = kept<RowNormData>(call);
  const RowGradientOperands<T> g(call, d.scaled, d.shifted, d.centered);
  const int64_t parts = chunkCount(d.rows, d.rowsPerChunk);
  const Range columns = chunkRange(begin, end, d.columns, joinedColumns);
  for (int i = 0; i <= static_cast<int>(d.shifted); i++) {
    const T* from = static_cast<const T*>(call.scratch) + i * d.columns + columns.begin;
    T* to = (i == 0 ? g.dscale : g.dshift) + columns.begin;
    reduceColumns<Sum<T>>(from, parts, 2 * d.columns, to, columns.end - columns.begin);
  }
}

// At most 32 parts, of whole fours where there are rows enough: each writes two rows of sums.
inline void cutRowParts(RowNormData& d) {
  const int64_t least = atMost(rowsAtOnce, ceilDivide(d.rows, 2));
  d.rowsPerChunk = atLeast(atLeast(ceilDivide(d.rows, mostRowParts), d.rowsPerChunk), least);
  if (d.rowsPerChunk > rowsAtOnce) d.rowsPerChunk = roundUp(d.rowsPerChunk, rowsAtOnce);
}

template <class T, bool centered, bool scaled>
inline RunFn runOfGradient(const RowNormData& d) {
  return d.isNarrow() ? runNarrowGradient<T, centered, scaled> : runRowNormGradient<T, centered, scaled>;
}

template <class T>
inline void planRowNormGradient(Plan& p, RowNormData& d) {
  if (!d.scaled) {
    p.run = d.centered ? runOfGradient<T, true, false>(d) : runOfGradient<T, false, false>(d);
    p.chunks = chunkCount(d.rows, d.rowsPerChunk);
    return;
  }
  cutRowParts(d);
  p.prepare = d.centered ? runOfGradient<T, true, true>(d) : runOfGradient<T, false, true>(d);
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
