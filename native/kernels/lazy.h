// Steps of a linear optimiser on the rows of a matrix w [width, out] that a sparse batch names. With g the gradient of a row,
//   v ← a·v + b·w + c·g,   w ← d·w + e·v + f·g   (with the new v),
// so that a step without a gradient is a 2×2 matrix on (w, v), and so are many of them in a row: a row is brought up to date when
// it is next needed, by one product. `last` int32 [width]: steps that each row has seen. `history` float64: how many there were,
// then for each s below the product of the steps after s, row by row: w from w, w from v, v from w, v from v.
#pragma once

#include <cstdint>

#include "sparse.h"
#include "strided.h"

namespace ravine::RAVINE_ISA {

// After so many steps every row is brought up to date, and the count begins anew: a pass over w that weighs little by then.
constexpr int64_t historySteps = 4096, historyElements = 4 * historySteps + 4;

struct History {
  double* at;

  int64_t steps() const { return static_cast<int64_t>(at[0]); }
  const double* since(int64_t step) const { return at + 4 + 4 * step; }

  // One more step: every product is multiplied by its matrix from the left.
  void push(const double* coefficients) {
    const double a = coefficients[0], b = coefficients[1], d = coefficients[3], e = coefficients[4];
    const double m[4] = {d + e * b, e * a, b, a};
    const int64_t n = steps();
    for (int64_t s = 0; s < n; ++s) {
      double* const p = at + 4 + 4 * s;
      const double ww = p[0], wv = p[1], vw = p[2], vv = p[3];
      p[0] = m[0] * ww + m[1] * vw;
      p[1] = m[0] * wv + m[1] * vv;
      p[2] = m[2] * ww + m[3] * vw;
      p[3] = m[2] * wv + m[3] * vv;
    }
    for (int k = 0; k < 4; ++k) at[4 + 4 * n + k] = m[k];
    at[0] = static_cast<double>(n + 1);
  }
};

// Rows of w, and of v where there is one.
template <class T>
struct LazyRow {
  T *w, *v;

  LazyRow at(int64_t row, int64_t out) const { return {w + row * out, v ? v + row * out : nullptr}; }

  // This row, from `from`, which may be itself, by a product of steps.
  void advance(LazyRow from, const double* product, int64_t n) const {
    using V = Vec<T>;
    const auto number = [&](int i) { return V::broadcast(static_cast<T>(product[i])); };
    const V ww = number(0), wv = number(1), vw = number(2), vv = number(3);
    for (int64_t c = 0; c < n; c += V::lanes) {
      const int count = static_cast<int>(atMost(n - c, V::lanes));
      const auto load = [&](const T* p) { return count == V::lanes ? V::load(p + c) : V::loadPartial(p + c, count); };
      const auto store = [&](T* p, V x) {
        if (count == V::lanes)
          x.store(p + c);
        else
          x.storePartial(p + c, count);
      };
      const V w0 = load(from.w);
      if (v) {
        const V v0 = load(from.v);
        store(w, fma(wv, v0, ww * w0));
        store(v, fma(vw, w0, vv * v0));
      } else {
        store(w, ww * w0);
      }
    }
  }
};

// What the plan keeps: places of the operands (v < 0: none), chunks by rows modulo their number, a power of 2.
struct LazyData {
  int inputs, w, v, last, history;
  int64_t width, out, chunks, rowsPerChunk;
  bool owns(int64_t chunk, int64_t row) const { return (row & (chunks - 1)) == chunk; }
};

// The state, from the operand where it begins. Where outputs lie elsewhere than inputs, `prepare` has copied them.
template <class T>
struct LazyState {
  LazyRow<T> rows;
  int32_t* last;
  History history;

