// The inner loops of depthwise convolutions. A tile is one or two rows of a few neighbouring outputs; a vector of channels at a
// time, its sums stay in registers while the source's rows pass by. Every element of the source is loaded once for all taps of
// the tile that look at it: neighbouring pixels often lie whole KiB apart, in the same few sets of the cache, which would have
// lost them by the next tap.
#pragma once

#include "conv_lines.h"

namespace ravine::RAVINE_ISA {

// One axis, where taps lie side by side: output o, which stands at outFirst + o·outStep, is the sum over taps k of the source at
// origin + (o·step + k)·unit, which is inside of it for begin <= o·step + k < end, times the weight first + k·kernelStep.
struct TapLine {
  int64_t outputs, outFirst, outStep;
  int64_t origin, unit, step;
  int64_t begin, end;
  int64_t taps, first, kernelStep;
};

// Calls f(line) for the lines that an axis falls into: a dilated one looks at as many interleaved sources, each without gaps.
template <class F>
inline void forEachTapLine(const Line& l, F f) {
  const int64_t unit = l.taps > 1 ? l.tapStep : l.step, common = commonDivisor(l.step, unit), lines = unit / common;
  for (int64_t q = 0; q < atMost(lines, l.outputs); q++) {
    const int64_t origin = l.origin + q * l.step;
    f(TapLine{ceilDivide(l.outputs - q, lines), l.outFirst + q * l.outStep, l.outStep * lines, origin, unit, l.step / common,
              ceilDivide(atLeast(-origin, 0), unit), ceilDivide(atLeast(l.length - origin, 0), unit), l.taps, l.first,
              l.kernelStep});
  }
}

// The first channel of a vector: the last one ends at the last channel.
template <class T>
inline int64_t depthwiseChannel(int64_t vector, int64_t channels) {
  return atLeast(atMost(vector * Vec<T>::lanes, channels - Vec<T>::lanes), 0);
}

// Element (row, column) of the source stands at x + source + row·xRow + column·xPixel, of the outputs at y + row·yRow +
// column·yPixel, of the kernel at w + row·wRow + column·wTap.
template <class T>
struct DepthwiseTile {
  const T* x;
  const T* w;
  T* y;
  const T* bias;
  T* sums;  // of the weights' gradient, in w's place
  int64_t source, xRow, xPixel, wRow, wTap, yRow, yPixel;
  int64_t firstVector, vectors, channels;
  int64_t rows, columns;                             // of outputs
  int64_t tapsY, tapsX, stepY, stepX;                // of the kernel
  int64_t rowBegin, rowEnd, columnBegin, columnEnd;  // of the source, where it is inside of the image
  bool relu;
  bool fetches;  // asks for what the next two rows look at and write ahead of time

  int64_t channel(int64_t vector) const { return depthwiseChannel<T>(firstVector + vector, channels); }
  Vec<T> finish(Vec<T> sum, int64_t c, int count) const {
    if (bias) sum = sum + loadLanes(bias + c, count);
    return relu ? select(le(sum, Vec<T>::zero()), Vec<T>::zero(), sum) : sum;
  }
};

template <class T>
using DepthwiseFn = void (*)(const DepthwiseTile<T>&);

// Which of the first columns of a tile's source are inside, a bit each.
template <class T>
inline uint32_t insideBits(const DepthwiseTile<T>& t, int columns) {
  const auto below = [columns](int64_t end) { return (1u << atLeast(atMost(end, columns), 0)) - 1; };
  return below(t.columnEnd) & ~below(t.columnBegin);
}

// Calls upper(row), both(row), lower(row) for the rows of the source that are inside and that the kernel meets at the upper, at
// both or at the lower one of two rows of outputs.
template <class T, class Upper, class Both, class Lower>
inline __attribute__((always_inline)) void forEachTapRow(const DepthwiseTile<T>& t, Upper upper, Both both, Lower lower) {
  const int64_t upperEnd = atMost(t.rowEnd, atMost(t.stepY, t.tapsY)), bothEnd = atMost(t.rowEnd, t.tapsY);
  const int64_t lowerEnd = atMost(t.rowEnd, t.tapsY + t.stepY);
#pragma GCC unroll 1
  for (int64_t i = t.rowBegin; i < upperEnd; i++) upper(i);
#pragma GCC unroll 1
  for (int64_t i = atLeast(t.rowBegin, t.stepY); i < bothEnd; i++) both(i);
#pragma GCC unroll 1
  for (int64_t i = atLeast(t.rowBegin, atLeast(t.stepY, t.tapsY)); i < lowerEnd; i++) lower(i);
}

// The outputs of the next two rows, to be read or written.
template <class T, int rows, int columns, int writes>
inline void fetchOutputs(const DepthwiseTile<T>& t, int64_t c) {
#pragma GCC unroll 2
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
    for (int n = 0; n < columns; n++) __builtin_prefetch(t.y + (r + 2) * t.yRow + n * t.yPixel + c, writes);
}

// The elements that the next two rows of outputs look at first, from the last `step` rows of these two on.
template <class T, int columns, int step>
inline void fetchSource(const DepthwiseTile<T>& t, int64_t row, int64_t c) {
  const T* from = t.x + (t.source + (row + t.stepY) * t.xRow + c);
#pragma GCC unroll 16
  for (int j = 0; j < columns * step; j++, from += t.xPixel) {
    __builtin_prefetch(from);
    __builtin_prefetch(from + t.stepY * t.xRow);
  }
}

template <class T, int rows, int columns, int taps, int step>
class DepthwiseSums {
 public:
  static constexpr bool fits = sizeof(Vec<T>) == 64 || columns <= 4;

