// Dense linear algebra without a LAPACK: Cholesky factors and triangular systems. Sums run over 16 virtual lanes or column by
// column, so that results are the same bits on every instruction set.
#pragma once

#include <cstdint>

#include "grid.h"

namespace ravine::RAVINE_ISA {

// Σ a[k]·b[k]
template <class T>
T dotRows(const T* a, const T* b, int64_t length) {
  using V = Vec<T>;
  auto sum = Lanes16<T>::zero();
  int64_t k = 0;
  for (; k + 16 <= length; k += 16)
    for (int i = 0; i < Lanes16<T>::parts; ++i)
      sum.part[i] = fma(V::load(a + k + i * V::lanes), V::load(b + k + i * V::lanes), sum.part[i]);
  if (k == length) return sum.sum();
  const int rest = static_cast<int>(length - k);
  const auto x = Lanes16<T>::loadPartial(a + k, rest), y = Lanes16<T>::loadPartial(b + k, rest);
  for (int i = 0; i < Lanes16<T>::parts; ++i) sum.part[i] = fma(x.part[i], y.part[i], sum.part[i]);
  return sum.sum();
}

// to[j] += factor·from[j]
template <class T>
void addMultiple(T* to, const T* from, T factor, int64_t length) {
  using V = Vec<T>;
  const V f = V::broadcast(factor);
  int64_t j = 0;
  for (; j + V::lanes <= length; j += V::lanes) fma(f, V::load(from + j), V::load(to + j)).store(to + j);
  if (j == length) return;
  const int rest = static_cast<int>(length - j);
  fma(f, V::loadPartial(from + j, rest), V::loadPartial(to + j, rest)).storePartial(to + j, rest);
}

template <class T>
T squareRoot(T x) {
  return firstLane(sqrt(Vec<T>::broadcast(x)));
}

// cholesky: (A + Aᵀ)/2 = L·Lᵀ row by row: L[i, j] = (A[i, j] − Σ_{k<j} L[i, k]·L[j, k]) / L[j, j]. A pivot that is not positive
// is a fault at its row.
template <class T>
void run_cholesky(const Call& call, int64_t, int64_t) {
  const int64_t n = call.integers[0];
  const T* a = static_cast<const T*>(call.pointers[0]);
  T* factor = static_cast<T*>(call.pointers[1]);
  for (int64_t i = 0; i < n; ++i) {
    T* row = factor + i * n;
    for (int64_t j = 0; j <= i; ++j) {
      const T* other = factor + j * n;
      const T rest = (a[i * n + j] / 2 + a[j * n + i] / 2) - dotRows(row, other, j);
      if (j < i) {
        row[j] = rest / other[j];
        continue;
      }
      if (!(rest > 0 && rest - rest == 0))
        return raise(call.error, Fault::domain, call.instruction, i, static_cast<double>(rest));
      row[i] = squareRoot(rest);
    }
    for (int64_t j = i + 1; j < n; ++j) row[j] = 0;
  }
}

inline void plan_cholesky(Plan& p) {
  const int64_t elements = checkedProduct(p.integers[0], p.integers[0]);
  const DType dtype = p.in(0).dtype;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return;
  if (!p.expect(0, dtype, elements) || !p.expect(1, dtype, elements)) return;
  p.run = dtype == DType::f32 ? run_cholesky<float> : run_cholesky<double>;
}

// triangular_solve: L·X = B, or Lᵀ·X = B, for lower triangular L [n, n] and B [n, columns]; what lies above the diagonal is not
// read.
// read.
constexpr int64_t solveColumns = 64;  // of a chunk: eight cache lines a row of float64

// X[i] = (B[i] − Σ_{k<i} L[i, k]·X[k]) / L[i, i]
template <class T>
void solveForward(const T* lower, T* x, int64_t n, int64_t columns, int64_t width) {
  for (int64_t i = 0; i < n; ++i) {
    const T* row = lower + i * n;
    T* own = x + i * columns;
    if (columns == 1) {
      own[0] = (own[0] - dotRows(row, x, i)) / row[i];
      continue;
    }
    for (int64_t k = 0; k < i; ++k) addMultiple(own, x + k * columns, -row[k], width);
    for (int64_t j = 0; j < width; ++j) own[j] /= row[i];
  }
}

// X[i] = (B[i] − Σ_{k>i} L[k, i]·X[k]) / L[i, i], each X[i] taken off the ones above it as soon as it is known
template <class T>
void solveBackward(const T* lower, T* x, int64_t n, int64_t columns, int64_t width) {
  for (int64_t i = n - 1; i >= 0; --i) {
    const T* row = lower + i * n;
    T* own = x + i * columns;
    for (int64_t j = 0; j < width; ++j) own[j] /= row[i];
    if (columns == 1) {
      addMultiple(x, row, -own[0], i);
      continue;
    }
    for (int64_t k = 0; k < i; ++k) addMultiple(x + k * columns, own, -row[k], width);
  }
}

template <class T>
void run_triangular_solve(const Call& call, int64_t begin, int64_t end) {
  const int64_t n = call.integers[0], columns = call.integers[1];
  const bool transposed = call.integers[2] != 0;
  auto* lower = static_cast<const T*>(call.pointers[0]);
  const Range r = chunkRange(begin, end, columns, solveColumns);
  const int64_t width = r.end - r.begin;
  auto* b = static_cast<const T*>(call.pointers[1]) + r.begin;
  T* x = static_cast<T*>(call.pointers[2]) + r.begin;
  if (x != b)
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j < width; ++j) x[i * columns + j] = b[i * columns + j];
  if (transposed)
    solveBackward(lower, x, n, columns, width);
  else
    solveForward(lower, x, n, columns, width);
}

inline void plan_triangular_solve(Plan& p) {
  const int64_t n = p.integers[0], columns = p.integers[1];
  const DType dtype = p.in(0).dtype;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return;
  if (!p.expect(0, dtype, checkedProduct(n, n))) return;
  if (!p.expect(1, dtype, checkedProduct(n, columns)) || !p.expect(2, dtype, checkedProduct(n, columns))) return;
  p.run = dtype == DType::f32 ? run_triangular_solve<float> : run_triangular_solve<double>;
  p.chunks = chunkCount(columns, solveColumns);
  p.inPlace[0] = 1u << 1;
}

}  // namespace ravine::RAVINE_ISA
