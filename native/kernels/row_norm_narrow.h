// Layer and RMS normalisation of rows of fewer than sixteen columns: sixteen rows at once and turned, so that lane r of a vector
// belongs to row r and no sum runs across lanes.
#pragma once

#include "row_norm_data.h"
#include "strided.h"

namespace ravine::RAVINE_ISA {

// Rows as [columns, 64], so many that what was turned has reached the cache when it is read in wider vectors.
constexpr int turnedRows = 64;

template <class T>
struct TurnedRows {
  alignas(64) T at[16 * turnedRows];

  // Zero where there are fewer rows.
  TurnedRows(const T* x, int64_t columns, int rows) {
    if (rows < turnedRows) fillRun(at, T(0), columns * turnedRows);
    transposeCopy(x, columns, at, turnedRows, columns, rows);
  }
  void store(T* x, int64_t columns, int rows) const { transposeCopy(at, turnedRows, x, columns, rows, columns); }
};

// A number for each of those rows, 0 for those that are not there.
template <class T>
inline void loadTurned(const T* from, T* to, int rows) {
  for (int r = 0; r < turnedRows; r++) to[r] = r < rows ? from[r] : T(0);
}

template <class T>
inline void storeTurned(const T* from, T* to, int rows) {
  for (int r = 0; r < rows; r++) to[r] = from[r];
}

// Σ value(c) over the columns
template <class T, class Value>
__attribute__((always_inline)) inline Vec<T> sumColumns(int64_t columns, const Value& value) {
  Vec<T> sum = Vec<T>::zero();
  for (int64_t c = 0; c < columns; c++) sum = sum + value(c);
  return sum;
}

// y of some lanes' rows, in place of x. Elements count less the row's first one, as in row_norm.h.
template <bool centered, bool scaled, bool shifted, class T>
inline void normalizeTurned(const RowNormData& d, T* x, const T* scale, const T* shift, T* factors, T* means) {
  using V = Vec<T>;
  const V count = V::broadcast(static_cast<T>(d.columns)), pivot = V::load(x);
  const auto at = [&](int64_t c) __attribute__((always_inline)) { return V::load(x + turnedRows * c); };
  V mean = V::zero(), center = V::zero();
  if constexpr (centered) {
    center = sumColumns<T>(
                 d.columns, [&](int64_t c) __attribute__((always_inline)) { return at(c) - pivot; }) /
             count;
    mean = pivot + center;
  }
  const V squares = sumColumns<T>(
      d.columns, [&](int64_t c) __attribute__((always_inline)) {
        const V v = centered ? at(c) - pivot - center : at(c);
        return v * v;
      });
  const V factor = V::broadcast(1) / sqrt(squares / count + V::broadcast(static_cast<T>(d.epsilon)));
  for (int64_t c = 0; c < d.columns; c++) {
    V v = standardized<centered>(at(c), mean, factor);
    if constexpr (scaled) v = v * V::broadcast(scale[c]);
    if constexpr (shifted) v = v + V::broadcast(shift[c]);
    v.store(x + turnedRows * c);
  }
  factor.store(factors);
  mean.store(means);
}

// Inputs and outputs as of row_norm.h.
template <class T, bool centered, bool scaled, bool shifted>
inline void runNarrowNorm(const Call& call, int64_t begin, int64_t end) {
  const RowNormData& d = kept<RowNormData>(call);
  const RowNormOperands<T> to(call, d.scaled, d.shifted, d.centered);
  const Range chunk = d.chunks(begin, end);
  alignas(64) T factors[turnedRows], means[turnedRows];
  for (int64_t first = chunk.begin; first < chunk.end; first += turnedRows) {
    const int rows = static_cast<int>(atMost(turnedRows, chunk.end - first));
    TurnedRows<T> x(to.x + first * d.columns, d.columns, rows);
    for (int k = 0; k < rows; k += Vec<T>::lanes)
      normalizeTurned<centered, scaled, shifted>(d, x.at + k, to.scale, to.shift, factors + k, means + k);
    x.store(to.y + first * d.columns, d.columns, rows);
    storeTurned(factors, to.factor + first, rows);
    if constexpr (centered) storeTurned(means, to.mean + first, rows);
  }
}

// dx of some lanes' rows, in place of dy; dscale's and dshift's terms are added to [columns, 16].
template <bool centered, bool scaled, class T>
inline void gradientTurned(int64_t columns, const T* x, T* dy, const T* factors, const T* means, const T* scale, T* products,
                           T* sums) {
  using V = Vec<T>;
  const V mean = V::load(means), factor = V::load(factors), share = factor / V::broadcast(static_cast<T>(columns));
  const auto hat = [&](int64_t c) __attribute__((always_inline)) {
    return standardized<centered>(V::load(x + turnedRows * c), mean, factor);
  };
  const auto slope = [&](int64_t c) __attribute__((always_inline)) {
    const V v = V::load(dy + turnedRows * c);
    return scaled ? v * V::broadcast(scale[c]) : v;
  };
  const V tilt = share * sumColumns<T>(
                             columns, [&](int64_t c) __attribute__((always_inline)) { return slope(c) * hat(c); });
  V level = V::zero();
  if constexpr (centered) level = share * sumColumns<T>(columns, slope);
  for (int64_t c = 0; c < columns; c++) {
    const V h = hat(c), given = V::load(dy + turnedRows * c);
    if constexpr (scaled) {
      fma(given, h, V::load(products + 16 * c)).store(products + 16 * c);
      (given + V::load(sums + 16 * c)).store(sums + 16 * c);
    }
    (factor * slope(c) - fma(h, tilt, level)).store(dy + turnedRows * c);
  }
}

// Part: dx of its rows, and its sums to scratch [parts, 2, columns].
template <class T, bool centered, bool scaled>
inline void runNarrowGradient(const Call& call, int64_t begin, int64_t end) {
  const RowNormData& d = kept<RowNormData>(call);
  const RowGradientOperands<T> g(call, d.scaled, d.shifted, d.centered);
  const int64_t columns = d.columns;
  for (int64_t part = begin; part < end; part++) {
    alignas(64) T products[16 * 16] = {}, sums[16 * 16] = {}, factors[turnedRows], means[turnedRows] = {};
    const Range all = d.chunks(part, part + 1);
    for (int64_t first = all.begin; first < all.end; first += turnedRows) {
      const int rows = static_cast<int>(atMost(turnedRows, all.end - first));
      const TurnedRows<T> x(g.x + first * columns, columns, rows);
      TurnedRows<T> dy(g.dy + first * columns, columns, rows);
      loadTurned(g.factor + first, factors, rows);
      if constexpr (centered) loadTurned(g.mean + first, means, rows);
      for (int k = 0; k < rows; k += Vec<T>::lanes)
        gradientTurned<centered, scaled>(columns, x.at + k, dy.at + k, factors + k, means + k, g.scale, products + k % 16,
                                         sums + k % 16);
      dy.store(g.dx + first * columns, columns, rows);
    }
    if constexpr (!scaled) continue;
    T* to = static_cast<T*>(call.scratch) + part * 2 * columns;
    for (int64_t c = 0; c < columns; c++) {
      to[c] = Lanes16<T>::load(products + 16 * c).sum();
      to[columns + c] = Lanes16<T>::load(sums + 16 * c).sum();
    }
  }
}

}  // namespace ravine::RAVINE_ISA
