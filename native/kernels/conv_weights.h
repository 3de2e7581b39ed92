// The gradient of a convolution for its weights: dw[ky, kx, i, o] = Σ over samples and outputs of x·dy. A tile of dw stays in
// registers over a block of outputs; x is read by broadcasts (channels and neighbouring columns lie side by side), dy by vectors.
#pragma once

#include "conv_depthwise_weights.h"
#include "conv_shape.h"
#include "winograd_weights.h"

namespace ravine::RAVINE_ISA {

struct ConvWeightData {
  ConvShape shape;
  int64_t parts;   // of the samples: each is summed by itself, then the parts are added in order
  int64_t slices;  // of the output channels, or of the groups
};

template <class T>
class ConvWeightRun {
 public:
  ConvWeightRun(const ConvWeightData& data, const Call& call)
      : d_(data), s_(data.shape), y_(forwardLine(s_.y)), x_(forwardLine(s_.x)), call_(call) {}

  void run(int64_t part, int64_t slice) {
    T* const out = static_cast<T*>(call_.pointers[2]);
    c_ = d_.parts > 1 ? static_cast<T*>(call_.scratch) + part * s_.weights() : out;
    const Range samples{part * s_.samples / d_.parts, (part + 1) * s_.samples / d_.parts};
    const bool cutsGroups = s_.groups > 1;
    const Range groups = cutsGroups ? share(slice, s_.groups) : Range{0, 1};
    const int64_t panels = ceilDivide(s_.out, full);
    const Range mine = cutsGroups ? Range{0, panels} : share(slice, panels);
    columns_ = {mine.begin * full, atMost(mine.end * full, s_.out)};
    for (int64_t g = groups.begin; g < groups.end; g++) {
      if (samples.begin == samples.end || s_.outputPixels() == 0) clear(g);
      for (int64_t n = samples.begin; n < samples.end; n++) addSample(n, g, n == samples.begin);
    }
  }

 private:
  static constexpr int lanes = Vec<T>::lanes, full = tileColumns<T>;
  static constexpr int64_t packedElements = 16384;  // dy of a block by one panel, where channels do not fill vectors

  Range share(int64_t slice, int64_t total) const { return {slice * total / d_.slices, (slice + 1) * total / d_.slices}; }
  int64_t pitch() const { return s_.groups * s_.out; }
  bool packs() const { return panelColumns<T>(s_.out) != s_.out; }

  void clear(int64_t group) {
    for (int64_t row = 0; row < s_.y.kernel * s_.x.kernel * s_.in; row++)
      __builtin_memset(c_ + row * pitch() + group * s_.out + columns_.begin, 0,
                       static_cast<size_t>(columns_.end - columns_.begin) * sizeof(T));
  }

  ConvBlock block() const {
    ConvBlock b = blockOf<T>(y_, x_, s_.in);
    if (!packs()) return b;
    b.columns = atMost(b.columns, packedElements / full);
    b.rows = atLeast(atMost(b.rows, packedElements / full / b.columns), 1);
    return b;
  }

  void addSample(int64_t sample, int64_t group, bool first) {
    const T* x = static_cast<const T*>(call_.pointers[0]) + sample * s_.inputPixels() * s_.groups * s_.in + group * s_.in;
    const T* dy = static_cast<const T*>(call_.pointers[1]) + sample * s_.outputPixels() * pitch() + group * s_.out;
    const bool inPlace = y_.isInside() && x_.isInside();
    forEachBlock(block(), y_, x_, s_.in, {0, s_.y.outputs}, [&](const ConvPlace& p, bool, bool) {
      const int64_t xPitch = s_.groups * s_.in;
      const Band<T> band = inPlace ? bandInPlace(x, xPitch, y_, x_, p) : copyBand(x, xPitch, y_, x_, p, band_);
      addBlock(p, band, dy + (p.row * s_.x.outputs + p.column) * pitch(), group, !(first && p.row == 0 && p.column == 0));
    });
  }

  void addBlock(const ConvPlace& p, const Band<T>& band, const T* dy, int64_t group, bool accumulate) {
    const bool joins = x_.tapStep == 1 && p.channels == s_.in && band.pixelStep == s_.in;
    ConvTile<T> call{};
    call.aStride = x_.step * band.pixelStep;
    call.depth = p.columns;
    call.segmentsY = p.rows;
    call.segmentsX = 1;
    call.aSegmentY = y_.step * band.rowStep;
    call.accumulate = accumulate;
    for (int64_t j = columns_.begin; j < columns_.end; j += full) {
      const int count = static_cast<int>(atMost(columns_.end - j, full)), width = panelWidth<T>(count);
      call.b = packs() ? packPanel(dy + j, p, count, width) : dy + j;
      call.bStride = packs() ? width : pitch();
      call.bSegmentY = packs() ? p.columns * width : s_.x.outputs * pitch();
      for (int64_t t = 0; t < p.tapRows; t++)
        for (int64_t k = 0; k < (joins ? 1 : s_.x.kernel); k++) {
          const int64_t row = ((p.tapRow + t) * s_.x.kernel + k) * s_.in + p.channel;
          addRows(call, band.data + t * y_.tapStep * band.rowStep + k * x_.tapStep * band.pixelStep,
                  (joins ? s_.x.kernel : 1) * p.channels, c_ + row * pitch() + group * s_.out + j, count, width);
        }
    }
  }