  static void run(const DepthwiseTile<T>& tile) {
    const uint32_t inside = insideBits(tile, reach);
    if (inside == (1u << reach) - 1) return sumAll<false>(tile, inside);
    sumAll<true>(tile, inside);
  }

 private:
  using V = Vec<T>;
  static constexpr int reach = (columns - 1) * step + taps;

  template <bool edge>
  static void sumAll(const DepthwiseTile<T>& t, uint32_t inside) {
#pragma GCC unroll 1
    for (int64_t v = 0; v < t.vectors; v++) sum<edge>(t, t.channel(v), inside);
  }

  template <bool edge>
  static inline __attribute__((always_inline)) void sum(const DepthwiseTile<T>& t, int64_t c, uint32_t inside) {
    if (t.fetches) fetchOutputs<T, rows, columns, 1>(t, c);
    V sums[rows][columns];
#pragma GCC unroll 2
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
      for (int n = 0; n < columns; n++) sums[r][n] = V::zero();
    if constexpr (rows == 1) {
      const int64_t end = atMost(t.rowEnd, t.tapsY);
#pragma GCC unroll 1
      for (int64_t i = t.rowBegin; i < end; i++) add<edge, 0, 1>(t, sums, i, c, inside);
    } else {
      forEachTapRow(
          t, [&](int64_t i) __attribute__((always_inline)) { add<edge, 0, 1>(t, sums, i, c, inside); },
          [&](int64_t i) __attribute__((always_inline)) { add<edge, 0, 2>(t, sums, i, c, inside); },
          [&](int64_t i) __attribute__((always_inline)) {
            if (t.fetches) fetchSource<T, columns, step>(t, i, c);
            add<edge, 1, 2>(t, sums, i, c, inside);
          });
    }
#pragma GCC unroll 2
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
      for (int n = 0; n < columns; n++) t.finish(sums[r][n], c, V::lanes).store(t.y + r * t.yRow + n * t.yPixel + c);
  }

  // A row of the source to the rows of outputs [begin, end).
  template <bool edge, int begin, int end>
  static inline __attribute__((always_inline)) void add(const DepthwiseTile<T>& t, V (&sums)[rows][columns], int64_t row,
                                                        int64_t c, uint32_t inside) {
    V w[end][taps];
#pragma GCC unroll 2
    for (int r = begin; r < end; r++)
#pragma GCC unroll 8
      for (int k = 0; k < taps; k++) w[r][k] = V::load(t.w + (row - r * t.stepY) * t.wRow + k * t.wTap + c);
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
          for (int r = begin; r < end; r++) sums[r][n] = fma(x, w[r][k], sums[r][n]);
        }
      }
      from += pixel;
      asm("" : "+r"(from));
    }
  }
};

// Any tile.
template <class T>
void depthwiseAny(const DepthwiseTile<T>& t) {
  using V = Vec<T>;
  const int count = static_cast<int>(atMost(t.channels, V::lanes));
  for (int64_t r = 0; r < t.rows; r++)
    for (int64_t n = 0; n < t.columns; n++)
      for (int64_t v = 0; v < t.vectors; v++) {
        const int64_t c = t.channel(v);
        const Range ky{atLeast(t.rowBegin - r * t.stepY, 0), atMost(t.rowEnd - r * t.stepY, t.tapsY)};
        const Range kx{atLeast(t.columnBegin - n * t.stepX, 0), atMost(t.columnEnd - n * t.stepX, t.tapsX)};
        V sum = V::zero();
        for (int64_t i = ky.begin; i < ky.end; i++)
          for (int64_t k = kx.begin; k < kx.end; k++)
            sum = fma(loadLanes(t.x + t.source + (r * t.stepY + i) * t.xRow + (n * t.stepX + k) * t.xPixel + c, count),
                      loadLanes(t.w + i * t.wRow + k * t.wTap + c, count), sum);
        storeLanes(t.finish(sum, c, count), t.y + r * t.yRow + n * t.yPixel + c, count);
      }
}

// Rows of outputs are cut into tiles of these columns, the widest first. The sums of the weights' gradient follow the tiles, so
// that these are the same on every instruction set.
constexpr int depthwiseRows = 2, depthwiseWidths = 4, depthwiseColumns[depthwiseWidths] = {7, 4, 2, 1};

