// Batch normalisation over [rows, channels]: statistics of each channel over the rows, and what is made of them. Vectors lie
// along the channels. The rows are cut into parts by their shape alone; every part's sums are one chain for each of four rows,
// and parts are joined in order, so that the bits depend neither on the threads nor on the instruction set.
#pragma once

#include "pool_window.h"

namespace ravine::RAVINE_ISA {

struct BatchNormData {
  int64_t rows, channels, rowsPerPart, parts;
  double epsilon;
  bool relu;

  Range part(int64_t i) const { return chunkRange(i, i + 1, rows, rowsPerPart); }
};

// At least 16,384 elements a part, at most 16 parts: each chunk joins all of them by itself.
constexpr int64_t mostNormParts = 16;
// Rows of sums in scratch: two of every part, then four of each chunk.
constexpr int64_t normPartRows = 2, normChunkRows = 4;

inline bool readBatchNorm(Plan& p, BatchNormData& d, int64_t firstOutput) {
  const int64_t rows = p.integers[0], channels = p.integers[1], elements = checkedProduct(rows, channels);
  const DType dtype = p.in(0).dtype;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return false;
  if (!p.expect(elements >= 0, "size") || !p.expect(0, dtype, elements) || !p.expect(p.inputs, dtype, elements)) return false;
  for (int i = 1; i < static_cast<int>(firstOutput); i++)
    if (!p.expect(i, dtype, channels)) return false;
  const int64_t perPart = atLeast(ceilDivide(rows, mostNormParts), ceilDivide(chunkElements, atLeast(channels, 1)));
  d = {rows, channels, atLeast(perPart, 1), 0, p.reals[2], p.integers[3] != 0};
  d.parts = chunkCount(rows, d.rowsPerPart);
  p.chunks = d.parts;
  return true;
}

template <class T>
inline T* normPart(const Call& call, const BatchNormData& d, int64_t part) {
  return static_cast<T*>(call.scratch) + part * normPartRows * d.channels;
}
template <class T>
inline T* normChunk(const Call& call, const BatchNormData& d, int64_t chunk) {
  return static_cast<T*>(call.scratch) + (d.parts * normPartRows + chunk * normChunkRows) * d.channels;
}

// Σ f(row, channel) over rows, for a vector of channels: four chains, added as (0 + 1) + (2 + 3).
template <class T, class F>
inline Vec<T> sumRows(Range rows, F f) {
  using V = Vec<T>;
  V sum[4] = {V::zero(), V::zero(), V::zero(), V::zero()};
  int64_t r = rows.begin;
  for (; r + 4 <= rows.end; r += 4)
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) sum[i] = sum[i] + f(r + i);
  for (int i = 0; r < rows.end; r++, i++) sum[i] = sum[i] + f(r);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// Part: mean and Σ(x − mean)² of its rows.
template <class T>
inline void prepareBatchNorm(const Call& call, int64_t begin, int64_t end) {
  const BatchNormData& d = kept<BatchNormData>(call);
  using V = Vec<T>;
  const T* x = static_cast<const T*>(call.pointers[0]);
  for (int64_t part = begin; part < end; part++) {
    const Range rows = d.part(part);
    T* to = normPart<T>(call, d, part);
    const V count = V::broadcast(static_cast<T>(atLeast(rows.end - rows.begin, 1)));
    forEachVector<T>(d.channels, [&](int64_t c, int n) {
      const V mean = sumRows<T>(rows, [&](int64_t r) { return loadLanes(x + r * d.channels + c, n); }) / count;
      const V squares = sumRows<T>(rows, [&](int64_t r) {
        const V off = loadLanes(x + r * d.channels + c, n) - mean;
        return off * off;
      });
      storeLanes(mean, to + c, n);
      storeLanes(squares, to + d.channels + c, n);
    });
  }
}

// Chan, Golub & LeVeque 1983: δ = mean_b − mean_a, mean = mean_a + δ·n_b/n, Σ = Σ_a + Σ_b + δ²·n_a·n_b/n
template <class T>
inline void joinMoments(const Call& call, const BatchNormData& d, T* mean, T* variance) {
  using V = Vec<T>;
  forEachVector<T>(d.channels, [&](int64_t c, int n) {
    V m = loadLanes(normPart<T>(call, d, 0) + c, n), squares = loadLanes(normPart<T>(call, d, 0) + d.channels + c, n);
    double before = static_cast<double>(d.part(0).end);
    for (int64_t part = 1; part < d.parts; part++) {
      const Range rows = d.part(part);
      const double own = static_cast<double>(rows.end - rows.begin), all = before + own;
      const V delta = loadLanes(normPart<T>(call, d, part) + c, n) - m;
      m = fma(delta, V::broadcast(static_cast<T>(own / all)), m);
      squares = squares + loadLanes(normPart<T>(call, d, part) + d.channels + c, n);
      squares = fma(delta * delta, V::broadcast(static_cast<T>(before * own / all)), squares);
      before = all;
    }
    storeLanes(m, mean + c, n);
    storeLanes(squares / V::broadcast(static_cast<T>(atLeast(d.rows, 1))), variance + c, n);
  });
}

// scale = gamma/√(variance + ε)
template <class T>
inline void normScale(const BatchNormData& d, const T* gamma, const T* variance, T* scale) {
  using V = Vec<T>;
  const V epsilon = V::broadcast(static_cast<T>(d.epsilon));
  forEachVector<T>(d.channels, [&](int64_t c, int n) {
    storeLanes(loadLanes(gamma + c, n) / sqrt(loadLanes(variance + c, n) + epsilon), scale + c, n);
  });
}

// What y is before ReLU; its gradient asks again whether it was positive, and has to get the same bits.
template <class T>
inline Vec<T> normalized(Vec<T> x, Vec<T> mean, Vec<T> scale, Vec<T> beta) {
  return fma(x - mean, scale, beta);
}

// y = (x − mean)·scale + beta for the rows of a chunk
template <class T>
inline void applyNorm(const BatchNormData& d, Range rows, const T* x, const T* mean, const T* scale, const T* beta, T* y) {
  using V = Vec<T>;
  const V zero = V::zero();
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const T* from = x + r * d.channels;
    T* to = y + r * d.channels;
    forEachVector<T>(d.channels, [&](int64_t c, int n) {
      V v = normalized(loadLanes(from + c, n), loadLanes(mean + c, n), loadLanes(scale + c, n), loadLanes(beta + c, n));
      if (d.relu) v = select(le(v, zero), zero, v);
      storeLanes(v, to + c, n);
    });
  }
}

