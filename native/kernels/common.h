// What every kernel uses: overflow-safe sizes, chunks, and sums that are the same bits on every instruction set.
#pragma once

#include "../kernel.h"

namespace ravine::RAVINE_ISA {

// a·b·c…, or -1 when a factor is negative or the product leaves int64: no operand has -1 elements.
constexpr int64_t checkedProduct(int64_t a) { return a < 0 ? -1 : a; }
template <class... Rest>
constexpr int64_t checkedProduct(int64_t a, int64_t b, Rest... rest) {
  int64_t product = 0;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product)) return -1;
  return checkedProduct(product, rest...);
}

// Elements of a chunk of cheap elementwise work: 64 KiB of float32, about 8 µs.
constexpr int64_t chunkElements = 16384;

struct Range {
  int64_t begin, end;
};

constexpr int64_t chunkCount(int64_t elements, int64_t perChunk = chunkElements) {
  return elements <= perChunk ? 1 : (elements - 1) / perChunk + 1;
}

// The elements of chunks [begin, end).
constexpr Range chunkRange(int64_t begin, int64_t end, int64_t elements, int64_t perChunk = chunkElements) {
  const int64_t first = begin * perChunk, last = end * perChunk;
  return {first < elements ? first : elements, last < elements ? last : elements};
}

// Lane i becomes lane (i + by) mod lanes: one shuffle, as the compiler sees.
template <int by, class T>
inline Vec<T> turnLanes(Vec<T> x) {
  constexpr int n = Vec<T>::lanes;
  typedef T Row __attribute__((vector_size(sizeof(Vec<T>))));
  const Row v = __builtin_bit_cast(Row, x);
  const auto at = [v](int i) { return v[(i + by) % n]; };
  if constexpr (n == 2) return __builtin_bit_cast(Vec<T>, Row{at(0), at(1)});
  if constexpr (n == 4) return __builtin_bit_cast(Vec<T>, Row{at(0), at(1), at(2), at(3)});
  if constexpr (n == 8) return __builtin_bit_cast(Vec<T>, Row{at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)});
  if constexpr (n == 16)
    return __builtin_bit_cast(Vec<T>, Row{at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), at(10), at(11),
                                          at(12), at(13), at(14), at(15)});
}
template <class T>
inline T firstLane(Vec<T> x) {
  T first;
  __builtin_memcpy(&first, &x, sizeof(T));
  return first;
}

template <class T>
alignas(64) constexpr T laneNumbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

// Sixteen running values, whatever the vector's width: element i goes to lane i mod 16. Lanes are joined by a fixed tree,
// ((i + 8) + 4) + 2) + 1, so that a sum is the same bits on every instruction set.
template <class T>
struct Lanes16 {
  using V = Vec<T>;
  static constexpr int parts = 16 / V::lanes;
  V part[parts];

