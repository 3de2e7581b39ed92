// Average pooling: x [samples, height, width, channels] -> the mean of each window. The padding counts as zeros if
// `countPadding`, else it does not count.
#pragma once

#include <cstdint>

#include "pool_window.h"

namespace ravine::RAVINE_ISA {

// What a window's sum is divided by.
struct AverageCounts {
  bool all;
  explicit AverageCounts(const Call& call) : all(call.integers[14] != 0) {}
  int64_t of(const PoolAxis& axis, const Taps& taps) const { return all && axis.stride > 0 ? axis.kernel : taps.count(); }
};

template <class T>
void run_average_pool(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const auto& s = kept<PoolData>(call);
  const AverageCounts counts(call);
  const T* x = static_cast<const T*>(call.pointers[0]);
  T* y = static_cast<T*>(call.pointers[1]);
  forEachWindow(s, begin, end, [&](const Window& w, int64_t output) {
    const V count = V::broadcast(static_cast<T>(atLeast(counts.of(s.y, w.y) * counts.of(s.x, w.x), 1)));
    forEachVector<T>(s.channels, [&](int64_t c, int n) {
      V sum = V::zero();
      for (int64_t ky = w.y.begin; ky < w.y.end; ++ky) {
        const T* from = x + w.corner + ky * w.rowStep + c;
        V row = V::zero();
        for (int64_t kx = w.x.begin; kx < w.x.end; ++kx) row = row + loadLanes(from + kx * w.columnStep, n);
        sum = sum + row;
      }
      storeLanes(sum / count, y + output + c, n);
    });
  });
}

// average_pool_gradient: dx = Σ dy/count over the windows that hold the element
template <class T>
void run_average_pool_gradient(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const auto& s = kept<PoolData>(call);
  const AverageCounts counts(call);
  const T* dy = static_cast<const T*>(call.pointers[0]);
  T* dx = static_cast<T*>(call.pointers[1]);
  const bool equal = counts.all && s.y.stride > 0 && s.x.stride > 0;
  const T whole = T(1) / static_cast<T>(s.y.kernel * s.x.kernel);
  const auto shareOf = [&](int64_t oy, int64_t ox, int64_t, int64_t) {
    if (equal) return whole;
    return T(1) / static_cast<T>(counts.of(s.y, s.y.taps(oy)) * counts.of(s.x, s.x.taps(ox)));
  };
  forEachElement<T>(s, begin, end, shareOf, [&](int64_t element, const Holder<T>* holders, int count, bool first) {
    forEachVector<T>(s.channels, [&](int64_t c, int n) {
      V sum = first ? V::zero() : loadLanes(dx + element + c, n);
      for (int i = 0; i < count; ++i) sum = fma(loadLanes(dy + holders[i].output + c, n), V::broadcast(holders[i].value), sum);
      storeLanes(sum, dx + element + c, n);
    });
  });
}

inline bool checkAveragePool(Plan& p, PoolData& s, int wide, int narrow) {
  const DType dtype = p.in(0).dtype;
  return p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0) && readPool(p, s) &&
         p.expect(wide, dtype, s.inputElements()) && p.expect(narrow, dtype, s.outputElements());
}

inline void plan_average_pool(Plan& p) {
  PoolData s;
  if (!checkAveragePool(p, s, 0, 1)) return;
  cutOutputs(p, s);
  keep(p, s);
  p.run = p.in(0).dtype == DType::f32 ? run_average_pool<float> : run_average_pool<double>;
}

inline void plan_average_pool_gradient(Plan& p) {
  PoolData s;
  if (!checkAveragePool(p, s, 1, 0)) return;
  cutInputs(p, s);
  keep(p, s);
  p.run = p.in(0).dtype == DType::f32 ? run_average_pool_gradient<float> : run_average_pool_gradient<double>;
}

}  // namespace ravine::RAVINE_ISA
