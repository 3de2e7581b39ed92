// AVX-512 (F, DQ, BW, VL) with FMA. The interface stands in vec_scalar.h.
// Intrinsics stand in their maskz form, mask full, where the plain one makes gcc 12 warn of its own undefined register; the code
// is the same.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace ravine::RAVINE_ISA {

template <class T>
struct Vec;

template <class T>
struct Mask;
template <>
struct Mask<float> {
  __mmask16 m;
};
template <>
struct Mask<int32_t> {
  __mmask16 m;
};
template <>
struct Mask<double> {
  __mmask8 m;
};
template <>
struct Mask<int64_t> {
  __mmask8 m;
};

inline __mmask16 first16(int n) { return static_cast<__mmask16>((1u << n) - 1); }
inline __mmask8 first8(int n) { return static_cast<__mmask8>((1u << n) - 1); }

template <>
struct Vec<int32_t> {
  static constexpr int lanes = 16;
  __m512i v;
  static Vec load(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
  static Vec loadPartial(const int32_t* p, int n) { return {_mm512_maskz_loadu_epi32(first16(n), p)}; }
  static Vec loadU8(const uint8_t* p) {
    return {_mm512_maskz_cvtepu8_epi32(0xffff, _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
  }
  static Vec loadU8Partial(const uint8_t* p, int n) {
    return {_mm512_maskz_cvtepu8_epi32(0xffff, _mm_maskz_loadu_epi8(first16(n), p))};
  }
  static Vec broadcast(int32_t x) { return {_mm512_set1_epi32(x)}; }
  static Vec zero() { return {_mm512_setzero_si512()}; }
  static Vec iota() { return {_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)}; }
  void store(int32_t* p) const { _mm512_storeu_si512(p, v); }
  void storePartial(int32_t* p, int n) const { _mm512_mask_storeu_epi32(p, first16(n), v); }
  void storeU8(uint8_t* p) const { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_maskz_cvtepi32_epi8(0xffff, v)); }
  void storeU8Partial(uint8_t* p, int n) const { _mm512_mask_cvtepi32_storeu_epi8(p, first16(n), v); }
};

template <>
struct Vec<float> {
  static constexpr int lanes = 16;
  __m512 v;
  static Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
  static Vec loadPartial(const float* p, int n) { return {_mm512_maskz_loadu_ps(first16(n), p)}; }
  static Vec loadU8(const uint8_t* p) { return {_mm512_maskz_cvtepi32_ps(0xffff, Vec<int32_t>::loadU8(p).v)}; }
  static Vec loadU8Partial(const uint8_t* p, int n) {
    return {_mm512_maskz_cvtepi32_ps(0xffff, Vec<int32_t>::loadU8Partial(p, n).v)};
  }
  static Vec broadcast(float x) { return {_mm512_set1_ps(x)}; }
  static Vec zero() { return {_mm512_setzero_ps()}; }
  void store(float* p) const { _mm512_storeu_ps(p, v); }
  void storePartial(float* p, int n) const { _mm512_mask_storeu_ps(p, first16(n), v); }
  void storeU8(uint8_t* p) const { Vec<int32_t>{_mm512_maskz_cvttps_epi32(0xffff, v)}.storeU8(p); }
  void storeU8Partial(uint8_t* p, int n) const { Vec<int32_t>{_mm512_maskz_cvttps_epi32(0xffff, v)}.storeU8Partial(p, n); }
};

template <>
struct Vec<int64_t> {
  static constexpr int lanes = 8;
  __m512i v;
  static Vec load(const int64_t* p) { return {_mm512_loadu_si512(p)}; }
  static Vec broadcast(int64_t x) { return {_mm512_set1_epi64(x)}; }
  static Vec zero() { return {_mm512_setzero_si512()}; }
  void store(int64_t* p) const { _mm512_storeu_si512(p, v); }
};

template <>
struct Vec<double> {
  static constexpr int lanes = 8;
  __m512d v;
  static Vec load(const double* p) { return {_mm512_loadu_pd(p)}; }
  static Vec loadPartial(const double* p, int n) { return {_mm512_maskz_loadu_pd(first8(n), p)}; }
  static Vec loadU8(const uint8_t* p) { return fromBytes(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))); }
  static Vec loadU8Partial(const uint8_t* p, int n) { return fromBytes(_mm_maskz_loadu_epi8(first8(n), p)); }
  static Vec broadcast(double x) { return {_mm512_set1_pd(x)}; }
  static Vec zero() { return {_mm512_setzero_pd()}; }
  void store(double* p) const { _mm512_storeu_pd(p, v); }
  void storePartial(double* p, int n) const { _mm512_mask_storeu_pd(p, first8(n), v); }
  void storeU8(uint8_t* p) const { _mm_storel_epi64(reinterpret_cast<__m128i*>(p), toBytes()); }
  void storeU8Partial(uint8_t* p, int n) const { _mm_mask_storeu_epi8(p, first8(n), toBytes()); }

 private:
  static Vec fromBytes(__m128i bytes) { return {_mm512_maskz_cvtepi32_pd(0xff, _mm256_cvtepu8_epi32(bytes))}; }
  __m128i toBytes() const { return _mm256_maskz_cvtepi32_epi8(0xff, _mm512_maskz_cvttpd_epi32(0xff, v)); }
};

