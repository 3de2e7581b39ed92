// Rows picked and rows added by int32 indices, which come with the data and are checked here: gather, scatter_add, one_hot.
#pragma once

#include <cstdint>

#include "gather.h"
#include "pairwise.h"
#include "strided.h"

namespace ravine::RAVINE_ISA {

// scatter_add: out[o, index[i]] += x[o, i], in the order of i. Chunks own ranges of the output's rows, or of its columns where
// rows are few; each walks all indices.
struct ScatterData {
  int64_t outer, rows, inner, count;
  int64_t rowsPerChunk, columnsPerChunk, rowChunks, columnChunks;

  static ScatterData cut(int64_t outer, int64_t rows, int64_t inner, int64_t count) {
    ScatterData s = {outer, rows, inner, count, rows, inner, 1, 1};
    const int64_t most = inner < 16 ? 4 : 16;  // walking the indices costs as much as adding some elements
    const int64_t wanted = atMost(atLeast((rows + count) * inner / copyElements, 1), most);
    if (rows >= 4 * wanted)
      s.rowsPerChunk = ceilDivide(rows, wanted);
    else
      s.columnsPerChunk = roundUp(ceilDivide(inner, wanted), 64);
    s.rowChunks = ceilDivide(rows, atLeast(s.rowsPerChunk, 1));
    s.columnChunks = ceilDivide(inner, atLeast(s.columnsPerChunk, 1));
    return s;
  }
  int64_t chunks() const { return atLeast(outer * rowChunks * columnChunks, 1); }
};

template <class T>
inline void addRow(T* to, const T* from, int64_t count) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::lanes <= count; i += V::lanes) (V::load(to + i) + V::load(from + i)).store(to + i);
  const int left = static_cast<int>(count - i);
  if (left > 0) (V::loadPartial(to + i, left) + V::loadPartial(from + i, left)).storePartial(to + i, left);
}

template <class T>
void run_scatter_add(const Call& call, int64_t begin, int64_t end) {
  const auto& s = kept<ScatterData>(call);
  auto* index = static_cast<const int32_t*>(call.pointers[1]);
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    const int64_t column = chunk % s.columnChunks * s.columnsPerChunk, columns = atMost(s.columnsPerChunk, s.inner - column);
    const int64_t row = chunk / s.columnChunks % s.rowChunks * s.rowsPerChunk, rowEnd = atMost(row + s.rowsPerChunk, s.rows);
    const int64_t o = chunk / s.columnChunks / s.rowChunks;
    auto* from = static_cast<const T*>(call.pointers[0]) + o * s.count * s.inner + column;
    T* to = static_cast<T*>(call.pointers[2]) + o * s.rows * s.inner + column;
    for (int64_t r = row; r < rowEnd; ++r) fillRun(to + r * s.inner, T(0), columns);
    for (int64_t i = 0; i < s.count; ++i) {
      const int64_t r = index[i];
      if (r >= row && r < rowEnd)
        addRow(to + r * s.inner, from + i * s.inner, columns);
      else if (r < 0 || r >= s.rows)
        raise(call.error, Fault::index, call.instruction, i, static_cast<double>(r));
    }
  }
}

// There is nothing to add to, but indices are checked all the same.
inline void run_scatter_nothing(const Call& call, int64_t, int64_t) {
  const auto& s = kept<ScatterData>(call);
  auto* index = static_cast<const int32_t*>(call.pointers[1]);
  for (int64_t i = 0; i < s.count; ++i)
    if (index[i] < 0 || index[i] >= s.rows) raise(call.error, Fault::index, call.instruction, i, index[i]);
}

inline void plan_scatter_add(Plan& p) {
  const int64_t outer = p.integers[0], rows = p.integers[1], inner = p.integers[2], count = p.integers[3];
  const DType dtype = p.in(0).dtype;
  if (!p.expect(dtype != DType::u8, "dtype", 0)) return;
  if (!p.expect(0, dtype, checkedProduct(outer, count, inner)) || !p.expect(1, DType::i32, count)) return;
  if (!p.expect(2, dtype, checkedProduct(outer, rows, inner))) return;
  const bool nothing = outer * rows * inner == 0;
  const auto s = nothing ? ScatterData{outer, rows, inner, count, 0, 0, 1, 1} : ScatterData::cut(outer, rows, inner, count);
  keep(p, s);
  p.run = nothing               ? run_scatter_nothing
          : dtype == DType::f32 ? run_scatter_add<float>
          : dtype == DType::f64 ? run_scatter_add<double>
                                : run_scatter_add<int32_t>;
  p.chunks = nothing ? 1 : s.chunks();
}

// one_hot: [count] -> [count, classes]
template <class T>
void run_one_hot(const Call& call, int64_t begin, int64_t end) {
  const int64_t classes = call.integers[1];
  const auto grid = RowGrid::cut(call.integers[0], atLeast(classes, 1));
  auto* labels = static_cast<const int32_t*>(call.pointers[0]);
  T* out = static_cast<T*>(call.pointers[1]);
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    const Block b = grid.block(chunk);
    for (int64_t row = b.rowBegin; row < b.rowEnd; ++row) {
      const int64_t label = labels[row];
      if (label < 0 || label >= classes) raise(call.error, Fault::label, call.instruction, row, static_cast<double>(label));
      if (classes == 0) continue;
      fillRun(out + row * classes + b.columnBegin, T(0), b.columnEnd - b.columnBegin);
      if (label >= b.columnBegin && label < b.columnEnd) out[row * classes + label] = T(1);
    }
  }
}

inline void plan_one_hot(Plan& p) {
  const int64_t count = p.integers[0], classes = p.integers[1];
  const DType dtype = p.out(0).dtype;
  if (!p.expect(0, DType::i32, count) || !p.expect(1, dtype, checkedProduct(count, classes))) return;
  p.run = dtype == DType::f32   ? run_one_hot<float>
          : dtype == DType::f64 ? run_one_hot<double>
          : dtype == DType::i32 ? run_one_hot<int32_t>
                                : run_one_hot<uint8_t>;
  p.chunks = RowGrid::cut(count, atLeast(classes, 1)).chunks();
}

}  // namespace ravine::RAVINE_ISA
