// Group normalisation (Wu & He 2018) of x [samples, places, channels]: y = (x − mean)·f·scale + shift with f = 1/√(variance + ε),
// mean and variance of each sample's groups of channels over all places. A sample is cut and added up as by batch normalisation,
// channel by channel; then a group's channels are joined. One that fits into the cache is normalised while it is there.
#pragma once

#include "batch_norm.h"
#include "row_norm_data.h"
#include "strided.h"

namespace ravine::RAVINE_ISA {

struct GroupNormData {
  BatchNormData sample;  // its rows are places
  int64_t samples, groups;
  bool scaled, shifted;

  int64_t width() const { return sample.channels / groups; }
  int64_t chunks() const { return samples * sample.parts; }
  int64_t elements() const { return sample.rows * sample.channels; }
};

// Of a sample that is not cut: 256 KiB of float32, inside of L2.
constexpr int64_t wholeSample = 4 * chunkElements;
// Rows of scratch: of a chunk its two sums, and four for what a group's numbers are to each channel.
constexpr int64_t groupSumRows = 2, groupFactorRows = 4;

template <class T>
inline T* groupSums(const Call& call, const GroupNormData& d, int64_t chunk) {
  return static_cast<T*>(call.scratch) + chunk * groupSumRows * d.sample.channels;
}
template <class T>
inline T* groupFactors(const Call& call, const GroupNormData& d, int64_t chunk) {
  return groupSums<T>(call, d, d.chunks()) + chunk * groupFactorRows * d.sample.channels;
}

// The first element of each group, for all of its channels.
template <class T>
inline void groupPivots(const GroupNormData& d, const T* x, T* pivots) {
  for (int64_t g = 0; g < d.groups; g++) fillRun(pivots + g * d.width(), x[g * d.width()], d.width());
}

// Part of a sample: moments of each channel less its pivot.
template <class T>
inline void prepareGroupNorm(const Call& call, int64_t begin, int64_t end) {
  const GroupNormData& d = kept<GroupNormData>(call);
  if (d.elements() == 0) return;
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const T* x = static_cast<const T*>(call.pointers[0]) + chunk / d.sample.parts * d.elements();
    T *pivots = groupFactors<T>(call, d, chunk), *sums = groupSums<T>(call, d, chunk);
    groupPivots(d, x, pivots);
    momentsOfPart(d.sample, d.sample.part(chunk % d.sample.parts), x, pivots, sums, sums + d.sample.channels);
  }
}

template <class T>
struct GroupMoments {
  T mean = 0, squares = 0, count = 0;

  void join(T otherMean, T otherSquares, T own) {
    const T all = count + own, delta = otherMean - mean;
    squares += otherSquares + delta * delta * (count * own / all);
    mean += delta * (own / all);
    count = all;
  }
};

// A group's channels and parts, less its pivot.
template <class T>
inline GroupMoments<T> momentsOfGroup(const Call& call, const GroupNormData& d, int64_t sample, int64_t group) {
  GroupMoments<T> all;
  for (int64_t part = 0; part < d.sample.parts; part++) {
    const Range rows = d.sample.part(part);
    const T own = static_cast<T>(rows.end - rows.begin);
    const T *means = groupSums<T>(call, d, sample * d.sample.parts + part), *squares = means + d.sample.channels;
    for (int64_t c = group * d.width(), end = c + d.width(); c < end; c++) all.join(means[c], squares[c], own);
  }
  return all;
}

template <class T>
inline void runGroupNorm(const Call& call, int64_t begin, int64_t end) {
  const GroupNormData& d = kept<GroupNormData>(call);
  const RowNormOperands<T> g(call, d.scaled, d.shifted, true);
  const int64_t width = d.width(), channels = d.sample.channels;
  if (d.sample.parts == 1) prepareGroupNorm<T>(call, begin, end);
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const int64_t sample = chunk / d.sample.parts, part = chunk % d.sample.parts;
    const T* x = g.x + sample * d.elements();
    T* means = groupFactors<T>(call, d, chunk) + channels;
    T *scales = means + channels, *shifts = scales + channels;
    for (int64_t group = 0; group < d.groups; group++) {
      const auto moments = momentsOfGroup<T>(call, d, sample, group);
      const T mean = (d.elements() > 0 ? x[group * width] : T(0)) + moments.mean;
      const T variance = moments.squares / moments.count + static_cast<T>(d.sample.epsilon);
      const T factor = T(1) / firstLane(sqrt(Vec<T>::broadcast(variance)));
      if (part == 0) {
        g.factor[sample * d.groups + group] = factor;
        g.mean[sample * d.groups + group] = mean;
      }
      for (int64_t c = group * width; c < (group + 1) * width; c++) {
        means[c] = mean;
        scales[c] = d.scaled ? g.scale[c] * factor : factor;
        shifts[c] = d.shifted ? g.shift[c] : T(0);
      }
    }
    applyNorm(d.sample, d.sample.part(part), x, means, scales, shifts, g.y + sample * d.elements());
  }
}

// Reads attributes and cuts; the scratch of the sums and factors.
inline bool readGroupNorm(Plan& p, GroupNormData& d) {
  const int64_t samples = p.integers[0], places = p.integers[1], channels = p.integers[2], groups = p.integers[3];
  const DType dtype = p.in(0).dtype;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return false;
  if (!p.expect(checkedProduct(samples, places, channels) >= 0 && checkedProduct(places, channels) >= 0, "size")) return false;
  if (!p.expect(groups > 0 && channels % groups == 0 && checkedProduct(samples, groups) >= 0, "groups")) return false;
  d = {BatchNormData::cut(places, channels, dtype, p.reals[4], false), samples, groups, p.integers[5] != 0, p.integers[6] != 0};
  if (places * channels <= wholeSample) d.sample.rowsPerPart = atLeast(places, 1), d.sample.parts = 1;
  p.chunks = d.chunks();
  p.scratchBytes = d.chunks() * (groupSumRows + groupFactorRows) * channels * bytesOf(dtype);
  return p.expect(d.scaled || !d.shifted, "a shift without a scale");
}

inline void plan_group_norm(Plan& p) {
  GroupNormData d;
  if (!readGroupNorm(p, d)) return;
  const int inputs = 1 + d.scaled + d.shifted;
  const int64_t elements = d.samples * d.elements();
  if (!p.expect(p.inputs == inputs, "operands")) return;
  if (!expectEach(p, 0, 1, elements) || !expectEach(p, 1, inputs, d.sample.channels)) return;
  if (!expectEach(p, inputs, inputs + 1, elements) || !expectEach(p, inputs + 1, inputs + 3, d.samples * d.groups)) return;
  const bool isDouble = p.in(0).dtype == DType::f64;
  p.run = isDouble ? runGroupNorm<double> : runGroupNorm<float>;
  if (d.sample.parts > 1) p.prepare = isDouble ? prepareGroupNorm<double> : prepareGroupNorm<float>, p.prepareChunks = p.chunks;
  keep(p, d);
}

}  // namespace ravine::RAVINE_ISA
