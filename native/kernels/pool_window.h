// Windows of pooling: which elements of an axis each output looks at, and which outputs look at an element. Data is
// channels-last, [samples, height, width, channels]; both axes are described alike.
#pragma once

#include <cstdint>

#include "grid.h"

namespace ravine::RAVINE_ISA {

// Elements that a window takes from one axis: start + k·dilation for begin <= k < end. The others lie in the padding.
struct Taps {
  int64_t start, begin, end;
  int64_t count() const { return end - begin; }
};

// One axis. Output o looks at o·stride − pad + k·dilation, k < kernel; with stride 0 (adaptive) at the bin from
// ⌊o·length/outputs⌋ to ⌈(o + 1)·length/outputs⌉, of at most `kernel` elements.
struct PoolAxis {
  int64_t length, outputs, kernel, stride, pad, dilation;

  int64_t start(int64_t o) const { return stride == 0 ? o * length / outputs : o * stride - pad; }
  int64_t size(int64_t o) const { return stride == 0 ? ceilDivide((o + 1) * length, outputs) - start(o) : kernel; }
  int64_t last(int64_t o) const { return start(o) + (size(o) - 1) * dilation; }

  Taps taps(int64_t o) const {
    const int64_t first = start(o), taps = size(o);
    const int64_t begin = first < 0 ? ceilDivide(-first, dilation) : 0;
    const int64_t end = first + (taps - 1) * dilation < length ? taps : ceilDivide(atLeast(length - first, 0), dilation);
    return {first, begin, atLeast(end, begin)};
  }

  static PoolAxis read(const int64_t* a) { return {a[0], a[1], a[2], a[3], a[4], a[5]}; }
  bool sound() const {
    const int64_t values[] = {length, outputs, kernel, stride, pad, dilation};
    for (const int64_t value : values)
      if (value < 0 || value > INT32_MAX) return false;
    return kernel > 0 && dilation > 0 && (stride > 0 || (pad == 0 && dilation == 1 && length > 0));
  }
};

// The outputs [begin, end) whose windows may reach element i; i grows.
struct Cover {
  int64_t begin = 0, end = 0;

  void advance(const PoolAxis& a, int64_t i) {
    while (end < a.outputs && a.start(end) <= i) ++end;
    while (begin < end && a.last(begin) < i) ++begin;
  }
  static Cover of(const PoolAxis& a, int64_t i) {
    Cover c;
    if (a.stride == 0) {
      c.begin = c.end = i * a.outputs / a.length;
    } else {
      c.begin = c.end = atMost(atLeast(i + a.pad - (a.kernel - 1) * a.dilation, 0) / a.stride, a.outputs);
    }
    c.advance(a, i);
    return c;
  }
};

struct PoolData {
  int64_t samples, channels;
  PoolAxis y, x;
  int64_t rowsPerChunk;

