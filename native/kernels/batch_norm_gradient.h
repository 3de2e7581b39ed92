// The gradient of batch normalisation, through the statistics (Ioffe & Szegedy 2015). With x̂ = (x − mean)/σ, σ = √(variance + ε):
//   dbeta = Σ dy,  dgamma = Σ dy·x̂,  dx = gamma/σ·(dy − dbeta/m − x̂·dgamma/m)
// Behind ReLU, dy counts where y was positive.
#pragma once

#include "batch_norm.h"

namespace ravine::RAVINE_ISA {

// Inputs: x, gamma, beta, mean, variance, dy.
template <class T>
struct NormGradient {
  using V = Vec<T>;
  const BatchNormData& d;
  const T *x, *gamma, *beta, *mean, *variance, *dy;

  NormGradient(const BatchNormData& data, const Call& call)
      : d(data),
        x(in(call, 0)),
        gamma(in(call, 1)),
        beta(in(call, 2)),
        mean(in(call, 3)),
        variance(in(call, 4)),
        dy(in(call, 5)) {}
  static const T* in(const Call& call, int i) { return static_cast<const T*>(call.pointers[i]); }

  // dy behind ReLU
  V slope(V x, V dy, V mean, V scale, V beta) const {
    return d.relu ? select(gt(normalized(x, mean, scale, beta), V::zero()), dy, V::zero()) : dy;
  }
};

// Part: Σ dy and Σ dy·(x − mean) of its rows.
template <class T>
inline void prepareNormGradient(const Call& call, int64_t begin, int64_t end) {
  const BatchNormData& d = kept<BatchNormData>(call);
  using V = Vec<T>;
  const NormGradient<T> g(d, call);
  for (int64_t part = begin; part < end; part++) {
    T* to = normPart<T>(call, d, part);
    T* scale = normChunk<T>(call, d, part);
    normScale(d, g.gamma, g.variance, scale);
    bool first = true;
    forEachBlock(d, d.part(part), [&](Range rows) {
      forEachVector<T>(
          d.channels, [&](int64_t c, int n) __attribute__((always_inline)) {
            const V m = loadLanes(g.mean + c, n), s = loadLanes(scale + c, n), b = loadLanes(g.beta + c, n);
            V sums[4] = {V::zero(), V::zero(), V::zero(), V::zero()}, products[4] = {V::zero(), V::zero(), V::zero(), V::zero()};
            const auto add = [&](int64_t r, int i) __attribute__((always_inline)) {
              const V x = loadLanes(g.x + r * d.channels + c, n);
              const V dy = g.slope(x, loadLanes(g.dy + r * d.channels + c, n), m, s, b);
              sums[i] = sums[i] + dy;
              products[i] = fma(dy, x - m, products[i]);
            };
            int64_t r = rows.begin;
            for (; r + 4 <= rows.end; r += 4)
#pragma GCC unroll 4
              for (int i = 0; i < 4; i++) add(r + i, i);
            for (int i = 0; r < rows.end; r++, i++) add(r, i);
            V sum = (sums[0] + sums[1]) + (sums[2] + sums[3]),
              product = (products[0] + products[1]) + (products[2] + products[3]);
            if (!first) {
              sum = loadLanes(to + c, n) + sum;
              product = loadLanes(to + d.channels + c, n) + product;
            }
            storeLanes(sum, to + c, n);
            storeLanes(product, to + d.channels + c, n);
          });
      first = false;
    });
  }
}

// dx = scale·dy − (x − mean)·slope − shift, the factors of each channel
template <class T>
inline void joinNormGradient(const Call& call, const NormGradient<T>& g, T* scale, T* slope, T* shift, T* dgamma, T* dbeta) {
  const BatchNormData& d = g.d;
  using V = Vec<T>;
  const V epsilon = V::broadcast(static_cast<T>(d.epsilon)), count = V::broadcast(static_cast<T>(atLeast(d.rows, 1)));
  normScale(d, g.gamma, g.variance, scale);
  forEachVector<T>(d.channels, [&](int64_t c, int n) {
    V sum = V::zero(), product = V::zero();
    for (int64_t part = 0; part < d.parts; part++) {
      sum = sum + loadLanes(normPart<T>(call, d, part) + c, n);
      product = product + loadLanes(normPart<T>(call, d, part) + d.channels + c, n);
    }
    const V v = loadLanes(g.variance + c, n) + epsilon, s = loadLanes(scale + c, n);
    storeLanes(s * product / v / count, slope + c, n);
    storeLanes(s * sum / count, shift + c, n);
    if (!dgamma) return;
    storeLanes(product / sqrt(v), dgamma + c, n);
    storeLanes(sum, dbeta + c, n);
  });
}

// Outputs: dx, dgamma, dbeta.
template <class T>
inline void runNormGradient(const Call& call, int64_t begin, int64_t end) {
  const BatchNormData& d = kept<BatchNormData>(call);
  using V = Vec<T>;
  const NormGradient<T> g(d, call);
  const auto out = [&](int i) { return static_cast<T*>(call.pointers[6 + i]); };
  for (int64_t chunk = begin; chunk < end; chunk++) {
    T* scale = normChunk<T>(call, d, chunk);
    T *slope = scale + d.channels, *shift = slope + d.channels;
    joinNormGradient(call, g, scale, slope, shift, chunk == 0 ? out(1) : nullptr, out(2));
    forEachBlock(d, d.part(chunk), [&](Range rows) {
      forEachVector<T>(
          d.channels, [&](int64_t c, int n) __attribute__((always_inline)) {
            const V m = loadLanes(g.mean + c, n), s = loadLanes(scale + c, n), b = loadLanes(g.beta + c, n);
            const V p = loadLanes(slope + c, n), q = loadLanes(shift + c, n);
            for (int64_t r = rows.begin; r < rows.end; r++) {
              const int64_t at = r * d.channels + c;
              const V x = loadLanes(g.x + at, n), dy = g.slope(x, loadLanes(g.dy + at, n), m, s, b);
              storeLanes(s * dy - fma(x - m, p, q), out(0) + at, n);
            }
          });
    });
  }
}

inline void plan_batch_norm_gradient(Plan& p) {
  BatchNormData d;
  if (!readBatchNorm(p, d, 5)) return;
  const DType dtype = p.in(0).dtype;
  if (!p.expect(5, dtype, d.rows * d.channels) || !p.expect(7, dtype, d.channels) || !p.expect(8, dtype, d.channels)) return;
  const bool isDouble = dtype == DType::f64;
  p.prepare = isDouble ? prepareNormGradient<double> : prepareNormGradient<float>;
  p.prepareChunks = d.parts;
  p.run = isDouble ? runNormGradient<double> : runNormGradient<float>;
  p.inPlace[0] = 1 | 1 << 5;
  reserveNorm(p, d);
}

}  // namespace ravine::RAVINE_ISA
