// exp, expm1, sigmoid, tanh.
#pragma once

#include "real.h"

namespace ravine::RAVINE_ISA {

// q(r) = (e^r - 1 - r) / r^2 on |r| <= ln 2 / 2, minimax.
template <class T>
struct ExpTable;
template <>
struct ExpTable<float> {
  static constexpr float q[] = {0.5f, 0.166666672f, 0.0416663103f, 0.00833326858f, 0.00139436207f, 0.000199163871f};
  static constexpr float lowest = -104.0f, highest = 89.0f;  // 0 and infinity from here on
};
template <>
struct ExpTable<double> {
  static constexpr double q[] = {0.5,
                                 0.16666666666666677,
                                 0.041666666666666699,
                                 0.0083333333333216481,
                                 0.0013888888888866921,
                                 0.00019841269886086314,
                                 2.4801587360406157e-05,
                                 2.7557244248770935e-06,
                                 2.7557242878530425e-07,
                                 2.5109023182092993e-08,
                                 2.0924408730604535e-09};
  static constexpr double lowest = -746.0, highest = 710.0;
};

// x + tail = k ln 2 + r with |r| <= ln 2 / 2, and p = e^r - 1.
template <class T>
struct ExpParts {
  Vec<T> k, p;
};
template <class T>
inline ExpParts<T> expParts(Vec<T> x, Vec<T> tail) {
  using V = Vec<T>;
  using R = Real<T>;
  const V k = fma(x, V::broadcast(R::log2e), V::broadcast(R::magic)) - V::broadcast(R::magic);
  V r = fma(k, V::broadcast(-R::ln2Hi), x);
  r = fma(k, V::broadcast(-R::ln2Lo), r) + tail;
  return {k, fma(r * r, polynomial(r, ExpTable<T>::q), r)};
}

// e^(x + tail), where |tail| is below an ulp or so of x. 2^k comes in two factors, so that a denormal result is rounded once.
template <class T>
inline Vec<T> expWithTail(Vec<T> x, Vec<T> tail) {
  using V = Vec<T>;
  const V magic = V::broadcast(Real<T>::magic);
  const V clamped = max(min(x, V::broadcast(ExpTable<T>::highest)), V::broadcast(ExpTable<T>::lowest));
  const ExpParts<T> e = expParts(clamped, tail);
  const V half = fma(e.k, V::broadcast(T(0.5)), magic);
  const V rest = e.k - (half - magic) + magic;
  return (e.p + V::broadcast(T(1))) * powerOfTwo(half) * powerOfTwo(rest);
}

// All x. ULP: float 1, double 1.
template <class T>
inline Vec<T> exp(Vec<T> x) {
  return expWithTail(x, Vec<T>::zero());
}

// e^x - 1 = 2 (2^(k-1) p + (2^(k-1) - 1/2)). All x. ULP: float 2, double 2.
template <class T>
inline Vec<T> expm1(Vec<T> x) {
  using V = Vec<T>;
  const V half = V::broadcast(T(0.5));
  const V clamped = max(min(x, V::broadcast(ExpTable<T>::highest)), V::broadcast(T(-40)));
  const ExpParts<T> e = expParts(clamped, V::zero());
  const V scale = powerOfTwo(e.k + V::broadcast(Real<T>::magic - 1));
  const V y = fma(e.p, scale, scale - half);
  return select(lt(abs(x), V::broadcast(Real<T>::tiny)), x, y + y);
}

// 1 / (1 + e^-x), or e^x / (1 + e^x) below 0. All x. ULP: float 3, double 3.
template <class T>
inline Vec<T> sigmoid(Vec<T> x) {
  using V = Vec<T>;
  const V one = V::broadcast(T(1)), e = exp(-abs(x));
  return select(lt(x, V::zero()), e, one) / (one + e);
}

// -t / (t + 2) with t = e^-2|x| - 1. All x. ULP: float 3, double 3.
template <class T>
inline Vec<T> tanh(Vec<T> x) {
  using V = Vec<T>;
  const V a = abs(x), t = expm1(-(a + a));
  return copySign(t / (t + V::broadcast(T(2))), x);
}

}  // namespace ravine::RAVINE_ISA
