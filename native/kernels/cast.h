// Any dtype to any. Real to integer truncates, saturates, and NaN is 0; to uint8 everything saturates at 0 and 255.
#pragma once

#include "common.h"

namespace ravine::RAVINE_ISA {

template <class D>
struct CastTo {
  template <class S>
  static D of(S x) {
    return static_cast<D>(x);
  }
};
template <>
struct CastTo<int32_t> {
  static int32_t of(float x) { return of(static_cast<double>(x)); }
  static int32_t of(double x) {
    if (x >= 2147483647.0) return INT32_MAX;
    if (x <= -2147483648.0) return INT32_MIN;
    return x == x ? static_cast<int32_t>(x) : 0;
  }
  static int32_t of(int32_t x) { return x; }
  static int32_t of(uint8_t x) { return x; }
};
template <>
struct CastTo<uint8_t> {
  static uint8_t of(float x) { return x >= 255.0f ? 255 : x > 0.0f ? static_cast<uint8_t>(x) : 0; }
  static uint8_t of(double x) { return x >= 255.0 ? 255 : x > 0.0 ? static_cast<uint8_t>(x) : 0; }
  static uint8_t of(int32_t x) { return x >= 255 ? 255 : x > 0 ? static_cast<uint8_t>(x) : 0; }
  static uint8_t of(uint8_t x) { return x; }
};

template <class S, class D>
void run_cast(const Call& call, int64_t begin, int64_t end) {
  const Range range = chunkRange(begin, end, *static_cast<const int64_t*>(call.data));
  const S* in = static_cast<const S*>(call.pointers[0]);
  D* out = static_cast<D*>(call.pointers[1]);
  for (int64_t i = range.begin; i < range.end; i++) out[i] = CastTo<D>::of(in[i]);
}

template <class S>
RunFn castFrom(DType to) {
  switch (to) {
    case DType::f32:
      return run_cast<S, float>;
    case DType::f64:
      return run_cast<S, double>;
    case DType::i32:
      return run_cast<S, int32_t>;
    default:
      return run_cast<S, uint8_t>;
  }
}

inline void plan_cast(Plan& p) {
  const int64_t elements = p.in(0).elements;
  const DType from = p.in(0).dtype, to = p.out(0).dtype;
  if (!p.expect(p.out(0).elements == elements, "elements", 1)) return;
  p.run = from == DType::f32   ? castFrom<float>(to)
          : from == DType::f64 ? castFrom<double>(to)
          : from == DType::i32 ? castFrom<int32_t>(to)
                               : castFrom<uint8_t>(to);
  p.chunks = chunkCount(elements);
  if (from == to) p.inPlace[0] = 1;
  *reinterpret_cast<int64_t*>(p.data) = elements;
}

}  // namespace ravine::RAVINE_ISA
