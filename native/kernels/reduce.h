// reduce: [outer, length, inner] -> [outer, inner] by sum, prod, max, min, argmax or argmin.
#pragma once

#include <cstdint>

#include "cumsum.h"
#include "pairwise.h"

namespace ravine::RAVINE_ISA {

enum class Reduction : int64_t {
#define REDUCTION(name) name,
#include "../reductions.def"
#undef REDUCTION
  count
};

// A long `length` is cut in pieces whose results lie in scratch, [outer, pieces, inner], until finish joins them.
struct ReduceData {
  int64_t outer, length, inner;
  int64_t piece, pieces;          // rows of a piece
  int64_t columns, columnChunks;  // columns of a chunk
  int64_t outers;                 // outer entries of a chunk

  static ReduceData cut(int64_t outer, int64_t length, int64_t inner) {
    ReduceData s = {outer, length, inner, length, 1, inner, 1, 1};
    const int64_t piece = inner == 1 ? copyElements : atLeast(roundUp(4 * copyElements / atLeast(inner, 1), blockRows), 256);
    if (length > 2 * piece || (inner == 1 && length > piece)) {
      s.piece = piece, s.pieces = ceilDivide(length, piece);
      s.columns = atMost(inner, 4096);
    } else {
      s.columns = atMost(inner, roundUp(ceilDivide(copyElements, atLeast(length, 1)), 64));
    }
    s.columnChunks = atLeast(ceilDivide(inner, atLeast(s.columns, 1)), 1);
    if (s.pieces * s.columnChunks == 1) s.outers = atLeast(copyElements / atLeast(length * inner, 1), 1);
    return s;
  }
  int64_t chunks() const { return atLeast(ceilDivide(outer, outers), 1) * pieces * columnChunks; }
};

// Calls work(outer entry, piece, first row, rows, first column, columns) for everything in the chunks.
template <class Work>
inline void forReduceBlocks(const ReduceData& s, int64_t begin, int64_t end, Work work) {
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    const int64_t column = chunk % s.columnChunks * s.columns, piece = chunk / s.columnChunks % s.pieces;
    const int64_t first = chunk / s.columnChunks / s.pieces * s.outers;
    for (int64_t o = first; o < atMost(first + s.outers, s.outer); ++o)
      work(o, piece, piece * s.piece, atMost(s.piece, s.length - piece * s.piece), column, atMost(s.columns, s.inner - column));
  }
}

template <class T, class Op>
void run_reduce(const Call& call, int64_t begin, int64_t end) {
  const auto& s = kept<ReduceData>(call);
  auto* x = static_cast<const T*>(call.pointers[0]);
  T* out = static_cast<T*>(s.pieces > 1 ? call.scratch : call.pointers[1]);
  forReduceBlocks(s, begin, end, [&](int64_t o, int64_t piece, int64_t row, int64_t rows, int64_t column, int64_t columns) {
    const T* from = x + (o * s.length + row) * s.inner + column;
    T* to = out + (o * s.pieces + piece) * s.inner + column;
    if (s.inner == 1)
      *to = reduceRow<Op>(from, rows);
    else
      reduceColumns<Op>(from, rows, s.inner, to, columns);
  });
}

template <class T, class Op>
void finish_reduce(const Call& call) {
  const auto& s = kept<ReduceData>(call);
  auto* partial = static_cast<const T*>(call.scratch);
  T* out = static_cast<T*>(call.pointers[1]);
  for (int64_t o = 0; o < s.outer; ++o)
    reduceColumns<Op>(partial + o * s.pieces * s.inner, s.pieces, s.inner, out + o * s.inner, s.inner);
}

// The first place where x is `best`, the largest or smallest of them; the first NaN where that is NaN.
template <class T>
int32_t firstPlace(const T* x, int64_t length, T best) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::lanes <= length; i += V::lanes) {
    const V v = V::load(x + i);
    if (any(eq(v, V::broadcast(best)) | ne(v, v))) break;
  }
  while (i < length - 1 && x[i] != best && x[i] == x[i]) ++i;
  return static_cast<int32_t>(i);
}

constexpr int64_t placeColumns = 256;

// The same for columns: from the last row to the first, so that the first one stays.
template <class T, class Op>
void firstPlaces(const T* x, int64_t rows, int64_t stride, int64_t firstRow, int32_t* out, int64_t columns) {
  T best[placeColumns];
  for (int64_t c = 0; c < columns; c += placeColumns) {
    const int64_t n = atMost(placeColumns, columns - c);
    reduceColumns<Op>(x + c, rows, stride, best, n);
    for (int64_t row = rows - 1; row >= 0; --row) {
      const T* from = x + row * stride + c;
      const auto place = static_cast<int32_t>(firstRow + row);
      for (int64_t j = 0; j < n; ++j) out[c + j] = (from[j] == best[j]) | (from[j] != from[j]) ? place : out[c + j];
    }
  }
}

