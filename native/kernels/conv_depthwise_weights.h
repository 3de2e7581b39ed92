// The gradient of a depthwise convolution for its weights: dw[k, c] = Σ over samples and outputs of x·dy. A tile of dy stays in
// registers while the source's rows pass by; the sums of a row of the kernel are taken up and laid down for every tile.
#pragma once

#include "conv_depthwise.h"

namespace ravine::RAVINE_ISA {

// Sums are added tile after tile, of a tile output after output: the order is the same for every instruction set.
template <class T, int rows, int columns, int taps, int step>
class DepthwiseProducts {
 public:
  static constexpr bool fits = sizeof(Vec<T>) == 64 || rows == 1;

  static void run(const DepthwiseTile<T>& tile) {
    const uint32_t inside = insideBits(tile, reach);
    if (inside == (1u << reach) - 1) return addAll<false>(tile, inside);
    addAll<true>(tile, inside);
  }

 private:
  using V = Vec<T>;
  static constexpr int reach = (columns - 1) * step + taps;

  template <bool edge>
  static void addAll(const DepthwiseTile<T>& t, uint32_t inside) {
#pragma GCC unroll 1
    for (int64_t v = 0; v < t.vectors; v++) addVector<edge>(t, t.channel(v), v * V::lanes, inside);
  }

  template <bool edge>
  static inline __attribute__((always_inline)) void addVector(const DepthwiseTile<T>& t, int64_t c, int64_t at, uint32_t inside) {
    if (t.fetches) fetchOutputs<T, rows, columns, 0>(t, c);
    V dy[rows][columns];
#pragma GCC unroll 2
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
      for (int n = 0; n < columns; n++) dy[r][n] = V::load(t.y + r * t.yRow + n * t.yPixel + c);
    if constexpr (rows == 1) {
      const int64_t end = atMost(t.rowEnd, t.tapsY);
#pragma GCC unroll 1
      for (int64_t i = t.rowBegin; i < end; i++) add<edge, 0, 1>(t, dy, i, c, at, inside);
    } else {
      forEachTapRow(
          t, [&](int64_t i) __attribute__((always_inline)) { add<edge, 0, 1>(t, dy, i, c, at, inside); },
          [&](int64_t i) __attribute__((always_inline)) { add<edge, 0, 2>(t, dy, i, c, at, inside); },
          [&](int64_t i) __attribute__((always_inline)) {
            if (t.fetches) fetchSource<T, columns, step>(t, i, c);
            add<edge, 1, 2>(t, dy, i, c, at, inside);
          });
    }
  }

  // A row of the source times the rows of outputs [begin, end).
  template <bool edge, int begin, int end>
  static inline __attribute__((always_inline)) void add(const DepthwiseTile<T>& t, const V (&dy)[rows][columns], int64_t row,
                                                        int64_t c, int64_t at, uint32_t inside) {
    V sums[end][taps];
    T* const to = t.sums + (row * t.wRow + at);
    const int64_t below = t.stepY * t.wRow, tap = t.wTap;
#pragma GCC unroll 2
    for (int r = begin; r < end; r++)
#pragma GCC unroll 8
      for (int k = 0; k < taps; k++) sums[r][k] = V::load(to - r * below + k * tap);
    const T* from = t.x + (t.source + row * t.xRow + c);
    const int64_t pixel = t.xPixel;
    asm("" : "+r"(inside));  // else the compiler takes the bits apart and spills them
#pragma GCC unroll 32
    for (int j = 0; j < reach; j++) {
      if (!edge || __builtin_expect(inside >> j & 1, 1)) {
        const V x = V::load(from);
#pragma GCC unroll 8
        for (int n = 0; n < columns; n++) {
          const int k = j - n * step;
          if (k < 0 || k >= taps) continue;
#pragma GCC unroll 2
          for (int r = begin; r < end; r++) sums[r][k] = fma(x, dy[r][n], sums[r][k]);
        }
      }
      from += pixel;
      asm("" : "+r"(from));
    }
#pragma GCC unroll 2
    for (int r = begin; r < end; r++)
#pragma GCC unroll 8
      for (int k = 0; k < taps; k++) sums[r][k].store(to - r * below + k * tap);
  }
};

// Any tile, in the same order.
template <class T>
void depthwiseProductsAny(const DepthwiseTile<T>& t) {
  using V = Vec<T>;
  const int count = static_cast<int>(atMost(t.channels, V::lanes));
  for (int64_t v = 0; v < t.vectors; v++)
    for (int64_t i = 0; i < t.tapsY; i++)
      for (int64_t k = 0; k < t.tapsX; k++) {
        const int64_t c = t.channel(v);
        T* const to = t.sums + (i * t.wRow + k * t.wTap + v * V::lanes);
        V sum = V::load(to);
        for (int64_t r = 0; r < t.rows; r++) {
          const int64_t row = r * t.stepY + i;
          if (row < t.rowBegin || row >= t.rowEnd) continue;
          for (int64_t n = 0; n < t.columns; n++) {
            const int64_t column = n * t.stepX + k;
            if (column < t.columnBegin || column >= t.columnEnd) continue;
            sum = fma(loadLanes(t.x + (t.source + row * t.xRow + column * t.xPixel + c), count),
                      loadLanes(t.y + (r * t.yRow + n * t.yPixel + c), count), sum);
          }
        }
        sum.store(to);
      }
}

// Chunk = a slice of the channels in a part of the samples or rows. Every part has sums of its own, [parts, taps, vectors]; the
// last vector ends at the last channel.
struct DepthwiseWeightData {
  ConvShape shape;
  DepthwiseCut cut;
  int64_t parts, slices;
  bool fetches;
};

template <class T>
class DepthwiseWeightRun {
 public:
  DepthwiseWeightRun(const DepthwiseWeightData& data, const Call& call) : d_(data), s_(data.shape), call_(call) {}

