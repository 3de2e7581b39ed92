// AVX2 with FMA. The interface stands in vec_scalar.h.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace ravine::RAVINE_ISA {

template <class T>
struct Vec;

// All bits of a lane are set or none.
template <class T>
struct Mask;
template <>
struct Mask<float> {
  __m256 m;
};
template <>
struct Mask<double> {
  __m256d m;
};
template <>
struct Mask<int32_t> {
  __m256i m;
};

alignas(32) constexpr int32_t firstLanes32[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
alignas(32) constexpr int64_t firstLanes64[8] = {-1, -1, -1, -1, 0, 0, 0, 0};
inline __m256i first8(int n) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(firstLanes32 + 8 - n)); }
inline __m256i first4(int n) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(firstLanes64 + 4 - n)); }

inline __m128i loadBytes(const uint8_t* p, int n) {
  uint64_t bytes = 0;
  for (int i = 0; i < n; i++) bytes |= static_cast<uint64_t>(p[i]) << (8 * i);
  return _mm_cvtsi64_si128(static_cast<int64_t>(bytes));
}
inline void storeBytes(__m128i v, uint8_t* p, int n) {
  const uint64_t bytes = static_cast<uint64_t>(_mm_cvtsi128_si64(v));
  for (int i = 0; i < n; i++) p[i] = static_cast<uint8_t>(bytes >> (8 * i));
}

template <>
struct Vec<int32_t> {
  static constexpr int lanes = 8;
  __m256i v;
  static Vec load(const int32_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
  static Vec loadPartial(const int32_t* p, int n) { return {_mm256_maskload_epi32(p, first8(n))}; }
  static Vec loadU8(const uint8_t* p) { return {_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)))}; }
  static Vec loadU8Partial(const uint8_t* p, int n) { return {_mm256_cvtepu8_epi32(loadBytes(p, n))}; }
  static Vec broadcast(int32_t x) { return {_mm256_set1_epi32(x)}; }
  static Vec zero() { return {_mm256_setzero_si256()}; }
  static Vec iota() { return {_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)}; }
  void store(int32_t* p) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
  void storePartial(int32_t* p, int n) const { _mm256_maskstore_epi32(p, first8(n), v); }
  void storeU8(uint8_t* p) const { _mm_storel_epi64(reinterpret_cast<__m128i*>(p), toBytes()); }
  void storeU8Partial(uint8_t* p, int n) const { storeBytes(toBytes(), p, n); }

 private:
  __m128i toBytes() const {
    const __m128i shorts = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    return _mm_packus_epi16(shorts, shorts);
  }
};

template <>
struct Vec<float> {
  static constexpr int lanes = 8;
  __m256 v;
  static Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
  static Vec loadPartial(const float* p, int n) { return {_mm256_maskload_ps(p, first8(n))}; }
  static Vec loadU8(const uint8_t* p) { return {_mm256_cvtepi32_ps(Vec<int32_t>::loadU8(p).v)}; }
  static Vec loadU8Partial(const uint8_t* p, int n) { return {_mm256_cvtepi32_ps(Vec<int32_t>::loadU8Partial(p, n).v)}; }
  static Vec broadcast(float x) { return {_mm256_set1_ps(x)}; }
  static Vec zero() { return {_mm256_setzero_ps()}; }
  void store(float* p) const { _mm256_storeu_ps(p, v); }
  void storePartial(float* p, int n) const { _mm256_maskstore_ps(p, first8(n), v); }
  void storeU8(uint8_t* p) const { Vec<int32_t>{_mm256_cvttps_epi32(v)}.storeU8(p); }
  void storeU8Partial(uint8_t* p, int n) const { Vec<int32_t>{_mm256_cvttps_epi32(v)}.storeU8Partial(p, n); }
};

template <>
struct Vec<int64_t> {
  static constexpr int lanes = 4;
  __m256i v;
  static Vec load(const int64_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
  static Vec broadcast(int64_t x) { return {_mm256_set1_epi64x(x)}; }
  static Vec zero() { return {_mm256_setzero_si256()}; }
  void store(int64_t* p) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v); }
};

