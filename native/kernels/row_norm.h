// Layer and RMS normalisation over rows, x [rows, columns]: y = (x − mean)·deviation⁻¹·scale + shift with
// deviation = √(variance + ε); RMS (not `centered`) is about 0 instead of the mean. A row is read from memory once where it fits
// into the cache. Its sums are chains of sixteen lanes, so that the bits do not depend on the instruction set.
#pragma once

#include "row_norm_narrow.h"

namespace ravine::RAVINE_ISA {

// Read twice, for the mean and then for the squares about it: in L1 the second time.
constexpr int64_t rowBlockBytes = 16384;

// `kinds` sums over a row.
template <int kinds, class T>
struct RowSums {
  using V = Vec<T>;
  using L = Lanes16<T>;
  L of[kinds];

  static RowSums zero() {
    RowSums r;
    for (auto& sum : r.of) sum = L::zero();
    return r;
  }
  void add(const RowSums& other) {
    for (int kind = 0; kind < kinds; kind++) of[kind].add(other.of[kind]);
  }
  // step(sums, i, n) for a vector of n elements from i on.
  template <class Step>
  __attribute__((always_inline)) void addVector(int k, int64_t i, int n, const Step& step) {
    V own[kinds];
    for (int kind = 0; kind < kinds; kind++) own[kind] = of[kind].part[k];
    step(own, i + k * V::lanes, n);
    for (int kind = 0; kind < kinds; kind++) of[kind].part[k] = own[kind];
  }
  template <class Step>
  __attribute__((always_inline)) void addSixteen(int64_t i, const Step& step) {
#pragma GCC unroll 16
    for (int k = 0; k < L::parts; k++) addVector(k, i, V::lanes, step);
  }
  // Fewer than sixteen. What step does to lanes past the end is undone.
  template <class Step>
  __attribute__((always_inline)) void addRest(int64_t i, int count, const Step& step) {
#pragma GCC unroll 16
    for (int k = 0; k < L::parts; k++) {
      const int n = L::inPart(k, count);
      if (n == 0) return;
      const auto inside = lt(V::load(laneNumbers<T>), V::broadcast(static_cast<T>(n)));
      const RowSums before = *this;
      addVector(k, i, n, step);
      for (int kind = 0; kind < kinds; kind++) of[kind].part[k] = select(inside, of[kind].part[k], before.of[kind].part[k]);
    }
  }
};

// The sums of [begin, end) by chains of vectors that run side by side, each of which takes every so many'th sixteen elements;
// together they fill half of AVX2's sixteen registers.
template <int kinds, class T, class Step>
__attribute__((always_inline)) inline RowSums<kinds, T> sumsOfRow(int64_t begin, int64_t end, const Step& step) {
  using Sums = RowSums<kinds, T>;
  constexpr int chains = 16 / static_cast<int>(sizeof(T)) / kinds;
  Sums sums[chains];
  for (auto& sum : sums) sum = Sums::zero();
  int64_t i = begin;
  for (; i + 16 * chains <= end; i += 16 * chains)
#pragma GCC unroll 4
    for (int chain = 0; chain < chains; chain++) sums[chain].addSixteen(i + 16 * chain, step);
#pragma GCC unroll 4
  for (int chain = 0; chain < chains - 1; chain++)
    if (i + 16 <= end) {
      sums[chain].addSixteen(i, step);
      i += 16;
    }
  if (i < end) sums[chains - 1].addRest(i, static_cast<int>(end - i), step);
  for (int width = chains / 2; width > 0; width /= 2)
    for (int chain = 0; chain < width; chain++) sums[chain].add(sums[chain + width]);
  return sums[0];
}

// Σ step(…), a vector's values, over [begin, end).
template <class T, class Value>
__attribute__((always_inline)) inline Lanes16<T> sumOfRow(int64_t begin, int64_t end, const Value& value) {
  return sumsOfRow<1, T>(
             begin, end, [&](auto& sum, int64_t i, int n) __attribute__((always_inline)) { sum[0] = sum[0] + value(i, n); })
      .of[0];
}
template <class T, class Value>
__attribute__((always_inline)) inline Lanes16<T> sumOfSquares(int64_t begin, int64_t end, const Value& value) {
  return sumsOfRow<1, T>(
             begin, end,
             [&](auto& sum, int64_t i, int n) __attribute__((always_inline)) {
               const Vec<T> v = value(i, n);
               sum[0] = fma(v, v, sum[0]);
             })
      .of[0];
}

// Of up to sixteen rows; f = deviation⁻¹.
template <class T>
struct RowStatistics {
  alignas(64) T mean[16], factor[16];

