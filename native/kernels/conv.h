// Convolution and its gradient for the input, as matrix products without a matrix of patches: a tile of neighbouring outputs of
// one row is computed in registers, the source read by broadcasts where it lies in a padded copy of a few rows, which stays in
// the cache; the weights [taps, in] × [out] by whole vectors.
#pragma once

#include "conv_depthwise.h"
#include "conv_shape.h"
#include "winograd.h"

namespace ravine::RAVINE_ISA {

struct ConvData {
  ConvShape shape;
  SampleChunks cut;
  bool backward, bias, relu;
  bool packs;       // weights are copied to scratch: turned over, or padded to whole vectors
  int64_t columns;  // of a row of weights
};

// One correlation of a sample: the whole convolution, or one phase of its gradient.
struct Correlation {
  Line y, x;
  int64_t groups, in, out;  // channels of source and target in a group
  int64_t weights;          // where the phase's weights begin, in rows
};

// Calls f(correlation) for each phase of the gradient, or once; rows of weights follow one another.
template <class F>
inline void forEachPhase(const ConvData& d, F f) {
  const ConvShape& s = d.shape;
  if (!d.backward) return f(Correlation{forwardLine(s.y), forwardLine(s.x), s.groups, s.in, s.out, 0});
  int64_t weights = 0;
  for (int64_t py = 0; py < atMost(s.y.stride, s.y.length); py++)
    for (int64_t px = 0; px < atMost(s.x.stride, s.x.length); px++) {
      const Correlation c{backwardLine(s.y, py), backwardLine(s.x, px), s.groups, s.out, s.in, weights};
      f(c);
      weights += c.y.taps * c.x.taps * c.in;
    }
}

// Rows of packed weights of one group: all phases together have each tap once.
inline int64_t weightRows(const ConvShape& s, bool backward) { return s.y.kernel * s.x.kernel * (backward ? s.out : s.in); }

// Chunk = a group: its weights as [taps, in] rows of `columns`, zero beyond the last channel.
template <class T>
inline void prepareConv(const Call& call, int64_t begin, int64_t end) {
  const ConvData& d = kept<ConvData>(call);
  const ConvShape& s = d.shape;
  constexpr int lanes = Vec<T>::lanes;
  const int64_t pitch = s.groups * s.out;
  for (int64_t g = begin; g < end; g++) {
    const T* w = static_cast<const T*>(call.pointers[1]) + g * s.out;
    T* to = static_cast<T*>(call.scratch) + g * weightRows(s, d.backward) * d.columns;
    forEachPhase(d, [&](const Correlation& c) {
      for (int64_t tap = 0; tap < c.y.taps * c.x.taps; tap++) {
        const int64_t ky = c.y.first + tap / c.x.taps * c.y.kernelStep, kx = c.x.first + tap % c.x.taps * c.x.kernelStep;
        const T* from = w + (ky * s.x.kernel + kx) * s.in * pitch;
        for (int64_t i = 0; i < c.in; i += lanes)
          for (int64_t j = 0; j < d.columns; j += lanes) {
            const int rows = static_cast<int>(atMost(c.in - i, lanes)),
                      columns = static_cast<int>(atLeast(atMost(c.out - j, lanes), 0));
            T* place = to + (c.weights + tap * c.in + i) * d.columns + j;
            if (d.backward) {
              transposeSquare(from + j * pitch + i, pitch, columns, rows, place, d.columns, lanes);
            } else {
              for (int r = 0; r < rows; r++)
                Vec<T>::loadPartial(from + (i + r) * pitch + j, columns).store(place + r * d.columns);
            }
          }
      }
    });
  }
}

template <class T>
class ConvRun {
 public:
  ConvRun(const ConvData& data, const Call& call) : d_(data), call_(call) {}