  static LazyState of(const Call& call, int first, bool hasVelocity) {
    void* const* const from = call.pointers + first;
    T* const v = hasVelocity ? static_cast<T*>(from[1]) : nullptr;
    return {{static_cast<T*>(from[0]), v},
            static_cast<int32_t*>(from[1 + hasVelocity]),
            {static_cast<double*>(from[2 + hasVelocity])}};
  }
  static LazyState written(const Call& call) {
    const auto& d = kept<LazyData>(call);
    return of(call, d.inputs, d.v >= 0);
  }
};

template <class T>
bool sameBits(T a, T b) {
  return __builtin_memcmp(&a, &b, sizeof(T)) == 0;
}

template <class T>
void copy_lazy(const Call& call, int64_t, int64_t) {
  const auto& d = kept<LazyData>(call);
  const int64_t elements = d.width * d.out * static_cast<int64_t>(sizeof(T));
  int output = d.inputs;
  const auto copy = [&](int input, int64_t bytes) {
    if (call.pointers[output] != call.pointers[input]) copyBytes(call.pointers[output], call.pointers[input], bytes);
    output++;
  };
  copy(d.w, elements);
  if (d.v >= 0) copy(d.v, elements);
  copy(d.last, d.width * 4);
  copy(d.history, historyElements * 8);
}

// w, v?, last, history stand at the end of the inputs, and are the outputs.
inline bool planLazy(Plan& p, int first, int64_t width, int64_t out, double work) {
  const DType dtype = p.in(first).dtype;
  const bool hasVelocity = p.inputs - first == 4;
  LazyData d = {p.inputs, first, hasVelocity ? first + 1 : -1, p.inputs - 2, p.inputs - 1, width, out, 1, 0};
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", first)) return false;
  if (!p.expect(p.inputs - first == 3 + hasVelocity && p.outputs == 3 + hasVelocity, "operands")) return false;
  for (int side = 0; side < 2; ++side) {
    const int from = side == 0 ? first : p.inputs;
    for (int i = 0; i < 1 + hasVelocity; ++i)
      if (!p.expect(from + i, dtype, checkedProduct(width, out))) return false;
    if (!p.expect(from + 1 + hasVelocity, DType::i32, width)) return false;
    if (!p.expect(from + 2 + hasVelocity, DType::f64, historyElements)) return false;
  }
  const int64_t chunks = sparseChunks(work, 4);
  d.chunks = chunks == 3 ? 2 : chunks;
  for (int o = 0; o < p.outputs; ++o) p.inPlace[o] = 1u << (first + o);
  p.chunks = d.chunks;
  p.prepare = dtype == DType::f32 ? copy_lazy<float> : copy_lazy<double>;
  p.prepareChunks = 1;
  keep(p, d);
  return true;
}

// lazy_catch_up: the rows that the batch names see the steps that they have missed; all rows do when the history is full.
template <class T>
void run_lazy_catch_up(const Call& call, int64_t begin, int64_t end) {
  const auto& d = kept<LazyData>(call);
  const auto state = LazyState<T>::written(call);
  const SparseBatch s(call, 2);
  const int64_t steps = state.history.steps();
  const auto catchUp = [&](int64_t row) {
    if (state.last[row] >= steps) return;
    const LazyRow<T> own = state.rows.at(row, d.out);
    own.advance(own, state.history.since(state.last[row]), d.out);
    state.last[row] = static_cast<int32_t>(steps);
  };
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    if (steps < historySteps) {
      s.each(call, [&](int64_t, int64_t, int64_t column) {
        if (d.owns(chunk, column)) catchUp(column);
      });
      continue;
    }
    for (int64_t row = chunk; row < d.width; row += d.chunks) {
      catchUp(row);
      state.last[row] = 0;
    }
  }
}

template <class T>
void finish_lazy_catch_up(const Call& call) {
  const auto state = LazyState<T>::written(call);
  if (state.history.steps() >= historySteps) state.history.at[0] = 0;
}

inline void plan_lazy_catch_up(Plan& p) {
  const int64_t width = p.integers[3], out = p.integers[4];
  if (!planSparse(p, 2) || !planLazy(p, 3, width, out, sparseWork(p.integers, out))) return;
  const bool single = p.in(3).dtype == DType::f32;
  p.run = single ? run_lazy_catch_up<float> : run_lazy_catch_up<double>;
  p.finish = single ? finish_lazy_catch_up<float> : finish_lazy_catch_up<double>;
}

