// The inner loop of convolutions: a tile of the result, all of it in registers, over a depth that is cut into runs, each at a
// place of its own: the taps of a kernel, or the rows of an image.
//
//   C[rows, columns] (+)= Σ over segments of A[rows, depth] · B[depth, columns],  columns = vectors · lanes
//
// As in gemm_tile.h every element of C is one chain of fma from zero (or from C), so its bits depend neither on the tile's shape
// nor on the instruction set.
#pragma once

#include "gemm_tile.h"

namespace ravine::RAVINE_ISA {

template <class T>
struct ConvTile {
  const T* a;
  const T* b;
  T* c;
  int64_t aStride;  // from row to row, or from step to step where A's rows are contiguous in a step
  int64_t bStride;  // from step to step
  int64_t cStride;  // from row to row
  int64_t depth;    // of a segment
  int64_t segmentsY, segmentsX;
  int64_t aSegmentY, aSegmentX, bSegmentY, bSegmentX;
  bool accumulate;  // go on from C instead of zero
};

template <class T>
using ConvTileFn = void (*)(const ConvTile<T>&);

// A tile of one vector has twice the rows: as many sums, and half the loads of B.
template <int vectors>
constexpr int convTileRows = vectors == 1 ? 2 * tileRows : tileRows;
constexpr int mostConvRows = 2 * tileRows;

constexpr int unrolledSteps = 4;

// Rows a stride apart, steps side by side. A pointer for every fourth row, as in RowMajor.
template <class T, int rows>
struct PixelRows {
  static constexpr int groups = (rows + 3) / 4;
  const char* group[groups];
  int64_t stride, stride3;

  explicit PixelRows(int64_t aStride) : stride(aStride * static_cast<int64_t>(sizeof(T))), stride3(3 * stride) {
    asm("" : "+r"(stride), "+r"(stride3));
  }
  void start(const T* a) {
#pragma GCC unroll 8
    for (int g = 0; g < groups; g++) group[g] = reinterpret_cast<const char*>(a) + 4 * g * stride;
  }
  T at(int r, int step) const { return reinterpret_cast<const T*>(group[r / 4] + (r % 4 == 3 ? stride3 : r % 4 * stride))[step]; }
  template <int steps>
  void next() {
#pragma GCC unroll 8
    for (int g = 0; g < groups; g++) {
      group[g] += steps * sizeof(T);
      asm("" : "+r"(group[g]));  // else the compiler makes a pointer of every row and spills them
    }
  }
};

// Rows side by side, steps a stride apart.
template <class T, int rows>
struct ChannelRows {
  const T* place;
  int64_t stride, stride3;
  explicit ChannelRows(int64_t aStride) : stride(aStride), stride3(3 * aStride) {}
  void start(const T* a) { place = a; }
  T at(int r, int step) const { return place[r + (step == 3 ? stride3 : step * stride)]; }
  template <int steps>
  void next() {
    place += steps * stride;
  }
};

template <class T, int rows, int vectors, template <class, int> class Rows>
void convTile(const ConvTile<T>& call) {
  using V = Vec<T>;
  constexpr int lanes = V::lanes;
  V sum[rows][vectors];
  if (call.accumulate) {
#pragma GCC unroll 32
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) sum[r][v] = V::load(call.c + r * call.cStride + v * lanes);
  } else {
#pragma GCC unroll 32
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) sum[r][v] = V::zero();
  }
  Rows<T, rows> a(call.aStride);
  const T* b;
  const int64_t bStride = call.bStride;
  const auto step = [&](int s) __attribute__((always_inline)) {
    V x[vectors];
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) x[v] = V::load(b + v * lanes);
#pragma GCC unroll 32
    for (int r = 0; r < rows; r++) {
      const V y = V::broadcast(a.at(r, s));
#pragma GCC unroll 4
      for (int v = 0; v < vectors; v++) sum[r][v] = fma(y, x[v], sum[r][v]);
    }
    b += bStride;
    asm("" : "+r"(b));
  };
#pragma GCC unroll 1
  for (int64_t y = 0; y < call.segmentsY; y++)
#pragma GCC unroll 1
    for (int64_t x = 0; x < call.segmentsX; x++) {
      a.start(call.a + y * call.aSegmentY + x * call.aSegmentX);
      b = call.b + y * call.bSegmentY + x * call.bSegmentX;
      int64_t left = call.depth;
#pragma GCC unroll 1
      for (; left >= unrolledSteps; left -= unrolledSteps) {
        step(0);
        step(1);
        step(2);
        step(3);
        a.template next<unrolledSteps>();
      }
#pragma GCC unroll 1
      for (; left > 0; left--) {
        step(0);
        a.template next<1>();
      }
    }
#pragma GCC unroll 32
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 4
    for (int v = 0; v < vectors; v++) sum[r][v].store(call.c + r * call.cStride + v * lanes);
}

// One function for each number of rows.
template <class T, int vectors, template <class, int> class Rows>
struct ConvTileTable {
  ConvTileFn<T> ofRows[convTileRows<vectors>] = {};
  constexpr ConvTileTable() { fill<1>(); }
  template <int rows>
  constexpr void fill() {
    ofRows[rows - 1] = convTile<T, rows, vectors, Rows>;
    if constexpr (rows < convTileRows<vectors>) fill<rows + 1>();
  }
};

template <class T, int vectors, template <class, int> class Rows>
inline constexpr ConvTileTable<T, vectors, Rows> convTileTable{};

template <class T, template <class, int> class Rows>
inline const ConvTileFn<T>* convTilesFor(bool narrow) {
  return narrow ? convTileTable<T, 1, Rows>.ofRows : convTileTable<T, tileVectors, Rows>.ofRows;
}

}  // namespace ravine::RAVINE_ISA
