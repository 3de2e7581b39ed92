// Products with rows of a sparse matrix that lies in memory whole. ranges int32 [rows, 2]: where the entries of each row begin
// and end; columns int32 and values [entries]; samples int32 [count]: the rows of the batch. All of them come with the data and
// are checked: Fault::index, position = the place in samples, or the entry.
#pragma once

#include <cstdint>

#include "grid.h"

namespace ravine::RAVINE_ISA {

struct SparseBatch {
  const int32_t *ranges, *columns, *samples;
  int64_t rows, entries, count, width;

  SparseBatch(const Call& call, int samplesInput)
      : ranges(static_cast<const int32_t*>(call.pointers[0])),
        columns(static_cast<const int32_t*>(call.pointers[1])),
        samples(static_cast<const int32_t*>(call.pointers[samplesInput])),
        rows(call.integers[0]),
        entries(call.integers[1]),
        count(call.integers[2]),
        width(call.integers[3]) {}

  Range entriesOf(const Call& call, int64_t i) const {
    const int64_t row = samples[i];
    if (row < 0 || row >= rows) {
      raise(call.error, Fault::index, call.instruction, i, static_cast<double>(row));
      return {0, 0};
    }
    const int64_t begin = ranges[2 * row], end = ranges[2 * row + 1];
    if (begin >= 0 && begin <= end && end <= entries) return {begin, end};
    raise(call.error, Fault::index, call.instruction, i, static_cast<double>(begin < 0 ? begin : end));
    return {0, 0};
  }

  // The column of an entry, or −1.
  int64_t columnOf(const Call& call, int64_t entry) const {
    const int64_t column = columns[entry];
    if (column >= 0 && column < width) return column;
    raise(call.error, Fault::index, call.instruction, entry, static_cast<double>(column));
    return -1;
  }

  // f(i, entry, column) for each entry of the batch, in order.
  template <class F>
  void each(const Call& call, F f) const {
    for (int64_t i = 0; i < count; ++i) {
      const Range range = entriesOf(call, i);
      for (int64_t entry = range.begin; entry < range.end; ++entry) {
        const int64_t column = columnOf(call, entry);
        if (column >= 0) f(i, entry, column);
      }
    }
  }
};

// Multiplications that a batch asks for, by shapes: the rows of the batch are taken for mean ones.
inline double sparseWork(const int64_t* integers, int64_t out) {
  const double mean = static_cast<double>(integers[1]) / static_cast<double>(atLeast(integers[0], 1));
  return (mean + 1) * static_cast<double>(integers[2]) * static_cast<double>(out);
}

constexpr double sparseChunkWork = 65536;  // about 10 µs

inline int64_t sparseChunks(double work, int64_t most) {
  return atMost(atLeast(static_cast<int64_t>(work / sparseChunkWork), 1), most);
}

inline bool planSparse(Plan& p, int samplesInput) {
  const int64_t rows = p.integers[0], entries = p.integers[1], count = p.integers[2];
  return p.expect(0, DType::i32, checkedProduct(rows, 2)) && p.expect(1, DType::i32, checkedProduct(entries)) &&
         p.expect(samplesInput, DType::i32, checkedProduct(count));
}

inline bool planSparseValues(Plan& p) {
  const DType dtype = p.in(2).dtype;
  return p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 2) && p.expect(2, dtype, p.integers[1]) &&
         planSparse(p, 3);
}

// Values are float32, or as what they are multiplied with: kernels for both in float32, for float32 values in float64, both in
// it.
inline bool chooseSparse(Plan& p, RunFn singles, RunFn mixed, RunFn doubles) {
  const DType values = p.in(2).dtype, dtype = p.out(0).dtype;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", p.inputs)) return false;
  if (!p.expect(values == DType::f32 || dtype == DType::f64, "dtype", 2)) return false;
  p.run = dtype == DType::f32 ? singles : values == DType::f32 ? mixed : doubles;
  return true;
}

// sparse_rows: the dense rows. [count, width]
template <class S, class T>
void run_sparse_rows(const Call& call, int64_t begin, int64_t end) {
  const SparseBatch s(call, 3);
  auto* const values = static_cast<const S*>(call.pointers[2]);
  const auto grid = RowGrid::cut(s.count, s.width);
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    const Block b = grid.block(chunk);
    for (int64_t i = b.rowBegin; i < b.rowEnd; ++i) {
      T* const row = static_cast<T*>(call.pointers[4]) + i * s.width;
      for (int64_t column = b.columnBegin; column < b.columnEnd; ++column) row[column] = 0;
      const Range range = s.entriesOf(call, i);
      for (int64_t entry = range.begin; entry < range.end; ++entry) {
        const int64_t column = s.columnOf(call, entry);
        if (column >= b.columnBegin && column < b.columnEnd) row[column] += static_cast<T>(values[entry]);
      }
    }
  }
}

inline void plan_sparse_rows(Plan& p) {
  const int64_t count = p.integers[2], width = p.integers[3];
  if (!planSparseValues(p) || !p.expect(4, p.out(0).dtype, checkedProduct(count, width))) return;
  if (!chooseSparse(p, run_sparse_rows<float, float>, run_sparse_rows<float, double>, run_sparse_rows<double, double>)) return;
  p.chunks = RowGrid::cut(count, width).chunks();
}