  int64_t inputElements() const { return checkedProduct(samples, y.length, x.length, channels); }
  int64_t outputElements() const { return checkedProduct(samples, y.outputs, x.outputs, channels); }
};

// Attributes: samples, channels, then length, outputs, kernel, stride, pad, dilation of height and of width.
inline bool readPool(Plan& p, PoolData& s) {
  const int64_t* a = p.integers;
  s = {a[0], a[1], PoolAxis::read(a + 2), PoolAxis::read(a + 8), 1};
  return p.expect(s.y.sound() && s.x.sound(), "window") && p.expect(s.inputElements() >= 0 && s.outputElements() >= 0, "size");
}

// Chunks are rows, of outputs forward and of inputs backward.
inline void cutPool(Plan& p, PoolData& s, int64_t rows, int64_t elements) {
  const bool nothing = s.outputElements() == 0 && s.inputElements() == 0;
  s.rowsPerChunk = atLeast(chunkElements / atLeast(elements, 1), 1);
  p.chunks = nothing ? 1 : chunkCount(s.samples * rows, s.rowsPerChunk);
}
// A row of outputs costs as much as its windows' elements.
inline void cutOutputs(Plan& p, PoolData& s) {
  cutPool(p, s, s.y.outputs, atLeast(s.x.length, s.x.outputs) * s.channels * s.y.kernel);
}
inline void cutInputs(Plan& p, PoolData& s) { cutPool(p, s, s.y.length, s.x.length * s.channels); }

// A window: its elements stand at corner + ky·rowStep + kx·columnStep + channel, for the k of the taps.
struct Window {
  Taps y, x;
  int64_t corner, rowStep, columnStep;
};

// Calls f(window, first element of the output) for each output of the chunks.
template <class F>
inline void forEachWindow(const PoolData& s, int64_t begin, int64_t end, F f) {
  const Range rows = chunkRange(begin, end, s.samples * s.y.outputs, s.rowsPerChunk);
  const int64_t row = s.x.length * s.channels;
  for (int64_t r = rows.begin; r < rows.end; ++r) {
    const Taps y = s.y.taps(r % s.y.outputs);
    const int64_t image = r / s.y.outputs * s.y.length * row;
    for (int64_t o = 0; o < s.x.outputs; ++o) {
      const Taps x = s.x.taps(o);
      f(Window{y, x, image + y.start * row + x.start * s.channels, s.y.dilation * row, s.x.dilation * s.channels},
        (r * s.x.outputs + o) * s.channels);
    }
  }
}

// An output whose window holds the element: its first channel, and a number that belongs to the two.
template <class T>
struct Holder {
  int64_t output;
  T value;
};
constexpr int mostHolders = 32;

// For each element of the chunks, by its first channel: calls sum(element, holders, count, first) with the windows that hold it,
// at most 32 at a time and at least once; `first` in the first of these calls. value(oy, ox, ky, kx) gives their numbers.
template <class T, class Value, class Sum>
inline void forEachElement(const PoolData& s, int64_t begin, int64_t end, Value value, Sum sum) {
  const Range rows = chunkRange(begin, end, s.samples * s.y.length, s.rowsPerChunk);
  Holder<T> holders[mostHolders];
  for (int64_t r = rows.begin; r < rows.end; ++r) {
    const int64_t iy = r % s.y.length, outputs = r / s.y.length * s.y.outputs;
    const Cover cy = Cover::of(s.y, iy);
    Cover cx;
    for (int64_t ix = 0; ix < s.x.length; ++ix) {
      cx.advance(s.x, ix);
      const int64_t element = (r * s.x.length + ix) * s.channels;
      int count = 0;
      bool first = true;
      for (int64_t oy = cy.begin; oy < cy.end; ++oy) {
        const int64_t dy = iy - s.y.start(oy);
        if (s.y.dilation != 1 && dy % s.y.dilation != 0) continue;
        const int64_t ky = s.y.dilation == 1 ? dy : dy / s.y.dilation;
        for (int64_t ox = cx.begin; ox < cx.end; ++ox) {
          const int64_t dx = ix - s.x.start(ox);
          if (s.x.dilation != 1 && dx % s.x.dilation != 0) continue;
          const int64_t kx = s.x.dilation == 1 ? dx : dx / s.x.dilation;
          if (count == mostHolders) {
            sum(element, holders, count, first);
            count = 0;
            first = false;
          }
          holders[count++] = {((outputs + oy) * s.x.outputs + ox) * s.channels, value(oy, ox, ky, kx)};
        }
      }
      sum(element, holders, count, first);
    }
  }
}

// Calls f(channel, lanes) for vectors of channels.
template <class T, class F>
inline void forEachVector(int64_t channels, F f) {
  constexpr int lanes = Vec<T>::lanes;
  int64_t c = 0;
  for (; c + lanes <= channels; c += lanes) f(c, lanes);
  if (c < channels) f(c, static_cast<int>(channels - c));
}
template <class T>
inline Vec<T> loadLanes(const T* p, int n) {
  return n == Vec<T>::lanes ? Vec<T>::load(p) : Vec<T>::loadPartial(p, n);
}
template <class T>
inline void storeLanes(Vec<T> v, T* p, int n) {
  if (n == Vec<T>::lanes)
    v.store(p);
  else
    v.storePartial(p, n);
}

}  // namespace ravine::RAVINE_ISA
