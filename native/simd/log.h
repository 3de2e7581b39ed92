// log, log1p.
#pragma once

#include "real.h"

namespace ravine::RAVINE_ISA {

// R(z) = (log(1 + f) / s - 2) / z with s = f / (2 + f), z = s^2, sqrt(1/2) <= 1 + f <= sqrt(2), minimax.
template <class T>
struct LogTable;
template <>
struct LogTable<float> {
  static constexpr float r[] = {0.666666687f, 0.400003284f, 0.285376698f, 0.235762134f};
  static constexpr int32_t sqrtHalf = 0x3f3504f3;
};
template <>
struct LogTable<double> {
  static constexpr double r[] = {0.66666666666666663, 0.4000000000000562,  0.28571428569243668, 0.22222222627136604,
                                 0.18181777009716821, 0.15387039366901101, 0.13251148977806895, 0.13242877571188558};
  static constexpr int64_t sqrtHalf = 0x3fe6a09e667f3bcd;
};

// x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), for positive finite x, denormal ones too.
template <class T>
struct LogParts {
  Vec<T> k, f;
};
template <class T>
inline LogParts<T> logParts(Vec<T> x) {
  using V = Vec<T>;
  using I = IntVec<T>;
  using R = Real<T>;
  constexpr T scale = T(int64_t(1) << (R::mantissa + 2));
  const Mask<T> small = lt(x, V::broadcast(R::minNormal));
  const V normal = select(small, x * V::broadcast(scale), x);
  const I shifted = bits(normal) + I::broadcast(R::one - LogTable<T>::sqrtHalf);
  const V mantissa =
      fromBits((shifted & I::broadcast((typename R::Int(1) << R::mantissa) - 1)) + I::broadcast(LogTable<T>::sqrtHalf));
  constexpr T integerOne = T(int64_t(1) << R::mantissa);  // its low bits hold an integer
  const V exponent =
      fromBits(shiftRight<R::mantissa>(shifted) | bits(V::broadcast(integerOne))) -
      select(small, V::broadcast(integerOne + T(R::bias + R::mantissa + 2)), V::broadcast(integerOne + T(R::bias)));
  return {exponent, mantissa - V::broadcast(T(1))};
}

// k ln 2 + log(1 + f) + correction; log(1 + f) = f - (h - s (h + z R)), h = f^2 / 2.
template <class T>
inline Vec<T> logFromParts(LogParts<T> x, Vec<T> correction) {
  using V = Vec<T>;
  const V s = x.f / (V::broadcast(T(2)) + x.f), z = s * s, h = V::broadcast(T(0.5)) * x.f * x.f;
  const V low = fma(s, h + z * polynomial(z, LogTable<T>::r), fma(x.k, V::broadcast(Real<T>::ln2Lo), correction));
  return fma(x.k, V::broadcast(Real<T>::ln2Hi), x.f - (h - low));
}

// What log gives for x outside of the positive finite numbers, `y` elsewhere.
template <class T>
inline Vec<T> logSpecial(Vec<T> x, Vec<T> y) {
  y = select(lt(x, infinity<T>()), y, x);
  y = select(eq(x, Vec<T>::zero()), -infinity<T>(), y);
  return select(lt(x, Vec<T>::zero()), notANumber<T>(), y);
}

// All x; NaN below 0. ULP: float 1, double 1.
template <class T>
inline Vec<T> log(Vec<T> x) {
  return logSpecial(x, logFromParts(logParts(x), Vec<T>::zero()));
}

// log(u + c) = log(u) + c/u where u = 1 + x rounded and c is what the rounding lost. All x; NaN below -1. ULP: float 2, double 2.
template <class T>
inline Vec<T> log1p(Vec<T> x) {
  using V = Vec<T>;
  const V one = V::broadcast(T(1)), u = one + x, x1 = u - one;
  const V c = (one - (u - x1)) + (x - x1);
  const V y = logSpecial(u, logFromParts(logParts(u), c / u));
  return select(lt(abs(x), V::broadcast(Real<T>::tiny)), x, y);
}

}  // namespace ravine::RAVINE_ISA