// x, gamma, beta -> y, mean, variance
template <class T>
inline void runBatchNorm(const Call& call, int64_t begin, int64_t end) {
  const BatchNormData& d = kept<BatchNormData>(call);
  const auto in = [&](int i) { return static_cast<const T*>(call.pointers[i]); };
  for (int64_t chunk = begin; chunk < end; chunk++) {
    T* own = normChunk<T>(call, d, chunk);
    T* mean = chunk == 0 ? static_cast<T*>(call.pointers[4]) : own;
    T* variance = chunk == 0 ? static_cast<T*>(call.pointers[5]) : own + d.channels;
    T* scale = own + 2 * d.channels;
    joinMoments(call, d, mean, variance);
    normScale(d, in(1), variance, scale);
    applyNorm(d, d.part(chunk), in(0), mean, scale, in(2), static_cast<T*>(call.pointers[3]));
  }
}

// x, gamma, beta, mean, variance -> y
template <class T>
inline void runNormalize(const Call& call, int64_t begin, int64_t end) {
  const BatchNormData& d = kept<BatchNormData>(call);
  const auto in = [&](int i) { return static_cast<const T*>(call.pointers[i]); };
  for (int64_t chunk = begin; chunk < end; chunk++) {
    T* scale = normChunk<T>(call, d, chunk);
    normScale(d, in(1), in(4), scale);
    applyNorm(d, d.part(chunk), in(0), in(3), scale, in(2), static_cast<T*>(call.pointers[5]));
  }
}

inline void reserveNorm(Plan& p, const BatchNormData& d) {
  p.scratchBytes = d.parts * (normPartRows + normChunkRows) * d.channels * bytesOf(p.in(0).dtype);
  keep(p, d);
}

inline void plan_batch_norm(Plan& p) {
  BatchNormData d;
  if (!readBatchNorm(p, d, 3)) return;
  const DType dtype = p.in(0).dtype;
  if (!p.expect(4, dtype, d.channels) || !p.expect(5, dtype, d.channels)) return;
  const bool isDouble = dtype == DType::f64;
  p.prepare = isDouble ? prepareBatchNorm<double> : prepareBatchNorm<float>;
  p.prepareChunks = d.parts;
  p.run = isDouble ? runBatchNorm<double> : runBatchNorm<float>;
  p.inPlace[0] = 1;
  reserveNorm(p, d);
}

inline void plan_normalize(Plan& p) {
  BatchNormData d;
  if (!readBatchNorm(p, d, 5)) return;
  p.run = p.in(0).dtype == DType::f64 ? runNormalize<double> : runNormalize<float>;
  p.inPlace[0] = 1;
  reserveNorm(p, d);
}

}  // namespace ravine::RAVINE_ISA
