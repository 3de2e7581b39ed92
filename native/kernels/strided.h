// strided: out[i0, i1, …] = in[offset + Σ i·stride]: transposes, slices, broadcasts, reversals.
#pragma once

#include <cstdint>

#include "common.h"
#include "grid.h"
#include "transpose.h"

namespace ravine::RAVINE_ISA {

inline RunFn byElementSize(DType type, RunFn one, RunFn four, RunFn eight) {
  return bytesOf(type) == 8 ? eight : bytesOf(type) == 4 ? four : one;
}

inline void copyBytes(void* target, const void* source, int64_t bytes) {
  if (bytes > 256) {
    __builtin_memcpy(target, source, static_cast<size_t>(bytes));
    return;
  }
  auto* to = static_cast<uint8_t*>(target);
  auto* from = static_cast<const uint8_t*>(source);
  for (; bytes >= 16; bytes -= 16, to += 16, from += 16) __builtin_memcpy(to, from, 16);
  for (; bytes >= 4; bytes -= 4, to += 4, from += 4) __builtin_memcpy(to, from, 4);
  for (; bytes > 0; --bytes) *to++ = *from++;
}

template <class U>
void fillRun(U* to, U value, int64_t count) {
  typename Bits<U>::Register all;
  for (int i = 0; i < Bits<U>::count; ++i) all[i] = value;
  for (; count >= Bits<U>::count; count -= Bits<U>::count, to += Bits<U>::count) __builtin_memcpy(to, &all, 16);
  for (; count > 0; --count) *to++ = value;
}

constexpr int maxStridedRank = 12;

// Dimensions of one are gone and neighbours that walk as one are merged. `across` is the dimension whose input stride is 1 where
// the last one's is not: a transposed copy over (across, last).
struct StridedData {
  int32_t rank, across;
  int64_t offset;
  int64_t dims[maxStridedRank], strides[maxStridedRank];

  int64_t last() const { return dims[rank - 1]; }
  int64_t lastStride() const { return strides[rank - 1]; }
  int64_t outputStride(int dimension) const {
    int64_t stride = 1;
    for (int d = dimension + 1; d < rank; ++d) stride *= dims[d];
    return stride;
  }
};

constexpr int64_t transposeTile = 128;  // 128 × 128 elements a tile: both sides of float32 stay in L2

struct TransposeTiles {
  int64_t down, along, tiles, tilesPerChunk;

  static TransposeTiles of(const StridedData& s) {
    const int64_t m = s.dims[s.across], n = s.last();
    TransposeTiles t;
    t.down = ceilDivide(m, transposeTile);
    t.along = ceilDivide(n, transposeTile);
    t.tiles = t.down * t.along;
    for (int d = 0; d < s.rank - 1; ++d)
      if (d != s.across) t.tiles *= s.dims[d];
    t.tilesPerChunk = atLeast(chunkElements / (atMost(m, transposeTile) * atMost(n, transposeTile)), 1);
    return t;
  }
};

template <class U>
void run_strided_transpose(const Call& call, int64_t begin, int64_t end) {
  const auto& s = kept<StridedData>(call);
  const auto t = TransposeTiles::of(s);
  const int64_t toStride = s.outputStride(s.across);
  for (int64_t tile = begin * t.tilesPerChunk, stop = atMost(end * t.tilesPerChunk, t.tiles); tile < stop; ++tile) {
    const int64_t j = tile % t.along * transposeTile, i = tile / t.along % t.down * transposeTile;
    auto* from = static_cast<const U*>(call.pointers[0]) + s.offset + j * s.lastStride() + i;
    auto* to = static_cast<U*>(call.pointers[1]) + i * toStride + j;
    int64_t rest = tile / t.along / t.down;
    for (int d = s.rank - 2; d >= 0; --d) {
      if (d == s.across) continue;
      from += rest % s.dims[d] * s.strides[d];
      to += rest % s.dims[d] * s.outputStride(d);
      rest /= s.dims[d];
    }
    transposeCopy(from, s.lastStride(), to, toStride, atMost(transposeTile, s.dims[s.across] - i),
                  atMost(transposeTile, s.last() - j));
  }
}

template <class U>
inline void stridedRun(U* to, const U* from, int64_t stride, int64_t count) {
  if (stride == 1) return copyBytes(to, from, count * static_cast<int64_t>(sizeof(U)));
  if (stride == 0) return fillRun(to, *from, count);
  for (int64_t i = 0; i < count; ++i) to[i] = from[i * stride];
}

template <class U>
void run_strided(const Call& call, int64_t begin, int64_t end) {
  const auto& s = kept<StridedData>(call);
  const int64_t columns = s.last(), inner = s.rank > 1 ? s.dims[s.rank - 2] : 1;
  const int64_t innerStride = s.rank > 1 ? s.strides[s.rank - 2] : 0;
  const auto grid = RowGrid::cut(s.outputStride(-1) / columns, columns);
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    const Block b = grid.block(chunk);
    for (int64_t row = b.rowBegin; row < b.rowEnd;) {
      const int64_t first = row % inner, stop = atMost(inner, first + b.rowEnd - row);
      int64_t rest = row / inner, place = s.offset + b.columnBegin * s.lastStride();
      for (int d = s.rank - 3; d >= 0; rest /= s.dims[d], --d) place += rest % s.dims[d] * s.strides[d];
      auto* from = static_cast<const U*>(call.pointers[0]) + place;
      auto* to = static_cast<U*>(call.pointers[1]) + b.columnBegin;
      for (int64_t i = first; i < stop; ++i, ++row)
        stridedRun(to + row * columns, from + i * innerStride, s.lastStride(), b.columnEnd - b.columnBegin);
    }
  }
}

