// Elementary functions, written once over Vec for float and double: the same operations in the same order, with explicit fma, on
// every instruction set, so the same bits. Each states its largest error in ULP; test/native/math_test.cpp holds it. Zeros,
// infinities, NaN, overflow and underflow are as in C; where denormals are flushed, they count as zero.
#pragma once

#include "erf.h"
#include "exp.h"
#include "log.h"
#include "pow.h"
#include "trig.h"

namespace ravine::RAVINE_ISA {

// 1 / sqrt(x), both rounded. ULP: 1.5.
template <class T>
inline Vec<T> rsqrt(Vec<T> x) {
  return Vec<T>::broadcast(T(1)) / sqrt(x);
}

}  // namespace ravine::RAVINE_ISA
