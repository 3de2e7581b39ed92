// Interpolation along the middle of [outer, length, inner]: output o stands at the source position
//   nearest      ⌊o·ratio⌋
//   linear       max((o + ½)·ratio − ½, 0)
//   aligned      o·ratio
// of which linear ones mix the two neighbours, the last element repeating at the end. Positions are worked out in double.
#pragma once

#include <cstdint>

#include "grid.h"
#include "pool_window.h"

namespace ravine::RAVINE_ISA {

enum class Interpolation : int64_t { nearest = 0, linear = 1, aligned = 2 };

struct ResizeData {
  int64_t outer, length, outputs, inner;
  double ratio;
  Interpolation mode;
  int64_t rowsPerChunk;

  struct Source {
    int64_t first, second;
    double weight;  // of the second
  };
  Source source(int64_t o) const {
    const double place = static_cast<double>(o);
    double at = mode == Interpolation::linear ? (place + 0.5) * ratio - 0.5 : place * ratio;
    if (at < 0) at = 0;
    const int64_t last = length - 1, first = atMost(static_cast<int64_t>(at), last);
    if (mode == Interpolation::nearest) return {first, first, 0};
    return {first, atMost(first + 1, last), first == last ? 0 : at - static_cast<double>(first)};
  }
};

template <class T>
void run_resize(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const auto& s = kept<ResizeData>(call);
  const T* x = static_cast<const T*>(call.pointers[0]);
  T* y = static_cast<T*>(call.pointers[1]);
  const Range rows = chunkRange(begin, end, s.outer * s.outputs, s.rowsPerChunk);
  for (int64_t row = rows.begin; row < rows.end; ++row) {
    const auto from = s.source(row % s.outputs);
    const T* block = x + row / s.outputs * s.length * s.inner;
    const T *a = block + from.first * s.inner, *b = block + from.second * s.inner;
    T* to = y + row * s.inner;
    const V second = V::broadcast(static_cast<T>(from.weight)), first = V::broadcast(static_cast<T>(1 - from.weight));
    forEachVector<T>(s.inner, [&](int64_t i, int n) {
      const V v = loadLanes(a + i, n);
      storeLanes(from.weight == 0 ? v : fma(loadLanes(b + i, n), second, v * first), to + i, n);
    });
  }
}

// resize_gradient: dx[i] = Σ weight·dy[o] over the outputs that mix element i, in the order of o
template <class T>
void run_resize_gradient(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const auto& s = kept<ResizeData>(call);
  const T* dy = static_cast<const T*>(call.pointers[0]);
  T* dx = static_cast<T*>(call.pointers[1]);
  for (int64_t chunk = begin; chunk < end; ++chunk) {  // a chunk is a block of `outer`: sources grow with o
    const Range blocks = chunkRange(chunk, chunk + 1, s.outer, s.rowsPerChunk);
    for (int64_t o = blocks.begin; o < blocks.end; ++o) {
      T* to = dx + o * s.length * s.inner;
      forEachVector<T>(s.length * s.inner, [&](int64_t i, int n) { storeLanes(V::zero(), to + i, n); });
      const auto add = [&](int64_t i, double weight, const T* from) {
        const V w = V::broadcast(static_cast<T>(weight));
        T* row = to + i * s.inner;
        forEachVector<T>(
            s.inner, [&](int64_t c, int n) { storeLanes(fma(loadLanes(from + c, n), w, loadLanes(row + c, n)), row + c, n); });
      };
      for (int64_t k = 0; k < s.outputs; ++k) {
        const auto at = s.source(k);
        const T* from = dy + (o * s.outputs + k) * s.inner;
        add(at.first, 1 - at.weight, from);
        if (at.weight != 0) add(at.second, at.weight, from);
      }
    }
  }
}

inline bool readResize(Plan& p, ResizeData& s, int wide, int narrow) {
  const int64_t* a = p.integers;
  s = {a[0], a[1], a[2], a[3], p.reals[4], static_cast<Interpolation>(a[5]), 1};
  const DType dtype = p.in(0).dtype;
  return p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0) &&
         p.expect(a[5] >= 0 && a[5] <= 2 && s.ratio >= 0 && s.ratio < 1e9, "mode or ratio") &&
         p.expect(s.length > 0 && s.length <= INT32_MAX && s.outputs >= 0 && s.outputs <= INT32_MAX, "length") &&
         p.expect(wide, dtype, checkedProduct(s.outer, s.length, s.inner)) &&
         p.expect(narrow, dtype, checkedProduct(s.outer, s.outputs, s.inner));
}

inline void plan_resize(Plan& p) {
  ResizeData s;
  if (!readResize(p, s, 0, 1)) return;
  s.rowsPerChunk = atLeast(chunkElements / atLeast(s.inner, 1), 1);
  keep(p, s);
  p.run = p.in(0).dtype == DType::f32 ? run_resize<float> : run_resize<double>;
  p.chunks = s.inner == 0 ? 1 : chunkCount(s.outer * s.outputs, s.rowsPerChunk);
}

inline void plan_resize_gradient(Plan& p) {
  ResizeData s;
  if (!readResize(p, s, 1, 0)) return;
  s.rowsPerChunk = atLeast(chunkElements / atLeast((s.length + s.outputs) * s.inner, 1), 1);
  keep(p, s);
  p.run = p.in(0).dtype == DType::f32 ? run_resize_gradient<float> : run_resize_gradient<double>;
  p.chunks = s.inner == 0 ? 1 : chunkCount(s.outer, s.rowsPerChunk);
}

}  // namespace ravine::RAVINE_ISA
