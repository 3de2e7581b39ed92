// The inner loop of the matrix product: a tile of C, all of it in registers.
//
//   C[rows, columns] (+)= A[rows, depth] · B[depth, columns],  columns = vectors · lanes
//
// B is read by whole vectors, A by broadcasts. Every element of C is one chain of fma in the order of depth that starts from zero
// (or from C), so its bits depend neither on the tile's shape nor on the instruction set.
#pragma once

#include "common.h"

namespace ravine::RAVINE_ISA {

// Rows and vectors of a full tile, by the registers there are: 14 × 2 sums, 2 of B and one of A are 31 of AVX-512's 32;
// 6 × 2 + 3 are 15 of AVX2's 16; NEON has 32.
constexpr int vectorLanes = Vec<float>::lanes;
constexpr int tileRows = vectorLanes == 16 ? 14 : vectorLanes == 8 ? 6 : vectorLanes == 4 ? 12 : 4;
constexpr int tileVectors = vectorLanes == 1 ? 4 : 2;
template <class T>
constexpr int tileColumns = tileVectors * Vec<T>::lanes;

template <class T>
struct TileCall {
  const T* a;
  const T* b;
  T* c;
  int64_t aStride;  // from row to row, or from step to step where A's rows are contiguous in a step
  int64_t bStride;  // from step to step
  int64_t cStride;  // from row to row
  int64_t depth;
  bool accumulate;  // go on from C instead of zero
  // While this tile is computed, what comes next is fetched into the second-level cache, a few lines every prefetchSteps steps:
  const char* nextB;
  int64_t nextBStride;  // bytes
  const T* nextC;       // rows of the next tile
};

constexpr int64_t prefetchSteps = 32;
constexpr int prefetchB = 8, prefetchC = 4;  // lines of B, rows of C

template <class T>
using TileFn = void (*)(const TileCall<T>&);

// Steps through a row-major A: every fourth row has a pointer, the others are reached by one, two and three strides, so that
// fourteen rows take six integer registers.
template <class T, int rows>
struct RowMajor {
  static constexpr int groups = (rows + 3) / 4;
  const char* group[groups];
  int64_t stride, stride3;

  RowMajor(const T* a, int64_t aStride) : stride(aStride * static_cast<int64_t>(sizeof(T))), stride3(3 * stride) {
#pragma GCC unroll 8
    for (int g = 0; g < groups; g++) group[g] = reinterpret_cast<const char*>(a + 4 * g * aStride);
    asm("" : "+r"(stride), "+r"(stride3));
  }
  T at(int r) const { return *reinterpret_cast<const T*>(group[r / 4] + (r % 4 == 3 ? stride3 : r % 4 * stride)); }
  void next() {
#pragma GCC unroll 8
    for (int g = 0; g < groups; g++) {
      group[g] += sizeof(T);
      asm("" : "+r"(group[g]));  // else the compiler makes a pointer of every row and spills them
    }
  }
};

// Steps through an A whose rows are contiguous in each step: a transposed one, or packed strips.
template <class T, int rows>
struct StepMajor {
  const T* step;
  int64_t stride;
  StepMajor(const T* a, int64_t aStride) : step(a), stride(aStride) {}
  T at(int r) const { return step[r]; }
  void next() { step += stride; }
};

template <class T, int rows, int vectors, template <class, int> class Steps>
void tile(const TileCall<T>& call) {
  using V = Vec<T>;
  constexpr int lanes = V::lanes;
  const int64_t cStride = call.cStride, bStride = call.bStride;
  V sum[rows][vectors];
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) sum[r][v] = V::zero();
  if (call.accumulate) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) sum[r][v] = V::load(call.c + r * cStride + v * lanes);
  }
  Steps<T, rows> a(call.a, call.aStride);
  const T* b = call.b;
  const auto steps = [&](int64_t count) __attribute__((always_inline)) {
#pragma GCC unroll 1
    for (int64_t p = 0; p < count; p++) {
      V x[vectors];
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) x[v] = V::load(b + v * lanes);
#pragma GCC unroll 16
      for (int r = 0; r < rows; r++) {
        const V y = V::broadcast(a.at(r));
#pragma GCC unroll 4
        for (int v = 0; v < vectors; v++) sum[r][v] = fma(y, x[v], sum[r][v]);
      }
      b += bStride;
      a.next();
    }
  };
  const char* nextB = call.nextB;
  const T* nextC = call.nextC;
  for (int64_t groups = call.depth / prefetchSteps; groups > 0; groups--) {
#pragma GCC unroll 8
    for (int i = 0; i < prefetchB; i++, nextB += call.nextBStride) __builtin_prefetch(nextB, 0, 2);
#pragma GCC unroll 4
    for (int i = 0; i < prefetchC; i++, nextC += cStride)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) __builtin_prefetch(nextC + v * lanes, 1, 2);
    steps(prefetchSteps);
  }
  steps(call.depth % prefetchSteps);
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) sum[r][v].store(call.c + r * cStride + v * lanes);
}

// One function for each number of rows, 1 … tileRows.
template <class T, int vectors, template <class, int> class Steps>
struct TileTable {
  TileFn<T> ofRows[tileRows] = {};
  constexpr TileTable() { fill<1>(); }
  template <int rows>
  constexpr void fill() {
    ofRows[rows - 1] = tile<T, rows, vectors, Steps>;
    if constexpr (rows < tileRows) fill<rows + 1>();
  }
};

template <class T, int vectors, template <class, int> class Steps>
inline constexpr TileTable<T, vectors, Steps> tileTable{};

template <class T>
inline const TileFn<T>* tilesFor(bool rowMajor, bool narrow) {
  if (narrow) return rowMajor ? tileTable<T, 1, RowMajor>.ofRows : tileTable<T, 1, StepMajor>.ofRows;
  return rowMajor ? tileTable<T, tileVectors, RowMajor>.ofRows : tileTable<T, tileVectors, StepMajor>.ofRows;
}

}  // namespace ravine::RAVINE_ISA
