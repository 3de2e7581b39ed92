// One update of all parameters, in place: w, g, states, scalars -> w, states. Every operation is rounded, in the order of the
// formulas: the steps are the same bits as their definitions in plain operations.
#pragma once

#include "elementwise_ops.h"

namespace ravine::RAVINE_ISA {

constexpr int64_t parametersPerChunk = 8192;  // 224 KiB of Adam's traffic: 10 to 20 µs
constexpr int descentAttributes = 3;          // maximize, weightDecay, decoupled: before the formula's own

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

// βx̄ + (1 − β)x
template <class T>
struct Decay {
  Vec<T> beta, rest;
  Vec<T> mean(Vec<T> m, Vec<T> x) const { return m * beta + x * rest; }
  Vec<T> square(Vec<T> v, Vec<T> g) const { return mean(v, g * g); }
};

// √v + ε, or √(v + ε): the other ε is 0.
template <class T>
struct Spread {
  Vec<T> inside, outside;
  Vec<T> operator()(Vec<T> v) const { return sqrt(v + inside) + outside; }
};

// The numbers of a formula.
template <class T, int states>
struct StepNumbers {
  using V = Vec<T>;
  const Call& call;

  T given(int scalar) const { return *static_cast<const T*>(call.pointers[2 + states + scalar]); }
  V scalar(int i) const { return V::broadcast(given(i)); }
  double real(int attribute) const { return call.reals[descentAttributes + attribute]; }
  V number(int attribute) const { return V::broadcast(static_cast<T>(real(attribute))); }
  Decay<T> decay(int attribute) const { return {number(attribute), V::broadcast(static_cast<T>(1 - real(attribute)))}; }
  // ε, and whether it stands inside of the root: after it unless said.
  Spread<T> spread(int attribute) const { return spread(attribute, attribute + 1); }
  Spread<T> spread(int attribute, int place) const {
    const bool inside = real(place) != 0;
    return {inside ? number(attribute) : V::zero(), inside ? V::zero() : number(attribute)};
  }
};

// What a formula gets: g ← ±g + weightDecay·w, or w ← w − α·weightDecay·w where it is decoupled; α is the first scalar.
template <class T>
struct Descent {
  const bool uphill, decays, decoupled;
  const Vec<T> decay;

  Descent(const Call& call, T rate)
      : uphill(call.integers[0] != 0),
        decays(call.reals[1] != 0),
        decoupled(call.integers[2] != 0),
        decay(Vec<T>::broadcast((decoupled ? rate : T(1)) * static_cast<T>(call.reals[1]))) {}