  void setFactors(const Lanes16<T>& squares, int64_t columns, double epsilon) {
    using V = Vec<T>;
    const V count = V::broadcast(static_cast<T>(columns)), more = V::broadcast(static_cast<T>(epsilon)), one = V::broadcast(1);
    for (int k = 0; k < Lanes16<T>::parts; k++) (one / sqrt(squares.part[k] / count + more)).store(factor + k * V::lanes);
  }
};

// Rows of at most rowBlockBytes / 8, sixteen at once, so that their sums are joined and their roots taken together. A row's
// elements count less its first one: these differences are small and exact where the mean is large beside the deviation, and 0
// where all elements are one number.
template <bool centered, class T>
inline RowStatistics<T> statisticsOfRows(const T* x, int64_t columns, int rows, double epsilon) {
  using V = Vec<T>;
  using L = Lanes16<T>;
  RowStatistics<T> s;
  alignas(64) T first[16] = {}, center[16] = {};
  L sums[16];
  for (auto& sum : sums) sum = L::zero();
  if constexpr (centered) {
    for (int r = 0; r < rows; r++) {
      const T* row = x + r * columns;
      const V pivot = V::broadcast(first[r] = row[0]);
      sums[r] = sumOfRow<T>(
          0, columns, [&](int64_t i, int n) __attribute__((always_inline)) { return loadLanes(row + i, n) - pivot; });
    }
    const L mean = sumEach(sums);
    const V count = V::broadcast(static_cast<T>(columns));
    for (int k = 0; k < L::parts; k++) {
      const V off = mean.part[k] / count;
      off.store(center + k * V::lanes);
      (V::load(first + k * V::lanes) + off).store(s.mean + k * V::lanes);
    }
  }
  for (int r = 0; r < rows; r++) {
    const T* row = x + r * columns;
    const V pivot = V::broadcast(first[r]), middle = V::broadcast(center[r]);
    sums[r] = sumOfSquares<T>(
        0, columns, [&](int64_t i, int n) __attribute__((always_inline)) {
          const V v = loadLanes(row + i, n);
          return centered ? v - pivot - middle : v;
        });
  }
  s.setFactors(sumEach(sums), columns, epsilon);
  return s;
}

// A row of any length, by blocks, which are joined as Chan, Golub & LeVeque 1983 do.
template <bool centered, class T>
inline RowStatistics<T> statisticsOfRow(const T* x, int64_t columns, double epsilon) {
  using V = Vec<T>;
  constexpr int64_t block = rowBlockBytes / sizeof(T);
  const T first = centered && columns > 0 ? x[0] : T(0);
  const V pivot = V::broadcast(first);
  T mean = 0, squares = 0;
  for (int64_t begin = 0; begin < columns; begin += block) {
    const int64_t end = atMost(begin + block, columns);
    if constexpr (!centered) {
      squares += sumOfSquares<T>(
                     begin, end, [&](int64_t i, int n) __attribute__((always_inline)) { return loadLanes(x + i, n); })
                     .sum();
      continue;
    }
    const T own = static_cast<T>(end - begin), share = own / static_cast<T>(end);
    const auto off = [&](int64_t i, int n) __attribute__((always_inline)) { return loadLanes(x + i, n) - pivot; };
    const T middle = sumOfRow<T>(begin, end, off).sum() / own, delta = middle - mean;
    const V center = V::broadcast(middle);
    const T spread = sumOfSquares<T>(
                         begin, end, [&](int64_t i, int n) __attribute__((always_inline)) { return off(i, n) - center; })
                         .sum();
    squares += spread + delta * delta * share * static_cast<T>(begin);
    mean += delta * share;
  }
  RowStatistics<T> s;
  auto all = Lanes16<T>::zero();
  all.part[0] = V::broadcast(squares);
  s.setFactors(all, columns, epsilon);
  s.mean[0] = first + mean;
  return s;
}

// Sixteen rows where each of them has at most `bytes`, else `others`.
template <class T>
inline int rowsTogether(int64_t columns, int64_t bytes, int others) {
  return columns > 0 && columns <= bytes / static_cast<int64_t>(sizeof(T)) ? 16 : others;
}

template <class T, bool centered, bool scaled, bool shifted>
inline void runRowNorm(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const RowNormData& d = kept<RowNormData>(call);
  const RowNormOperands<T> g(call, d.scaled, d.shifted, d.centered);
  const T *scale = g.scale, *shift = g.shift;
  const int64_t columns = d.columns;
  const Range chunk = d.chunks(begin, end);
  const int atOnce = rowsTogether<T>(columns, rowBlockBytes / 8, 1);
  for (int64_t first = chunk.begin; first < chunk.end; first += atOnce) {
    const int rows = static_cast<int>(atMost(atOnce, chunk.end - first));
    const T* x = g.x + first * columns;
    const auto s =
        atOnce == 1 ? statisticsOfRow<centered>(x, columns, d.epsilon) : statisticsOfRows<centered>(x, columns, rows, d.epsilon);
    for (int r = 0; r < rows; r++) {
      const V mean = V::broadcast(s.mean[r]), factor = V::broadcast(s.factor[r]);
      const T* from = x + r * columns;
      T* to = g.y + (first + r) * columns;
      forEachVector<T>(
          columns, [&](int64_t c, int n) __attribute__((always_inline)) {
            prefetchRow(from + atOnce * columns, c);
            V v = standardized<centered>(loadLanes(from + c, n), mean, factor);
            if constexpr (shifted)
              v = fma(v, loadLanes(scale + c, n), loadLanes(shift + c, n));
            else if constexpr (scaled)
              v = v * loadLanes(scale + c, n);
            storeLanes(v, to + c, n);
          });
      g.factor[first + r] = s.factor[r];
      if constexpr (centered) g.mean[first + r] = s.mean[r];
    }
  }
}

template <class T, bool centered, bool scaled, bool shifted>
inline RunFn runOfRowNorm(const RowNormData& d) {
  return d.isNarrow() ? runNarrowNorm<T, centered, scaled, shifted> : runRowNorm<T, centered, scaled, shifted>;
}
template <class T, bool centered>
inline RunFn chooseRowNorm(const RowNormData& d) {
  if (d.shifted) return runOfRowNorm<T, centered, true, true>(d);
  return d.scaled ? runOfRowNorm<T, centered, true, false>(d) : runOfRowNorm<T, centered, false, false>(d);
}

inline void plan_row_norm(Plan& p) {
  RowNormData d;
  if (!readRowNorm(p, d)) return;
  const int inputs = 1 + d.scaled + d.shifted, outputs = 2 + d.centered;
  if (!p.expect(p.inputs == inputs && p.outputs == outputs, "operands")) return;
  const int64_t elements = d.rows * d.columns;
  if (!expectEach(p, 0, 1, elements) || !expectEach(p, 1, inputs, d.columns)) return;
  if (!expectEach(p, inputs, inputs + 1, elements) || !expectEach(p, inputs + 1, inputs + outputs, d.rows)) return;
  if (p.in(0).dtype == DType::f64)
    p.run = d.centered ? chooseRowNorm<double, true>(d) : chooseRowNorm<double, false>(d);
  else
    p.run = d.centered ? chooseRowNorm<float, true>(d) : chooseRowNorm<float, false>(d);
  p.chunks = chunkCount(d.rows, d.rowsPerChunk);
  p.inPlace[0] = 1;
  keep(p, d);
}

}  // namespace ravine::RAVINE_ISA
