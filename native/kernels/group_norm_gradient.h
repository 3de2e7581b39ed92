// The gradient of group normalisation, through the statistics. With m elements in a group, s = Σ dy and p = Σ dy·(x − mean) of
// each channel of a sample over its places, and sums over a group's channels:
//   dx = f·scale·dy − (x − mean)·f³·(Σ scale·p)/m − f·(Σ scale·s)/m
//   dscale = Σ p·f,  dshift = Σ s over the samples
#pragma once

#include "group_norm.h"

namespace ravine::RAVINE_ISA {

// Σ dy and Σ dy·(x − mean) of a part's places, in blocks as long as L1 keeps them.
template <class T>
inline void slopesOfPart(const BatchNormData& d, Range part, const T* x, const T* dy, const T* means, T* sums) {
  using V = Vec<T>;
  forEachVector<T>(d.channels, [&](int64_t c, int n) {
    storeLanes(V::zero(), sums + c, n);
    storeLanes(V::zero(), sums + d.channels + c, n);
  });
  forEachBlock(d, part, [&](Range rows) {
    forEachVector<T>(
        d.channels, [&](int64_t c, int n) __attribute__((always_inline)) {
          const V mean = loadLanes(means + c, n);
          V sum[4] = {V::zero(), V::zero(), V::zero(), V::zero()}, product[4] = {V::zero(), V::zero(), V::zero(), V::zero()};
          const auto add = [&](int64_t r, int i) __attribute__((always_inline)) {
            const V slope = loadLanes(dy + r * d.channels + c, n);
            sum[i] = sum[i] + slope;
            product[i] = fma(slope, loadLanes(x + r * d.channels + c, n) - mean, product[i]);
          };
          int64_t r = rows.begin;
          for (; r + 4 <= rows.end; r += 4)
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) add(r + i, i);
          for (; r < rows.end; r++) add(r, 0);
          const V all = (sum[0] + sum[1]) + (sum[2] + sum[3]), products = (product[0] + product[1]) + (product[2] + product[3]);
          storeLanes(loadLanes(sums + c, n) + all, sums + c, n);
          storeLanes(loadLanes(sums + d.channels + c, n) + products, sums + d.channels + c, n);
        });
  });
}

template <class T>
inline void prepareGroupGradient(const Call& call, int64_t begin, int64_t end) {
  const GroupNormData& d = kept<GroupNormData>(call);
  const RowGradientOperands<T> g(call, d.scaled, d.shifted, true);
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const int64_t sample = chunk / d.sample.parts, first = sample * d.elements();
    T* means = groupFactors<T>(call, d, chunk);
    for (int64_t group = 0; group < d.groups; group++)
      fillRun(means + group * d.width(), g.mean[sample * d.groups + group], d.width());
    slopesOfPart(d.sample, d.sample.part(chunk % d.sample.parts), g.x + first, g.dy + first, means, groupSums<T>(call, d, chunk));
  }
}

// The factors of dx for a group's channels, and dscale's and dshift's terms of this sample.
template <class T>
inline void factorsOfGroup(const Call& call, const GroupNormData& d, const RowGradientOperands<T>& g, int64_t chunk,
                           int64_t group, T* terms) {
  const int64_t channels = d.sample.channels, sample = chunk / d.sample.parts;
  const T factor = g.factor[sample * d.groups + group];
  T *scales = groupFactors<T>(call, d, chunk) + channels, *slopes = scales + channels, *shifts = slopes + channels;
  T level = 0, tilt = 0;
  const int64_t begin = group * d.width(), end = begin + d.width();
  for (int64_t c = begin; c < end; c++) {
    T sum = 0, product = 0;
    for (int64_t part = 0; part < d.sample.parts; part++) {
      const T* sums = groupSums<T>(call, d, sample * d.sample.parts + part) + c;
      sum += sums[0];
      product += sums[channels];
    }
    const T scale = d.scaled ? g.scale[c] : T(1);
    level += scale * sum;
    tilt += scale * product;
    scales[c] = scale * factor;
    if (terms) terms[c] = product * factor, terms[channels + c] = sum;
  }
  const T count = static_cast<T>(atLeast(d.sample.rows * d.width(), 1));
  fillRun(slopes + begin, factor * factor * (factor * tilt) / count, d.width());
  fillRun(shifts + begin, factor * level / count, d.width());
}