// lazy_step: the step of the rows that the batch names, which are up to date, from dy [count, out], the gradient by the product
// of batch and w; `coefficients` float64 [6]: a … f. The gradient of a row, Σ value · dy, is never made: what it does to v and w
// is added entry by entry, in their order.
template <class S, class T>
void run_lazy_step(const Call& call, int64_t begin, int64_t end) {
  const auto& d = kept<LazyData>(call);
  const auto state = LazyState<T>::written(call);
  const SparseBatch s(call, 3);
  auto* const values = static_cast<const S*>(call.pointers[2]);
  auto* const dy = static_cast<const T*>(call.pointers[4]);
  auto* const coefficients = static_cast<const double*>(call.pointers[5]);
  const double c = coefficients[2], e = coefficients[4], f = coefficients[5];
  const double toBegin[4] = {coefficients[3], 0, coefficients[1], coefficients[0]};
  const auto done = static_cast<int32_t>(state.history.steps() + 1), under = static_cast<int32_t>(done + 1);
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    s.each(call, [&](int64_t i, int64_t entry, int64_t column) {
      if (!d.owns(chunk, column)) return;
      const LazyRow<T> own = state.rows.at(column, d.out);
      if (state.last[column] != under) own.advance(own, toBegin, d.out);
      state.last[column] = under;
      const auto value = static_cast<double>(values[entry]);
      if (own.v) addScaled(own.v, dy + i * d.out, static_cast<T>(c * value), d.out);
      if (f != 0) addScaled(own.w, dy + i * d.out, static_cast<T>(f * value), d.out);
    });
    s.each(call, [&](int64_t, int64_t, int64_t column) {
      if (!d.owns(chunk, column) || state.last[column] != under) return;
      const LazyRow<T> own = state.rows.at(column, d.out);
      if (own.v) addScaled(own.w, own.v, static_cast<T>(e), d.out);
      state.last[column] = done;
    });
  }
}

template <class T>
void finish_lazy_step(const Call& call) {
  LazyState<T>::written(call).history.push(static_cast<const double*>(call.pointers[5]));
}

inline void plan_lazy_step(Plan& p) {
  const int64_t count = p.integers[2], width = p.integers[3], out = p.integers[4];
  const DType dtype = p.in(4).dtype, values = p.in(2).dtype;
  if (!planSparseValues(p) || !p.expect(4, dtype, checkedProduct(count, out)) || !p.expect(5, DType::f64, 6)) return;
  if (!planLazy(p, 6, width, out, 2 * sparseWork(p.integers, out)) || !p.expect(p.in(6).dtype == dtype, "dtype", 6)) return;
  if (!chooseSparse(p, run_lazy_step<float, float>, run_lazy_step<float, double>, run_lazy_step<double, double>)) return;
  p.expect(values == DType::f32 || values == dtype, "dtype", 2);
  p.finish = dtype == DType::f32 ? finish_lazy_step<float> : finish_lazy_step<double>;
}

// f(at, count, w, v): pieces of a row as they are after all steps.
template <class T, class F>
inline void eachSettled(const LazyState<T>& state, int64_t row, int64_t out, F f) {
  constexpr int64_t most = 64;
  T w[most], v[most];
  const LazyRow<T> own = state.rows.at(row, out);
  const int64_t steps = state.history.steps();
  for (int64_t at = 0; at < out; at += most) {
    const int64_t count = atMost(out - at, most);
    const LazyRow<T> from = {own.w + at, own.v ? own.v + at : nullptr};
    if (state.last[row] >= steps) {
      f(at, count, from.w, from.v);
      continue;
    }
    LazyRow<T>{w, own.v ? v : nullptr}.advance(from, state.history.since(state.last[row]), count);
    f(at, count, w, v);
  }
}

