// Dropout and random numbers. An element's number depends on seed, stream, step and its own index: on no chunk, thread or vector.
#pragma once

#include "../simd/math.h"
#include "philox.h"

namespace ravine::RAVINE_ISA {

// Calls f(group, first place within the group, first element of [range), count) for each group that [range), shifted by `origin`,
// meets.
template <class F>
inline void forEachGroup(Range range, uint64_t origin, int elementsPerGroup, F f) {
  const uint64_t size = static_cast<uint64_t>(elementsPerGroup);
  for (int64_t i = range.begin; i < range.end;) {
    const uint64_t at = origin + static_cast<uint64_t>(i);
    const int64_t skip = static_cast<int64_t>(at % size), left = elementsPerGroup - skip;
    const int64_t count = left < range.end - i ? left : range.end - i;
    f(at / size, skip, i, count);
    i += count;
  }
}

// y = x·scale where the word, unsigned, is not below the threshold, else 0
inline void dropPart(const float* x, float* y, const int32_t* words, int n, uint32_t threshold, float scale) {
  using V = Vec<float>;
  using I = Vec<int32_t>;
  const I flip = I::broadcast(INT32_MIN), least = I::broadcast(static_cast<int32_t>(threshold)) ^ flip;
  const auto drop = [&](V v, I word) {
    return fromBits(bits(v * V::broadcast(scale)) & -maskToOnes<int32_t>(ge(word ^ flip, least)));
  };
  int i = 0;
  for (; i + V::lanes <= n; i += V::lanes) drop(V::load(x + i), I::load(words + i)).store(y + i);
  if (i < n) drop(V::loadPartial(x + i, n - i), I::loadPartial(words + i, n - i)).storePartial(y + i, n - i);
}
inline void dropPart(const double* x, double* y, const int32_t* words, int n, uint32_t threshold, double scale) {
  for (int i = 0; i < n; i++) y[i] = static_cast<uint32_t>(words[i]) >= threshold ? x[i] * scale : 0.0;
}

// y = x / (1 − p) where the element's word is not below p 2^32, else 0. Element: (first sample's place in the step)
// sampleElements + i.
template <class T>
void run_dropout(const Call& call, int64_t begin, int64_t end) {
  const T* x = static_cast<const T*>(call.pointers[0]);
  const int32_t* random = static_cast<const int32_t*>(call.pointers[1]);
  T* y = static_cast<T*>(call.pointers[2]);
  const RandomStream stream = randomStream(joinWords(random[0], random[1]), joinWords(call.integers[1], call.integers[2]),
                                           joinWords(random[2], random[3]));
  const uint64_t origin = joinWords(random[4], random[5]) * static_cast<uint64_t>(call.integers[3]);
  const uint32_t threshold = static_cast<uint32_t>(call.reals[0] * 4294967296.0);
  const T scale = static_cast<T>(1 / (1 - call.reals[0]));
  const Range range = chunkRange(begin, end, *static_cast<const int64_t*>(call.data));
  forEachGroup(range, origin, groupWords, [&](uint64_t group, int64_t skip, int64_t at, int64_t count) {
    alignas(64) int32_t words[groupWords];
    randomGroup(stream, group, words);
    dropPart(x + at, y + at, words + skip, static_cast<int>(count), threshold, scale);
  });
}

inline void plan_dropout(Plan& p) {
  const DType dtype = p.in(0).dtype;
  const int64_t elements = p.in(0).elements;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return;
  if (!p.expect(1, DType::i32, 6) || !p.expect(2, dtype, elements)) return;
  if (!p.expect(p.reals[0] >= 0 && p.reals[0] < 1, "probability") || !p.expect(p.integers[3] >= 0, "sampleElements")) return;
  p.run = dtype == DType::f32 ? run_dropout<float> : run_dropout<double>;
  p.chunks = chunkCount(elements);
  p.inPlace[0] = 1;
  *reinterpret_cast<int64_t*>(p.data) = elements;
}

// The numbers that one group of words gives.
template <class T>
struct Group;
template <>
struct Group<float> {
  using V = Vec<float>;
  using I = Vec<int32_t>;
  static constexpr int elements = 64;

