// One lane, any machine: the reference for the other instruction sets, which have to give the same bits.
//
// Vec<T> for float, double, int32_t, and int64_t where only bits are meant:
//   load, loadPartial(p, n) (0 <= n <= lanes, the rest is 0), loadU8(Partial) widens bytes; store, storePartial, storeU8(Partial)
//   narrows 0 … 255; broadcast, zero; + - * / and unary -; int32_t wraps. Memory need not be aligned.
// min and max propagate NaN (the first one) and give the second operand where both are zero.
// Comparisons give Mask<T>: false where an operand is NaN, ne true. select(m, a, b) is a where m holds, else b.
#pragma once

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include <cstddef>
#include <cstdint>

namespace ravine::RAVINE_ISA {

template <class T>
struct Mask {
  bool m;
};

template <class T>
struct Vec {
  static constexpr int lanes = 1;
  T v;
  static Vec load(const T* p) { return {*p}; }
  static Vec loadPartial(const T* p, int n) { return {n > 0 ? *p : T(0)}; }
  static Vec loadU8(const uint8_t* p) { return {static_cast<T>(*p)}; }
  static Vec loadU8Partial(const uint8_t* p, int n) { return {n > 0 ? static_cast<T>(*p) : T(0)}; }
  static Vec broadcast(T x) { return {x}; }
  static Vec zero() { return {T(0)}; }
  static Vec iota() { return {T(0)}; }
  void store(T* p) const { *p = v; }
  void storePartial(T* p, int n) const {
    if (n > 0) *p = v;
  }
  void storeU8(uint8_t* p) const { *p = static_cast<uint8_t>(v); }
  void storeU8Partial(uint8_t* p, int n) const {
    if (n > 0) *p = static_cast<uint8_t>(v);
  }
};

// Arithmetic
#define RAVINE_REAL(T)                                                \
  inline Vec<T> operator+(Vec<T> a, Vec<T> b) { return {a.v + b.v}; } \
  inline Vec<T> operator-(Vec<T> a, Vec<T> b) { return {a.v - b.v}; } \
  inline Vec<T> operator*(Vec<T> a, Vec<T> b) { return {a.v * b.v}; } \
  inline Vec<T> operator/(Vec<T> a, Vec<T> b) { return {a.v / b.v}; } \
  inline Vec<T> operator-(Vec<T> a) { return {-a.v}; }
RAVINE_REAL(float)
RAVINE_REAL(double)
#undef RAVINE_REAL
#define RAVINE_WRAP(T, U)                                                                                             \
  inline Vec<T> operator+(Vec<T> a, Vec<T> b) { return {static_cast<T>(static_cast<U>(a.v) + static_cast<U>(b.v))}; } \
  inline Vec<T> operator-(Vec<T> a, Vec<T> b) { return {static_cast<T>(static_cast<U>(a.v) - static_cast<U>(b.v))}; } \
  inline Vec<T> operator*(Vec<T> a, Vec<T> b) { return {static_cast<T>(static_cast<U>(a.v) * static_cast<U>(b.v))}; } \
  inline Vec<T> operator-(Vec<T> a) { return Vec<T>::zero() - a; }                                                    \
  inline Vec<T> operator&(Vec<T> a, Vec<T> b) { return {a.v & b.v}; }                                                 \
  inline Vec<T> operator|(Vec<T> a, Vec<T> b) { return {a.v | b.v}; }                                                 \
  inline Vec<T> operator^(Vec<T> a, Vec<T> b) { return {a.v ^ b.v}; }                                                 \
  template <int n>                                                                                                    \
  inline Vec<T> shiftLeft(Vec<T> a) {                                                                                 \
    return {static_cast<T>(static_cast<U>(a.v) << n)};                                                                \
  }                                                                                                                   \
  template <int n>                                                                                                    \
  inline Vec<T> shiftRight(Vec<T> a) {                                                                                \
    return {static_cast<T>(static_cast<U>(a.v) >> n)};                                                                \
  }
RAVINE_WRAP(int32_t, uint32_t)
RAVINE_WRAP(int64_t, uint64_t)
#undef RAVINE_WRAP

// Rounded once. Without the instruction the C library does it in software.
inline Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return {__builtin_fmaf(a.v, b.v, c.v)}; }
inline Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return {__builtin_fma(a.v, b.v, c.v)}; }
inline Vec<float> sqrt(Vec<float> a) { return {__builtin_sqrtf(a.v)}; }
inline Vec<double> sqrt(Vec<double> a) { return {__builtin_sqrt(a.v)}; }
inline Vec<float> abs(Vec<float> a) { return {__builtin_fabsf(a.v)}; }
inline Vec<double> abs(Vec<double> a) { return {__builtin_fabs(a.v)}; }
inline Vec<int32_t> abs(Vec<int32_t> a) { return a.v < 0 ? -a : a; }
inline Vec<float> floor(Vec<float> a) { return {__builtin_floorf(a.v)}; }
inline Vec<double> floor(Vec<double> a) { return {__builtin_floor(a.v)}; }
inline Vec<float> roundEven(Vec<float> a) { return {__builtin_rintf(a.v)}; }
inline Vec<double> roundEven(Vec<double> a) { return {__builtin_rint(a.v)}; }

