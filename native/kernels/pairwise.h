// Reductions whose error grows like log n: sixteen rows one after another, blocks of sixteen joined two by two. The order depends
// on the number of rows alone, so that every instruction set gives the same bits.
#pragma once

#include <cstdint>

#include "grid.h"

namespace ravine::RAVINE_ISA {

inline float plus(float a, float b) { return a + b; }
inline double plus(double a, double b) { return a + b; }
inline int32_t plus(int32_t a, int32_t b) { return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b)); }

template <class T>
constexpr T lowest() {
  if constexpr (sizeof(T) == 8)
    return -__builtin_inf();
  else if constexpr (static_cast<T>(0.5) != 0)
    return -__builtin_inff();
  else
    return INT32_MIN;
}
template <class T>
constexpr T highest() {
  if constexpr (static_cast<T>(0.5) != 0)
    return -lowest<T>();
  else
    return INT32_MAX;
}

// The operations of reductions; NaN wins max and min.
template <class T>
struct Sum {
  static constexpr T identity = 0;
  Vec<T> operator()(Vec<T> a, Vec<T> b) const { return a + b; }
};
template <class T>
struct Prod {
  static constexpr T identity = 1;
  Vec<T> operator()(Vec<T> a, Vec<T> b) const { return a * b; }
};
template <class T>
struct Max {
  static constexpr T identity = lowest<T>();
  Vec<T> operator()(Vec<T> a, Vec<T> b) const { return max(a, b); }
};
template <class T>
struct Min {
  static constexpr T identity = highest<T>();
  Vec<T> operator()(Vec<T> a, Vec<T> b) const { return min(a, b); }
};

template <class T, int vectors>
struct Strip {
  static constexpr int parts = vectors;
  Vec<T> part[vectors];
};

// Strips and Lanes16 alike: second = first ∘ second.
template <class Item, class Op>
inline void joinBehind(const Item& first, Item& second, Op op) {
  for (int i = 0; i < Item::parts; ++i) second.part[i] = op(first.part[i], second.part[i]);
}

// A binary counter of blocks: each new one is joined with those of its size that came before.
template <class Item>
struct Pairwise {
  Item stack[40];
  int depth = 0;
  int64_t blocks = 0;

  template <class Op>
  void push(Item item, Op op) {
    ++blocks;
    for (int64_t b = blocks; (b & 1) == 0; b >>= 1) joinBehind(stack[--depth], item, op);
    stack[depth++] = item;
  }
  template <class Op>
  Item result(Op op) {
    Item item = stack[--depth];
    while (depth > 0) joinBehind(stack[--depth], item, op);
    return item;
  }
};

constexpr int64_t blockRows = 16;

// The strip of each of `rows` >= 1 rows, `stride` elements apart, joined. load(p) reads a row's strip.
template <class Op, class T, class Load>
inline auto reduceStrip(const T* x, int64_t rows, int64_t stride, Load load) {
  const Op op;
  Pairwise<decltype(load(x))> pairs;
  for (int64_t row = 0; row < rows; row += blockRows) {
    auto strip = load(x + row * stride);
    for (int64_t i = row + 1, stop = atMost(row + blockRows, rows); i < stop; ++i) {
      auto next = load(x + i * stride);
      joinBehind(strip, next, op);
      strip = next;
    }
    if (rows <= blockRows) return strip;
    pairs.push(strip, op);
  }
  return pairs.result(op);
}

template <class T, int vectors>
inline Strip<T, vectors> loadStrip(const T* p) {
  Strip<T, vectors> s;
  for (int i = 0; i < vectors; ++i) s.part[i] = Vec<T>::load(p + i * Vec<T>::lanes);
  return s;
}

template <class Op, class T, int vectors>
inline void reduceWholeStrips(const T* x, int64_t rows, int64_t stride, T* out, int64_t columns, int64_t& column) {
  constexpr int width = vectors * Vec<T>::lanes;
  for (; column + width <= columns; column += width) {
    const auto strip = reduceStrip<Op>(x + column, rows, stride, loadStrip<T, vectors>);
    for (int i = 0; i < vectors; ++i) strip.part[i].store(out + column + i * Vec<T>::lanes);
  }
}

// out[column] = x[0, column] ∘ x[1, column] ∘ … over rows that lie `stride` elements apart.
template <class Op, class T>
void reduceColumns(const T* x, int64_t rows, int64_t stride, T* out, int64_t columns) {
  if (rows == 0) {
    for (int64_t i = 0; i < columns; ++i) out[i] = Op::identity;
    return;
  }
  int64_t column = 0;
  reduceWholeStrips<Op, T, Vec<T>::lanes == 1 ? 16 : 4>(x, rows, stride, out, columns, column);
  reduceWholeStrips<Op, T, 1>(x, rows, stride, out, columns, column);
  if (column == columns) return;
  const int left = static_cast<int>(columns - column);
  const auto strip =
      reduceStrip<Op>(x + column, rows, stride, [left](const T* p) { return Strip<T, 1>{{Vec<T>::loadPartial(p, left)}}; });
  strip.part[0].storePartial(out + column, left);
}

// x[0] ∘ x[1] ∘ …: the columns of [length / 16, 16], then what is left over, then the tree over the lanes.
template <class Op, class T>
T reduceRow(const T* x, int64_t length) {
  const Op op;
  const int64_t rows = length / 16;
  const int left = static_cast<int>(length % 16);
  Lanes16<T> lanes;
  if (rows == 0) {
    lanes = Lanes16<T>::loadPartial(x, left, Op::identity);
  } else {
    lanes = reduceStrip<Op>(x, rows, 16, Lanes16<T>::load);
    if (left > 0) lanes.combine(Lanes16<T>::loadPartial(x + rows * 16, left, Op::identity), op);
  }
  return lanes.fold(op);
}

}  // namespace ravine::RAVINE_ISA
