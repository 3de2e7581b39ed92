// What the elementary functions share: the layout of a floating-point number, powers of two, polynomials.
#pragma once

namespace ravine::RAVINE_ISA {

template <class T>
struct Real;

template <>
struct Real<float> {
  using Int = int32_t;
  static constexpr int mantissa = 23, width = 32;
  static constexpr Int bias = 127, one = 0x3f800000, signBit = INT32_MIN;
  static constexpr float minNormal = 0x1p-126f;
  // Adding it rounds to an integer (to even), whose low bits then stand in the low bits of the sum.
  static constexpr float magic = 0x1.8p23f;
  static constexpr float ln2Hi = 0x1.62e430p-1f, ln2Lo = -0x1.05c610p-29f, log2e = 0x1.715476p0f;
  // Below it x, expm1(x) and log1p(x) are the same number.
  static constexpr float tiny = 0x1p-25f;
};

template <>
struct Real<double> {
  using Int = int64_t;
  static constexpr int mantissa = 52, width = 64;
  static constexpr Int bias = 1023, one = 0x3ff0000000000000, signBit = INT64_MIN;
  static constexpr double minNormal = 0x1p-1022;
  static constexpr double magic = 0x1.8p52;
  static constexpr double ln2Hi = 0x1.62e42fefa39efp-1, ln2Lo = 0x1.abc9e3b39803fp-56, log2e = 0x1.71547652b82fep0;
  static constexpr double tiny = 0x1p-54;
};

template <class T>
using IntVec = Vec<typename Real<T>::Int>;

// c[0] + c[1] x + … + c[n-1] x^(n-1)
template <class T, int n>
inline Vec<T> polynomial(Vec<T> x, const T (&c)[n]) {
  Vec<T> sum = Vec<T>::broadcast(c[n - 1]);
#pragma GCC unroll 32
  for (int i = n - 2; i >= 0; i--) sum = fma(sum, x, Vec<T>::broadcast(c[i]));
  return sum;
}

// 2^k, where t = k + magic and -bias < k <= bias.
template <class T>
inline Vec<T> powerOfTwo(Vec<T> t) {
  return fromBits(shiftLeft<Real<T>::mantissa>(bits(t) + IntVec<T>::broadcast(Real<T>::bias)));
}

// |a| with the sign of b.
template <class T>
inline Vec<T> copySign(Vec<T> a, Vec<T> b) {
  return fromBits(bits(abs(a)) | (bits(b) & IntVec<T>::broadcast(Real<T>::signBit)));
}

template <class T>
inline Vec<T> infinity() {
  return Vec<T>::broadcast(static_cast<T>(__builtin_inf()));
}

template <class T>
inline Vec<T> notANumber() {
  return Vec<T>::broadcast(static_cast<T>(__builtin_nan("")));
}

}  // namespace ravine::RAVINE_ISA