// Comparisons and masks
template <class T>
inline Mask<T> eq(Vec<T> a, Vec<T> b) {
  return {a.v == b.v};
}
template <class T>
inline Mask<T> ne(Vec<T> a, Vec<T> b) {
  return {a.v != b.v};
}
template <class T>
inline Mask<T> lt(Vec<T> a, Vec<T> b) {
  return {a.v < b.v};
}
template <class T>
inline Mask<T> le(Vec<T> a, Vec<T> b) {
  return {a.v <= b.v};
}
template <class T>
inline Mask<T> gt(Vec<T> a, Vec<T> b) {
  return {a.v > b.v};
}
template <class T>
inline Mask<T> ge(Vec<T> a, Vec<T> b) {
  return {a.v >= b.v};
}
template <class T>
inline Mask<T> operator&(Mask<T> a, Mask<T> b) {
  return {a.m && b.m};
}
template <class T>
inline Mask<T> operator|(Mask<T> a, Mask<T> b) {
  return {a.m || b.m};
}
template <class T>
inline Mask<T> operator!(Mask<T> a) {
  return {!a.m};
}
template <class T>
inline bool any(Mask<T> a) {
  return a.m;
}
template <class T>
inline Vec<T> select(Mask<T> m, Vec<T> a, Vec<T> b) {
  return m.m ? a : b;
}
template <class T>
inline Vec<T> maskToOnes(Mask<T> m) {
  return {m.m ? T(1) : T(0)};
}

// The comparing instruction, since it flushes denormals where that is set; a comparison and a choice would let them through.
#if defined(__SSE2__)
inline float larger(float a, float b) { return _mm_cvtss_f32(_mm_max_ss(_mm_set_ss(a), _mm_set_ss(b))); }
inline float smaller(float a, float b) { return _mm_cvtss_f32(_mm_min_ss(_mm_set_ss(a), _mm_set_ss(b))); }
inline double larger(double a, double b) { return _mm_cvtsd_f64(_mm_max_sd(_mm_set_sd(a), _mm_set_sd(b))); }
inline double smaller(double a, double b) { return _mm_cvtsd_f64(_mm_min_sd(_mm_set_sd(a), _mm_set_sd(b))); }
#else
template <class T>
inline T larger(T a, T b) {
  return a > b ? a : b;
}
template <class T>
inline T smaller(T a, T b) {
  return a < b ? a : b;
}
#endif
inline int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }
inline int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }
template <class T>
inline Vec<T> max(Vec<T> a, Vec<T> b) {
  return {a.v != a.v ? a.v : larger(a.v, b.v)};
}
template <class T>
inline Vec<T> min(Vec<T> a, Vec<T> b) {
  return {a.v != a.v ? a.v : smaller(a.v, b.v)};
}

// Bits
inline Vec<int32_t> bits(Vec<float> a) { return {__builtin_bit_cast(int32_t, a.v)}; }
inline Vec<int64_t> bits(Vec<double> a) { return {__builtin_bit_cast(int64_t, a.v)}; }
inline Vec<float> fromBits(Vec<int32_t> a) { return {__builtin_bit_cast(float, a.v)}; }
inline Vec<double> fromBits(Vec<int64_t> a) { return {__builtin_bit_cast(double, a.v)}; }

// Truncates; INT32_MIN where that does not fit, as the instruction does.
inline Vec<int32_t> toInt(Vec<float> a) {
  const bool fits = a.v >= -2147483648.0f && a.v < 2147483648.0f;
  return {fits ? static_cast<int32_t>(a.v) : INT32_MIN};
}
inline Vec<float> toFloat(Vec<int32_t> a) { return {static_cast<float>(a.v)}; }

// The upper 32 bits of the unsigned products.
inline Vec<int32_t> mulHigh(Vec<int32_t> a, Vec<int32_t> b) {
  return {static_cast<int32_t>(static_cast<uint64_t>(static_cast<uint32_t>(a.v)) * static_cast<uint32_t>(b.v) >> 32)};
}

}  // namespace ravine::RAVINE_ISA
