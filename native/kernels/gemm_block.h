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
  explicit RowTiles(int64_t rows, int most = tileRows)
      : count((rows + most - 1) / most), height(count ? rows / count : 0), taller(count ? rows % count : 0) {}
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

// Writes a tile's rows as columns.
template <class T>
inline void storeTransposed(const T* tile, int tileStride, int rows, int columns, T* to, int64_t stride) {
  for (int v = 0; v < columns; v++)
    for (int r = 0; r < rows; r++) to[v * stride + r] = tile[r * tileStride + v];
}

// Panels that are packed at a time: 512 bytes of each of B's rows.
constexpr int groupPanels = 4;

template <class T>
class GemmBlock {
 public:
  GemmBlock(const GemmPlan& plan, const GemmEntry<T>& entry, Range rows, Range columns)
      : plan_(plan), entry_(entry), rows_(rows), columns_(columns), tiles_(rows.end - rows.begin) {}

  void run() {
    for (depth0_ = 0; depth0_ == 0 || depth0_ < shape().k; depth0_ += plan_.depthBlock) {
      depth_ = shape().k - depth0_ < plan_.depthBlock ? shape().k - depth0_ : plan_.depthBlock;
      last_ = depth0_ + depth_ == shape().k;
      for (int64_t j = columns_.begin; j < columns_.end; j += groupPanels * full) {
        group_ = {j, columns_.end - j < groupPanels * full ? columns_.end : j + groupPanels * full};
        const bool packed = packGroup();
        fetched_ = 0;
        for (int64_t p = group_.begin; p < group_.end; p += full) multiplyPanel(p, packed);
      }
    }
  }

 private:
  static constexpr int lanes = Vec<T>::lanes, full = tileColumns<T>;

  const GemmShape& shape() const { return plan_.shape; }
  const T* bAt(int64_t depth, int64_t column) const {
    return entry_.b + (shape().transposeB ? column * shape().k + depth : depth * shape().n + column);
  }

  // Few rows read B in place, where whole vectors of it are in place.
  bool packGroup() {
    const int64_t columns = group_.end - group_.begin;
    const T* b = bAt(depth0_, group_.begin);
    if (shape().transposeB) {
      packPanelsTransposed(b, shape().k, depth_, columns, panels_);
    } else if (tiles_.count > tilesInPlace || columns % full != 0) {
      packPanels(b, shape().n, depth_, columns, panels_);
    } else {
      return false;
    }
    return true;
  }

  void multiplyPanel(int64_t column, bool packed) {
    const int count = group_.end - column < full ? static_cast<int>(group_.end - column) : full;
    const int width = panelWidth<T>(count);
    const bool rowMajor = !shape().transposeA && !entry_.strips;
    const TileFn<T>* tiles = tilesFor<T>(rowMajor, width == lanes);
    TileCall<T> call{};
    call.b = packed ? panels_ + (column - group_.begin) * depth_ : bAt(depth0_, column);
    call.bStride = packed ? width : shape().n;
    call.depth = depth_;
    call.accumulate = depth0_ > 0;
    int64_t row = rows_.begin;
    for (int64_t t = 0; t < tiles_.count; t++) {
      const int height = tiles_.rows(t);
      placeA(call, row, height);
      placeAhead(call, t, row + height, column, packed);
      multiplyTile(call, tiles[height - 1], row, height, column, count, width);
      row += height;
    }
  }

  void placeA(TileCall<T>& call, int64_t row, int height) const {
    if (entry_.strips) {
      call.a = entry_.strips + rows_.begin * shape().k + depth0_ * (rows_.end - rows_.begin) + (row - rows_.begin) * depth_;
      call.aStride = height;
    } else {
      call.a = entry_.a + (shape().transposeA ? depth0_ * shape().m + row : row * shape().k + depth0_);
      call.aStride = shape().transposeA ? shape().m : shape().k;
    }
  }

  // The next group of B, a line of each row (stored transposed: of each column) after the other, spread over this group's tiles;
  // and C's next tile.
  void placeAhead(TileCall<T>& call, int64_t tile, int64_t nextRow, int64_t column, bool packed) {
    constexpr int lineElements = 64 / sizeof(T);
    const bool another = group_.end < columns_.end;
    const T* next = another ? bAt(depth0_, group_.end) : bAt(depth0_ + depth_, columns_.begin);
    const int64_t length = shape().transposeB ? groupPanels * full : depth_;
    const int64_t lines = shape().transposeB ? depth_ / lineElements : groupPanels * full / lineElements;
    call.nextB = reinterpret_cast<const char*>(call.b);
    call.nextBStride = 0;
    if (packed && (another || !last_) && fetched_ < length * lines) {
      const int64_t stride = shape().transposeB ? shape().k : shape().n;
      call.nextB = reinterpret_cast<const char*>(next + fetched_ % length * stride + fetched_ / length * lineElements);
      call.nextBStride = stride * static_cast<int64_t>(sizeof(T));
      fetched_ += depth_ / prefetchSteps * prefetchB;
    }
    const bool below = tile + 1 < tiles_.count;
    const int64_t nextColumn = column + full < columns_.end ? column + full : columns_.begin;
    call.nextC = entry_.c + (below ? nextRow * shape().n + column : rows_.begin * shape().n + nextColumn);
  }

  void multiplyTile(TileCall<T>& call, TileFn<T> tile, int64_t row, int height, int64_t column, int count, int width) {
    if (plan_.swapped) {
      call.c = edge_;
      call.cStride = width;
      tile(call);
      storeTransposed(edge_, width, height, count, entry_.c + column * shape().m + row, shape().m);
      return;
    }
    const int64_t n = shape().n, at = row * n + column;
    call.c = entry_.c + at;
    call.cStride = n;
    if (count == width) {
      tile(call);
      if (last_ && entry_.finishes()) finishTile(call.c, n, height, count, entry_, true, at, column, n);
      return;
    }
    if (call.accumulate) loadTile(call.c, n, height, count, edge_, width);
    call.c = edge_;
    call.cStride = width;
    tile(call);
    finishTile(edge_, width, height, count, entry_, last_, at, column, n);
  }

  const GemmPlan& plan_;
  const GemmEntry<T>& entry_;
  const Range rows_, columns_;
  const RowTiles tiles_;
  int64_t depth0_ = 0, depth_ = 0, fetched_ = 0;
  Range group_{};
  bool last_ = false;
  alignas(64) T panels_[maxDepthBlock * groupPanels * full];
  alignas(64) T edge_[tileRows * full];
};

template <class T>
inline void gemmBlock(const GemmPlan& plan, const GemmEntry<T>& entry, Range rows, Range columns) {
  GemmBlock<T>(plan, entry, rows, columns).run();
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
