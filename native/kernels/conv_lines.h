// Convolutions as correlations: how the outputs, the source's elements and the taps of one axis meet.
#pragma once

#include "pool_window.h"

namespace ravine::RAVINE_ISA {

// One axis: output o, which lies at outFirst + o·outStep of the target, is the sum over taps t of the source at
// origin + o·step + t·tapStep (zero outside of it) times the weight of kernel place first + t·kernelStep.
struct Line {
  int64_t outputs, outFirst, outStep;
  int64_t length, origin, step;
  int64_t taps, tapStep;
  int64_t first, kernelStep;

  // Source elements that n outputs and k taps look at, from the first to the last.
  int64_t reach(int64_t n, int64_t k) const { return (n - 1) * step + (k - 1) * tapStep + 1; }
  // Nothing of the padding is looked at.
  bool isInside() const { return origin >= 0 && origin + reach(outputs, taps) <= length; }
};

inline Line forwardLine(const PoolAxis& a) { return {a.outputs, 0, 1, a.length, -a.pad, a.stride, a.kernel, a.dilation, 0, 1}; }

inline int64_t commonDivisor(int64_t a, int64_t b) {
  while (b != 0) {
    const int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

// Inputs phase, phase + stride, …: element i gets dy[o]·w[k] for every k with o·stride = i + pad − k·dilation. These k are an
// arithmetic progression, along which o falls; taken backwards, o rises.
inline Line backwardLine(const PoolAxis& a, int64_t phase) {
  const int64_t common = commonDivisor(a.stride, a.dilation), kernelStep = a.stride / common;
  Line line{ceilDivide(a.length - phase, a.stride), phase, a.stride, a.outputs, 0, 1, 0, a.dilation / common, 0, -kernelStep};
  for (int64_t k = 0; k < kernelStep && k < a.kernel; k++) {
    if ((phase + a.pad - k * a.dilation) % a.stride != 0) continue;
    line.taps = (a.kernel - 1 - k) / kernelStep + 1;
    line.first = k + (line.taps - 1) * kernelStep;
    line.origin = (phase + a.pad - line.first * a.dilation) / a.stride;
  }
  return line;
}

// Elements of the source rows that a block of outputs looks at, padded, in a buffer on the stack: 128 KiB.
template <class T>
constexpr int64_t bandElements = 131072 / static_cast<int64_t>(sizeof(T));

// What is computed at a time: rows × columns of outputs from `channels` of the source by `tapRows` of the kernel.
struct ConvBlock {
  int64_t rows, columns, tapRows, channels;
};

template <class T>
inline ConvBlock blockOf(const Line& y, const Line& x, int64_t channels) {
  constexpr int64_t capacity = bandElements<T>, narrow = 32;
  ConvBlock b{1, x.outputs, y.taps, channels};
  const auto size = [&] { return y.reach(1, b.tapRows) * x.reach(b.columns, x.taps) * b.channels; };
  if (size() > capacity) b.columns = atMost(b.columns, narrow);
  if (size() > capacity) b.tapRows = 1;
  if (size() > capacity) b.channels = atLeast(capacity / x.reach(b.columns, x.taps), 1);
  if (size() > capacity) b.columns = 1;
  const int64_t fitting = capacity / (x.reach(b.columns, x.taps) * b.channels);
  b.rows = atLeast(atMost((fitting - y.reach(1, b.tapRows)) / y.step + 1, y.outputs), 1);
  return b;
}

// The place of a block in the outputs, the taps and the channels.
struct ConvPlace {
  int64_t row, rows, column, columns, tapRow, tapRows, channel, channels;
};

// Calls f(place, first, last) for the blocks of rows [begin, end): `first` and `last` of those that add to the same outputs.
template <class F>
inline void forEachBlock(const ConvBlock& b, const Line& y, const Line& x, int64_t channels, Range rows, F f) {
  for (int64_t r = rows.begin; r < rows.end; r += b.rows)
    for (int64_t c = 0; c < x.outputs; c += b.columns)
      for (int64_t t = 0; t < y.taps; t += b.tapRows)
        for (int64_t i = 0; i < channels; i += b.channels)
          f(ConvPlace{r, atMost(b.rows, rows.end - r), c, atMost(b.columns, x.outputs - c), t, atMost(b.tapRows, y.taps - t), i,
                      atMost(b.channels, channels - i)},
            t == 0 && i == 0, t + b.tapRows >= y.taps && i + b.channels >= channels);
}

// Where a block's source stands: element (row, column, channel) of the block at data + row·rowStep + column·pixelStep + channel.
template <class T>
struct Band {
  const T* data;
  int64_t rowStep, pixelStep;
};

// Copies the source that a block looks at, with zeros where it lies outside. source: [y.length, x.length, pitch], of which
// channels [channel, channel + count) are taken.
template <class T>
inline Band<T> copyBand(const T* source, int64_t pitch, const Line& y, const Line& x, const ConvPlace& p, T* buffer) {
  const int64_t rows = y.reach(p.rows, p.tapRows), columns = x.reach(p.columns, x.taps);
  const int64_t top = y.origin + p.row * y.step + p.tapRow * y.tapStep, left = x.origin + p.column * x.step;
  const int64_t before = atMost(atLeast(-left, 0), columns), end = atLeast(atMost(x.length - left, columns), before);
  const int64_t count = p.channels, line = columns * count;
  const auto clear = [&](T* to, int64_t elements) { __builtin_memset(to, 0, static_cast<size_t>(elements) * sizeof(T)); };
  for (int64_t r = 0; r < rows; r++) {
    T* to = buffer + r * line;
    const int64_t row = top + r;
    if (row < 0 || row >= y.length || before == end) {
      clear(to, line);
      continue;
    }
    const T* from = source + (row * x.length + left + before) * pitch + p.channel;
    clear(to, before * count);
    if (count == pitch) {
      __builtin_memcpy(to + before * count, from, static_cast<size_t>((end - before) * count) * sizeof(T));
    } else {
      for (int64_t i = before; i < end; i++, from += pitch)
        __builtin_memcpy(to + i * count, from, static_cast<size_t>(count) * sizeof(T));
    }
    clear(to + end * count, (columns - end) * count);
  }
  return {buffer, line, count};
}

// The source itself, where no block needs padding: the block's element (0, 0, 0).
template <class T>
inline Band<T> bandInPlace(const T* source, int64_t pitch, const Line& y, const Line& x, const ConvPlace& p) {
  const int64_t row = y.origin + p.row * y.step + p.tapRow * y.tapStep, column = x.origin + p.column * x.step;
  return {source + (row * x.length + column) * pitch + p.channel, x.length * pitch, pitch};
}

}  // namespace ravine::RAVINE_ISA
