// Batch normalisation over [rows, channels]: statistics of each channel over the rows, and what is made of them. Vectors lie
// along the channels. The rows are cut into parts, and parts into blocks, by their shape alone; a block's sums are one chain for
// each of four rows, and blocks and parts are joined in order, so that the bits depend neither on the threads nor on the
// instruction set.
#pragma once

#include "pool_window.h"

namespace ravine::RAVINE_ISA {

// At least 16,384 elements a part, at most 16 parts: each chunk joins all of them by itself.
constexpr int64_t mostNormParts = 16;
// Contiguous, so that it lies in L1 whatever the number of channels, and is there when it is read again.
constexpr int64_t normBlockBytes = 16384;

struct BatchNormData {
  int64_t rows, channels, rowsPerPart, rowsPerBlock, parts;
  double epsilon;
  bool relu;

  Range part(int64_t i) const { return chunkRange(i, i + 1, rows, rowsPerPart); }
  static BatchNormData cut(int64_t rows, int64_t channels, DType dtype, double epsilon, bool relu) {
    const int64_t width = atLeast(channels, 1);
    const int64_t perPart = atLeast(ceilDivide(rows, mostNormParts), ceilDivide(chunkElements, width));
    const int64_t perBlock = atLeast(normBlockBytes / bytesOf(dtype) / width, 8);
    return {rows, channels, atLeast(perPart, 1), perBlock, chunkCount(rows, atLeast(perPart, 1)), epsilon, relu};
  }
};
// Rows of sums in scratch: two of every part, four of each chunk, and the pivot.
constexpr int64_t normPartRows = 2, normChunkRows = 4;

inline bool readBatchNorm(Plan& p, BatchNormData& d, int64_t firstOutput) {
  const int64_t rows = p.integers[0], channels = p.integers[1], elements = checkedProduct(rows, channels);
  const DType dtype = p.in(0).dtype;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return false;
  if (!p.expect(elements >= 0, "size") || !p.expect(0, dtype, elements) || !p.expect(p.inputs, dtype, elements)) return false;
  for (int i = 1; i < static_cast<int>(firstOutput); i++)
    if (!p.expect(i, dtype, channels)) return false;
  d = BatchNormData::cut(rows, channels, dtype, p.reals[2], p.integers[3] != 0);
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
template <class T>
inline T* normPivot(const Call& call, const BatchNormData& d) {
  return normChunk<T>(call, d, d.parts);
}

// Calls f(rows) for each block of a part.
template <class F>
inline void forEachBlock(const BatchNormData& d, Range part, F f) {
  for (int64_t r = part.begin; r < part.end; r += d.rowsPerBlock) f(Range{r, atMost(r + d.rowsPerBlock, part.end)});
}

// step(sum, row) over rows, for a vector of channels: four chains, added as (0 + 1) + (2 + 3).
template <class T, class F>
__attribute__((always_inline)) inline Vec<T> sumRows(Range rows, F step) {
  using V = Vec<T>;
  V sum[4] = {V::zero(), V::zero(), V::zero(), V::zero()};
  int64_t r = rows.begin;
  for (; r + 4 <= rows.end; r += 4)
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) sum[i] = step(sum[i], r + i);
  for (int i = 0; r < rows.end; r++, i++) sum[i] = step(sum[i], r);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

template <class T>
struct Moments {
  Vec<T> mean, squares;  // Σ(x − mean)²

  // Chan, Golub & LeVeque 1983: δ = mean_b − mean_a, mean = mean_a + δ·n_b/n, Σ = Σ_a + Σ_b + δ²·n_a·n_b/n
  void join(Moments b, Vec<T> share, Vec<T> cross) {
    const Vec<T> delta = b.mean - mean;
    mean = fma(delta, share, mean);
    squares = fma(delta * delta, cross, squares + b.squares);
  }
};
// The factors n_b/n and n_a·n_b/n.
template <class T>
struct Weights {
  Vec<T> share, cross;
  Weights(double before, double own)
      : share(Vec<T>::broadcast(static_cast<T>(own / (before + own)))),
        cross(Vec<T>::broadcast(static_cast<T>(before * own / (before + own)))) {}
};

// Moments of a part's rows less a pivot for each channel.
template <class T>
inline void momentsOfPart(const BatchNormData& d, Range part, const T* x, const T* pivots, T* means, T* squares) {
  using V = Vec<T>;
  double before = 0;
  forEachBlock(d, part, [&](Range rows) {
    const double own = static_cast<double>(rows.end - rows.begin);
    const V count = V::broadcast(static_cast<T>(own));
    const Weights<T> weights(before, own);
    forEachVector<T>(
        d.channels, [&](int64_t c, int n) __attribute__((always_inline)) {
          const V pivot = loadLanes(pivots + c, n);
          const auto off = [&](int64_t r) __attribute__((always_inline)) { return loadLanes(x + r * d.channels + c, n) - pivot; };
          const V mean = sumRows<T>(
                             rows, [&](V sum, int64_t r) __attribute__((always_inline)) { return sum + off(r); }) /
                         count;
          const V spread = sumRows<T>(
              rows, [&](V sum, int64_t r) __attribute__((always_inline)) {
                const V difference = off(r) - mean;
                return fma(difference, difference, sum);
              });
          Moments<T> moments = {mean, spread};
          if (before > 0) {
            moments = {loadLanes(means + c, n), loadLanes(squares + c, n)};
            moments.join({mean, spread}, weights.share, weights.cross);
          }
          storeLanes(moments.mean, means + c, n);
          storeLanes(moments.squares, squares + c, n);
        });
    before += own;
  });
}

// Part: moments of its rows less the first row of all, the pivot. Where the mean is large beside the deviation, these differences
// are small and exact; a pivot that lies far off makes the variance as large: |pivot − mean| ≤ √rows·deviation.
template <class T>
inline void prepareBatchNorm(const Call& call, int64_t begin, int64_t end) {
  const BatchNormData& d = kept<BatchNormData>(call);
  if (d.rows == 0) return;
  const T* x = static_cast<const T*>(call.pointers[0]);
  for (int64_t part = begin; part < end; part++) {
    T* means = normPart<T>(call, d, part);
    momentsOfPart(d, d.part(part), x, x, means, means + d.channels);
    // y may lie over x.
    if (part == 0)
      forEachVector<T>(d.channels, [&](int64_t c, int n) { storeLanes(loadLanes(x + c, n), normPivot<T>(call, d) + c, n); });
  }
}

template <class T>
inline void joinMoments(const Call& call, const BatchNormData& d, T* mean, T* variance) {
  using V = Vec<T>;
  const auto moments = [&](int64_t part, int64_t c, int n) {
    const T* from = normPart<T>(call, d, part) + c;
    return Moments<T>{loadLanes(from, n), loadLanes(from + d.channels, n)};
  };
  if (d.rows == 0) {
    for (int64_t c = 0; c < d.channels; c++) mean[c] = variance[c] = 0;
    return;
  }
  const V count = V::broadcast(static_cast<T>(d.rows));
  forEachVector<T>(d.channels, [&](int64_t c, int n) {
    Moments<T> all = moments(0, c, n);
    for (int64_t part = 1; part < d.parts; part++) {
      const Range rows = d.part(part);
      const Weights<T> weights(static_cast<double>(rows.begin), static_cast<double>(rows.end - rows.begin));
      all.join(moments(part, c, n), weights.share, weights.cross);
    }
    storeLanes(loadLanes(normPivot<T>(call, d) + c, n) + all.mean, mean + c, n);
    storeLanes(all.squares / count, variance + c, n);
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
inline void applyNorm(const BatchNormData& d, Range part, const T* x, const T* mean, const T* scale, const T* beta, T* y) {
  using V = Vec<T>;
  const V zero = V::zero();
  forEachBlock(d, part, [&](Range rows) {
    forEachVector<T>(
        d.channels, [&](int64_t c, int n) __attribute__((always_inline)) {
          const V m = loadLanes(mean + c, n), s = loadLanes(scale + c, n), b = loadLanes(beta + c, n);
          for (int64_t r = rows.begin; r < rows.end; r++) {
            V v = normalized(loadLanes(x + r * d.channels + c, n), m, s, b);
            if (d.relu) v = select(le(v, zero), zero, v);
            storeLanes(v, y + r * d.channels + c, n);
          }
        });
  });
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
  p.scratchBytes = (d.parts * (normPartRows + normChunkRows) + 1) * d.channels * bytesOf(p.in(0).dtype);
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
