// Data that only moves: concat, pad; and data from nothing: fill, iota. Elements move as 1, 4 or 8 bytes whatever their type.
#pragma once

#include <cstdint>

#include "strided.h"

namespace ravine::RAVINE_ISA {

inline bool representable(double value, DType type) {
  if (type == DType::f32 || type == DType::f64) return true;
  const double low = type == DType::u8 ? 0 : INT32_MIN, high = type == DType::u8 ? UINT8_MAX : INT32_MAX;
  return value >= low && value <= high && value == static_cast<double>(static_cast<int64_t>(value));
}

// Any element's bits, right-aligned.
inline uint64_t bitsOf(double value, DType type) {
  if (type == DType::f64) return __builtin_bit_cast(uint64_t, value);
  if (type == DType::f32) return __builtin_bit_cast(uint32_t, static_cast<float>(value));
  return static_cast<uint32_t>(static_cast<int64_t>(value));
}

// concat: inputs [outer, length_i] -> [outer, Σ length_i]
struct ConcatData {
  int64_t elementBytes, inputs, columns;
};

inline void run_concat(const Call& call, int64_t begin, int64_t end) {
  const auto [bytes, inputs, columns] = kept<ConcatData>(call);
  const int64_t outer = call.integers[0], *lengths = call.integers + 1;
  const auto grid = RowGrid::cut(outer, columns);
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    const Block b = grid.block(chunk);
    int64_t place = 0;
    for (int64_t i = 0; i < inputs; place += lengths[i], ++i) {
      const int64_t first = atLeast(b.columnBegin, place), stop = atMost(b.columnEnd, place + lengths[i]);
      if (first >= stop) continue;
      auto* from = static_cast<const uint8_t*>(call.pointers[i]) + (first - place) * bytes;
      auto* to = static_cast<uint8_t*>(call.pointers[inputs]) + first * bytes;
      for (int64_t row = b.rowBegin; row < b.rowEnd; ++row)
        copyBytes(to + row * columns * bytes, from + row * lengths[i] * bytes, (stop - first) * bytes);
    }
  }
}

inline void plan_concat(Plan& p) {
  if (!p.expect(p.attributes == 1 + p.inputs, "lengths")) return;
  const int64_t outer = p.integers[0], *lengths = p.integers + 1;
  const DType dtype = p.out(0).dtype;
  int64_t columns = 0;
  for (int i = 0; i < p.inputs; ++i) {
    if (!p.expect(i, dtype, checkedProduct(outer, lengths[i]))) return;
    if (!p.expect(lengths[i] >= 0 && !__builtin_add_overflow(columns, lengths[i], &columns), "lengths", i)) return;
  }
  if (!p.expect(p.inputs, dtype, checkedProduct(outer, columns))) return;
  keep(p, ConcatData{bytesOf(dtype), p.inputs, columns});
  p.run = run_concat;
  p.chunks = RowGrid::cut(outer, columns).chunks();
}

// pad: value around the input. Dimensions without padding are merged into the one before, so that rows are long.
constexpr int maxPadRank = 9;

struct PadData {
  int64_t rank;
  uint64_t value;
  int64_t dims[maxPadRank], before[maxPadRank], after[maxPadRank];

  int64_t width(int64_t d) const { return before[d] + dims[d] + after[d]; }
  int64_t rows() const {
    int64_t product = 1;
    for (int64_t d = 0; d < rank - 1; ++d) product *= width(d);
    return product;
  }
};

// The input's row that lies under this row of the output, or -1 in the padding.
inline int64_t sourceRow(const PadData& s, int64_t row) {
  int64_t source = 0, stride = 1;
  for (int64_t d = s.rank - 2; d >= 0; row /= s.width(d), --d) {
    const int64_t i = row % s.width(d) - s.before[d];
    if (i < 0 || i >= s.dims[d]) return -1;
    source += i * stride;
    stride *= s.dims[d];
  }
  return source;
}

template <class U>
void run_pad(const Call& call, int64_t begin, int64_t end) {
  const auto& s = kept<PadData>(call);
  const int64_t last = s.rank - 1, columns = s.width(last), length = s.dims[last], before = s.before[last];
  const auto grid = RowGrid::cut(s.rows(), columns);
  const U value = static_cast<U>(s.value);
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    const Block b = grid.block(chunk);
    for (int64_t row = b.rowBegin; row < b.rowEnd; ++row) {
      const int64_t source = sourceRow(s, row);
      const int64_t first = source < 0 ? b.columnEnd : atMost(atLeast(before, b.columnBegin), b.columnEnd);
      const int64_t stop = source < 0 ? b.columnEnd : atLeast(atMost(before + length, b.columnEnd), first);
      auto* from = static_cast<const U*>(call.pointers[0]) + source * length - before;
      U* to = static_cast<U*>(call.pointers[1]) + row * columns;
      fillRun(to + b.columnBegin, value, first - b.columnBegin);
      if (first < stop) copyBytes(to + first, from + first, (stop - first) * static_cast<int64_t>(sizeof(U)));
      fillRun(to + stop, value, b.columnEnd - stop);
    }
  }
}