template <class T, class Op>
void run_place(const Call& call, int64_t begin, int64_t end) {
  const auto& s = kept<ReduceData>(call);
  auto* x = static_cast<const T*>(call.pointers[0]);
  auto* out = static_cast<int32_t*>(s.pieces > 1 ? call.scratch : call.pointers[1]);
  forReduceBlocks(s, begin, end, [&](int64_t o, int64_t piece, int64_t row, int64_t rows, int64_t column, int64_t columns) {
    const T* from = x + (o * s.length + row) * s.inner + column;
    int32_t* to = out + (o * s.pieces + piece) * s.inner + column;
    if (s.inner == 1)
      *to = static_cast<int32_t>(row) + firstPlace(from, rows, reduceRow<Op>(from, rows));
    else
      firstPlaces<T, Op>(from, rows, s.inner, row, to, columns);
  });
}

// Each piece's place, the first of the best: a later one has to be better, not as good.
template <class T, class Op>
void finish_place(const Call& call) {
  const auto& s = kept<ReduceData>(call);
  auto* x = static_cast<const T*>(call.pointers[0]);
  auto* places = static_cast<const int32_t*>(call.scratch);
  auto* out = static_cast<int32_t*>(call.pointers[1]);
  for (int64_t i = 0; i < s.outer * s.inner; ++i) {
    const int64_t o = i / s.inner, column = i % s.inner;
    const T* from = x + o * s.length * s.inner + column;
    const int32_t* place = places + o * s.pieces * s.inner + column;
    T best = from[*place * s.inner];
    out[i] = *place;
    for (int64_t piece = 1; piece < s.pieces && best == best; ++piece) {
      const T next = from[place[piece * s.inner] * s.inner];
      if (firstLane(Op()(Vec<T>::broadcast(best), Vec<T>::broadcast(next))) == best) continue;
      best = next;
      out[i] = place[piece * s.inner];
    }
  }
}

template <class T>
void chooseReduction(Plan& p, Reduction kind) {
  p.run = kind == Reduction::sum      ? run_reduce<T, Sum<T>>
          : kind == Reduction::prod   ? run_reduce<T, Prod<T>>
          : kind == Reduction::max    ? run_reduce<T, Max<T>>
          : kind == Reduction::min    ? run_reduce<T, Min<T>>
          : kind == Reduction::argmax ? run_place<T, Max<T>>
                                      : run_place<T, Min<T>>;
  p.finish = kind == Reduction::sum      ? finish_reduce<T, Sum<T>>
             : kind == Reduction::prod   ? finish_reduce<T, Prod<T>>
             : kind == Reduction::max    ? finish_reduce<T, Max<T>>
             : kind == Reduction::min    ? finish_reduce<T, Min<T>>
             : kind == Reduction::argmax ? finish_place<T, Max<T>>
                                         : finish_place<T, Min<T>>;
}

inline void plan_reduce(Plan& p) {
  const auto kind = static_cast<Reduction>(p.integers[0]);
  const int64_t outer = p.integers[1], length = p.integers[2], inner = p.integers[3];
  const DType dtype = p.in(0).dtype;
  const bool place = kind == Reduction::argmax || kind == Reduction::argmin;
  if (!p.expect(kind >= Reduction::sum && kind < Reduction::count, "kind")) return;
  if (!p.expect(dtype != DType::u8, "dtype", 0)) return;
  if (!p.expect(0, dtype, checkedProduct(outer, length, inner))) return;
  if (!p.expect(1, place ? DType::i32 : dtype, checkedProduct(outer, inner))) return;
  const bool needsOne = kind != Reduction::sum && kind != Reduction::prod;
  if (!p.expect(length > 0 || !needsOne || outer * inner == 0, "length 0 has no extreme", 0)) return;
  if (!p.expect(length <= INT32_MAX || !place, "length", 0)) return;

  dtype == DType::f32   ? chooseReduction<float>(p, kind)
  : dtype == DType::f64 ? chooseReduction<double>(p, kind)
                        : chooseReduction<int32_t>(p, kind);
  const auto s = outer * inner > 0 ? ReduceData::cut(outer, length, inner) : ReduceData{0, 0, 0, 0, 1, 0, 1, 1};
  keep(p, s);
  p.chunks = s.chunks();
  if (s.pieces == 1)
    p.finish = nullptr;
  else
    p.scratchBytes = outer * s.pieces * inner * bytesOf(dtype);
}

}  // namespace ravine::RAVINE_ISA
