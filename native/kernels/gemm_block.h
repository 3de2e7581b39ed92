// A block of C: panels of B are packed one after the other into a buffer that stays in the cache, and met by all rows of the
// block.
#pragma once

#include "../gemm.h"
#include "gemm_pack.h"
#include "gemm_tile.h"

namespace ravine::RAVINE_ISA {

// One batch entry's operands, and what is done to a finished element: + bias, relu, zero where mask is not positive.
template <class T>
struct GemmEntry {
  const T* a;
  const T* strips;  // A packed by prepare, or null
  const T* b;
  T* c;
  const T* bias;
  const T* mask;
  bool relu;
  bool finishes() const { return bias || mask || relu; }
};

// Rows of a block in tiles of nearly equal height.
struct RowTiles {
  int64_t count, height, taller;
  explicit RowTiles(int64_t rows)
      : count((rows + tileRows - 1) / tileRows), height(count ? rows / count : 0), taller(count ? rows % count : 0) {}
  int rows(int64_t i) const { return static_cast<int>(height + (i < taller)); }
  int64_t first(int64_t i) const { return i * height + (i < taller ? i : taller); }
};

// Tiles of a panel that are few enough to read B in place.
constexpr int64_t tilesInPlace = 1;

template <class T>
inline void loadTile(const T* from, int64_t stride, int rows, int columns, T* tile, int width) {
  constexpr int lanes = Vec<T>::lanes;
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < width; v += lanes) {
      const int left = columns - v;
      Vec<T>::loadPartial(from + r * stride + v, left >= lanes ? lanes : left > 0 ? left : 0).store(tile + r * width + v);
    }
}

// Writes a tile to C (or C's own tile back), finished: the last step of depth is done.
template <class T>
inline void finishTile(const T* tile, int64_t tileStride, int rows, int columns, const GemmEntry<T>& entry, bool last, int64_t at,
                       int64_t column, int64_t stride) {
  using V = Vec<T>;
  constexpr int lanes = V::lanes;
  const V zero = V::zero();
  for (int v = 0; v < columns; v += lanes) {
    const int left = columns - v;
    const int count = left < lanes ? left : lanes;
    const V bias = last && entry.bias ? V::loadPartial(entry.bias + column + v, count) : zero;
    for (int r = 0; r < rows; r++) {
      const int64_t place = at + r * stride + v;
      V x = V::loadPartial(tile + r * tileStride + v, count);
      if (last) {
        if (entry.bias) x = x + bias;
        if (entry.relu) x = select(le(x, zero), zero, x);
        if (entry.mask) x = select(gt(V::loadPartial(entry.mask + place, count), zero), x, zero);
      }
      x.storePartial(entry.c + place, count);
    }
  }
}

template <class T>
inline void gemmBlock(const GemmPlan& plan, const GemmEntry<T>& entry, Range rows, Range columns) {
  constexpr int lanes = Vec<T>::lanes;
  constexpr int full = tileColumns<T>;
  const GemmShape& s = plan.shape;
  alignas(64) T panelBuffer[maxDepthBlock * full];
  alignas(64) T edge[tileRows * full];
  const RowTiles tiles(rows.end - rows.begin);
  for (int64_t depth0 = 0; depth0 == 0 || depth0 < s.k; depth0 += plan.depthBlock) {
    const int64_t depth = s.k - depth0 < plan.depthBlock ? s.k - depth0 : plan.depthBlock;
    const bool last = depth0 + depth == s.k;
    for (int64_t j = columns.begin; j < columns.end; j += full) {
      const int count = columns.end - j < full ? static_cast<int>(columns.end - j) : full;
      const int width = count <= lanes ? lanes : full;
      const T* b = panelBuffer;
      int64_t bStride = width;
      if (s.transposeB) {
        packTransposed(entry.b + j * s.k + depth0, s.k, depth, count, width, panelBuffer);
      } else if (count < width || tiles.count > tilesInPlace) {
        packColumns(entry.b + depth0 * s.n + j, s.n, depth, count, width, panelBuffer);
      } else {
        b = entry.b + depth0 * s.n + j;
        bStride = s.n;
      }
      // What is packed after this panel: row q mod depth, line q / depth of it, is fetched in the q-th group of steps.
      const bool another = j + full < columns.end;
      const T* next = another ? entry.b + depth0 * s.n + j + full : entry.b + (depth0 + depth) * s.n + columns.begin;
      const bool fetches = !s.transposeB && b == panelBuffer && (another || !last);
      int64_t ahead = 0;
      const bool rowMajor = !s.transposeA && !entry.strips;
      const TileFn<T>* tile = tilesFor<T>(rowMajor, width == lanes);
      int64_t i = rows.begin;
      for (int64_t t = 0; t < tiles.count; t++) {
        const int height = tiles.rows(t);
        const T* a;
        int64_t aStride;
        if (entry.strips) {
          a = entry.strips + rows.begin * s.k + depth0 * (rows.end - rows.begin) + (i - rows.begin) * depth;
          aStride = height;
        } else if (s.transposeA) {
          a = entry.a + depth0 * s.m + i;
          aStride = s.m;
        } else {
          a = entry.a + i * s.k + depth0;
          aStride = s.k;
        }
        T* c = entry.c + i * s.n + j;
        const char* aheadAt = reinterpret_cast<const char*>(panelBuffer);
        int64_t aheadStride = 0;
        if (fetches && ahead < depth * 2) {
          aheadAt = reinterpret_cast<const char*>(next + ahead % depth * s.n) + ahead / depth * 64;
          aheadStride = s.n * static_cast<int64_t>(sizeof(T));
          ahead += depth / prefetchSteps * prefetchB;
        }
        const T* nextC =
            t + 1 < tiles.count ? c + height * s.n : entry.c + rows.begin * s.n + (another ? j + full : columns.begin);
        if (count == width) {
          tile[height - 1]({a, b, c, aStride, bStride, s.n, depth, depth0 > 0, aheadAt, aheadStride, nextC});
          if (last && entry.finishes()) finishTile(c, s.n, height, count, entry, true, i * s.n + j, j, s.n);
        } else {
          if (depth0 > 0) loadTile(c, s.n, height, count, edge, width);
          tile[height - 1]({a, b, edge, aStride, bStride, width, depth, depth0 > 0, aheadAt, aheadStride, nextC});
          finishTile(edge, width, height, count, entry, last, i * s.n + j, j, s.n);
        }
        i += height;
      }
    }
  }
}

// The same block by the system's BLAS, then finished row by row.
template <class T>
inline void blasBlock(const GemmPlan& plan, const GemmEntry<T>& entry, Range rows, Range columns) {
  const GemmShape& s = plan.shape;
  const int64_t height = rows.end - rows.begin, width = columns.end - columns.begin, at = rows.begin * s.n + columns.begin;
  blasProduct(s, height, width, entry.a + rows.begin * (s.transposeA ? 1 : s.k),
              entry.b + columns.begin * (s.transposeB ? s.k : 1), entry.c + at);
  if (!entry.finishes()) return;
  for (int64_t i = 0; i < height; i++)
    finishTile(entry.c + at + i * s.n, s.n, 1, static_cast<int>(width), entry, true, at + i * s.n, columns.begin, s.n);
}

}  // namespace ravine::RAVINE_ISA