  void run(int64_t sample, int64_t chunk) {
    const ConvShape& s = d_.shape;
    const int64_t source = d_.backward ? s.outputPixels() * s.groups * s.out : s.inputPixels() * s.groups * s.in;
    const int64_t target = d_.backward ? s.inputPixels() * s.groups * s.in : s.outputPixels() * s.groups * s.out;
    entry_.bias = d_.bias ? static_cast<const T*>(call_.pointers[2]) : nullptr;
    entry_.relu = d_.relu;
    entry_.c = static_cast<T*>(call_.pointers[d_.bias ? 3 : 2]) + sample * target;
    const T* from = static_cast<const T*>(call_.pointers[0]) + sample * source;
    forEachPhase(d_, [&](const Correlation& c) {
      const Range rows = d_.cut.rowsOf(chunk, c.y.outputs);
      for (int64_t g = 0; g < c.groups; g++) correlate(c, from, g, rows);
    });
  }

 private:
  static constexpr int lanes = Vec<T>::lanes, full = tileColumns<T>;

  void correlate(const Correlation& c, const T* source, int64_t group, Range rows) {
    const int64_t pitch = c.groups * c.in;
    if (c.y.taps * c.x.taps == 0) return clear(c, group, rows);
    const bool inPlace = c.y.isInside() && c.x.isInside();
    ConvBlock block = blockOf<T>(c.y, c.x, c.in);
    if (inPlace) block = {rows.end - rows.begin, c.x.outputs, c.y.taps, c.in};
    forEachBlock(block, c.y, c.x, c.in, rows, [&](const ConvPlace& p, bool first, bool last) {
      const T* from = source + group * c.in;
      const Band<T> band = inPlace ? bandInPlace(from, pitch, c.y, c.x, p) : copyBand(from, pitch, c.y, c.x, p, band_);
      multiply(c, group, p, band, !first, last);
    });
  }

  // No tap reaches these outputs.
  void clear(const Correlation& c, int64_t group, Range rows) {
    for (int64_t r = rows.begin; r < rows.end; r++)
      for (int64_t o = 0; o < c.x.outputs; o++)
        __builtin_memset(entry_.c + targetAt(c, r, o) + group * c.out, 0, static_cast<size_t>(c.out) * sizeof(T));
  }

  int64_t targetAt(const Correlation& c, int64_t row, int64_t column) const {
    const int64_t width = d_.backward ? d_.shape.x.length : d_.shape.x.outputs;
    return ((c.y.outFirst + row * c.y.outStep) * width + c.x.outFirst + column * c.x.outStep) * c.groups * c.out;
  }

  const T* weightsOf(const Correlation& c, int64_t group) const {
    if (!d_.packs) return static_cast<const T*>(call_.pointers[1]) + group * c.out;
    const T* packed = static_cast<const T*>(call_.scratch);
    return packed + (group * weightRows(d_.shape, d_.backward) + c.weights) * d_.columns;
  }

  // A block by every panel of channels, tile after tile along its rows.
  void multiply(const Correlation& c, int64_t group, const ConvPlace& p, const Band<T>& band, bool accumulate, bool last) {
    // Without gaps between columns and channels, a row of taps is one run.
    const bool joins = c.x.tapStep == 1 && p.channels == c.in && band.pixelStep == c.in;
    ConvTile<T> call{};
    call.aStride = c.x.step * band.pixelStep;
    call.bStride = d_.columns;
    call.depth = joins ? c.x.taps * p.channels : p.channels;
    call.segmentsY = p.tapRows;
    call.segmentsX = joins ? 1 : c.x.taps;
    call.aSegmentY = c.y.tapStep * band.rowStep;
    call.aSegmentX = c.x.tapStep * band.pixelStep;
    call.bSegmentY = c.x.taps * c.in * d_.columns;
    call.bSegmentX = c.in * d_.columns;
    call.cStride = c.x.outStep * c.groups * c.out;
    call.accumulate = accumulate;
    const T* b = weightsOf(c, group) + (p.tapRow * c.x.taps * c.in + p.channel) * d_.columns;
    for (int64_t j = 0; j < c.out; j += full) {
      const int count = static_cast<int>(atMost(c.out - j, full)), width = panelWidth<T>(count);
      const RowTiles tiles(p.columns, width == lanes ? convTileRows<1> : tileRows);
      const ConvTileFn<T>* ofRows = convTilesFor<T, PixelRows>(width == lanes);
      call.b = b + j;
      for (int64_t r = 0; r < p.rows; r++)
        for (int64_t t = 0; t < tiles.count; t++) {
          const int64_t first = tiles.first(t);
          call.a = band.data + r * c.y.step * band.rowStep + first * call.aStride;
          const int64_t at = targetAt(c, p.row + r, p.column + first) + group * c.out + j;
          multiplyTile(call, ofRows, tiles.rows(t), at, group * c.out + j, count, width, last);
        }
    }
  }