// Arithmetic
inline Vec<float> operator+(Vec<float> a, Vec<float> b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Vec<float> operator-(Vec<float> a, Vec<float> b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Vec<float> operator*(Vec<float> a, Vec<float> b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Vec<float> operator/(Vec<float> a, Vec<float> b) { return {_mm512_div_ps(a.v, b.v)}; }
inline Vec<double> operator+(Vec<double> a, Vec<double> b) { return {_mm512_add_pd(a.v, b.v)}; }
inline Vec<double> operator-(Vec<double> a, Vec<double> b) { return {_mm512_sub_pd(a.v, b.v)}; }
inline Vec<double> operator*(Vec<double> a, Vec<double> b) { return {_mm512_mul_pd(a.v, b.v)}; }
inline Vec<double> operator/(Vec<double> a, Vec<double> b) { return {_mm512_div_pd(a.v, b.v)}; }
inline Vec<int32_t> operator+(Vec<int32_t> a, Vec<int32_t> b) { return {_mm512_add_epi32(a.v, b.v)}; }
inline Vec<int32_t> operator-(Vec<int32_t> a, Vec<int32_t> b) { return {_mm512_sub_epi32(a.v, b.v)}; }
inline Vec<int32_t> operator*(Vec<int32_t> a, Vec<int32_t> b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
inline Vec<int64_t> operator+(Vec<int64_t> a, Vec<int64_t> b) { return {_mm512_add_epi64(a.v, b.v)}; }
inline Vec<int64_t> operator-(Vec<int64_t> a, Vec<int64_t> b) { return {_mm512_sub_epi64(a.v, b.v)}; }
inline Vec<float> operator-(Vec<float> a) { return {_mm512_xor_ps(a.v, _mm512_set1_ps(-0.0f))}; }
inline Vec<double> operator-(Vec<double> a) { return {_mm512_xor_pd(a.v, _mm512_set1_pd(-0.0))}; }
inline Vec<int32_t> operator-(Vec<int32_t> a) { return Vec<int32_t>::zero() - a; }
inline Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return {_mm512_fmadd_pd(a.v, b.v, c.v)}; }
inline Vec<float> sqrt(Vec<float> a) { return {_mm512_maskz_sqrt_ps(0xffff, a.v)}; }
inline Vec<double> sqrt(Vec<double> a) { return {_mm512_maskz_sqrt_pd(0xff, a.v)}; }
inline Vec<float> abs(Vec<float> a) { return {_mm512_andnot_ps(_mm512_set1_ps(-0.0f), a.v)}; }
inline Vec<double> abs(Vec<double> a) { return {_mm512_andnot_pd(_mm512_set1_pd(-0.0), a.v)}; }
inline Vec<int32_t> abs(Vec<int32_t> a) { return {_mm512_maskz_abs_epi32(0xffff, a.v)}; }
inline Vec<float> floor(Vec<float> a) { return {_mm512_maskz_roundscale_ps(0xffff, a.v, 0x09)}; }
inline Vec<double> floor(Vec<double> a) { return {_mm512_maskz_roundscale_pd(0xff, a.v, 0x09)}; }
inline Vec<float> roundEven(Vec<float> a) { return {_mm512_maskz_roundscale_ps(0xffff, a.v, 0x08)}; }
inline Vec<double> roundEven(Vec<double> a) { return {_mm512_maskz_roundscale_pd(0xff, a.v, 0x08)}; }

// Comparisons: ordered, but ne
#define RAVINE_COMPARE(name, predicate, integerPredicate)                                                      \
  inline Mask<float> name(Vec<float> a, Vec<float> b) { return {_mm512_cmp_ps_mask(a.v, b.v, predicate)}; }    \
  inline Mask<double> name(Vec<double> a, Vec<double> b) { return {_mm512_cmp_pd_mask(a.v, b.v, predicate)}; } \
  inline Mask<int32_t> name(Vec<int32_t> a, Vec<int32_t> b) { return {_mm512_cmp_epi32_mask(a.v, b.v, integerPredicate)}; }
RAVINE_COMPARE(eq, _CMP_EQ_OQ, _MM_CMPINT_EQ)
RAVINE_COMPARE(ne, _CMP_NEQ_UQ, _MM_CMPINT_NE)
RAVINE_COMPARE(lt, _CMP_LT_OQ, _MM_CMPINT_LT)
RAVINE_COMPARE(le, _CMP_LE_OQ, _MM_CMPINT_LE)
RAVINE_COMPARE(gt, _CMP_GT_OQ, _MM_CMPINT_NLE)
RAVINE_COMPARE(ge, _CMP_GE_OQ, _MM_CMPINT_NLT)
#undef RAVINE_COMPARE

inline Vec<float> select(Mask<float> m, Vec<float> a, Vec<float> b) { return {_mm512_mask_blend_ps(m.m, b.v, a.v)}; }
inline Vec<double> select(Mask<double> m, Vec<double> a, Vec<double> b) { return {_mm512_mask_blend_pd(m.m, b.v, a.v)}; }
inline Vec<int32_t> select(Mask<int32_t> m, Vec<int32_t> a, Vec<int32_t> b) { return {_mm512_mask_blend_epi32(m.m, b.v, a.v)}; }

template <class T>
Vec<T> maskToOnes(Mask<T> m);
template <>
inline Vec<float> maskToOnes<float>(Mask<float> m) {
  return {_mm512_maskz_mov_ps(m.m, _mm512_set1_ps(1.0f))};
}
template <>
inline Vec<double> maskToOnes<double>(Mask<double> m) {
  return {_mm512_maskz_mov_pd(m.m, _mm512_set1_pd(1.0))};
}
template <>
inline Vec<int32_t> maskToOnes<int32_t>(Mask<int32_t> m) {
  return {_mm512_maskz_mov_epi32(m.m, _mm512_set1_epi32(1))};
}
template <class T>
inline Mask<T> operator&(Mask<T> a, Mask<T> b) {
  return {static_cast<decltype(a.m)>(a.m & b.m)};
}
template <class T>
inline Mask<T> operator|(Mask<T> a, Mask<T> b) {
  return {static_cast<decltype(a.m)>(a.m | b.m)};
}
template <class T>
inline Mask<T> operator!(Mask<T> a) {
  return {static_cast<decltype(a.m)>(~a.m)};
}
template <class T>
inline bool any(Mask<T> a) {
  return a.m != 0;
}

// The instruction gives b where either is NaN, and where both are zero.
inline Vec<float> max(Vec<float> a, Vec<float> b) {
  return select(ne(a, a), a, Vec<float>{_mm512_maskz_max_ps(0xffff, a.v, b.v)});
}
inline Vec<float> min(Vec<float> a, Vec<float> b) {
  return select(ne(a, a), a, Vec<float>{_mm512_maskz_min_ps(0xffff, a.v, b.v)});
}
inline Vec<double> max(Vec<double> a, Vec<double> b) {
  return select(ne(a, a), a, Vec<double>{_mm512_maskz_max_pd(0xff, a.v, b.v)});
}
inline Vec<double> min(Vec<double> a, Vec<double> b) {
  return select(ne(a, a), a, Vec<double>{_mm512_maskz_min_pd(0xff, a.v, b.v)});
}
inline Vec<int32_t> max(Vec<int32_t> a, Vec<int32_t> b) { return {_mm512_maskz_max_epi32(0xffff, a.v, b.v)}; }
inline Vec<int32_t> min(Vec<int32_t> a, Vec<int32_t> b) { return {_mm512_maskz_min_epi32(0xffff, a.v, b.v)}; }

// Bits
inline Vec<int32_t> bits(Vec<float> a) { return {_mm512_castps_si512(a.v)}; }
inline Vec<int64_t> bits(Vec<double> a) { return {_mm512_castpd_si512(a.v)}; }
inline Vec<float> fromBits(Vec<int32_t> a) { return {_mm512_castsi512_ps(a.v)}; }
inline Vec<double> fromBits(Vec<int64_t> a) { return {_mm512_castsi512_pd(a.v)}; }
#define RAVINE_BITS(T, suffix)                                                                           \
  inline Vec<T> operator&(Vec<T> a, Vec<T> b) { return {_mm512_and_si512(a.v, b.v)}; }                   \
  inline Vec<T> operator|(Vec<T> a, Vec<T> b) { return {_mm512_or_si512(a.v, b.v)}; }                    \
  inline Vec<T> operator^(Vec<T> a, Vec<T> b) { return {_mm512_xor_si512(a.v, b.v)}; }                   \
  template <int n>                                                                                       \
  inline Vec<T> shiftLeft(Vec<T> a) {                                                                    \
    return {_mm512_maskz_slli_##suffix(static_cast<__mmask16>(0xffff >> (16 - Vec<T>::lanes)), a.v, n)}; \
  }                                                                                                      \
  template <int n>                                                                                       \
  inline Vec<T> shiftRight(Vec<T> a) {                                                                   \
    return {_mm512_maskz_srli_##suffix(static_cast<__mmask16>(0xffff >> (16 - Vec<T>::lanes)), a.v, n)}; \
  }
RAVINE_BITS(int32_t, epi32)
RAVINE_BITS(int64_t, epi64)
#undef RAVINE_BITS

// Conversions
inline Vec<int32_t> toInt(Vec<float> a) { return {_mm512_maskz_cvttps_epi32(0xffff, a.v)}; }
inline Vec<float> toFloat(Vec<int32_t> a) { return {_mm512_maskz_cvtepi32_ps(0xffff, a.v)}; }

// The upper 32 bits of the unsigned products.
inline Vec<int32_t> mulHigh(Vec<int32_t> a, Vec<int32_t> b) {
  const __m512i even = _mm512_maskz_mul_epu32(0xff, a.v, b.v);
  const __m512i odd =
      _mm512_maskz_mul_epu32(0xff, _mm512_maskz_srli_epi64(0xff, a.v, 32), _mm512_maskz_srli_epi64(0xff, b.v, 32));
  return {_mm512_mask_blend_epi32(0xaaaa, _mm512_maskz_srli_epi64(0xff, even, 32), odd)};
}

}  // namespace ravine::RAVINE_ISA