  // How many of the first n elements are in a part.
  static constexpr int inPart(int i, int n) {
    const int left = n - i * V::lanes;
    return left < 0 ? 0 : left < V::lanes ? left : V::lanes;
  }
  static Lanes16 broadcast(T x) {
    Lanes16 r;
    for (int i = 0; i < parts; i++) r.part[i] = V::broadcast(x);
    return r;
  }
  static Lanes16 zero() { return broadcast(T(0)); }
  static Lanes16 load(const T* p) {
    Lanes16 r;
    for (int i = 0; i < parts; i++) r.part[i] = V::load(p + i * V::lanes);
    return r;
  }
  // 0 <= n <= 16 elements, `rest` in the other lanes.
  static Lanes16 loadPartial(const T* p, int n, T rest = T(0)) {
    const V count = V::broadcast(static_cast<T>(n)), other = V::broadcast(rest);
    Lanes16 r;
    for (int i = 0; i < parts; i++)
      r.part[i] =
          select(lt(V::load(laneNumbers<T> + i * V::lanes), count), V::loadPartial(p + i * V::lanes, inPart(i, n)), other);
    return r;
  }
  void storePartial(T* p, int n) const {
    for (int i = 0; i < parts; i++) part[i].storePartial(p + i * V::lanes, inPart(i, n));
  }
  void store(T* p) const {
    for (int i = 0; i < parts; i++) part[i].store(p + i * V::lanes);
  }
  // Each part becomes f(part, other's part).
  template <class F>
  void combine(const Lanes16& other, F f) {
    for (int i = 0; i < parts; i++) part[i] = f(part[i], other.part[i]);
  }
  // f joins two vectors lane by lane.
  template <class F>
  T fold(F f) const {
    Lanes16 r = *this;
    for (int width = parts / 2; width > 0; width /= 2)
      for (int i = 0; i < width; i++) r.part[i] = f(r.part[i], r.part[i + width]);
    V v = r.part[0];
    if constexpr (V::lanes > 8) v = f(v, turnLanes<8>(v));
    if constexpr (V::lanes > 4) v = f(v, turnLanes<4>(v));
    if constexpr (V::lanes > 2) v = f(v, turnLanes<2>(v));
    if constexpr (V::lanes > 1) v = f(v, turnLanes<1>(v));
    return firstLane(v);
  }
  void add(const Lanes16& other) {
    combine(other, [](V a, V b) { return a + b; });
  }
  T sum() const {
    return fold([](V a, V b) { return a + b; });
  }
};

// a's and b's blocks of 2·by lanes, one vector behind the other: the first half of each block, or the second.
template <int by, bool second, class T>
inline Vec<T> takeHalves(Vec<T> a, Vec<T> b) {
  constexpr int n = Vec<T>::lanes;
  typedef T Row __attribute__((vector_size(sizeof(Vec<T>))));
  const Row v = __builtin_bit_cast(Row, a), w = __builtin_bit_cast(Row, b);
  constexpr auto at = [](int i) { return i / by * 2 * by + i % by + second * by; };
  if constexpr (n == 2) return __builtin_bit_cast(Vec<T>, __builtin_shufflevector(v, w, at(0), at(1)));
  if constexpr (n == 4) return __builtin_bit_cast(Vec<T>, __builtin_shufflevector(v, w, at(0), at(1), at(2), at(3)));
  if constexpr (n == 8)
    return __builtin_bit_cast(Vec<T>, __builtin_shufflevector(v, w, at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)));
  if constexpr (n == 16)
    return __builtin_bit_cast(Vec<T>, __builtin_shufflevector(v, w, at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8),
                                                              at(9), at(10), at(11), at(12), at(13), at(14), at(15)));
}

// sums[i].sum() in lane i, by the same tree: half the shuffles and additions of sixteen such calls. `vectors` of them hold blocks
// of 2·by lanes.
template <int by, int vectors, class T>
inline void addBlocks(Vec<T>* v) {
  if constexpr (by > 0) {
    for (int i = 0; i < vectors; i += 2) v[i / 2] = takeHalves<by, false>(v[i], v[i + 1]) + takeHalves<by, true>(v[i], v[i + 1]);
    addBlocks<by / 2, vectors / 2>(v);
  }
}
template <class T>
inline Lanes16<T> sumEach(const Lanes16<T> (&sums)[16]) {
  using L = Lanes16<T>;
  Vec<T> v[16];
  for (int i = 0; i < 16; i++) {
    L sum = sums[i];
    for (int width = L::parts / 2; width > 0; width /= 2)
      for (int k = 0; k < width; k++) sum.part[k] = sum.part[k] + sum.part[k + width];
    v[i] = sum.part[0];
  }
  addBlocks<Vec<T>::lanes / 2, 16>(v);
  L result;
  for (int k = 0; k < L::parts; k++) result.part[k] = v[k];
  return result;
}

}  // namespace ravine::RAVINE_ISA
