// conjugate_gradient: S·X = B with S = (A + Aᵀ)/2, column by column, by the linear method of conjugate gradients (Hestenes &
// Stiefel 1952): x ← x + α·d, r ← r − α·S·d, d ← r + β·d with α = r·r / d·S·d and β = r₊·r₊ / r·r.
#pragma once

#include "linear_algebra.h"

namespace ravine::RAVINE_ISA {

constexpr int64_t conjugateVectors = 4;

// to[j] = from[j] + factor·to[j]
template <class T>
void addToMultiple(T* to, const T* from, T factor, int64_t length) {
  using V = Vec<T>;
  const V f = V::broadcast(factor);
  int64_t j = 0;
  for (; j + V::lanes <= length; j += V::lanes) fma(f, V::load(to + j), V::load(from + j)).store(to + j);
  if (j == length) return;
  const int rest = static_cast<int>(length - j);
  fma(f, V::loadPartial(to + j, rest), V::loadPartial(from + j, rest)).storePartial(to + j, rest);
}

// One column. Works on b / max|b|, so that no square overflows or underflows.
template <class T>
class ConjugateGradient {
 public:
  // vectors: [conjugateVectors, n]
  ConjugateGradient(const T* matrix, int64_t n, T* vectors)
      : a_(matrix), n_(n), x_(vectors), r_(vectors + n), d_(vectors + 2 * n), sd_(vectors + 3 * n) {}

  Fault solve(const T* b, int64_t stride, T tolerance, int64_t most);
  T scale() const { return scale_; }
  const T* x() const { return x_; }
  // The curvature or the relative residual that made it fail.
  T value() const { return value_; }

 private:
  bool takeScale(const T* b, int64_t stride);
  void product();
  T residual(const T* b, int64_t stride);
  bool step();

  const T* a_;
  int64_t n_;
  T *x_, *r_, *d_, *sd_;
  T scale_ = 0, square_ = 0, value_ = 0;
};

template <class T>
Fault ConjugateGradient<T>::solve(const T* b, int64_t stride, T tolerance, int64_t most) {
  for (int64_t i = 0; i < n_; ++i) x_[i] = 0;
  if (!takeScale(b, stride)) return Fault::convergence;
  if (scale_ == 0) return Fault::none;
  const T whole = residual(b, stride), target = tolerance * whole;
  T exact = whole;  // at the last time that it was worked out from x
  for (int64_t k = 0; !(exact <= target); ++k) {
    if (squareRoot(square_) <= target || k == most) {
      const T before = exact;
      exact = residual(b, stride);
      if (exact <= target) break;
      value_ = exact / whole;
      if (k == most || !(exact <= before / 2)) return Fault::convergence;
    }
    if (!step()) return Fault::curvature;
  }
  return Fault::none;
}

// max|b|; false where an element is not finite
template <class T>
bool ConjugateGradient<T>::takeScale(const T* b, int64_t stride) {
  scale_ = 0;
  for (int64_t i = 0; i < n_; ++i) {
    const T x = b[i * stride], size = x < 0 ? -x : x;
    if (!(x - x == 0)) return value_ = x, false;
    if (size > scale_) scale_ = size;
  }
  return true;
}

// sd = S·d in one pass over A
template <class T>
void ConjugateGradient<T>::product() {
  for (int64_t i = 0; i < n_; ++i) sd_[i] = 0;
  for (int64_t i = 0; i < n_; ++i) {
    const T* row = a_ + i * n_;
    addMultiple(sd_, row, d_[i] / 2, n_);
    sd_[i] += dotRows(row, d_, n_) / 2;
  }
}

// r = b − S·x, d = r; its norm
template <class T>
T ConjugateGradient<T>::residual(const T* b, int64_t stride) {
  for (int64_t i = 0; i < n_; ++i) d_[i] = x_[i];
  product();
  for (int64_t i = 0; i < n_; ++i) d_[i] = r_[i] = b[i * stride] / scale_ - sd_[i];
  square_ = dotRows(r_, r_, n_);
  return squareRoot(square_);
}

template <class T>
bool ConjugateGradient<T>::step() {
  product();
  const T curvature = dotRows(d_, sd_, n_);
  if (!(curvature > 0 && curvature - curvature == 0)) return value_ = curvature, false;
  const T alpha = square_ / curvature;
  addMultiple(x_, d_, alpha, n_);
  addMultiple(r_, sd_, -alpha, n_);
  const T next = dotRows(r_, r_, n_);
  addToMultiple(d_, r_, next / square_, n_);
  square_ = next;
  return true;
}

template <class T>
void run_conjugate_gradient(const Call& call, int64_t begin, int64_t end) {
  const int64_t n = call.integers[0], columns = call.integers[1];
  for (int64_t column = begin; column < end; ++column) {
    T* vectors = static_cast<T*>(call.scratch) + column * conjugateVectors * n;
    ConjugateGradient<T> method(static_cast<const T*>(call.pointers[0]), n, vectors);
    const T* b = static_cast<const T*>(call.pointers[1]) + column;
    T* x = static_cast<T*>(call.pointers[2]) + column;
    const Fault fault = method.solve(b, columns, static_cast<T>(call.reals[2]), call.integers[3]);
    if (fault != Fault::none) raise(call.error, fault, call.instruction, column, static_cast<double>(method.value()));
    for (int64_t i = 0; i < n; ++i) x[i * columns] = method.x()[i] * method.scale();
  }
}

inline void plan_conjugate_gradient(Plan& p) {
  const int64_t n = p.integers[0], columns = p.integers[1];
  const DType dtype = p.in(0).dtype;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return;
  if (!p.expect(0, dtype, checkedProduct(n, n))) return;
  if (!p.expect(1, dtype, checkedProduct(n, columns)) || !p.expect(2, dtype, checkedProduct(n, columns))) return;
  if (!p.expect(p.reals[2] >= 0 && p.integers[3] >= 0, "tolerance")) return;
  p.run = dtype == DType::f32 ? run_conjugate_gradient<float> : run_conjugate_gradient<double>;
  p.chunks = columns;
  p.scratchBytes = checkedProduct(n, columns, conjugateVectors, bytesOf(dtype));
  p.inPlace[0] = 1u << 1;
}

}  // namespace ravine::RAVINE_ISA
