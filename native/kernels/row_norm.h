// Layer and RMS normalisation over rows, x [rows, columns]: y = (x − mean)·deviation⁻¹·scale + shift with
// deviation = √(variance + ε); RMS (not `centered`) is about 0 instead of the mean. A row is read from memory once where it fits
// into the cache. Its sums are chains of sixteen lanes, so that the bits do not depend on the instruction set.
#pragma once

#include "pairwise.h"
#include "pool_window.h"

namespace ravine::RAVINE_ISA {

struct RowNormData {
  int64_t rows, columns;
  double epsilon;
  bool centered, scaled, shifted;
  int64_t rowsPerChunk;

  Range chunks(int64_t begin, int64_t end) const { return chunkRange(begin, end, rows, rowsPerChunk); }
};

// Read twice, for the mean and then for the squares about it: in L1 the second time.
constexpr int64_t rowBlockBytes = 16384;

// `kinds` sums over a row, each as chains of vectors that run side by side: together they fill half of AVX2's sixteen registers.
template <int kinds, class T>
struct RowSums {
  using V = Vec<T>;
  using L = Lanes16<T>;
  static constexpr int chains = 16 / static_cast<int>(sizeof(T)) / kinds;
  L sums[chains][kinds];

  // Adds step(sums, i, n) over the vectors of [begin, end): each chain takes every so many'th sixteen elements.
  template <class Step>
  __attribute__((always_inline)) RowSums(int64_t begin, int64_t end, Step step) {
    for (auto& chain : sums)
      for (auto& sum : chain) sum = L::zero();
    int64_t i = begin;
    for (; i + 16 * chains <= end; i += 16 * chains)
#pragma GCC unroll 4
      for (int chain = 0; chain < chains; chain++) addSixteen(sums[chain], i + 16 * chain, step);
    int chain = 0;
    for (; i + 16 <= end; i += 16) addSixteen(sums[chain++], i, step);
    if (i < end) addRest(sums[chain], i, static_cast<int>(end - i), step);
  }

  T total(int kind) const {
    L sum[chains];
    for (int chain = 0; chain < chains; chain++) sum[chain] = sums[chain][kind];
    for (int width = chains / 2; width > 0; width /= 2)
      for (int chain = 0; chain < width; chain++) sum[chain].add(sum[chain + width]);
    return sum[0].sum();
  }

