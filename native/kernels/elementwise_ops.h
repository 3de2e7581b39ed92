// The operations themselves and their loops over a tile.
#pragma once

#include "../simd/math.h"
#include "common.h"
#include "elementwise_names.h"

namespace ravine::RAVINE_ISA {

// A tile's operand: contiguous (step 1), or one value repeated over a vector's width (step 0).
template <class T>
struct Source {
  const T* p;
  int64_t step;
};

template <class T>
using ElementwiseFn = void (*)(T* out, Source<T> a, Source<T> b, Source<T> c, int64_t n);

template <class F, class T>
void unaryTile(T* out, Source<T> a, Source<T>, Source<T>, int64_t n) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::lanes <= n; i += V::lanes) F::apply(V::load(a.p + i * a.step)).store(out + i);
  if (const int rest = static_cast<int>(n - i); rest > 0)
    F::apply(V::loadPartial(a.p + i * a.step, rest)).storePartial(out + i, rest);
}

template <class F, class T>
void binaryTile(T* out, Source<T> a, Source<T> b, Source<T>, int64_t n) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::lanes <= n; i += V::lanes) F::apply(V::load(a.p + i * a.step), V::load(b.p + i * b.step)).store(out + i);
  if (const int rest = static_cast<int>(n - i); rest > 0)
    F::apply(V::loadPartial(a.p + i * a.step, rest), V::loadPartial(b.p + i * b.step, rest)).storePartial(out + i, rest);
}

template <class F, class T>
void ternaryTile(T* out, Source<T> a, Source<T> b, Source<T> c, int64_t n) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::lanes <= n; i += V::lanes)
    F::apply(V::load(a.p + i * a.step), V::load(b.p + i * b.step), V::load(c.p + i * c.step)).store(out + i);
  if (const int rest = static_cast<int>(n - i); rest > 0)
    F::apply(V::loadPartial(a.p + i * a.step, rest), V::loadPartial(b.p + i * b.step, rest),
             V::loadPartial(c.p + i * c.step, rest))
        .storePartial(out + i, rest);
}

#define RAVINE_UNARY(name, expression) \
  struct name##Op {                    \
    template <class T>                 \
    static Vec<T> apply(Vec<T> a) {    \
      return expression;               \
    }                                  \
  };
RAVINE_UNARY(neg, -a)
RAVINE_UNARY(abs, abs(a))
RAVINE_UNARY(sign, select(gt(a, Vec<T>::zero()), Vec<T>::broadcast(T(1)),
                          select(lt(a, Vec<T>::zero()), Vec<T>::broadcast(T(-1)), a)))  // zeros and NaN stay
RAVINE_UNARY(exp, exp(a))
RAVINE_UNARY(log, log(a))
RAVINE_UNARY(log1p, log1p(a))
RAVINE_UNARY(expm1, expm1(a))
RAVINE_UNARY(sqrt, sqrt(a))
RAVINE_UNARY(rsqrt, rsqrt(a))
RAVINE_UNARY(square, a* a)
RAVINE_UNARY(reciprocal, Vec<T>::broadcast(T(1)) / a)
RAVINE_UNARY(sin, sin(a))
RAVINE_UNARY(cos, cos(a))
RAVINE_UNARY(tanh, tanh(a))
RAVINE_UNARY(sigmoid, sigmoid(a))
RAVINE_UNARY(relu, max(a, Vec<T>::zero()))  // NaN stays
RAVINE_UNARY(erf, erf(a))
RAVINE_UNARY(floor, floor(a))
RAVINE_UNARY(round, roundEven(a))
#undef RAVINE_UNARY

#define RAVINE_BINARY(name, expression)       \
  struct name##Op {                           \
    template <class T>                        \
    static Vec<T> apply(Vec<T> a, Vec<T> b) { \
      return expression;                      \
    }                                         \
  };
RAVINE_BINARY(add, a + b)
RAVINE_BINARY(sub, a - b)
RAVINE_BINARY(mul, a* b)
RAVINE_BINARY(div, a / b)
RAVINE_BINARY(pow, pow(a, b))
RAVINE_BINARY(max, max(a, b))
RAVINE_BINARY(min, min(a, b))
RAVINE_BINARY(eq, maskToOnes<T>(eq(a, b)))
RAVINE_BINARY(ne, maskToOnes<T>(ne(a, b)))
RAVINE_BINARY(lt, maskToOnes<T>(lt(a, b)))
RAVINE_BINARY(le, maskToOnes<T>(le(a, b)))
RAVINE_BINARY(gt, maskToOnes<T>(gt(a, b)))
RAVINE_BINARY(ge, maskToOnes<T>(ge(a, b)))
#undef RAVINE_BINARY

struct selectOp {
  template <class T>
  static Vec<T> apply(Vec<T> a, Vec<T> b, Vec<T> c) {
    return select(ne(a, Vec<T>::zero()), b, c);
  }
};

template <class F, int arity, class T>
constexpr ElementwiseFn<T> tileOf() {
  if constexpr (arity == 1) {
    return unaryTile<F, T>;
  } else if constexpr (arity == 2) {
    return binaryTile<F, T>;
  } else {
    return ternaryTile<F, T>;
  }
}

template <class F, int arity, class T, bool exists>
constexpr ElementwiseFn<T> tileIf() {
  if constexpr (exists) {
    return tileOf<F, arity, T>();
  } else {
    return nullptr;
  }
}

// By code; null where int32 lacks the operation.
template <class T>
constexpr ElementwiseFn<T> tileFns[] = {
#define OPERATION(name, arity, integer, cost) tileIf<name##Op, arity, T, integer || T(0.5) != T(0)>(),
#include "elementwise_ops.def"
#undef OPERATION
};

}  // namespace ravine::RAVINE_ISA
