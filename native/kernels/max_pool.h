// Max pooling: x [samples, height, width, channels] -> the largest element of each window, and its place in the window, ky·kernel
// + kx, as uint8 where 256 places suffice, else int32. The first of equal elements is taken; a NaN is larger than any number, a
// later NaN than an earlier one.
#pragma once

#include <cstdint>

#include "pairwise.h"
#include "pool_window.h"

namespace ravine::RAVINE_ISA {

// Places of n <= lanes channels, as numbers of the working type.
template <class T>
inline Vec<T> loadPlaces(const uint8_t* p, int n) {
  return n == Vec<T>::lanes ? Vec<T>::loadU8(p) : Vec<T>::loadU8Partial(p, n);
}
template <class T>
inline Vec<T> loadPlaces(const int32_t* p, int n) {
  T places[Vec<T>::lanes] = {};
  for (int i = 0; i < n; ++i) places[i] = static_cast<T>(p[i]);
  return Vec<T>::load(places);
}
template <class T>
inline void storePlaces(Vec<T> v, uint8_t* p, int n) {
  if (n == Vec<T>::lanes)
    v.storeU8(p);
  else
    v.storeU8Partial(p, n);
}
template <class T>
inline void storePlaces(Vec<T> v, int32_t* p, int n) {
  T places[Vec<T>::lanes];
  v.store(places);
  for (int i = 0; i < n; ++i) p[i] = static_cast<int32_t>(places[i]);
}

template <class T, class P>
void run_max_pool(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const auto& s = kept<PoolData>(call);
  const T* x = static_cast<const T*>(call.pointers[0]);
  T* y = static_cast<T*>(call.pointers[1]);
  P* places = static_cast<P*>(call.pointers[2]);
  const V one = V::broadcast(T(1));
  forEachWindow(s, begin, end, [&](const Window& w, int64_t output) {
    forEachVector<T>(s.channels, [&](int64_t c, int n) {
      V best = V::broadcast(lowest<T>()), at = V::broadcast(static_cast<T>(w.y.begin * s.x.kernel + w.x.begin));
      for (int64_t ky = w.y.begin; ky < w.y.end; ++ky) {
        const T* from = x + w.corner + ky * w.rowStep + c;
        V place = V::broadcast(static_cast<T>(ky * s.x.kernel + w.x.begin));
        for (int64_t kx = w.x.begin; kx < w.x.end; ++kx, place = place + one) {
          const V v = loadLanes(from + kx * w.columnStep, n);
          const auto larger = gt(v, best) | ne(v, v);
          best = select(larger, v, best);
          at = select(larger, place, at);
        }
      }
      storeLanes(best, y + output + c, n);
      storePlaces<T>(at, places + output + c, n);
    });
  });
}

// max_pool_gradient: dy, places -> dx, each dy added to the element that was the largest.
template <class T, class P>
void run_max_pool_gradient(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const auto& s = kept<PoolData>(call);
  const T* dy = static_cast<const T*>(call.pointers[0]);
  const P* places = static_cast<const P*>(call.pointers[1]);
  T* dx = static_cast<T*>(call.pointers[2]);
  const auto placeOf = [&](int64_t, int64_t, int64_t ky, int64_t kx) { return static_cast<T>(ky * s.x.kernel + kx); };
  forEachElement<T>(s, begin, end, placeOf, [&](int64_t element, const Holder<T>* holders, int count, bool first) {
    forEachVector<T>(s.channels, [&](int64_t c, int n) {
      V sum = first ? V::zero() : loadLanes(dx + element + c, n);
      for (int i = 0; i < count; ++i) {
        const int64_t output = holders[i].output + c;
        const auto mine = eq(loadPlaces<T>(places + output, n), V::broadcast(holders[i].value));
        sum = sum + select(mine, loadLanes(dy + output, n), V::zero());
      }
      storeLanes(sum, dx + element + c, n);
    });
  });
}

// max_pool_pick: x, places -> the element of each window that stands at its place: the gradient of max_pool_gradient.
template <class T, class P>
void run_max_pool_pick(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const auto& s = kept<PoolData>(call);
  const T* x = static_cast<const T*>(call.pointers[0]);
  const P* places = static_cast<const P*>(call.pointers[1]);
  T* y = static_cast<T*>(call.pointers[2]);
  forEachWindow(s, begin, end, [&](const Window& w, int64_t output) {
    forEachVector<T>(s.channels, [&](int64_t c, int n) {
      const V at = loadPlaces<T>(places + output + c, n);
      V picked = V::zero();
      for (int64_t ky = w.y.begin; ky < w.y.end; ++ky) {
        const T* from = x + w.corner + ky * w.rowStep + c;
        for (int64_t kx = w.x.begin; kx < w.x.end; ++kx)
          picked =
              select(eq(at, V::broadcast(static_cast<T>(ky * s.x.kernel + kx))), loadLanes(from + kx * w.columnStep, n), picked);
      }
      storeLanes(picked, y + output + c, n);
    });
  });
}

inline RunFn chooseMaxPool(DType dtype, DType places, RunFn f32u8, RunFn f32i32, RunFn f64u8, RunFn f64i32) {
  if (dtype == DType::f32) return places == DType::u8 ? f32u8 : f32i32;
  return places == DType::u8 ? f64u8 : f64i32;
}

// `wide` and `narrow`: the operands as long as the input and as the output; `places` as long as the output.
inline bool checkMaxPool(Plan& p, PoolData& s, int wide, int narrow, int places) {
  const DType dtype = p.operands[wide].dtype, kind = p.operands[places].dtype;
  return p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", wide) && readPool(p, s) &&
         p.expect(wide, dtype, s.inputElements()) && p.expect(narrow, dtype, s.outputElements()) &&
         p.expect(kind == DType::u8 || kind == DType::i32, "dtype", places) && p.expect(places, kind, s.outputElements()) &&
         p.expect(kind == DType::i32 || s.y.kernel * s.x.kernel <= 256, "places", places) &&
         p.expect(s.y.kernel * s.x.kernel <= 1 << 24, "kernel");
}

inline void plan_max_pool(Plan& p) {
  PoolData s;
  if (!checkMaxPool(p, s, 0, 1, 2)) return;
  cutOutputs(p, s);
  keep(p, s);
  p.run = chooseMaxPool(p.in(0).dtype, p.out(1).dtype, run_max_pool<float, uint8_t>, run_max_pool<float, int32_t>,
                        run_max_pool<double, uint8_t>, run_max_pool<double, int32_t>);
}

inline void plan_max_pool_gradient(Plan& p) {
  PoolData s;
  if (!checkMaxPool(p, s, 2, 0, 1)) return;
  cutInputs(p, s);
  keep(p, s);
  p.run =
      chooseMaxPool(p.in(0).dtype, p.in(1).dtype, run_max_pool_gradient<float, uint8_t>, run_max_pool_gradient<float, int32_t>,
                    run_max_pool_gradient<double, uint8_t>, run_max_pool_gradient<double, int32_t>);
}

inline void plan_max_pool_pick(Plan& p) {
  PoolData s;
  if (!checkMaxPool(p, s, 0, 2, 1)) return;
  cutOutputs(p, s);
  keep(p, s);
  p.run = chooseMaxPool(p.in(0).dtype, p.in(1).dtype, run_max_pool_pick<float, uint8_t>, run_max_pool_pick<float, int32_t>,
                        run_max_pool_pick<double, uint8_t>, run_max_pool_pick<double, int32_t>);
}

}  // namespace ravine::RAVINE_ISA
