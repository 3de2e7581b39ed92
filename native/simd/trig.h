// sin, cos, and both of a fraction of a turn.
#pragma once

#include "trig_large.h"

namespace ravine::RAVINE_ISA {

// sin(r) = r + r^3 s(r^2), cos(r) = 1 - r^2/2 + r^4 c(r^2) on |r| <= pi/4, minimax.
template <class T>
struct TrigTable;
template <>
struct TrigTable<float> {
  static constexpr float s[] = {-0.166666672f, 0.00833332911f, -0.000198393274f, 2.71824138e-06f};
  static constexpr float c[] = {0.0416666679f, -0.00138888834f, 2.4799514e-05f, -2.72097452e-07f};
  // pi/2 in three parts; k times the first is exact after the subtraction, what the three leave out is below 1e-3 ulp up to
  // `near`.
  static constexpr float halfPi[] = {0x1.921fb6p0f, -0x1.777a5cp-25f, -0x1.ee59dap-50f}, twoOverPi = 0x1.45f306p-1f;
  static constexpr float near = 100000.0f, twoPi = 0x1.921fb6p2f;
};
template <>
struct TrigTable<double> {
  static constexpr double s[] = {-0.16666666666666666,    0.0083333333333333228,  -0.00019841269841255007, 2.7557319214156376e-06,
                                 -2.5052104902229934e-08, 1.6058365383308457e-10, -7.578633954939001e-13};
  static constexpr double c[] = {0.041666666666666664,  -0.0013888888888888874,  2.4801587301571533e-05, -2.7557319215382453e-07,
                                 2.087675436591646e-09, -1.1470293082119967e-11, 4.7380949333705646e-14};
  static constexpr double halfPi[] = {0x1.921fb54442d18p0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110};
  static constexpr double twoOverPi = 0x1.45f306dc9c883p-1, near = 1000000.0, twoPi = 0x1.921fb54442d18p2;
};

// x = quadrant pi/2 + r + tail, |r| <= pi/4 and a rounding.
template <class T>
struct Angle {
  Vec<T> r, tail;
  IntVec<T> quadrant;  // its two low bits count
};

template <class T>
inline Angle<T> reduceNear(Vec<T> x) {
  using V = Vec<T>;
  using Table = TrigTable<T>;
  const V t = fma(x, V::broadcast(Table::twoOverPi), V::broadcast(Real<T>::magic)), k = -(t - V::broadcast(Real<T>::magic));
  const V r1 = fma(k, V::broadcast(Table::halfPi[0]), x);
  // r1 + k p in two words, since the two may cancel; then the third part
  const V p = k * V::broadcast(Table::halfPi[1]), pLost = fma(k, V::broadcast(Table::halfPi[1]), -p);
  const V sum = r1 + p, seen = sum - r1, sumLost = (r1 - (sum - seen)) + (p - seen);
  const V rest = fma(k, V::broadcast(Table::halfPi[2]), sumLost + pLost);
  const V r = sum + rest;
  return {r, rest - (r - sum), bits(t)};
}

// The lanes beyond `near`, one at a time.
template <class T>
inline Angle<T> reduceFar(Vec<T> x, Angle<T> angle) {
  constexpr int lanes = Vec<T>::lanes;
  T xs[lanes], r[lanes], tail[lanes];
  typename Real<T>::Int quadrant[lanes];
  x.store(xs), angle.r.store(r), angle.tail.store(tail), angle.quadrant.store(quadrant);
  for (int i = 0; i < lanes; i++) {
    const T magnitude = xs[i] < 0 ? -xs[i] : xs[i];
    if (!(magnitude > TrigTable<T>::near && magnitude < static_cast<T>(__builtin_inf()))) continue;
    const LargeAngle large = reduceLarge(xs[i]);
    r[i] = static_cast<T>(large.r);
    tail[i] = static_cast<T>(large.r - static_cast<double>(r[i]) + large.tail);
    quadrant[i] = static_cast<typename Real<T>::Int>(large.quadrant);
  }
  return {Vec<T>::load(r), Vec<T>::load(tail), IntVec<T>::load(quadrant)};
}

template <class T>
inline Angle<T> reduceAngle(Vec<T> x) {
  const Angle<T> near = reduceNear(x);
  return any(gt(abs(x), Vec<T>::broadcast(TrigTable<T>::near))) ? reduceFar(x, near) : near;
}

template <class T>
inline Vec<T> sinReduced(Vec<T> r, Vec<T> tail) {
  const Vec<T> z = r * r;
  return fma(z * r, polynomial(z, TrigTable<T>::s), tail) + r;
}

template <class T>
inline Vec<T> cosReduced(Vec<T> r, Vec<T> tail) {
  using V = Vec<T>;
  const V one = V::broadcast(T(1)), z = r * r, half = V::broadcast(T(0.5)) * z, w = one - half;
  const V lost = (one - w) - half;
  return w + (lost + fma(z * z, polynomial(z, TrigTable<T>::c), -(r * tail)));
}

// Quadrants 0 … 3 of the sine: sin r, cos r, -sin r, -cos r.
template <class T>
inline Vec<T> sinInQuadrant(Vec<T> sine, Vec<T> cosine, IntVec<T> quadrant) {
  using I = IntVec<T>;
  using R = Real<T>;
  const I odd = shiftLeft<R::width - 1>(quadrant) | I::broadcast(R::one);  // the bits of 1 or -1
  const Vec<T> y = select(lt(fromBits(odd), Vec<T>::zero()), cosine, sine);
  return fromBits(bits(y) ^ (shiftLeft<R::width - 2>(quadrant) & I::broadcast(R::signBit)));
}

// All x, reduced with as many bits of 2/pi as it takes; NaN at infinity. ULP: float 2, double 2.
template <class T>
inline Vec<T> sin(Vec<T> x) {
  const Angle<T> a = reduceAngle(x);
  const Vec<T> y = sinInQuadrant(sinReduced(a.r, a.tail), cosReduced(a.r, a.tail), a.quadrant);
  return select(eq(x, Vec<T>::zero()), x, y);
}

template <class T>
inline Vec<T> cos(Vec<T> x) {
  const Angle<T> a = reduceAngle(x);
  return sinInQuadrant(sinReduced(a.r, a.tail), cosReduced(a.r, a.tail), a.quadrant + IntVec<T>::broadcast(1));
}

// sin(2 pi u) and cos(2 pi u), 0 <= u <= 1. Absolute error below one unit of 1's last place.
template <class T>
struct SinCos {
  Vec<T> sin, cos;
};
template <class T>
inline SinCos<T> sinCosTurns(Vec<T> u) {
  using V = Vec<T>;
  const V t = fma(u, V::broadcast(T(4)), V::broadcast(Real<T>::magic));
  const V r = fma(t - V::broadcast(Real<T>::magic), V::broadcast(T(-0.25)), u) * V::broadcast(TrigTable<T>::twoPi);
  const V sine = sinReduced(r, V::zero()), cosine = cosReduced(r, V::zero());
  return {sinInQuadrant(sine, cosine, bits(t)), sinInQuadrant(sine, cosine, bits(t) + IntVec<T>::broadcast(1))};
}

}  // namespace ravine::RAVINE_ISA
