// Softmax, log-softmax and softmax cross-entropy over rows. A row's largest element is taken off first; exponentials are added up
// in sixteen lanes, blocks of 256 joined two by two. A row with a NaN or +∞, or of nothing but −∞, gives NaN.
#pragma once

#include <cstdint>

#include "../simd/math.h"
#include "pairwise.h"
#include "strided.h"

namespace ravine::RAVINE_ISA {

constexpr int64_t exponentialBlock = 256;

inline int64_t softmaxRows(int64_t columns) { return atLeast(chunkElements / atLeast(columns, 1), 1); }

template <class T>
inline Lanes16<T> exponential(Lanes16<T> x, T largest) {
  for (auto& part : x.part) part = exp(part - Vec<T>::broadcast(largest));
  return x;
}

template <class T>
inline T logarithm(T x) {
  return firstLane(log(Vec<T>::broadcast(x)));
}

// Σ exp(x − largest), and the terms to `terms` where `keepTerms`. Lanes past the end are exp(−∞) = 0.
template <bool keepTerms, class T>
T sumExponentials(const T* x, T* terms, int64_t columns, T largest) {
  const auto add = [](Vec<T> a, Vec<T> b) { return a + b; };
  Pairwise<Lanes16<T>> pairs;
  for (int64_t begin = 0; begin < columns; begin += exponentialBlock) {
    auto sum = Lanes16<T>::zero();
    const int64_t end = atMost(begin + exponentialBlock, columns);
    for (int64_t i = begin; i + 16 <= end; i += 16) {
      const auto e = exponential(Lanes16<T>::load(x + i), largest);
      if constexpr (keepTerms) e.store(terms + i);
      sum.add(e);
    }
    if (const int left = static_cast<int>((end - begin) % 16); left > 0) {
      const auto e = exponential(Lanes16<T>::loadPartial(x + end - left, left, lowest<T>()), largest);
      if constexpr (keepTerms) e.storePartial(terms + end - left, left);
      sum.add(e);
    }
    if (columns <= exponentialBlock) return sum.sum();
    pairs.push(sum, add);
  }
  return pairs.result(add).sum();
}

// out = f(x), sixteen lanes at a time; may be in place.
template <class T, class F>
inline void mapRow(const T* x, T* out, int64_t columns, F f) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::lanes <= columns; i += V::lanes) f(V::load(x + i)).store(out + i);
  const int left = static_cast<int>(columns - i);
  if (left > 0) f(V::loadPartial(x + i, left)).storePartial(out + i, left);
}

// softmax = exp(x − largest) / Σ; log: x − largest − log Σ
template <bool logarithmic, class T>
inline void softmaxRow(const T* x, T* out, int64_t columns) {
  using V = Vec<T>;
  const T largest = reduceRow<Max<T>>(x, columns);
  const T sum = sumExponentials<!logarithmic>(x, out, columns, largest);
  if constexpr (logarithmic) {
    const V shift = V::broadcast(largest), normalizer = V::broadcast(logarithm(sum));
    mapRow(x, out, columns, [=](V v) { return v - shift - normalizer; });
  } else {
    const V factor = V::broadcast(1 / sum);
    mapRow(out, out, columns, [=](V v) { return v * factor; });
  }
}

// The same for up to 16 columns, in registers from load to store.
template <bool logarithmic, class T>
inline void softmaxNarrowRow(const T* x, T* out, int columns) {
  using V = Vec<T>;
  auto row = Lanes16<T>::loadPartial(x, columns, lowest<T>());
  const T largest = row.fold(Max<T>());
  const auto terms = exponential(row, largest);
  const T sum = terms.sum();
  const V shift = V::broadcast(largest), factor = V::broadcast(logarithmic ? logarithm(sum) : 1 / sum);
  for (int i = 0; i < row.parts; ++i) row.part[i] = logarithmic ? row.part[i] - shift - factor : terms.part[i] * factor;
  row.storePartial(out, columns);
}

template <class T, bool logarithmic>
void run_softmax(const Call& call, int64_t begin, int64_t end) {
  const int64_t columns = call.integers[1];
  if (columns == 0) return;
  auto* x = static_cast<const T*>(call.pointers[0]);
  T* out = static_cast<T*>(call.pointers[1]);
  const Range r = chunkRange(begin, end, call.integers[0], softmaxRows(columns));
  for (int64_t row = r.begin; row < r.end; ++row) {
    if (columns <= 16)
      softmaxNarrowRow<logarithmic>(x + row * columns, out + row * columns, static_cast<int>(columns));
    else
      softmaxRow<logarithmic>(x + row * columns, out + row * columns, columns);
  }
}

