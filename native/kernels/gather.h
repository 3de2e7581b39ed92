// gather: table [outer, rows, inner], index [count] -> [outer, count, inner], each element x·scale + shift in the output's type.
// A row whose index is bad raises a fault and becomes zeros.
#pragma once

#include <cstdint>

#include "strided.h"

namespace ravine::RAVINE_ISA {

// How one row gets from the table to the batch. S to D: converted, then multiplied, then shifted (two roundings, as the plain ops
// do).
template <class S, class D>
struct ConvertRow {
  using Source = S;
  using Target = D;
  D scale, shift;

  explicit ConvertRow(const Call& call) : scale(static_cast<D>(call.reals[4])), shift(static_cast<D>(call.reals[5])) {}
  void operator()(D* to, const S* from, int64_t count) const {
    int64_t i = 0;
    if constexpr (sizeof(S) == 1) {
      using V = Vec<D>;
      const V factor = V::broadcast(scale), addend = V::broadcast(shift);
      for (; i + V::lanes <= count; i += V::lanes) (V::loadU8(from + i) * factor + addend).store(to + i);
    }
    for (; i < count; ++i) to[i] = static_cast<D>(from[i]) * scale + shift;
  }
};

// Element types are equal, or whole numbers that widen.
template <class S, class D>
struct CopyRow {
  using Source = S;
  using Target = D;
  explicit CopyRow(const Call&) {}
  void operator()(D* to, const S* from, int64_t count) const {
    if constexpr (sizeof(S) == sizeof(D))
      copyBytes(to, from, count * static_cast<int64_t>(sizeof(D)));
    else
      for (int64_t i = 0; i < count; ++i) to[i] = from[i];
  }
};

// The next rows are anywhere in a big table, out of the hardware prefetcher's sight: ask for them about 2 KB ahead.
inline void prefetchRow(const void* row, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const char*>(row) + i);
}

template <class Row>
void run_gather(const Call& call, int64_t begin, int64_t end) {
  using S = typename Row::Source;
  using D = typename Row::Target;
  const int64_t outer = call.integers[0], rows = call.integers[1], inner = call.integers[2], count = call.integers[3];
  const auto grid = RowGrid::cut(outer * count, atLeast(inner, 1), chunkElements);
  auto* index = static_cast<const int32_t*>(call.pointers[1]);
  const Row copy(call);
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    const Block b = grid.block(chunk);
    const int64_t width = inner == 0 ? 0 : b.columnEnd - b.columnBegin, bytes = width * static_cast<int64_t>(sizeof(S));
    const int64_t ahead = atLeast(atMost(2048 / atLeast(bytes, 1), 8), 1);
    auto* table = static_cast<const S*>(call.pointers[0]) + b.columnBegin;
    D* out = static_cast<D*>(call.pointers[2]) + b.columnBegin;
    int64_t i = b.rowBegin % atLeast(count, 1);
    const S* entry = table + b.rowBegin / atLeast(count, 1) * rows * inner;
    for (int64_t row = b.rowBegin; row < b.rowEnd; ++row) {
      const int64_t r = index[i];
      if (i + ahead < count) {
        const int64_t next = index[i + ahead];
        if (next >= 0 && next < rows) prefetchRow(entry + next * inner, bytes);
      }
      if (r >= 0 && r < rows) {
        copy(out + row * inner, entry + r * inner, width);
      } else {
        raise(call.error, Fault::index, call.instruction, i, static_cast<double>(r));
        fillRun(out + row * inner, D(0), width);
      }
      if (++i == count) i = 0, entry += rows * inner;
    }
  }
}

template <class D>
RunFn convertTo(DType from) {
  return from == DType::f32   ? run_gather<ConvertRow<float, D>>
         : from == DType::f64 ? run_gather<ConvertRow<double, D>>
         : from == DType::i32 ? run_gather<ConvertRow<int32_t, D>>
                              : run_gather<ConvertRow<uint8_t, D>>;
}

inline RunFn chooseGather(DType from, DType to, bool plain) {
  if (plain && from == to)
    return byElementSize(from, run_gather<CopyRow<uint8_t, uint8_t>>, run_gather<CopyRow<uint32_t, uint32_t>>,
                         run_gather<CopyRow<uint64_t, uint64_t>>);
  if (plain && from == DType::u8 && to == DType::i32) return run_gather<CopyRow<uint8_t, int32_t>>;
  return to == DType::f32 ? convertTo<float>(from) : to == DType::f64 ? convertTo<double>(from) : nullptr;
}

inline void plan_gather(Plan& p) {
  const int64_t outer = p.integers[0], rows = p.integers[1], inner = p.integers[2], count = p.integers[3];
  if (!p.expect(0, p.in(0).dtype, checkedProduct(outer, rows, inner)) || !p.expect(1, DType::i32, count)) return;
  if (!p.expect(2, p.out(0).dtype, checkedProduct(outer, count, inner))) return;
  p.run = chooseGather(p.in(0).dtype, p.out(0).dtype, p.reals[4] == 1 && p.reals[5] == 0);
  if (!p.expect(p.run != nullptr, "no conversion to this dtype", 2)) return;
  p.chunks = RowGrid::cut(checkedProduct(outer, count), atLeast(inner, 1), chunkElements).chunks();
}

}  // namespace ravine::RAVINE_ISA