 private:
  template <class Step>
  __attribute__((always_inline)) static void addSixteen(L (&sum)[kinds], int64_t i, Step step) {
#pragma GCC unroll 16
    for (int k = 0; k < L::parts; k++) addVector(sum, k, i, V::lanes, step);
  }
  template <class Step>
  __attribute__((always_inline)) static void addVector(L (&sum)[kinds], int k, int64_t i, int n, Step step) {
    V own[kinds];
    for (int kind = 0; kind < kinds; kind++) own[kind] = sum[kind].part[k];
    step(own, i + k * V::lanes, n);
    for (int kind = 0; kind < kinds; kind++) sum[kind].part[k] = own[kind];
  }
  // Fewer than sixteen. What step does to lanes past the end is undone.
  template <class Step>
  __attribute__((always_inline)) static void addRest(L (&sum)[kinds], int64_t i, int count, Step step) {
    for (int k = 0; k < L::parts; k++) {
      const int n = L::inPart(k, count);
      if (n == 0) return;
      const auto inside = lt(V::load(laneNumbers<T>), V::broadcast(static_cast<T>(n)));
      V before[kinds];
      for (int kind = 0; kind < kinds; kind++) before[kind] = sum[kind].part[k];
      addVector(sum, k, i, n, step);
      for (int kind = 0; kind < kinds; kind++) sum[kind].part[k] = select(inside, sum[kind].part[k], before[kind]);
    }
  }
};

template <class T, class Step>
__attribute__((always_inline)) inline T sumRow(int64_t begin, int64_t end, Step step) {
  return RowSums<1, T>(
             begin, end, [step](auto& sum, int64_t i, int n) __attribute__((always_inline)) { sum[0] = step(sum[0], i, n); })
      .total(0);
}

template <class T>
struct RowMoments {
  T mean, variance;
};

// Mean and variance of a row less its first element: these differences are small and exact where the mean is large beside the
// deviation, and 0 where all elements are one number. Blocks are joined as Chan, Golub & LeVeque 1983 do.
template <class T>
inline RowMoments<T> rowMoments(const T* x, int64_t columns) {
  using V = Vec<T>;
  constexpr int64_t block = rowBlockBytes / sizeof(T);
  const T first = columns > 0 ? x[0] : T(0);
  const V pivot = V::broadcast(first);
  T mean = 0, squares = 0;
  for (int64_t begin = 0; begin < columns; begin += block) {
    const int64_t end = atMost(begin + block, columns);
    const T own = static_cast<T>(end - begin);
    const T part =
        sumRow<T>(
            begin,
            end, [&](V sum, int64_t i, int n) __attribute__((always_inline)) { return sum + (loadLanes(x + i, n) - pivot); }) /
        own;
    const V center = V::broadcast(part);
    const T spread = sumRow<T>(
        begin, end, [&](V sum, int64_t i, int n) __attribute__((always_inline)) {
          const V off = loadLanes(x + i, n) - pivot - center;
          return fma(off, off, sum);
        });
    const T share = own / static_cast<T>(end), delta = part - mean;
    squares += spread + delta * delta * share * static_cast<T>(begin);
    mean += delta * share;
  }
  return {first + mean, squares / static_cast<T>(columns)};
}

// The mean of squares, about 0.
template <class T>
inline RowMoments<T> rowSquares(const T* x, int64_t columns) {
  using V = Vec<T>;
  constexpr int64_t block = rowBlockBytes / sizeof(T);
  T squares = 0;
  for (int64_t begin = 0; begin < columns; begin += block)
    squares += sumRow<T>(
        begin, atMost(begin + block, columns), [&](V sum, int64_t i, int n) __attribute__((always_inline)) {
          const V v = loadLanes(x + i, n);
          return fma(v, v, sum);
        });
  return {T(0), squares / static_cast<T>(columns)};
}

template <class T>
inline T reciprocalDeviation(T variance, double epsilon) {
  return T(1) / firstLane(sqrt(Vec<T>::broadcast(variance + static_cast<T>(epsilon))));
}

// x̂ = (x − mean)·deviation⁻¹
template <bool centered, class T>
inline Vec<T> standardized(Vec<T> x, Vec<T> mean, Vec<T> factor) {
  return centered ? (x - mean) * factor : x * factor;
}

// Inputs: x, scale?, shift?. Outputs: y, deviation⁻¹, and the mean if centered.
template <class T, bool centered, bool scaled, bool shifted>
inline void runRowNorm(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const RowNormData& d = kept<RowNormData>(call);
  constexpr int inputs = 1 + scaled + shifted;
  const auto in = [&](int i) { return static_cast<const T*>(call.pointers[i]); };
  const auto out = [&](int i) { return static_cast<T*>(call.pointers[inputs + i]); };
  const T *scale = in(scaled), *shift = in(scaled + shifted);
  const Range rows = d.chunks(begin, end);
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const T* x = in(0) + r * d.columns;
    T* y = out(0) + r * d.columns;
    const auto moments = centered ? rowMoments(x, d.columns) : rowSquares(x, d.columns);
    const T factor = reciprocalDeviation(moments.variance, d.epsilon);
    out(1)[r] = factor;
    if constexpr (centered) out(2)[r] = moments.mean;
    const V mean = V::broadcast(moments.mean), factors = V::broadcast(factor);
    forEachVector<T>(
        d.columns, [&](int64_t c, int n) __attribute__((always_inline)) {
          V v = standardized<centered>(loadLanes(x + c, n), mean, factors);
          if constexpr (shifted)
            v = fma(v, loadLanes(scale + c, n), loadLanes(shift + c, n));
          else if constexpr (scaled)
            v = v * loadLanes(scale + c, n);
          storeLanes(v, y + c, n);
        });
  }
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

template <class T, bool centered>
inline RunFn chooseRowNorm(const RowNormData& d) {
  if (d.shifted) return runRowNorm<T, centered, true, true>;
  return d.scaled ? runRowNorm<T, centered, true, false> : runRowNorm<T, centered, false, false>;
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
