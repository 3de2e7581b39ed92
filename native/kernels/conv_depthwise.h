// Depthwise convolution and its gradient for the input: every channel for itself, a vector of channels at a time. Weights are
// [taps, channels].
#pragma once

#include "conv_depthwise_tile.h"
#include "conv_shape.h"

namespace ravine::RAVINE_ISA {

// Chunks are bands of rows, of the columns where an image has one row.
struct DepthwiseCut {
  SampleChunks chunks;
  bool acrossColumns;

  static DepthwiseCut cut(int64_t samples, int64_t rows, int64_t columns, double cost) {
    return {SampleChunks::cut(samples, rows == 1 ? columns : rows, cost), rows == 1};
  }
  Range rowsOf(int64_t chunk, int64_t rows) const { return acrossColumns ? Range{0, rows} : chunks.rowsOf(chunk, rows); }
  Range columnsOf(int64_t chunk, int64_t columns) const {
    return acrossColumns ? chunks.rowsOf(chunk, columns) : Range{0, columns};
  }
};

constexpr int64_t depthwiseCached = 1 << 21;  // bytes of outputs that the caches still hold
constexpr double depthwiseCost = 2;           // of a product, against those of other convolutions

struct DepthwiseData {
  ConvShape shape;
  DepthwiseCut cut;
  bool backward, bias, relu;
  bool fetches;
};

// Completes what tiles have in common by how their lines lie in images of such widths.
template <class T>
inline DepthwiseArea<T> depthwiseArea(DepthwiseTile<T> t, const TapLine& y, const TapLine& x, int64_t sourceWidth, int64_t width,
                                      int64_t channels) {
  t.source = (y.origin * sourceWidth + x.origin) * channels;
  t.xRow = y.unit * sourceWidth * channels, t.xPixel = x.unit * channels;
  t.y += (y.outFirst * width + x.outFirst) * channels;
  t.yRow = y.outStep * width * channels, t.yPixel = x.outStep * channels;
  t.channels = channels;
  t.tapsY = y.taps, t.tapsX = x.taps, t.stepY = y.step, t.stepX = x.step;
  return {y, x, t};
}

// y[o] = Σ over taps of x·w, + bias, relu;  dx[i] = Σ over the outputs that look at i of dy·w
template <class T>
class DepthwiseRun {
 public:
  DepthwiseRun(const DepthwiseData& data, const Call& call) : d_(data), s_(data.shape), call_(call) {}

  void run(int64_t sample, int64_t chunk) {
    const int64_t source = (d_.backward ? s_.outputPixels() : s_.inputPixels()) * s_.groups;
    const int64_t target = (d_.backward ? s_.inputPixels() : s_.outputPixels()) * s_.groups;
    x_ = static_cast<const T*>(call_.pointers[0]) + sample * source;
    y_ = static_cast<T*>(call_.pointers[d_.bias ? 3 : 2]) + sample * target;
    if (!d_.backward) return correlate(forwardLine(s_.y), forwardLine(s_.x), chunk);
    for (int64_t py = 0; py < atMost(s_.y.stride, s_.y.length); py++)
      for (int64_t px = 0; px < atMost(s_.x.stride, s_.x.length); px++)
        correlate(backwardLine(s_.y, py), backwardLine(s_.x, px), chunk);
  }

 private:
  void correlate(const Line& y, const Line& x, int64_t chunk) {
    forEachTapLine(y, [&](const TapLine& ty) {
      forEachTapLine(x, [&](const TapLine& tx) {
        const DepthwiseTiles<T>& tiles = *depthwiseTiles<T, DepthwiseSums, depthwiseAny<T>>(tx, s_.groups);
        const DepthwiseArea<T> area = areaOf(ty, tx, x.length);
        forEachTile(tiles, d_.cut.rowsOf(chunk, ty.outputs), d_.cut.columnsOf(chunk, tx.outputs),
                    [&](DepthwiseFn<T> fn, int64_t row, int64_t rows, int64_t column, int64_t columns) {
                      fn(area.at(row, rows, column, columns));
                    });
      });
    });
  }

  DepthwiseArea<T> areaOf(const TapLine& y, const TapLine& x, int64_t sourceWidth) const {
    const int64_t channels = s_.groups;
    DepthwiseTile<T> t{};
    t.x = x_;
    t.y = y_;
    t.w = static_cast<const T*>(call_.pointers[1]) + (y.first * s_.x.kernel + x.first) * channels;
    t.wRow = y.kernelStep * s_.x.kernel * channels, t.wTap = x.kernelStep * channels;
    t.vectors = ceilDivide(channels, Vec<T>::lanes);
    t.bias = d_.bias ? static_cast<const T*>(call_.pointers[2]) : nullptr;
    t.relu = d_.relu;
    t.fetches = d_.fetches;
    return depthwiseArea(t, y, x, sourceWidth, d_.backward ? s_.x.length : s_.x.outputs, channels);
  }

  const DepthwiseData& d_;
  const ConvShape& s_;
  const Call& call_;
  const T* x_ = nullptr;
  T* y_ = nullptr;
};

template <class T>
inline void runDepthwise(const Call& call, int64_t begin, int64_t end) {
  const DepthwiseData& d = kept<DepthwiseData>(call);
  DepthwiseRun<T> run(d, call);
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const Range samples = d.cut.chunks.samplesOf(chunk, d.shape.samples);
    for (int64_t sample = samples.begin; sample < samples.end; sample++) run.run(sample, chunk);
  }
}

inline void planDepthwise(Plan& p, const ConvShape& s, bool backward, bool bias, bool relu) {
  const int64_t rows = backward ? s.y.length : s.y.outputs, columns = backward ? s.x.length : s.x.outputs;
  const DepthwiseCut cut = DepthwiseCut::cut(s.samples, rows, columns, depthwiseCost * s.flopsOfSample());
  const bool fetches = p.out(0).elements * bytesOf(p.out(0).dtype) > depthwiseCached;
  keep(p, DepthwiseData{s, cut, backward, bias, relu, fetches});
  p.chunks = cut.chunks.chunks;
  p.run = p.out(0).dtype == DType::f64 ? runDepthwise<double> : runDepthwise<float>;
}

}  // namespace ravine::RAVINE_ISA