// The function of every size of tile, by rows and width; none where it would need too many registers.
template <class T>
struct DepthwiseTiles {
  DepthwiseFn<T> of[depthwiseRows][depthwiseWidths];
};

template <class T, template <class, int, int, int, int> class Kernel, int rows, int width, int taps, int step>
constexpr DepthwiseFn<T> depthwiseFn() {
  if constexpr (Kernel<T, rows, depthwiseColumns[width], taps, step>::fits)
    return Kernel<T, rows, depthwiseColumns[width], taps, step>::run;
  return nullptr;
}

template <class T, template <class, int, int, int, int> class Kernel, int taps, int step>
inline constexpr DepthwiseTiles<T> depthwiseTilesOf = {
    {{depthwiseFn<T, Kernel, 1, 0, taps, step>(), depthwiseFn<T, Kernel, 1, 1, taps, step>(),
      depthwiseFn<T, Kernel, 1, 2, taps, step>(), depthwiseFn<T, Kernel, 1, 3, taps, step>()},
     {depthwiseFn<T, Kernel, 2, 0, taps, step>(), depthwiseFn<T, Kernel, 2, 1, taps, step>(),
      depthwiseFn<T, Kernel, 2, 2, taps, step>(), depthwiseFn<T, Kernel, 2, 3, taps, step>()}}};

// Kernels of 3, 5 and 7 taps with stride 1 or 2, and what their gradients fall into.
template <class T, template <class, int, int, int, int> class Kernel>
inline const DepthwiseTiles<T>* tunedDepthwise(int64_t taps, int64_t step) {
  if (step == 1) {
    if (taps == 1) return &depthwiseTilesOf<T, Kernel, 1, 1>;
    if (taps == 2) return &depthwiseTilesOf<T, Kernel, 2, 1>;
    if (taps == 3) return &depthwiseTilesOf<T, Kernel, 3, 1>;
    if (taps == 4) return &depthwiseTilesOf<T, Kernel, 4, 1>;
    if (taps == 5) return &depthwiseTilesOf<T, Kernel, 5, 1>;
    if (taps == 7) return &depthwiseTilesOf<T, Kernel, 7, 1>;
  }
  if (step == 2) {
    if (taps == 3) return &depthwiseTilesOf<T, Kernel, 3, 2>;
    if (taps == 5) return &depthwiseTilesOf<T, Kernel, 5, 2>;
    if (taps == 7) return &depthwiseTilesOf<T, Kernel, 7, 2>;
  }
  return nullptr;
}

template <class T, template <class, int, int, int, int> class Kernel, DepthwiseFn<T> any>
inline const DepthwiseTiles<T>* depthwiseTiles(const TapLine& x, int64_t channels) {
  static constexpr DepthwiseTiles<T> general{{{any, any, any, any}, {any, any, any, any}}};
  if constexpr (Vec<T>::lanes > 1 && sizeof(T) == 4) {
    const DepthwiseTiles<T>* tuned = channels >= Vec<T>::lanes ? tunedDepthwise<T, Kernel>(x.taps, x.step) : nullptr;
    if (tuned) return tuned;
  }
  return &general;
}

// Calls f(function, row, rows, column, columns) for the tiles of an area, two rows at a time.
template <class T, class F>
inline void forEachTile(const DepthwiseTiles<T>& tiles, Range rows, Range columns, F f) {
  for (int64_t r = rows.begin; r < rows.end; r += depthwiseRows) {
    const int64_t height = atMost(rows.end - r, depthwiseRows);
    int64_t c = columns.begin;
    for (int width = 0; width < depthwiseWidths; width++) {
      const int64_t count = depthwiseColumns[width];
      const DepthwiseFn<T>*const one = &tiles.of[0][width], *const both = &tiles.of[height - 1][width];
      if (!*one) continue;
      for (; c + count <= columns.end; c += count) {
        if (*both) {
          f(*both, r, height, c, count);
          continue;
        }
        for (int64_t i = 0; i < height; i++) f(*one, r + i, 1, c, count);
      }
    }
  }
}

// What every tile of an area has in common, and where one lies.
template <class T>
struct DepthwiseArea {
  TapLine y, x;
  DepthwiseTile<T> tile;

  DepthwiseTile<T> at(int64_t row, int64_t rows, int64_t column, int64_t columns) const {
    DepthwiseTile<T> t = tile;
    t.rows = rows, t.columns = columns;
    t.source += row * y.step * t.xRow + column * x.step * t.xPixel;
    t.y += row * t.yRow + column * t.yPixel;
    t.rowBegin = atLeast(y.begin - row * y.step, 0), t.rowEnd = y.end - row * y.step;
    t.columnBegin = atLeast(x.begin - column * x.step, 0), t.columnEnd = x.end - column * x.step;
    return t;
  }
};

}  // namespace ravine::RAVINE_ISA