inline void plan_softmax(Plan& p) {
  const int64_t rows = p.integers[0], columns = p.integers[1], elements = checkedProduct(rows, columns);
  const DType dtype = p.in(0).dtype;
  const bool logarithmic = p.integers[2] != 0;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return;
  if (!p.expect(0, dtype, elements) || !p.expect(1, dtype, elements)) return;
  if (dtype == DType::f32)
    p.run = logarithmic ? run_softmax<float, true> : run_softmax<float, false>;
  else
    p.run = logarithmic ? run_softmax<double, true> : run_softmax<double, false>;
  p.chunks = chunkCount(rows, softmaxRows(columns));
  p.inPlace[0] = 1;
}

// loss = log Σ exp(x − largest) − (x_label − largest), gradient = (exp(x − largest) / Σ − one-hot)·scale
template <class T>
struct CrossEntropy {
  T sum, picked;  // Σ and x_label − largest
};

template <class T>
inline CrossEntropy<T> crossEntropyRow(const T* x, T* gradient, int64_t columns, int64_t label, T scale) {
  using V = Vec<T>;
  const T largest = reduceRow<Max<T>>(x, columns), picked = x[label] - largest;
  const T sum = sumExponentials<true>(x, gradient, columns, largest), factor = 1 / sum;
  const T atLabel = (gradient[label] * factor - 1) * scale;
  const V factors = V::broadcast(factor), scales = V::broadcast(scale);
  mapRow(gradient, gradient, columns, [=](V v) { return v * factors * scales; });
  gradient[label] = atLabel;
  return {sum, picked};
}

template <class T>
inline CrossEntropy<T> crossEntropyNarrowRow(const T* x, T* gradient, int columns, int64_t label, T scale) {
  using V = Vec<T>;
  auto row = Lanes16<T>::loadPartial(x, columns, lowest<T>());
  const T largest = row.fold(Max<T>()), picked = x[label] - largest;
  row = exponential(row, largest);
  const T sum = row.sum();
  const V factors = V::broadcast(1 / sum), scales = V::broadcast(scale), one = V::broadcast(1);
  const V place = V::broadcast(static_cast<T>(label));
  for (int i = 0; i < row.parts; ++i) {
    const V hot = select(eq(V::load(laneNumbers<T> + i * V::lanes), place), one, V::zero());
    row.part[i] = (row.part[i] * factors - hot) * scales;
  }
  row.storePartial(gradient, columns);
  return {sum, picked};
}

// Up to 16 rows, so that one logarithm serves them all. A row with a bad label raises a fault, its loss and gradient are 0.
template <class T>
void crossEntropyRows(const Call& call, int64_t begin, int64_t end) {
  const int64_t columns = call.integers[1];
  const T scale = static_cast<T>(call.reals[2]);
  auto* logits = static_cast<const T*>(call.pointers[0]);
  auto* labels = static_cast<const int32_t*>(call.pointers[1]);
  T* gradient = static_cast<T*>(call.pointers[3]);
  T sums[16], picked[16];
  for (int64_t row = begin; row < end; ++row) {
    const T* x = logits + row * columns;
    T* g = gradient + row * columns;
    const int64_t label = labels[row];
    CrossEntropy<T> result = {1, 0};
    if (label < 0 || label >= columns) {
      raise(call.error, Fault::label, call.instruction, row, static_cast<double>(label));
      fillRun(g, T(0), columns);
    } else if (columns <= 16) {
      result = crossEntropyNarrowRow(x, g, static_cast<int>(columns), label, scale);
    } else {
      result = crossEntropyRow(x, g, columns, label, scale);
    }
    sums[row - begin] = result.sum;
    picked[row - begin] = result.picked;
  }
  const int rows = static_cast<int>(end - begin);
  auto loss = Lanes16<T>::loadPartial(sums, rows, 1);
  const auto shift = Lanes16<T>::loadPartial(picked, rows);
  for (int i = 0; i < loss.parts; ++i) loss.part[i] = log(loss.part[i]) - shift.part[i];
  loss.storePartial(static_cast<T*>(call.pointers[2]) + begin, rows);
}

template <class T>
void run_softmax_cross_entropy(const Call& call, int64_t begin, int64_t end) {
  const Range r = chunkRange(begin, end, call.integers[0], softmaxRows(call.integers[1]));
  for (int64_t row = r.begin; row < r.end; row += 16) crossEntropyRows<T>(call, row, atMost(row + 16, r.end));
}

inline void plan_softmax_cross_entropy(Plan& p) {
  const int64_t rows = p.integers[0], columns = p.integers[1], elements = checkedProduct(rows, columns);
  const DType dtype = p.in(0).dtype;
  if (!p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", 0)) return;
  if (!p.expect(0, dtype, elements) || !p.expect(1, DType::i32, rows)) return;
  if (!p.expect(2, dtype, rows) || !p.expect(3, dtype, elements)) return;
  p.run = dtype == DType::f32 ? run_softmax_cross_entropy<float> : run_softmax_cross_entropy<double>;
  p.chunks = chunkCount(rows, softmaxRows(columns));
  p.inPlace[1] = 1;
}

}  // namespace ravine::RAVINE_ISA