  void multiplyTile(ConvTile<T> call, const ConvTileFn<T>* ofRows, int rows, int64_t at, int64_t channel, int count, int width,
                    bool last) {
    const int64_t stride = call.cStride;
    call.c = entry_.c + at;
    if (count == width) {
      ofRows[rows - 1](call);
      if (last && entry_.finishes()) finishTile(call.c, stride, rows, count, entry_, true, at, channel, stride);
      return;
    }
    if (call.accumulate) loadTile(call.c, stride, rows, count, edge_, width);
    call.c = edge_;
    call.cStride = width;
    ofRows[rows - 1](call);
    finishTile(edge_, width, rows, count, entry_, last, at, channel, stride);
  }

  const ConvData& d_;
  const Call& call_;
  GemmEntry<T> entry_{};
  alignas(64) T band_[bandElements<T>];
  alignas(64) T edge_[mostConvRows * full];
};

template <class T>
inline void runConv(const Call& call, int64_t begin, int64_t end) {
  const ConvData& d = kept<ConvData>(call);
  ConvRun<T> run(d, call);
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const Range samples = d.cut.samplesOf(chunk, d.shape.samples);
    for (int64_t sample = samples.begin; sample < samples.end; sample++) run.run(sample, chunk);
  }
}

inline void planCorrelation(Plan& p, const ConvShape& s, bool backward, bool bias, bool relu) {
  const bool isDouble = p.out(0).dtype == DType::f64;
  const int64_t out = backward ? s.in : s.out, columns = isDouble ? panelColumns<double>(out) : panelColumns<float>(out);
  const SampleChunks cut = SampleChunks::cut(s.samples, backward ? s.y.length / s.y.stride : s.y.outputs, s.flopsOfSample());
  const bool packs = backward || columns != out;
  const ConvData data{s, cut, backward, bias, relu, packs, packs ? columns : s.groups * s.out};
  keep(p, data);
  p.chunks = cut.chunks;
  p.run = isDouble ? runConv<double> : runConv<float>;
  if (!packs) return;
  p.prepare = isDouble ? prepareConv<double> : prepareConv<float>;
  p.prepareChunks = s.groups;
  p.scratchBytes = s.groups * weightRows(s, backward) * data.columns * bytesOf(p.out(0).dtype);
}

// Winograd's algorithm is asked for where it applies, in float32.
inline bool expectAlgorithm(Plan& p, const ConvShape& s, int64_t winograd) {
  return p.expect(winograd == 0 || (fitsWinograd(s) && p.out(0).dtype == DType::f32), "algorithm");
}

inline void plan_conv(Plan& p) {
  ConvShape s;
  if (!readConv(p, s)) return;
  const bool bias = p.integers[17] != 0, relu = p.integers[18] != 0;
  if (!p.expect(p.inputs == 2 + bias, "number of inputs")) return;
  if (!expectConv(p, s.inputs(), s.weights(), s.outputs()) || !expectAlgorithm(p, s, p.integers[16])) return;
  if (bias && !p.expect(2, p.out(0).dtype, s.groups * s.out)) return;
  if (p.integers[16] != 0) return planWinograd(p, s, false, bias, relu);
  if (s.isDepthwise()) return planDepthwise(p, s, false, bias, relu);
  planCorrelation(p, s, false, bias, relu);
}

inline void plan_conv_input_gradient(Plan& p) {
  ConvShape s;
  if (!readConv(p, s) || !expectConv(p, s.outputs(), s.weights(), s.inputs()) || !expectAlgorithm(p, s, p.integers[16])) return;
  if (p.integers[16] != 0) return planWinograd(p, s, true, false, false);
  if (s.isDepthwise()) return planDepthwise(p, s, true, false, false);
  planCorrelation(p, s, true, false, false);
}

}  // namespace ravine::RAVINE_ISA