  void apply(Vec<T>& w, Vec<T>& g) const {
    if (uphill) g = -g;
    if (!decays) return;
    if (decoupled)
      w = w - decay * w;
    else
      g = g + w * decay;
  }
};

// The formula gives the next w and changes the states.
template <class T, template <class> class Formula>
void run_step(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  constexpr int states = Formula<T>::states, scalars = Formula<T>::scalars;
  const StepNumbers<T, states> numbers{call};
  const Formula<T> formula(numbers);
  const Descent<T> descent(call, numbers.given(0));
  const T* in[2 + states];
  T* out[1 + states];
  for (int i = 0; i < 2 + states; i++) in[i] = static_cast<const T*>(call.pointers[i]);
  for (int i = 0; i < 1 + states; i++) out[i] = static_cast<T*>(call.pointers[2 + states + scalars + i]);
  const Range range = chunkRange(begin, end, *static_cast<const int64_t*>(call.data), parametersPerChunk);
  forEachStretch<T>(range, [=](Stretch<T> s) {
    V w = s.load(in[0]), g = s.load(in[1]), state[states + 1];
    for (int i = 0; i < states; i++) state[i] = s.load(in[2 + i]);
    descent.apply(w, g);
    s.store(out[0], formula(w, g, state));
    for (int i = 0; i < states; i++) s.store(out[1 + i], state[i]);
  });
}

// Checks the operands: w, g, states, scalars -> w, states.
inline bool checkStep(Plan& p, int states, int scalars) {
  const int flat = 2 + states, inputs = flat + scalars;
  if (!p.expect(p.inputs == inputs, "inputs") || !p.expect(p.outputs == 1 + states, "outputs")) return false;
  const DType dtype = p.in(0).dtype;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return false;
  for (int i = 0; i < p.inputs + p.outputs; i++)
    if (!p.expect(i, dtype, i >= flat && i < inputs ? 1 : p.in(0).elements)) return false;
  for (int i = 0; i < 1 + states; i++) p.inPlace[i] = 1u << (i == 0 ? 0 : i + 1);
  return true;
}

template <template <class> class Formula>
void planStep(Plan& p) {
  if (!checkStep(p, Formula<float>::states, Formula<float>::scalars)) return;
  const int64_t elements = p.in(0).elements;
  p.chunks = chunkCount(elements, parametersPerChunk);
  *reinterpret_cast<int64_t*>(p.data) = elements;
  p.run = p.in(0).dtype == DType::f32 ? run_step<float, Formula> : run_step<double, Formula>;
}

enum class SgdForm { plain, lecture, lectureNesterov, torch, torchNesterov, torchDampened };

//   plain             w ← w − αg
//   lecture           v ← μv − αg;   w ← w + v
//   lectureNesterov   v ← μv − αg;   w ← (w + μv) − αg
//   torch             v ← μv + g;    w ← w − αv
//   torchNesterov     v ← μv + g;    w ← w − α(g + μv)
//   torchDampened     v ← μv + γg;   w ← w − αv
template <SgdForm form>
struct Sgd {
  template <class T>
  struct Formula {
    using V = Vec<T>;
    static constexpr int states = form == SgdForm::plain ? 0 : 1, scalars = form == SgdForm::torchDampened ? 2 : 1;
    V rate, gradientWeight, momentum;
    explicit Formula(StepNumbers<T, states> n)
        : rate(n.scalar(0)), gradientWeight(n.scalar(scalars - 1)), momentum(n.number(0)) {}
    V operator()(V w, V g, V* state) const {
      if constexpr (form == SgdForm::plain) return w - rate * g;
      const V v = state[0] * momentum;
      if constexpr (form == SgdForm::lecture || form == SgdForm::lectureNesterov) {
        const V pull = rate * g;
        state[0] = v - pull;
        return form == SgdForm::lecture ? w + state[0] : w + state[0] * momentum - pull;
      }
      state[0] = v + (form == SgdForm::torchDampened ? gradientWeight * g : g);
      return w - rate * (form == SgdForm::torchNesterov ? g + state[0] * momentum : state[0]);
    }
  };
};

inline void plan_sgd_step(Plan& p) {
  const bool nesterov = p.integers[descentAttributes + 1] != 0, torch = p.integers[descentAttributes + 2] != 0;
  if (!p.expect(p.outputs == 2 || p.reals[descentAttributes] == 0, "momentum without velocity")) return;
  if (p.outputs == 1)
    planStep<Sgd<SgdForm::plain>::Formula>(p);
  else if (p.inputs == 5)
    planStep<Sgd<SgdForm::torchDampened>::Formula>(p);
  else if (torch)
    nesterov ? planStep<Sgd<SgdForm::torchNesterov>::Formula>(p) : planStep<Sgd<SgdForm::torch>::Formula>(p);
  else
    nesterov ? planStep<Sgd<SgdForm::lectureNesterov>::Formula>(p) : planStep<Sgd<SgdForm::lecture>::Formula>(p);
}

// m ← β1·m + (1 − β1)·g; v ← β2·v + (1 − β2)·g²; w ← w − (α/c1)·m/(√(v·(1/c2)) + ε) with c = 1 − β^t.
// AMSGrad: v̂ ← max(v̂, v) in place of v under the root.
template <bool amsgrad>
struct Adam {
  template <class T>
  struct Formula {
    using V = Vec<T>;
    static constexpr int states = amsgrad ? 3 : 2, scalars = 3;
    V rate, correction;
    Decay<T> first, second;
    Spread<T> spread;
    explicit Formula(StepNumbers<T, states> n)
        : rate(V::broadcast(n.given(0) / n.given(1))),
          correction(V::broadcast(T(1) / n.given(2))),
          first(n.decay(0)),
          second(n.decay(1)),
          spread(n.spread(2)) {}
    V operator()(V w, V g, V* state) const {
      state[0] = first.mean(state[0], g);
      V v = state[1] = second.square(state[1], g);
      if constexpr (amsgrad) v = state[2] = max(state[2], v);
      return w - rate * state[0] / spread(v * correction);
    }
  };
};

inline void plan_adam_step(Plan& p) {
  if (p.outputs == 4)
    planStep<Adam<true>::Formula>(p);
  else
    planStep<Adam<false>::Formula>(p);
}

// w ← w − α((a·g + b·m)/(√(v·(1/c)) + ε)), m and v as Adam's
template <class T>
struct NadamFormula {
  using V = Vec<T>;
  static constexpr int states = 2, scalars = 4;
  V rate, gradientWeight, meanWeight, correction, epsilon;
  Decay<T> first, second;
  explicit NadamFormula(StepNumbers<T, states> n)
      : rate(n.scalar(0)),
        gradientWeight(n.scalar(1)),
        meanWeight(n.scalar(2)),
        correction(V::broadcast(T(1) / n.given(3))),
        epsilon(n.number(2)),
        first(n.decay(0)),
        second(n.decay(1)) {}
  V operator()(V w, V g, V* state) const {
    state[0] = first.mean(state[0], g);
    state[1] = second.square(state[1], g);
    return w - rate * (gradientWeight * g + meanWeight * state[0]) / (sqrt(state[1] * correction) + epsilon);
  }
};
inline void plan_nadam_step(Plan& p) { planStep<NadamFormula>(p); }

// w ← w − α·m·(a + b/(√v + ε)), m and v as Adam's
template <class T>
struct RadamFormula {
  using V = Vec<T>;
  static constexpr int states = 2, scalars = 3;
  V rate, plainWeight, scaledWeight, epsilon;
  Decay<T> first, second;
  explicit RadamFormula(StepNumbers<T, states> n)
      : rate(n.scalar(0)),
        plainWeight(n.scalar(1)),
        scaledWeight(n.scalar(2)),
        epsilon(n.number(2)),
        first(n.decay(0)),
        second(n.decay(1)) {}
  V operator()(V w, V g, V* state) const {
    state[0] = first.mean(state[0], g);
    state[1] = second.square(state[1], g);
    return w - rate * (state[0] * (plainWeight + scaledWeight / (sqrt(state[1]) + epsilon)));
  }
};
inline void plan_radam_step(Plan& p) { planStep<RadamFormula>(p); }

// m as Adam's; u ← max(β2·u, |g| + ε); w ← w − (α/c)·m/u
template <class T>
struct AdamaxFormula {
  using V = Vec<T>;
  static constexpr int states = 2, scalars = 2;
  V rate, beta2, epsilon;
  Decay<T> first;
  explicit AdamaxFormula(StepNumbers<T, states> n)
      : rate(V::broadcast(n.given(0) / n.given(1))), beta2(n.number(1)), epsilon(n.number(2)), first(n.decay(0)) {}
  V operator()(V w, V g, V* state) const {
    state[0] = first.mean(state[0], g);
    state[1] = max(state[1] * beta2, abs(g) + epsilon);
    return w - rate * state[0] / state[1];
  }
};
inline void plan_adamax_step(Plan& p) { planStep<AdamaxFormula>(p); }

// s ← s + g²; w ← w − α·g/(√s + ε)
template <class T>
struct AdagradFormula {
  using V = Vec<T>;
  static constexpr int states = 1, scalars = 1;
  V rate;
  Spread<T> spread;
  explicit AdagradFormula(StepNumbers<T, states> n) : rate(n.scalar(0)), spread(n.spread(0)) {}
  V operator()(V w, V g, V* state) const {
    state[0] = state[0] + g * g;
    return w - rate * g / spread(state[0]);
  }
};
inline void plan_adagrad_step(Plan& p) { planStep<AdagradFormula>(p); }

// v ← ρ·v + (1 − ρ)·g²; w ← w − α·g/(√v + ε)
//   centered       m ← ρ·m + (1 − ρ)·g;       max(v − m², 0) in place of v under the root
//   with momentum  u ← μ·u + g/(√v + ε);      w ← w − α·u
template <bool centered, bool hasMomentum>
struct Rmsprop {
  template <class T>
  struct Formula {
    using V = Vec<T>;
    static constexpr int states = 1 + centered + hasMomentum, scalars = 1;
    V rate, momentum;
    Decay<T> decay;
    Spread<T> spread;
    explicit Formula(StepNumbers<T, states> n)
        : rate(n.scalar(0)), momentum(n.number(1)), decay(n.decay(0)), spread(n.spread(2)) {}
    V operator()(V w, V g, V* state) const {
      V v = state[0] = decay.square(state[0], g);
      if constexpr (centered) {
        state[1] = decay.mean(state[1], g);
        v = max(v - state[1] * state[1], V::zero());
      }
      if constexpr (!hasMomentum) return w - rate * g / spread(v);
      V& u = state[states - 1];
      u = u * momentum + g / spread(v);
      return w - rate * u;
    }
  };
};

inline void plan_rmsprop_step(Plan& p) {
  const bool centered = p.integers[descentAttributes + 4] != 0;
  if (p.reals[descentAttributes + 1] != 0)
    centered ? planStep<Rmsprop<true, true>::Formula>(p) : planStep<Rmsprop<false, true>::Formula>(p);
  else
    centered ? planStep<Rmsprop<true, false>::Formula>(p) : planStep<Rmsprop<false, false>::Formula>(p);
}

// v ← ρ·v + (1 − ρ)·g²; Δ = √(d + ε′)/√(v + ε)·g; d ← ρ·d + (1 − ρ)·Δ²; w ← w − α·Δ
template <class T>
struct AdadeltaFormula {
  using V = Vec<T>;
  static constexpr int states = 2, scalars = 1;
  V rate;
  Decay<T> decay;
  Spread<T> numerator, denominator;
  explicit AdadeltaFormula(StepNumbers<T, states> n)
      : rate(n.scalar(0)), decay(n.decay(0)), numerator(n.spread(3, 2)), denominator(n.spread(1)) {}
  V operator()(V w, V g, V* state) const {
    state[0] = decay.square(state[0], g);
    const V delta = numerator(state[1]) / denominator(state[0]) * g;
    state[1] = decay.square(state[1], delta);
    return w - rate * delta;
  }
};
inline void plan_adadelta_step(Plan& p) { planStep<AdadeltaFormula>(p); }

// w ← w − α·sign(m + (1 − β1)(g − m)); m ← m + (1 − β2)(g − m)
template <class T>
struct LionFormula {
  using V = Vec<T>;
  static constexpr int states = 1, scalars = 1;
  V rate, rest1, rest2;
  explicit LionFormula(StepNumbers<T, states> n) : rate(n.scalar(0)), rest1(n.decay(0).rest), rest2(n.decay(1).rest) {}
  V operator()(V w, V g, V* state) const {
    const V ahead = g - state[0], direction = signOp::apply(state[0] + ahead * rest1);
    state[0] = state[0] + ahead * rest2;
    return w - rate * direction;
  }
};
inline void plan_lion_step(Plan& p) { planStep<LionFormula>(p); }

}  // namespace ravine::RAVINE_ISA
