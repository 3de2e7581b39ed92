// op(a)[batch, m, k] · op(b)[batch, k, n] -> [batch, m, n], then + bias[n], relu, and zero where mask is not positive.
#pragma once

#include "gemm_block.h"

namespace ravine::RAVINE_ISA {

struct MatmulData {
  GemmPlan gemm;
  bool bias, relu, mask;
};

template <class T>
inline GemmEntry<T> matmulEntry(const Call& call, const MatmulData& data, int64_t entry) {
  const GemmShape& s = data.gemm.shape;
  const int biasAt = 2, maskAt = 2 + data.bias, outAt = maskAt + data.mask;
  const auto in = [&](int i) { return static_cast<const T*>(call.pointers[i]); };
  GemmEntry<T> e;
  e.a = in(data.gemm.swapped ? 1 : 0) + entry * s.stepA;
  e.strips = data.gemm.packA ? static_cast<const T*>(call.scratch) + (s.stepA ? entry : 0) * s.m * s.k : nullptr;
  e.b = in(data.gemm.swapped ? 0 : 1) + entry * s.stepB;
  e.c = static_cast<T*>(call.pointers[outAt]) + entry * s.m * s.n;
  e.bias = data.bias ? in(biasAt) : nullptr;
  e.mask = data.mask ? in(maskAt) + entry * s.m * s.n : nullptr;
  e.relu = data.relu;
  return e;
}

// Chunk = one strip of A. A block of rows is stored depth block after depth block, so that what gemmBlock reads is contiguous.
template <class T>
inline void prepare_matmul(const Call& call, int64_t begin, int64_t end) {
  const GemmPlan& g = static_cast<const MatmulData*>(call.data)->gemm;
  const GemmShape& s = g.shape;
  const int64_t strips = RowTiles(g.rowBlock).count, entryChunks = g.rowBlocks * strips, stride = s.transposeA ? s.m : s.k;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const int64_t entry = chunk / entryChunks, block = chunk % entryChunks / strips, strip = chunk % strips;
    const Range rows = chunkRange(block, block + 1, s.m, g.rowBlock);
    const RowTiles tiles(rows.end - rows.begin);
    if (strip >= tiles.count) continue;
    const int64_t row = rows.begin + tiles.first(strip);
    const T* a = static_cast<const T*>(call.pointers[0]) + entry * s.stepA;
    T* to = static_cast<T*>(call.scratch) + (entry * s.m + rows.begin) * s.k;
    for (int64_t p = 0; p < s.k; p += g.depthBlock) {
      const int64_t depth = s.k - p < g.depthBlock ? s.k - p : g.depthBlock;
      packStrip(a + (s.transposeA ? p * s.m + row : row * s.k + p), stride, s.transposeA, depth, tiles.rows(strip),
                to + p * (rows.end - rows.begin) + tiles.first(strip) * depth);
    }
  }
}

template <class T>
inline void run_matmul(const Call& call, int64_t begin, int64_t end) {
  const MatmulData& data = *static_cast<const MatmulData*>(call.data);
  const GemmPlan& g = data.gemm;
  const GemmShape& s = g.shape;
  const auto block = g.provider == GemmProvider::blas ? blasBlock<T> : gemmBlock<T>;
  if (begin == 0) countGemm(g.provider);
  if (g.entries > 1) {
    const Range entries = chunkRange(begin, end, s.batch, g.entries);
    for (int64_t e = entries.begin; e < entries.end; e++) block(g, matmulEntry<T>(call, data, e), {0, s.m}, {0, s.n});
    return;
  }
  const int64_t blocks = g.rowBlocks * g.columnBlocks;
  for (int64_t chunk = begin; chunk < end && chunk / blocks < s.batch; chunk++) {
    const int64_t place = chunk % blocks, row = place / g.columnBlocks, column = place % g.columnBlocks;
    block(g, matmulEntry<T>(call, data, chunk / blocks), chunkRange(row, row + 1, s.m, g.rowBlock),
          chunkRange(column, column + 1, s.n, g.columnBlock));
  }
}