  // [0, 1) in steps of 2^-24
  static V unit(const int32_t* words) { return toFloat(shiftRight<8>(I::load(words))) * V::broadcast(0x1p-24f); }
  static void uniform(const int32_t* words, float* u) {
    for (int i = 0; i < elements; i += V::lanes) unit(words + i).store(u + i);
  }
  // Box and Muller: r = √(−2 log u) for u in (0, 1] from 31 bits, r cos 2πt and r sin 2πt.
  static void normal(const int32_t* words, float* z) {
    for (int i = 0; i < 32; i += V::lanes) {
      const V u = fma(toFloat(shiftRight<1>(I::load(words + i))), V::broadcast(0x1p-31f), V::broadcast(0x1p-32f));
      const V r = sqrt(V::broadcast(-2.0f) * log(u));
      const SinCos<float> turn = sinCosTurns(unit(words + 32 + i));
      (r * turn.cos).store(z + i);
      (r * turn.sin).store(z + 32 + i);
    }
  }
};

template <>
struct Group<double> {
  using V = Vec<double>;
  static constexpr int elements = 32;

  // [0, 1) in steps of 2^-53, from the words w[i] and w[i + apart].
  static double unit(const int32_t* w, int apart) {
    return static_cast<double>(static_cast<int64_t>(joinWords(w[apart], w[0]) >> 11)) * 0x1p-53;
  }
  static void uniform(const int32_t* words, double* u) {
    for (int i = 0; i < elements; i++) u[i] = unit(words + i, 32);
  }
  static void normal(const int32_t* words, double* z) {
    double u[16], turns[16];
    for (int i = 0; i < 16; i++) u[i] = unit(words + i, 16) + 0x1p-54, turns[i] = unit(words + 32 + i, 16);
    for (int i = 0; i < 16; i += V::lanes) {
      const V r = sqrt(V::broadcast(-2.0) * log(V::load(u + i)));
      const SinCos<double> turn = sinCosTurns(V::load(turns + i));
      (r * turn.cos).store(z + i);
      (r * turn.sin).store(z + 16 + i);
    }
  }
};

template <class T, class Make, class Map>
void drawNumbers(const Call& call, int64_t begin, int64_t end, Make make, Map map) {
  T* out = static_cast<T*>(call.pointers[0]);
  const int64_t* a = call.integers;
  const RandomStream stream = randomStream(joinWords(a[2], a[3]), joinWords(a[4], a[5]), 0);
  const Range range = chunkRange(begin, end, *static_cast<const int64_t*>(call.data));
  forEachGroup(range, 0, Group<T>::elements, [&](uint64_t group, int64_t skip, int64_t at, int64_t count) {
    alignas(64) int32_t words[groupWords];
    alignas(64) T numbers[Group<T>::elements];
    randomGroup(stream, group, words);
    make(words, numbers);
    for (int64_t i = 0; i < count; i++) out[at + i] = map(numbers[skip + i]);
  });
}

// low + (high − low) u, which rounding must not bring to high.
template <class T>
void run_random_uniform(const Call& call, int64_t begin, int64_t end) {
  const T low = static_cast<T>(call.reals[0]), high = static_cast<T>(call.reals[1]), width = high - low;
  drawNumbers<T>(call, begin, end, Group<T>::uniform, [=](T u) {
    const T x = low + width * u;
    return x < high ? x : low;
  });
}

template <class T>
void run_random_normal(const Call& call, int64_t begin, int64_t end) {
  const T mean = static_cast<T>(call.reals[0]), deviation = static_cast<T>(call.reals[1]);
  drawNumbers<T>(call, begin, end, Group<T>::normal, [=](T z) { return mean + deviation * z; });
}

inline bool planDraw(Plan& p) {
  if (!p.expect(p.out(0).dtype == DType::f32 || p.out(0).dtype == DType::f64, "dtype", 0)) return false;
  p.chunks = chunkCount(p.out(0).elements);
  *reinterpret_cast<int64_t*>(p.data) = p.out(0).elements;
  return true;
}

inline void plan_random_uniform(Plan& p) {
  if (!planDraw(p) || !p.expect(p.reals[0] <= p.reals[1], "low above high")) return;
  p.run = p.out(0).dtype == DType::f32 ? run_random_uniform<float> : run_random_uniform<double>;
}

inline void plan_random_normal(Plan& p) {
  if (!planDraw(p) || !p.expect(p.reals[1] >= 0, "deviation")) return;
  p.run = p.out(0).dtype == DType::f32 ? run_random_normal<float> : run_random_normal<double>;
}

}  // namespace ravine::RAVINE_ISA