  // rows [0, height) of dw from `to` on
  void addRows(ConvTile<T>& call, const T* from, int64_t height, T* to, int count, int width) {
    const ConvTileFn<T>* ofRows = convTilesFor<T, ChannelRows>(width == lanes);
    const RowTiles tiles(height, width == lanes ? convTileRows<1> : tileRows);
    for (int64_t t = 0; t < tiles.count; t++) {
      const int rows = tiles.rows(t);
      T* c = to + tiles.first(t) * pitch();
      call.a = from + tiles.first(t);
      call.c = count == width ? c : edge_;
      call.cStride = count == width ? pitch() : width;
      if (count != width && call.accumulate) loadTile(c, pitch(), rows, count, edge_, width);
      ofRows[rows - 1](call);
      if (count == width) continue;
      for (int r = 0; r < rows; r++)
        for (int v = 0; v < count; v += lanes)
          Vec<T>::load(edge_ + r * width + v).storePartial(c + r * pitch() + v, count - v < lanes ? count - v : lanes);
    }
  }

  // dy of the block, [rows, columns, width], zero beyond the last channel
  const T* packPanel(const T* dy, const ConvPlace& p, int count, int width) {
    T* to = packed_;
    for (int64_t r = 0; r < p.rows; r++)
      for (int64_t c = 0; c < p.columns; c++, to += width)
        loadTile(dy + (r * s_.x.outputs + c) * pitch(), pitch(), 1, count, to, width);
    return packed_;
  }

  const ConvWeightData& d_;
  const ConvShape& s_;
  const Line y_, x_;
  const Call& call_;
  T* c_ = nullptr;
  Range columns_{};
  alignas(64) T band_[bandElements<T>];
  alignas(64) T packed_[packedElements];
  alignas(64) T edge_[mostConvRows * full];
};

template <class T>
inline void runConvWeights(const Call& call, int64_t begin, int64_t end) {
  const ConvWeightData& d = kept<ConvWeightData>(call);
  ConvWeightRun<T> run(d, call);
  for (int64_t chunk = begin; chunk < end; chunk++) run.run(chunk / d.slices, chunk % d.slices);
}

template <class T>
inline void finishConvWeights(const Call& call) {
  const ConvWeightData& d = kept<ConvWeightData>(call);
  using V = Vec<T>;
  const int64_t size = d.shape.weights();
  const T* parts = static_cast<const T*>(call.scratch);
  T* out = static_cast<T*>(call.pointers[2]);
  forEachVector<T>(size, [&](int64_t i, int count) {
    V sum = loadLanes(parts + i, count);
    for (int64_t q = 1; q < d.parts; q++) sum = sum + loadLanes(parts + q * size + i, count);
    storeLanes(sum, out + i, count);
  });
}

inline void plan_conv_weight_gradient(Plan& p) {
  ConvShape s;
  if (!readConv(p, s) || !expectConv(p, s.inputs(), s.outputs(), s.weights())) return;
  const bool isDouble = p.out(0).dtype == DType::f64, winograd = p.integers[16] != 0;
  // Without samples or outputs nothing would be summed.
  if (!p.expect(!winograd || (fitsWinogradWeights(s) && !isDouble && s.outputs() > 0), "algorithm")) return;
  if (winograd) return planWinogradWeights(p, s);
  if (s.isDepthwise()) return planDepthwiseWeights(p, s);
  ConvWeightData data{s, 1, 1};
  // Parts cost a pass over them at the end: few for large weights, which can be cut along the output channels instead.
  constexpr int64_t mostParts = 8, partElements = 32768, sliceColumns = 32;
  const double flops = s.flopsOfSample() * static_cast<double>(s.samples);
  const int64_t worth = static_cast<int64_t>(flops / convChunkFlops);
  const int64_t parts = atMost(mostParts, mostParts * partElements / atLeast(s.weights(), 1));
  data.parts = atLeast(atMost(atMost(parts, s.samples), worth), 1);
  const int64_t wanted = atMost(ceilDivide(convChunks, data.parts), worth / data.parts);
  data.slices = atLeast(atMost(wanted, s.groups > 1 ? s.groups : ceilDivide(s.out, sliceColumns)), 1);
  keep(p, data);
  p.chunks = data.parts * data.slices;
  p.run = isDouble ? runConvWeights<double> : runConvWeights<float>;
  if (data.parts == 1) return;
  p.finish = isDouble ? finishConvWeights<double> : finishConvWeights<float>;
  p.scratchBytes = data.parts * s.weights() * bytesOf(p.out(0).dtype);
}

}  // namespace ravine::RAVINE_ISA