// y[i, c + …] = Σ value · w[column, c + …] over the entries of one row, in their order; `vectors` of them stay in registers.
template <int vectors, class S, class T>
inline void sparseDot(const Call& call, const SparseBatch& s, Range range, const S* values, const T* w, int64_t out, T* y) {
  using V = Vec<T>;
  V sums[vectors];
  for (int k = 0; k < vectors; ++k) sums[k] = V::zero();
  for (int64_t entry = range.begin; entry < range.end; ++entry) {
    const int64_t column = s.columnOf(call, entry);
    if (column < 0) continue;
    if (entry + 8 < range.end) __builtin_prefetch(w + static_cast<int64_t>(static_cast<uint32_t>(s.columns[entry + 8])) * out);
    const V value = V::broadcast(static_cast<T>(values[entry]));
    const T* const from = w + column * out;
    for (int k = 0; k < vectors; ++k) sums[k] = fma(value, V::load(from + k * V::lanes), sums[k]);
  }
  for (int k = 0; k < vectors; ++k) sums[k].store(y + k * V::lanes);
}

template <class S, class T>
inline void sparseDotPartial(const Call& call, const SparseBatch& s, Range range, const S* values, const T* w, int64_t out, T* y,
                             int n) {
  using V = Vec<T>;
  V sum = V::zero();
  for (int64_t entry = range.begin; entry < range.end; ++entry) {
    const int64_t column = s.columnOf(call, entry);
    if (column >= 0) sum = fma(V::broadcast(static_cast<T>(values[entry])), V::loadPartial(w + column * out, n), sum);
  }
  sum.storePartial(y, n);
}

// sparse_product: y [count, out] = rows · w [width, out]
template <class S, class T>
void run_sparse_product(const Call& call, int64_t begin, int64_t end) {
  constexpr int64_t lanes = Vec<T>::lanes;
  const SparseBatch s(call, 3);
  auto* const values = static_cast<const S*>(call.pointers[2]);
  auto* const w = static_cast<const T*>(call.pointers[4]);
  T* const y = static_cast<T*>(call.pointers[5]);
  const int64_t out = call.integers[4], perChunk = kept<int64_t>(call);
  const Range samples = chunkRange(begin, end, s.count, perChunk);
  for (int64_t i = samples.begin; i < samples.end; ++i) {
    const Range range = s.entriesOf(call, i);
    int64_t c = 0;
    for (; c + 8 * lanes <= out; c += 8 * lanes) sparseDot<8>(call, s, range, values, w + c, out, y + i * out + c);
    for (; c + 2 * lanes <= out; c += 2 * lanes) sparseDot<2>(call, s, range, values, w + c, out, y + i * out + c);
    for (; c + lanes <= out; c += lanes) sparseDot<1>(call, s, range, values, w + c, out, y + i * out + c);
    if (c < out) sparseDotPartial(call, s, range, values, w + c, out, y + i * out + c, static_cast<int>(out - c));
  }
}

inline void plan_sparse_product(Plan& p) {
  const int64_t count = p.integers[2], width = p.integers[3], out = p.integers[4];
  const DType dtype = p.out(0).dtype;
  if (!planSparseValues(p) || !p.expect(4, dtype, checkedProduct(width, out)) || !p.expect(5, dtype, checkedProduct(count, out)))
    return;
  if (!chooseSparse(p, run_sparse_product<float, float>, run_sparse_product<float, double>, run_sparse_product<double, double>))
    return;
  const int64_t perChunk = atLeast(ceilDivide(count, sparseChunks(sparseWork(p.integers, out), 64)), 1);
  keep(p, perChunk);
  p.chunks = chunkCount(count, perChunk);
}

// to += factor · from
template <class T>
inline void addScaled(T* to, const T* from, T factor, int64_t n) {
  using V = Vec<T>;
  const V by = V::broadcast(factor);
  int64_t c = 0;
  for (; c + V::lanes <= n; c += V::lanes) fma(by, V::load(from + c), V::load(to + c)).store(to + c);
  const int left = static_cast<int>(n - c);
  if (left > 0) fma(by, V::loadPartial(from + c, left), V::loadPartial(to + c, left)).storePartial(to + c, left);
}

// sparse_product_transposed: [width, out] = rowsᵀ · dy [count, out]. Chunks own ranges of the result's rows; each walks all
// entries.
template <class S, class T>
void run_sparse_product_transposed(const Call& call, int64_t begin, int64_t end) {
  const SparseBatch s(call, 3);
  auto* const values = static_cast<const S*>(call.pointers[2]);
  auto* const dy = static_cast<const T*>(call.pointers[4]);
  T* const result = static_cast<T*>(call.pointers[5]);
  const int64_t out = call.integers[4], perChunk = kept<int64_t>(call);
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    const Range own = chunkRange(chunk, chunk + 1, s.width, perChunk);
    for (int64_t i = own.begin * out; i < own.end * out; ++i) result[i] = 0;
    s.each(call, [&](int64_t i, int64_t entry, int64_t column) {
      if (column >= own.begin && column < own.end)
        addScaled(result + column * out, dy + i * out, static_cast<T>(values[entry]), out);
    });
  }
}

inline void plan_sparse_product_transposed(Plan& p) {
  const int64_t count = p.integers[2], width = p.integers[3], out = p.integers[4];
  const DType dtype = p.out(0).dtype;
  if (!planSparseValues(p) || !p.expect(4, dtype, checkedProduct(count, out)) || !p.expect(5, dtype, checkedProduct(width, out)))
    return;
  if (!chooseSparse(p, run_sparse_product_transposed<float, float>, run_sparse_product_transposed<float, double>,
                    run_sparse_product_transposed<double, double>))
    return;
  const double work = sparseWork(p.integers, out) + static_cast<double>(width) * static_cast<double>(out) / 4;
  const int64_t perChunk = atLeast(ceilDivide(width, sparseChunks(work, out < 16 ? 4 : 16)), 1);
  keep(p, perChunk);
  p.chunks = chunkCount(width, perChunk);
}

}  // namespace ravine::RAVINE_ISA
