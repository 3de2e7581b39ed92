// One update of all parameters, in place. Every operation is rounded, in the order of the formulas: the steps are the same bits
// as their definitions in plain operations.
#pragma once

#include "common.h"

namespace ravine::RAVINE_ISA {

constexpr int64_t parametersPerChunk = 8192;  // 224 KiB of Adam's traffic: 10 to 20 µs

// The number x of a formula at every width: Vec<T> or, for what is left over, a part of one.
template <class T>
struct Stretch {
  int64_t at;
  int count;  // elements, at most Vec<T>::lanes

  Vec<T> load(const T* p) const { return count == Vec<T>::lanes ? Vec<T>::load(p + at) : Vec<T>::loadPartial(p + at, count); }
  void store(T* p, Vec<T> x) const {
    if (count == Vec<T>::lanes) {
      x.store(p + at);
    } else {
      x.storePartial(p + at, count);
    }
  }
};

template <class T, class F>
inline void forEachStretch(Range range, F f) {
  constexpr int lanes = Vec<T>::lanes;
  int64_t i = range.begin;
  for (; i + lanes <= range.end; i += lanes) f(Stretch<T>{i, lanes});
  if (i < range.end) f(Stretch<T>{i, static_cast<int>(range.end - i)});
}

// All operands hold as many elements as the parameters, or one where `scalar` says so, and are of their type.
inline bool planStep(Plan& p, uint32_t scalar) {
  const DType dtype = p.in(0).dtype;
  const int64_t elements = p.in(0).elements;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return false;
  for (int i = 0; i < p.inputs + p.outputs; i++)
    if (!p.expect(i, dtype, scalar >> i & 1 ? 1 : elements)) return false;
  p.chunks = chunkCount(elements, parametersPerChunk);
  *reinterpret_cast<int64_t*>(p.data) = elements;
  return true;
}

inline Range parametersOf(const Call& call, int64_t begin, int64_t end) {
  return chunkRange(begin, end, *static_cast<const int64_t*>(call.data), parametersPerChunk);
}

template <class T>
const T* inputOf(const Call& call, int i) {
  return static_cast<const T*>(call.pointers[i]);
}

enum class SgdForm { plain, lecture, lectureNesterov, torch, torchNesterov };

// g ← g + weightDecay·w
//   plain             w ← w − αg
//   lecture           v ← μv − αg;               w ← w + v
//   lectureNesterov   v ← μv − αg;               w ← (w + μv) − αg
//   torch             v ← μv + (1 − dampening)g; w ← w − αv
//   torchNesterov     v ← μv + (1 − dampening)g; w ← w − α(g + μv)
// v begins at 0. PyTorch's first step takes g undampened: that is the caller's to arrange.
template <class T, SgdForm form>
void run_sgd_step(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  constexpr bool hasVelocity = form != SgdForm::plain;
  const T *w = inputOf<T>(call, 0), *gradient = inputOf<T>(call, 1), *velocity = hasVelocity ? inputOf<T>(call, 3) : nullptr;
  T* nextW = static_cast<T*>(call.pointers[hasVelocity ? 4 : 3]);
  T* nextV = hasVelocity ? static_cast<T*>(call.pointers[5]) : nullptr;
  const V rate = V::broadcast(*inputOf<T>(call, 2)), momentum = V::broadcast(static_cast<T>(call.reals[0]));
  const V undamped = V::broadcast(static_cast<T>(1 - call.reals[1])), decay = V::broadcast(static_cast<T>(call.reals[4]));
  const bool hasDecay = call.reals[4] != 0;
  forEachStretch<T>(parametersOf(call, begin, end), [=](Stretch<T> s) {
    const V w0 = s.load(w), g0 = s.load(gradient), g = hasDecay ? g0 + w0 * decay : g0;
    if constexpr (form == SgdForm::plain) {
      s.store(nextW, w0 - rate * g);
    } else if constexpr (form == SgdForm::lecture || form == SgdForm::lectureNesterov) {
      const V pull = rate * g, v = s.load(velocity) * momentum - pull;
      s.store(nextV, v);
      s.store(nextW, form == SgdForm::lecture ? w0 + v : w0 + v * momentum - pull);
    } else {
      const V v = s.load(velocity) * momentum + g * undamped;
      s.store(nextV, v);
      s.store(nextW, w0 - rate * (form == SgdForm::torch ? v : g + v * momentum));
    }
  });
}

template <class T>
RunFn sgdOf(SgdForm form) {
  switch (form) {
    case SgdForm::plain:
      return run_sgd_step<T, SgdForm::plain>;
    case SgdForm::lecture:
      return run_sgd_step<T, SgdForm::lecture>;
    case SgdForm::lectureNesterov:
      return run_sgd_step<T, SgdForm::lectureNesterov>;
    case SgdForm::torch:
      return run_sgd_step<T, SgdForm::torch>;
    default:
      return run_sgd_step<T, SgdForm::torchNesterov>;
  }
}

inline void plan_sgd_step(Plan& p) {
  const bool hasVelocity = p.inputs == 4, nesterov = p.integers[2] != 0, torch = p.integers[3] != 0;
  if (!p.expect(p.outputs == (hasVelocity ? 2 : 1), "outputs")) return;
  if (!p.expect(hasVelocity || p.reals[0] == 0, "momentum without velocity")) return;
  if (!planStep(p, 1u << 2)) return;
  const SgdForm form = !hasVelocity ? SgdForm::plain
                       : torch      ? (nesterov ? SgdForm::torchNesterov : SgdForm::torch)
                                    : (nesterov ? SgdForm::lectureNesterov : SgdForm::lecture);
  p.run = p.in(0).dtype == DType::f32 ? sgdOf<float>(form) : sgdOf<double>(form);
  p.inPlace[0] = 1u << 0;
  p.inPlace[1] = 1u << 3;
}

// g ← g + weightDecay·w; m ← β1 m + (1 − β1) g; v ← β2 v + (1 − β2) g²;
// w ← w − ((α/c1) m) / (√(v/c2) + ε), or / √(v/c2 + ε), with c1 = 1 − β1^t and c2 = 1 − β2^t.
template <class T, bool epsilonInside>
void run_adam_step(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const T *w = inputOf<T>(call, 0), *gradient = inputOf<T>(call, 1), *mean = inputOf<T>(call, 2), *square = inputOf<T>(call, 3);
  T *nextW = static_cast<T*>(call.pointers[7]), *nextMean = static_cast<T*>(call.pointers[8]);
  T* nextSquare = static_cast<T*>(call.pointers[9]);
  const auto number = [](double x) { return V::broadcast(static_cast<T>(x)); };
  const V rate = V::broadcast(*inputOf<T>(call, 4) / *inputOf<T>(call, 5)), correction = V::broadcast(*inputOf<T>(call, 6));
  const V beta1 = number(call.reals[0]), rest1 = number(1 - call.reals[0]), beta2 = number(call.reals[1]);
  const V rest2 = number(1 - call.reals[1]), epsilon = number(call.reals[2]), decay = number(call.reals[4]);
  const bool hasDecay = call.reals[4] != 0;
  forEachStretch<T>(parametersOf(call, begin, end), [=](Stretch<T> s) {
    const V w0 = s.load(w), g0 = s.load(gradient), g = hasDecay ? g0 + w0 * decay : g0;
    const V m = s.load(mean) * beta1 + g * rest1, v = s.load(square) * beta2 + g * g * rest2;
    const V spread = v / correction, divisor = epsilonInside ? sqrt(spread + epsilon) : sqrt(spread) + epsilon;
    s.store(nextMean, m);
    s.store(nextSquare, v);
    s.store(nextW, w0 - rate * m / divisor);
  });
}

inline void plan_adam_step(Plan& p) {
  if (!planStep(p, 7u << 4)) return;
  const bool isFloat = p.in(0).dtype == DType::f32, inside = p.integers[3] != 0;
  p.run = isFloat ? (inside ? run_adam_step<float, true> : run_adam_step<float, false>)
                  : (inside ? run_adam_step<double, true> : run_adam_step<double, false>);
  p.inPlace[0] = 1u << 0;
  p.inPlace[1] = 1u << 2;
  p.inPlace[2] = 1u << 3;
}

}  // namespace ravine::RAVINE_ISA