// Adds the dimension, merged into the one before it where a step of that one is a whole walk of this.
inline bool appendDimension(StridedData& s, int64_t size, int64_t stride) {
  if (size == 1) return true;
  if (s.rank > 0) {
    int64_t& outerSize = s.dims[s.rank - 1];
    int64_t& outerStride = s.strides[s.rank - 1];
    if (outerStride == size * stride) {
      outerSize *= size;
      outerStride = stride;
      return true;
    }
  }
  if (s.rank == maxStridedRank) return false;
  s.dims[s.rank] = size;
  s.strides[s.rank++] = stride;
  return true;
}

// Offset and strides reach only what the input holds: the smallest and the largest place are both inside.
inline bool stridedInside(const int64_t* dims, const int64_t* strides, int64_t rank, int64_t offset, int64_t elements) {
  int64_t low = offset, high = offset, way;
  for (int64_t d = 0; d < rank; ++d) {
    if (__builtin_mul_overflow(dims[d] - 1, strides[d], &way)) return false;
    if (__builtin_add_overflow(way < 0 ? low : high, way, way < 0 ? &low : &high)) return false;
  }
  return low >= 0 && high < elements;
}

template <class U>
void chooseStrided(Plan& p, const StridedData& s) {
  const bool transposed = s.across >= 0;
  const auto tiles = transposed ? TransposeTiles::of(s) : TransposeTiles{};
  p.run = transposed ? run_strided_transpose<U> : run_strided<U>;
  p.chunks =
      transposed ? ceilDivide(tiles.tiles, tiles.tilesPerChunk) : RowGrid::cut(s.outputStride(-1) / s.last(), s.last()).chunks();
}

inline void plan_strided(Plan& p) {
  const int64_t rank = p.integers[0];
  if (!p.expect(rank >= 0 && rank <= 64 && p.attributes == 2 + 2 * rank, "rank")) return;
  const int64_t *dims = p.integers + 2, *strides = dims + rank;
  int64_t elements = 1;
  for (int64_t d = 0; d < rank; ++d)
    if (elements = checkedProduct(elements, dims[d]); elements < 0) break;
  if (!p.expect(1, p.in(0).dtype, elements)) return;
  p.run = [](const Call&, int64_t, int64_t) {};
  if (elements == 0) return;
  if (!p.expect(stridedInside(dims, strides, rank, p.integers[1], p.in(0).elements), "reaches outside of the input", 0)) return;

  StridedData s = {0, -1, p.integers[1], {}, {}};
  for (int64_t d = 0; d < rank; ++d)
    if (!p.expect(appendDimension(s, dims[d], strides[d]), "rank")) return;
  if (s.rank == 0) s.dims[s.rank] = 1, s.strides[s.rank++] = 1;
  if (s.lastStride() != 0 && s.lastStride() != 1)
    for (int d = 0; d < s.rank - 1; ++d)
      if (s.strides[d] == 1) s.across = d;
  keep(p, s);
  const int64_t size = bytesOf(p.in(0).dtype);
  size == 8 ? chooseStrided<uint64_t>(p, s) : size == 4 ? chooseStrided<uint32_t>(p, s) : chooseStrided<uint8_t>(p, s);
}

}  // namespace ravine::RAVINE_ISA