template <>
struct Vec<double> {
  static constexpr int lanes = 4;
  __m256d v;
  static Vec load(const double* p) { return {_mm256_loadu_pd(p)}; }
  static Vec loadPartial(const double* p, int n) { return {_mm256_maskload_pd(p, first4(n))}; }
  static Vec loadU8(const uint8_t* p) { return loadU8Partial(p, 4); }
  static Vec loadU8Partial(const uint8_t* p, int n) { return {_mm256_cvtepi32_pd(_mm_cvtepu8_epi32(loadBytes(p, n)))}; }
  static Vec broadcast(double x) { return {_mm256_set1_pd(x)}; }
  static Vec zero() { return {_mm256_setzero_pd()}; }
  void store(double* p) const { _mm256_storeu_pd(p, v); }
  void storePartial(double* p, int n) const { _mm256_maskstore_pd(p, first4(n), v); }
  void storeU8(uint8_t* p) const { storeU8Partial(p, 4); }
  void storeU8Partial(uint8_t* p, int n) const {
    const __m128i integers = _mm256_cvttpd_epi32(v);
    const __m128i shorts = _mm_packus_epi32(integers, integers);
    storeBytes(_mm_packus_epi16(shorts, shorts), p, n);
  }
};

// Arithmetic
inline Vec<float> operator+(Vec<float> a, Vec<float> b) { return {_mm256_add_ps(a.v, b.v)}; }
inline Vec<float> operator-(Vec<float> a, Vec<float> b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline Vec<float> operator*(Vec<float> a, Vec<float> b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline Vec<float> operator/(Vec<float> a, Vec<float> b) { return {_mm256_div_ps(a.v, b.v)}; }
inline Vec<double> operator+(Vec<double> a, Vec<double> b) { return {_mm256_add_pd(a.v, b.v)}; }
inline Vec<double> operator-(Vec<double> a, Vec<double> b) { return {_mm256_sub_pd(a.v, b.v)}; }
inline Vec<double> operator*(Vec<double> a, Vec<double> b) { return {_mm256_mul_pd(a.v, b.v)}; }
inline Vec<double> operator/(Vec<double> a, Vec<double> b) { return {_mm256_div_pd(a.v, b.v)}; }
inline Vec<int32_t> operator+(Vec<int32_t> a, Vec<int32_t> b) { return {_mm256_add_epi32(a.v, b.v)}; }
inline Vec<int32_t> operator-(Vec<int32_t> a, Vec<int32_t> b) { return {_mm256_sub_epi32(a.v, b.v)}; }
inline Vec<int32_t> operator*(Vec<int32_t> a, Vec<int32_t> b) { return {_mm256_mullo_epi32(a.v, b.v)}; }
inline Vec<int64_t> operator+(Vec<int64_t> a, Vec<int64_t> b) { return {_mm256_add_epi64(a.v, b.v)}; }
inline Vec<int64_t> operator-(Vec<int64_t> a, Vec<int64_t> b) { return {_mm256_sub_epi64(a.v, b.v)}; }
inline Vec<float> operator-(Vec<float> a) { return {_mm256_xor_ps(a.v, _mm256_set1_ps(-0.0f))}; }
inline Vec<double> operator-(Vec<double> a) { return {_mm256_xor_pd(a.v, _mm256_set1_pd(-0.0))}; }
inline Vec<int32_t> operator-(Vec<int32_t> a) { return Vec<int32_t>::zero() - a; }
inline Vec<float> fma(Vec<float> a, Vec<float> b, Vec<float> c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
inline Vec<double> fma(Vec<double> a, Vec<double> b, Vec<double> c) { return {_mm256_fmadd_pd(a.v, b.v, c.v)}; }
inline Vec<float> sqrt(Vec<float> a) { return {_mm256_sqrt_ps(a.v)}; }
inline Vec<double> sqrt(Vec<double> a) { return {_mm256_sqrt_pd(a.v)}; }
inline Vec<float> abs(Vec<float> a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline Vec<double> abs(Vec<double> a) { return {_mm256_andnot_pd(_mm256_set1_pd(-0.0), a.v)}; }
inline Vec<int32_t> abs(Vec<int32_t> a) { return {_mm256_abs_epi32(a.v)}; }
inline Vec<float> floor(Vec<float> a) { return {_mm256_round_ps(a.v, 0x09)}; }
inline Vec<double> floor(Vec<double> a) { return {_mm256_round_pd(a.v, 0x09)}; }
inline Vec<float> roundEven(Vec<float> a) { return {_mm256_round_ps(a.v, 0x08)}; }
inline Vec<double> roundEven(Vec<double> a) { return {_mm256_round_pd(a.v, 0x08)}; }

// Comparisons: ordered, but ne
#define RAVINE_COMPARE(name, predicate)                                                                \
  inline Mask<float> name(Vec<float> a, Vec<float> b) { return {_mm256_cmp_ps(a.v, b.v, predicate)}; } \
  inline Mask<double> name(Vec<double> a, Vec<double> b) { return {_mm256_cmp_pd(a.v, b.v, predicate)}; }
RAVINE_COMPARE(eq, _CMP_EQ_OQ)
RAVINE_COMPARE(ne, _CMP_NEQ_UQ)
RAVINE_COMPARE(lt, _CMP_LT_OQ)
RAVINE_COMPARE(le, _CMP_LE_OQ)
RAVINE_COMPARE(gt, _CMP_GT_OQ)
RAVINE_COMPARE(ge, _CMP_GE_OQ)
#undef RAVINE_COMPARE

inline Mask<float> operator&(Mask<float> a, Mask<float> b) { return {_mm256_and_ps(a.m, b.m)}; }
inline Mask<float> operator|(Mask<float> a, Mask<float> b) { return {_mm256_or_ps(a.m, b.m)}; }
inline Mask<double> operator&(Mask<double> a, Mask<double> b) { return {_mm256_and_pd(a.m, b.m)}; }
inline Mask<double> operator|(Mask<double> a, Mask<double> b) { return {_mm256_or_pd(a.m, b.m)}; }
inline Mask<int32_t> operator&(Mask<int32_t> a, Mask<int32_t> b) { return {_mm256_and_si256(a.m, b.m)}; }
inline Mask<int32_t> operator|(Mask<int32_t> a, Mask<int32_t> b) { return {_mm256_or_si256(a.m, b.m)}; }
inline Mask<int32_t> operator!(Mask<int32_t> a) { return {_mm256_xor_si256(a.m, _mm256_set1_epi32(-1))}; }
inline Mask<float> operator!(Mask<float> a) { return {_mm256_xor_ps(a.m, _mm256_castsi256_ps(_mm256_set1_epi32(-1)))}; }
inline Mask<double> operator!(Mask<double> a) { return {_mm256_xor_pd(a.m, _mm256_castsi256_pd(_mm256_set1_epi32(-1)))}; }
inline bool any(Mask<float> a) { return _mm256_movemask_ps(a.m) != 0; }
inline bool any(Mask<double> a) { return _mm256_movemask_pd(a.m) != 0; }
inline bool any(Mask<int32_t> a) { return _mm256_movemask_epi8(a.m) != 0; }

inline Mask<int32_t> eq(Vec<int32_t> a, Vec<int32_t> b) { return {_mm256_cmpeq_epi32(a.v, b.v)}; }
inline Mask<int32_t> gt(Vec<int32_t> a, Vec<int32_t> b) { return {_mm256_cmpgt_epi32(a.v, b.v)}; }
inline Mask<int32_t> lt(Vec<int32_t> a, Vec<int32_t> b) { return gt(b, a); }
inline Mask<int32_t> ne(Vec<int32_t> a, Vec<int32_t> b) { return !eq(a, b); }
inline Mask<int32_t> le(Vec<int32_t> a, Vec<int32_t> b) { return !gt(a, b); }
inline Mask<int32_t> ge(Vec<int32_t> a, Vec<int32_t> b) { return !gt(b, a); }

inline Vec<float> select(Mask<float> m, Vec<float> a, Vec<float> b) { return {_mm256_blendv_ps(b.v, a.v, m.m)}; }
inline Vec<double> select(Mask<double> m, Vec<double> a, Vec<double> b) { return {_mm256_blendv_pd(b.v, a.v, m.m)}; }
inline Vec<int32_t> select(Mask<int32_t> m, Vec<int32_t> a, Vec<int32_t> b) { return {_mm256_blendv_epi8(b.v, a.v, m.m)}; }

template <class T>
Vec<T> maskToOnes(Mask<T> m);
template <>
inline Vec<float> maskToOnes<float>(Mask<float> m) {
  return {_mm256_and_ps(m.m, _mm256_set1_ps(1.0f))};
}
template <>
inline Vec<double> maskToOnes<double>(Mask<double> m) {
  return {_mm256_and_pd(m.m, _mm256_set1_pd(1.0))};
}
template <>
inline Vec<int32_t> maskToOnes<int32_t>(Mask<int32_t> m) {
  return {_mm256_and_si256(m.m, _mm256_set1_epi32(1))};
}

// The instruction gives b where either is NaN, and where both are zero.
inline Vec<float> max(Vec<float> a, Vec<float> b) { return select(ne(a, a), a, Vec<float>{_mm256_max_ps(a.v, b.v)}); }
inline Vec<float> min(Vec<float> a, Vec<float> b) { return select(ne(a, a), a, Vec<float>{_mm256_min_ps(a.v, b.v)}); }
inline Vec<double> max(Vec<double> a, Vec<double> b) { return select(ne(a, a), a, Vec<double>{_mm256_max_pd(a.v, b.v)}); }
inline Vec<double> min(Vec<double> a, Vec<double> b) { return select(ne(a, a), a, Vec<double>{_mm256_min_pd(a.v, b.v)}); }
inline Vec<int32_t> max(Vec<int32_t> a, Vec<int32_t> b) { return {_mm256_max_epi32(a.v, b.v)}; }
inline Vec<int32_t> min(Vec<int32_t> a, Vec<int32_t> b) { return {_mm256_min_epi32(a.v, b.v)}; }

// Bits
inline Vec<int32_t> bits(Vec<float> a) { return {_mm256_castps_si256(a.v)}; }
inline Vec<int64_t> bits(Vec<double> a) { return {_mm256_castpd_si256(a.v)}; }
inline Vec<float> fromBits(Vec<int32_t> a) { return {_mm256_castsi256_ps(a.v)}; }
inline Vec<double> fromBits(Vec<int64_t> a) { return {_mm256_castsi256_pd(a.v)}; }
#define RAVINE_BITS(T, suffix)                                                         \
  inline Vec<T> operator&(Vec<T> a, Vec<T> b) { return {_mm256_and_si256(a.v, b.v)}; } \
  inline Vec<T> operator|(Vec<T> a, Vec<T> b) { return {_mm256_or_si256(a.v, b.v)}; }  \
  inline Vec<T> operator^(Vec<T> a, Vec<T> b) { return {_mm256_xor_si256(a.v, b.v)}; } \
  template <int n>                                                                     \
  inline Vec<T> shiftLeft(Vec<T> a) {                                                  \
    return {_mm256_slli_##suffix(a.v, n)};                                             \
  }                                                                                    \
  template <int n>                                                                     \
  inline Vec<T> shiftRight(Vec<T> a) {                                                 \
    return {_mm256_srli_##suffix(a.v, n)};                                             \
  }
RAVINE_BITS(int32_t, epi32)
RAVINE_BITS(int64_t, epi64)
#undef RAVINE_BITS

// Conversions
inline Vec<int32_t> toInt(Vec<float> a) { return {_mm256_cvttps_epi32(a.v)}; }
inline Vec<float> toFloat(Vec<int32_t> a) { return {_mm256_cvtepi32_ps(a.v)}; }

// The upper 32 bits of the unsigned products.
inline Vec<int32_t> mulHigh(Vec<int32_t> a, Vec<int32_t> b) {
  const __m256i even = _mm256_mul_epu32(a.v, b.v);
  const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(a.v, 32), _mm256_srli_epi64(b.v, 32));
  return {_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa)};
}

}  // namespace ravine::RAVINE_ISA