  void run(int64_t part, int64_t slice) {
    const Range mine{slice * vectors() / d_.slices, (slice + 1) * vectors() / d_.slices};
    T* const sums = static_cast<T*>(call_.scratch) + part * taps() * pitch();
    for (int64_t k = 0; k < taps(); k++)
      __builtin_memset(sums + k * pitch() + mine.begin * lanes, 0,
                       static_cast<size_t>((mine.end - mine.begin) * lanes) * sizeof(T));
    if (s_.outputs() == 0) return;
    const Range samples = d_.cut.chunks.samplesOf(part, s_.samples);
    for (int64_t n = samples.begin; n < samples.end; n++) addSample(n, part, sums, mine);
  }

  // dw = the parts' sums, one after another
  void finish() const {
    const int count = static_cast<int>(atMost(s_.groups, lanes));
    for (int64_t k = 0; k < taps(); k++)
      for (int64_t v = 0; v < vectors(); v++) {
        const T* const sums = static_cast<const T*>(call_.scratch) + k * pitch() + v * lanes;
        Vec<T> sum = Vec<T>::load(sums);
        for (int64_t q = 1; q < d_.parts; q++) sum = sum + Vec<T>::load(sums + q * taps() * pitch());
        storeLanes(sum, static_cast<T*>(call_.pointers[2]) + k * s_.groups + depthwiseChannel<T>(v, s_.groups), count);
      }
  }

 private:
  static constexpr int lanes = Vec<T>::lanes;

  int64_t taps() const { return s_.y.kernel * s_.x.kernel; }
  int64_t vectors() const { return ceilDivide(s_.groups, lanes); }
  int64_t pitch() const { return vectors() * lanes; }

  void addSample(int64_t sample, int64_t part, T* sums, Range mine) {
    const int64_t channels = s_.groups, first = mine.begin * lanes;
    forEachTapLine(forwardLine(s_.y), [&](const TapLine& y) {
      forEachTapLine(forwardLine(s_.x), [&](const TapLine& x) {
        DepthwiseTile<T> t{};
        t.x = static_cast<const T*>(call_.pointers[0]) + sample * s_.inputPixels() * channels;
        t.y = static_cast<T*>(call_.pointers[1]) + sample * s_.outputPixels() * channels;
        t.sums = sums + first;
        t.fetches = d_.fetches;
        t.wRow = s_.x.kernel * pitch(), t.wTap = pitch();
        t.firstVector = mine.begin, t.vectors = mine.end - mine.begin;
        const DepthwiseArea<T> area = depthwiseArea(t, y, x, s_.x.length, s_.x.outputs, channels);
        const DepthwiseTiles<T>& tiles = *depthwiseTiles<T, DepthwiseProducts, depthwiseProductsAny<T>>(x, channels);
        forEachTile(tiles, d_.cut.rowsOf(part, y.outputs), d_.cut.columnsOf(part, x.outputs),
                    [&](DepthwiseFn<T> fn, int64_t row, int64_t rows, int64_t column, int64_t columns) {
                      fn(area.at(row, rows, column, columns));
                    });
      });
    });
  }

  const DepthwiseWeightData& d_;
  const ConvShape& s_;
  const Call& call_;
};

template <class T>
inline void runDepthwiseWeights(const Call& call, int64_t begin, int64_t end) {
  const DepthwiseWeightData& d = kept<DepthwiseWeightData>(call);
  DepthwiseWeightRun<T> run(d, call);
  for (int64_t chunk = begin; chunk < end; chunk++) run.run(chunk / d.slices, chunk % d.slices);
}

template <class T>
inline void finishDepthwiseWeights(const Call& call) {
  DepthwiseWeightRun<T>(kept<DepthwiseWeightData>(call), call).finish();
}

inline void planDepthwiseWeights(Plan& p, const ConvShape& s) {
  constexpr int64_t sliceChannels = 256;  // 1 KiB of float32 side by side
  const bool isDouble = p.out(0).dtype == DType::f64;
  const double cost = depthwiseCost * s.flopsOfSample() * static_cast<double>(s.samples);
  const int64_t worth = atLeast(static_cast<int64_t>(cost / convChunkFlops), 1);
  const int64_t slices = atMost(ceilDivide(s.groups, sliceChannels), atMost(worth, convChunks));
  const int64_t parts = atMost(ceilDivide(convChunks, slices), ceilDivide(worth, slices));
  const bool acrossColumns = s.y.outputs == 1;
  const int64_t samples = atLeast(ceilDivide(s.samples, parts), 1), rows = acrossColumns ? s.x.outputs : s.y.outputs;
  const int64_t bands = samples > 1 ? 1 : atMost(ceilDivide(parts, atLeast(s.samples, 1)), atLeast(rows, 1));
  const SampleChunks chunks{samples, bands, atLeast(ceilDivide(s.samples, samples), 1) * bands};
  const bool fetches = (p.in(0).elements + p.in(1).elements) * bytesOf(p.out(0).dtype) > depthwiseCached;
  keep(p, DepthwiseWeightData{s, {chunks, acrossColumns}, chunks.chunks, slices, fetches});
  p.chunks = chunks.chunks * slices;
  p.run = isDouble ? runDepthwiseWeights<double> : runDepthwiseWeights<float>;
  p.finish = isDouble ? finishDepthwiseWeights<double> : finishDepthwiseWeights<float>;
  const int64_t lanes = isDouble ? Vec<double>::lanes : Vec<float>::lanes;
  p.scratchBytes = chunks.chunks * s.y.kernel * s.x.kernel * roundUp(s.groups, lanes) * bytesOf(p.out(0).dtype);
}

}  // namespace ravine::RAVINE_ISA