// dscale's and dshift's terms of a sample, [samples, 2, channels].
template <class T>
inline T* groupTerms(const Call& call, const GroupNormData& d, int64_t sample) {
  return groupFactors<T>(call, d, d.chunks()) + sample * 2 * d.sample.channels;
}

template <class T>
inline void runGroupGradient(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const GroupNormData& d = kept<GroupNormData>(call);
  const RowGradientOperands<T> g(call, d.scaled, d.shifted, true);
  const int64_t channels = d.sample.channels;
  if (d.sample.parts == 1) prepareGroupGradient<T>(call, begin, end);
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const int64_t sample = chunk / d.sample.parts, part = chunk % d.sample.parts;
    T* terms = d.scaled && part == 0 ? groupTerms<T>(call, d, sample) : nullptr;
    for (int64_t group = 0; group < d.groups; group++) factorsOfGroup(call, d, g, chunk, group, terms);
    const T *means = groupFactors<T>(call, d, chunk), *scales = means + channels, *slopes = scales + channels;
    const T *shifts = slopes + channels, *x = g.x + sample * d.elements(), *dy = g.dy + sample * d.elements();
    T* dx = g.dx + sample * d.elements();
    forEachBlock(d.sample, d.sample.part(part), [&](Range rows) {
      forEachVector<T>(
          channels, [&](int64_t c, int n) __attribute__((always_inline)) {
            const V mean = loadLanes(means + c, n), scale = loadLanes(scales + c, n);
            const V slope = loadLanes(slopes + c, n), shift = loadLanes(shifts + c, n);
            for (int64_t i = rows.begin * channels + c; i < rows.end * channels; i += channels)
              storeLanes(scale * loadLanes(dy + i, n) - fma(loadLanes(x + i, n) - mean, slope, shift), dx + i, n);
          });
    });
  }
}

template <class T>
inline void joinGroupTerms(const Call& call) {
  const GroupNormData& d = kept<GroupNormData>(call);
  const RowGradientOperands<T> g(call, d.scaled, d.shifted, true);
  const int64_t channels = d.sample.channels;
  reduceColumns<Sum<T>>(groupTerms<T>(call, d, 0), d.samples, 2 * channels, g.dscale, channels);
  if (d.shifted) reduceColumns<Sum<T>>(groupTerms<T>(call, d, 0) + channels, d.samples, 2 * channels, g.dshift, channels);
}

inline void plan_group_norm_gradient(Plan& p) {
  GroupNormData d;
  if (!readGroupNorm(p, d)) return;
  const int inputs = 4 + d.scaled, outputs = 1 + d.scaled + d.shifted;
  const int64_t elements = d.samples * d.elements();
  if (!p.expect(p.inputs == inputs && p.outputs == outputs, "operands")) return;
  if (!expectEach(p, 0, 2, elements) || !expectEach(p, 2, 4, d.samples * d.groups)) return;
  if (!expectEach(p, 4, inputs, d.sample.channels) || !expectEach(p, inputs, inputs + 1, elements)) return;
  if (!expectEach(p, inputs + 1, inputs + outputs, d.sample.channels)) return;
  const bool isDouble = p.in(0).dtype == DType::f64;
  p.run = isDouble ? runGroupGradient<double> : runGroupGradient<float>;
  if (d.sample.parts > 1)
    p.prepare = isDouble ? prepareGroupGradient<double> : prepareGroupGradient<float>, p.prepareChunks = p.chunks;
  if (d.scaled) {
    p.finish = isDouble ? joinGroupTerms<double> : joinGroupTerms<float>;
    p.scratchBytes += d.samples * 2 * d.sample.channels * bytesOf(p.in(0).dtype);
  }
  p.inPlace[0] = 1 | 1 << 1;
  keep(p, d);
}

}  // namespace ravine::RAVINE_ISA
