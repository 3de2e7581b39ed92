// pow.
#pragma once

#include "exp.h"
#include "log.h"

namespace ravine::RAVINE_ISA {

// An unevaluated sum, |lo| at most half an ulp of hi.
template <class T>
struct Pair {
  Vec<T> hi, lo;
};
template <class T>
inline Pair<T> fastSum(Vec<T> a, Vec<T> b) {  // |a| >= |b| or a = 0
  const Vec<T> s = a + b;
  return {s, b - (s - a)};
}
template <class T>
inline Pair<T> operator*(Pair<T> a, Pair<T> b) {
  const Vec<T> p = a.hi * b.hi;
  return fastSum(p, fma(a.hi, b.lo, fma(a.lo, b.hi, fma(a.hi, b.hi, -p))));
}

// log(x) to about 2^-64, relatively, for positive finite x: with s = f / (2 + f) and z = s^2,
// log(1 + f) = 2 s + s z (2/3 + z Q(z)), every sum down to the 2/3 in two words.
inline Pair<double> logPair(Vec<double> x) {
  using V = Vec<double>;
  static constexpr double q[] = {0.3999999999999998,  0.28571428571444779, 0.22222222217603654, 0.18181818863295887,
                                 0.15384557287815032, 0.13336303221387136, 0.11675077099108985, 0.11987059866075933};
  const LogParts<double> parts = logParts(x);
  const V two = V::broadcast(2), f = parts.f, d = two + f, dLow = f - (d - two);
  const V sHi = f / d;
  const Pair<double> s = fastSum(sHi, (fma(-sHi, d, f) - sHi * dLow) / d);
  const Pair<double> z = s * s;
  Pair<double> a = fastSum(V::broadcast(0x1.5555555555555p-1), z.hi * polynomial(z.hi, q));
  a = fastSum(a.hi, a.lo + V::broadcast(0x1.5555555555555p-55));
  const Pair<double> cubic = s * (z * a);
  const Pair<double> twoS = fastSum(s.hi + s.hi, cubic.hi);
  const V low = twoS.lo + (s.lo + s.lo + cubic.lo);
  // k ln 2: the head's 33 bits make k·head exact
  constexpr double ln2Head = 0x1.62e42fefp-1, ln2Tail = 0x1.473de6af278edp-34;
  const Pair<double> sum = fastSum(parts.k * V::broadcast(ln2Head), twoS.hi);
  const Pair<double> head = fastSum(sum.hi, parts.k * V::broadcast(ln2Tail));
  return fastSum(head.hi, head.lo + sum.lo + low);
}

// |x|^y for finite x != 0: e^(y log|x|).
inline Vec<double> powMagnitude(Vec<double> a, Vec<double> y) {
  using V = Vec<double>;
  const Pair<double> l = logPair(a);
  const V p = y * l.hi;
  const V tail = fma(y, l.lo, fma(y, l.hi, -p));
  return expWithTail(p, select(lt(abs(p), V::broadcast(1000)), tail, V::zero()));
}

// All x and y as in C: x^0 = 1^y = 1, negative x with an integer y, NaN with another; 0 and infinities. ULP: 2.
inline Vec<double> pow(Vec<double> x, Vec<double> y) {
  using V = Vec<double>;
  const V zero = V::zero(), one = V::broadcast(1), inf = infinity<double>(), a = abs(x);
  V r = powMagnitude(a, y);
  // |x| and y where one of them is 0 or infinite: the result is 0 or infinite
  const Mask<double> positive = gt(y, zero), larger = gt(a, one);
  const Mask<double> up = (positive & larger) | !(positive | larger);
  const Mask<double> extreme = eq(a, zero) | eq(a, inf) | eq(abs(y), inf);
  r = select(extreme & eq(y, y) & eq(a, a), select(up, inf, zero), r);
  // the sign of an odd power, and none of a fractional one
  const V half = y * V::broadcast(0.5);
  const Mask<double> whole = eq(floor(y), y), odd = whole & ne(floor(half), half);
  r = select(odd, copySign(r, x), r);
  r = select(lt(x, zero) & ne(a, inf) & !whole, notANumber<double>(), r);
  r = select(ne(x, x), x, select(ne(y, y), y, r));
  return select(eq(y, zero) | eq(x, one) | (eq(a, one) & eq(abs(y), inf)), one, r);
}

// Through double, rounded once more. ULP: 1.
inline Vec<float> pow(Vec<float> x, Vec<float> y) {
  using F = Vec<float>;
  using D = Vec<double>;
  float xs[F::lanes], ys[F::lanes];
  double xd[F::lanes], yd[F::lanes];
  x.store(xs), y.store(ys);
  for (int i = 0; i < F::lanes; i++) xd[i] = xs[i], yd[i] = ys[i];
  for (int i = 0; i < F::lanes; i += D::lanes) pow(D::load(xd + i), D::load(yd + i)).store(xd + i);
  for (int i = 0; i < F::lanes; i++) xs[i] = static_cast<float>(xd[i]);
  return F::load(xs);
}

}  // namespace ravine::RAVINE_ISA
