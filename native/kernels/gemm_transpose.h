// A square of lanes × lanes elements turned over in registers.
#pragma once

#include "common.h"

namespace ravine::RAVINE_ISA {

#if defined(__AVX512F__)
// The zeroing forms with a full mask are the same instructions without the compiler's uninitialised third operand.
inline __m512 interleaveLow(__m512 a, __m512 b) { return _mm512_maskz_unpacklo_ps(0xffff, a, b); }
inline __m512 interleaveHigh(__m512 a, __m512 b) { return _mm512_maskz_unpackhi_ps(0xffff, a, b); }
inline __m512d interleaveLow(__m512d a, __m512d b) { return _mm512_maskz_unpacklo_pd(0xff, a, b); }
inline __m512d interleaveHigh(__m512d a, __m512d b) { return _mm512_maskz_unpackhi_pd(0xff, a, b); }
inline __m512 evenQuarters(__m512 a, __m512 b) { return _mm512_maskz_shuffle_f32x4(0xffff, a, b, 0x88); }
inline __m512 oddQuarters(__m512 a, __m512 b) { return _mm512_maskz_shuffle_f32x4(0xffff, a, b, 0xdd); }
inline __m512d evenQuarters(__m512d a, __m512d b) { return _mm512_maskz_shuffle_f64x2(0xff, a, b, 0x88); }
inline __m512d oddQuarters(__m512d a, __m512d b) { return _mm512_maskz_shuffle_f64x2(0xff, a, b, 0xdd); }
inline __m512 interleavePairsLow(__m512 a, __m512 b) {
  return _mm512_castpd_ps(interleaveLow(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}
inline __m512 interleavePairsHigh(__m512 a, __m512 b) {
  return _mm512_castpd_ps(interleaveHigh(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

// Pairs, then quadruples inside 128-bit quarters, then the quarters: 64 shuffles for 256 elements.
inline void transposeLanes(Vec<float> (&x)[16]) {
  __m512 t[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i += 4) {
    const __m512 low0 = interleaveLow(x[i].v, x[i + 1].v), high0 = interleaveHigh(x[i].v, x[i + 1].v);
    const __m512 low1 = interleaveLow(x[i + 2].v, x[i + 3].v), high1 = interleaveHigh(x[i + 2].v, x[i + 3].v);
    t[i] = interleavePairsLow(low0, low1);
    t[i + 1] = interleavePairsHigh(low0, low1);
    t[i + 2] = interleavePairsLow(high0, high1);
    t[i + 3] = interleavePairsHigh(high0, high1);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 4; i++) {
    const __m512 even0 = evenQuarters(t[i], t[i + 4]), even1 = evenQuarters(t[i + 8], t[i + 12]);
    const __m512 odd0 = oddQuarters(t[i], t[i + 4]), odd1 = oddQuarters(t[i + 8], t[i + 12]);
    x[i].v = evenQuarters(even0, even1);
    x[i + 4].v = evenQuarters(odd0, odd1);
    x[i + 8].v = oddQuarters(even0, even1);
    x[i + 12].v = oddQuarters(odd0, odd1);
  }
}
inline void transposeLanes(Vec<double> (&x)[8]) {
  __m512d t[8];
#pragma GCC unroll 16
  for (int i = 0; i < 8; i += 2) {
    t[i] = interleaveLow(x[i].v, x[i + 1].v);
    t[i + 1] = interleaveHigh(x[i].v, x[i + 1].v);
  }
  for (int i = 0; i < 2; i++) {
    const __m512d even0 = evenQuarters(t[i], t[i + 2]), even1 = evenQuarters(t[i + 4], t[i + 6]);
    const __m512d odd0 = oddQuarters(t[i], t[i + 2]), odd1 = oddQuarters(t[i + 4], t[i + 6]);
    x[i].v = evenQuarters(even0, even1);
    x[i + 2].v = evenQuarters(odd0, odd1);
    x[i + 4].v = oddQuarters(even0, even1);
    x[i + 6].v = oddQuarters(odd0, odd1);
  }
}
#elif defined(__AVX2__)
inline void transposeLanes(Vec<float> (&x)[8]) {
  __m256 t[8], u[8];
#pragma GCC unroll 16
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(x[i].v, x[i + 1].v);
    t[i + 1] = _mm256_unpackhi_ps(x[i].v, x[i + 1].v);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 8; i += 4) {
    u[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    u[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
    u[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    u[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 4; i++) {
    x[i].v = _mm256_permute2f128_ps(u[i], u[i + 4], 0x20);
    x[i + 4].v = _mm256_permute2f128_ps(u[i], u[i + 4], 0x31);
  }
}
inline void transposeLanes(Vec<double> (&x)[4]) {
  const __m256d low01 = _mm256_unpacklo_pd(x[0].v, x[1].v), high01 = _mm256_unpackhi_pd(x[0].v, x[1].v);
  const __m256d low23 = _mm256_unpacklo_pd(x[2].v, x[3].v), high23 = _mm256_unpackhi_pd(x[2].v, x[3].v);
  x[0].v = _mm256_permute2f128_pd(low01, low23, 0x20);
  x[1].v = _mm256_permute2f128_pd(high01, high23, 0x20);
  x[2].v = _mm256_permute2f128_pd(low01, low23, 0x31);
  x[3].v = _mm256_permute2f128_pd(high01, high23, 0x31);
}
#else
template <class T>
inline void transposeLanes(Vec<T> (&x)[Vec<T>::lanes]) {
  constexpr int lanes = Vec<T>::lanes;
  T from[lanes * lanes], to[lanes];
  for (int i = 0; i < lanes; i++) x[i].store(from + i * lanes);
  for (int i = 0; i < lanes; i++) {
    for (int j = 0; j < lanes; j++) to[j] = from[j * lanes + i];
    x[i] = Vec<T>::load(to);
  }
}
#endif

// to[p·toStride + r] = from[r·fromStride + p] for r < width <= lanes and p < steps <= lanes; zero for r >= rows.
template <class T>
inline void transposeSquare(const T* from, int64_t fromStride, int rows, int steps, T* to, int64_t toStride, int width) {
  using V = Vec<T>;
  constexpr int lanes = V::lanes;
  V x[lanes];
  if (rows == lanes && steps == lanes && width == lanes) {
#pragma GCC unroll 16
    for (int r = 0; r < lanes; r++) x[r] = V::load(from + r * fromStride);
    transposeLanes(x);
#pragma GCC unroll 16
    for (int p = 0; p < lanes; p++) x[p].store(to + p * toStride);
    return;
  }
  for (int r = 0; r < lanes; r++) x[r] = r < rows ? V::loadPartial(from + r * fromStride, steps) : V::zero();
  transposeLanes(x);
  for (int p = 0; p < steps; p++) x[p].storePartial(to + p * toStride, width);
}

}  // namespace ravine::RAVINE_ISA