// lazy_settle: w and v as they would be if every row had seen every step; the state itself stays.
template <class T>
void run_lazy_settle(const Call& call, int64_t begin, int64_t end) {
  const auto& d = kept<LazyData>(call);
  const auto state = LazyState<T>::of(call, 0, d.v >= 0);
  void* const* const results = call.pointers + d.inputs;
  const LazyRow<T> to = {static_cast<T*>(results[0]), d.v >= 0 ? static_cast<T*>(results[1]) : nullptr};
  const Range rows = chunkRange(begin, end, d.width, d.rowsPerChunk);
  for (int64_t row = rows.begin; row < rows.end; ++row)
    eachSettled(state, row, d.out, [&](int64_t at, int64_t count, const T* w, const T* v) {
      const int64_t first = row * d.out + at;
      for (int64_t i = 0; i < count; ++i) to.w[first + i] = w[i];
      for (int64_t i = 0; to.v && i < count; ++i) to.v[first + i] = v[i];
    });
}

inline void plan_lazy_settle(Plan& p) {
  const int64_t width = p.integers[0], out = p.integers[1], elements = checkedProduct(width, out);
  const DType dtype = p.in(0).dtype;
  const bool hasVelocity = p.inputs == 4;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return;
  if (!p.expect(p.outputs == 1 + hasVelocity, "operands")) return;
  for (int i = 0; i < 1 + hasVelocity; ++i)
    if (!p.expect(i, dtype, elements) || !p.expect(p.inputs + i, dtype, elements)) return;
  if (!p.expect(p.inputs - 2, DType::i32, width) || !p.expect(p.inputs - 1, DType::f64, historyElements)) return;
  const int64_t perChunk = atLeast(copyElements / atLeast(out, 1), 1);
  keep(p, LazyData{p.inputs, 0, hasVelocity ? 1 : -1, p.inputs - 2, p.inputs - 1, width, out, 1, perChunk});
  p.run = dtype == DType::f32 ? run_lazy_settle<float> : run_lazy_settle<double>;
  p.chunks = chunkCount(width, perChunk);
}

// lazy_begin: rows that are not what the state would give have been changed by somebody else, and are taken over as they are.
template <class T>
void run_lazy_begin(const Call& call, int64_t begin, int64_t end) {
  const auto& d = kept<LazyData>(call);
  const auto state = LazyState<T>::written(call);
  auto* const w = static_cast<const T*>(call.pointers[0]);
  auto* const v = d.v >= 0 ? static_cast<const T*>(call.pointers[1]) : nullptr;
  for (int64_t chunk = begin; chunk < end; ++chunk) {
    for (int64_t row = chunk; row < d.width; row += d.chunks) {
      const int64_t first = row * d.out;
      bool same = true;
      eachSettled(state, row, d.out, [&](int64_t at, int64_t count, const T* ownW, const T* ownV) {
        for (int64_t i = 0; i < count && same; ++i)
          same = sameBits(ownW[i], w[first + at + i]) && (!v || sameBits(ownV[i], v[first + at + i]));
      });
      if (same) continue;
      const int64_t bytes = d.out * static_cast<int64_t>(sizeof(T));
      copyBytes(state.rows.w + first, w + first, bytes);
      if (v) copyBytes(state.rows.v + first, v + first, bytes);
      state.last[row] = static_cast<int32_t>(state.history.steps());
    }
  }
}

inline void plan_lazy_begin(Plan& p) {
  const int64_t width = p.integers[0], out = p.integers[1], elements = checkedProduct(width, out);
  const int own = p.inputs == 6 ? 2 : 1;
  if (!planLazy(p, own, width, out, static_cast<double>(elements))) return;
  for (int i = 0; i < own; ++i)
    if (!p.expect(i, p.in(own).dtype, elements)) return;
  p.run = p.in(own).dtype == DType::f32 ? run_lazy_begin<float> : run_lazy_begin<double>;
}

}  // namespace ravine::RAVINE_ISA