// Part q of the depth, samples [q, q + 1)·k / parts, goes to scratch [parts, m·n]; `finish` adds the parts.
template <class T>
inline void run_matmul_parts(const Call& call, int64_t begin, int64_t end) {
  const MatmulData& data = *static_cast<const MatmulData*>(call.data);
  const GemmPlan& g = data.gemm;
  const GemmShape& s = g.shape;
  if (begin == 0) countGemm(g.provider);
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const int64_t part = chunk / g.columnBlocks, column = chunk % g.columnBlocks;
    const int64_t first = part * s.k / g.depthParts, last = (part + 1) * s.k / g.depthParts;
    GemmPlan own = g;
    own.shape.k = own.depthBlock = last - first;
    GemmEntry<T> entry = matmulEntry<T>(call, data, 0);
    entry.a += first * s.m;
    entry.b += first * s.n;
    entry.c = static_cast<T*>(call.scratch) + part * s.m * s.n;
    gemmBlock(own, entry, {0, s.m}, chunkRange(column, column + 1, s.n, g.columnBlock));
  }
}

template <class T>
inline void finish_matmul_parts(const Call& call) {
  const GemmPlan& g = static_cast<const MatmulData*>(call.data)->gemm;
  const int64_t size = g.shape.m * g.shape.n;
  const T* parts = static_cast<const T*>(call.scratch);
  T* out = static_cast<T*>(call.pointers[2]);
  for (int64_t i = 0; i < size; i += Vec<T>::lanes) {
    const int count = size - i < Vec<T>::lanes ? static_cast<int>(size - i) : Vec<T>::lanes;
    Vec<T> sum = Vec<T>::loadPartial(parts + i, count);
    for (int64_t q = 1; q < g.depthParts; q++) sum = sum + Vec<T>::loadPartial(parts + q * size + i, count);
    sum.storePartial(out + i, count);
  }
}

// The last entry of an operand ends inside of it.
inline bool holdsMatrices(const Operand& operand, int64_t batch, int64_t step, int64_t rows, int64_t columns) {
  const int64_t matrix = checkedProduct(rows, columns), before = checkedProduct(batch > 0 ? batch - 1 : 0, step);
  int64_t needed;
  if (matrix < 0 || before < 0 || __builtin_add_overflow(matrix, before, &needed)) return false;
  return batch == 0 || operand.elements >= needed;
}

inline void plan_matmul(Plan& p) {
  const int64_t batch = p.integers[0], m = p.integers[1], n = p.integers[2], k = p.integers[3];
  const bool transposeA = p.integers[4] != 0, transposeB = p.integers[5] != 0;
  const int64_t stepA = p.integers[6], stepB = p.integers[7];
  const bool bias = p.integers[8] != 0, relu = p.integers[9] != 0, mask = p.integers[10] != 0;
  const DType dtype = p.out(0).dtype;
  if (!p.expect(p.inputs == 2 + bias + mask, "number of inputs")) return;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", p.inputs)) return;
  for (int i = 0; i < p.inputs; i++)
    if (!p.expect(p.in(i).dtype == dtype, "dtype", i)) return;
  if (!p.expect(holdsMatrices(p.in(0), batch, stepA, m, k), "elements", 0)) return;
  if (!p.expect(holdsMatrices(p.in(1), batch, stepB, k, n), "elements", 1)) return;
  const int64_t results = checkedProduct(batch, m, n);
  if (!p.expect(results >= 0, "elements", p.inputs) || !p.expect(p.inputs, dtype, results)) return;
  if (bias && !p.expect(2, dtype, n)) return;
  if (mask && !p.expect(2 + bias, dtype, results)) return;

  const bool isDouble = dtype == DType::f64;
  const GemmTile tile{tileRows, isDouble ? tileColumns<double> : tileColumns<float>};
  MatmulData data{planGemm({batch, m, n, k, stepA, stepB, transposeA, transposeB, isDouble}, tile, !bias && !relu && !mask), bias,
                  relu, mask};
  static_assert(sizeof(data) <= sizeof(p.data));
  __builtin_memcpy(p.data, &data, sizeof(data));
  p.run = isDouble ? run_matmul<double> : run_matmul<float>;
  p.chunks = data.gemm.chunks;
  if (data.gemm.depthParts > 1) {
    p.run = isDouble ? run_matmul_parts<double> : run_matmul_parts<float>;
    p.finish = isDouble ? finish_matmul_parts<double> : finish_matmul_parts<float>;
    p.scratchBytes = data.gemm.depthParts * m * n * bytesOf(dtype);
  }
  if (data.gemm.packA) {
    const int64_t entries = stepA ? batch : 1;
    p.prepare = isDouble ? prepare_matmul<double> : prepare_matmul<float>;
    p.prepareChunks = entries * data.gemm.rowBlocks * RowTiles(data.gemm.rowBlock).count;
    p.scratchBytes = entries * m * k * bytesOf(dtype);
  }
}

}  // namespace ravine::RAVINE_ISA