inline bool appendPadded(PadData& s, int64_t size, int64_t before, int64_t after) {
  if (s.rank > 0 && before == 0 && after == 0) {
    s.dims[s.rank - 1] *= size, s.before[s.rank - 1] *= size, s.after[s.rank - 1] *= size;
    return true;
  }
  if (s.rank == maxPadRank) return false;
  s.dims[s.rank] = size, s.before[s.rank] = before, s.after[s.rank++] = after;
  return true;
}

inline void plan_pad(Plan& p) {
  const int64_t rank = p.integers[0];
  if (!p.expect(rank >= 0 && rank <= 64 && p.attributes == 2 + 3 * rank, "rank")) return;
  const int64_t *dims = p.integers + 2, *before = dims + rank, *after = before + rank;
  const DType dtype = p.out(0).dtype;
  int64_t inputs = 1, outputs = 1, width;
  for (int64_t d = 0; d < rank; ++d) {
    if (!p.expect(before[d] >= 0 && after[d] >= 0, "negative padding")) return;
    if (__builtin_add_overflow(dims[d], before[d], &width) || __builtin_add_overflow(width, after[d], &width)) width = -1;
    inputs = checkedProduct(inputs, dims[d]);
    outputs = checkedProduct(outputs, width);
  }
  if (!p.expect(0, dtype, inputs) || !p.expect(1, dtype, outputs)) return;
  if (!p.expect(representable(p.reals[1], dtype), "value")) return;
  PadData s = {0, bitsOf(p.reals[1], dtype), {}, {}, {}};
  if (outputs > 0)
    for (int64_t d = 0; d < rank; ++d)
      if (!p.expect(appendPadded(s, dims[d], before[d], after[d]), "rank")) return;
  if (s.rank == 0) appendPadded(s, outputs, 0, 0);
  keep(p, s);
  p.run = byElementSize(dtype, run_pad<uint8_t>, run_pad<uint32_t>, run_pad<uint64_t>);
  p.chunks = RowGrid::cut(s.rows(), s.width(s.rank - 1)).chunks();
}

struct FillData {
  int64_t elements;
  uint64_t value;
};

template <class U>
void run_fill(const Call& call, int64_t begin, int64_t end) {
  const auto& s = kept<FillData>(call);
  const Range r = chunkRange(begin, end, s.elements, copyElements);
  fillRun(static_cast<U*>(call.pointers[0]) + r.begin, static_cast<U>(s.value), r.end - r.begin);
}

inline void plan_fill(Plan& p) {
  const DType dtype = p.out(0).dtype;
  if (!p.expect(representable(p.reals[0], dtype), "value")) return;
  keep(p, FillData{p.out(0).elements, bitsOf(p.reals[0], dtype)});
  p.run = byElementSize(dtype, run_fill<uint8_t>, run_fill<uint32_t>, run_fill<uint64_t>);
  p.chunks = chunkCount(p.out(0).elements, copyElements);
}

// iota: start + i·step, worked out in double
template <class T>
void run_iota(const Call& call, int64_t begin, int64_t end) {
  const Range r = chunkRange(begin, end, kept<int64_t>(call));
  const double start = call.reals[0], step = call.reals[1];
  T* to = static_cast<T*>(call.pointers[0]);
  for (int64_t i = r.begin; i < r.end; ++i) to[i] = static_cast<T>(start + static_cast<double>(i) * step);
}

inline void plan_iota(Plan& p) {
  const DType dtype = p.out(0).dtype;
  const int64_t elements = p.out(0).elements;
  const double start = p.reals[0], step = p.reals[1], last = start + static_cast<double>(atLeast(elements - 1, 0)) * step;
  const bool whole = dtype == DType::i32 || dtype == DType::u8;
  if (!p.expect(representable(start, dtype) && representable(last, dtype), "start or end")) return;
  if (!p.expect(representable(step, whole ? DType::i32 : dtype), "step")) return;
  keep(p, elements);
  p.run = dtype == DType::f32   ? run_iota<float>
          : dtype == DType::f64 ? run_iota<double>
          : dtype == DType::i32 ? run_iota<int32_t>
                                : run_iota<uint8_t>;
  p.chunks = chunkCount(elements);
}

}  // namespace ravine::RAVINE_ISA
