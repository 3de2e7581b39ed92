// How a matrix of rows is cut into chunks: by its shape alone.
#pragma once

#include <cstdint>

#include "common.h"

namespace ravine::RAVINE_ISA {

constexpr int64_t copyElements = 2 * chunkElements;  // of a chunk that only copies: 128 KiB of float32, still inside L2

inline int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t roundUp(int64_t a, int64_t step) { return ceilDivide(a, step) * step; }
inline int64_t atLeast(int64_t value, int64_t least) { return value < least ? least : value; }
inline int64_t atMost(int64_t value, int64_t most) { return value > most ? most : value; }

struct Block {
  int64_t rowBegin, rowEnd, columnBegin, columnEnd;
};

// Groups of whole rows, or pieces of one row where rows are long.
struct RowGrid {
  int64_t rows, columns, rowsPerChunk, columnsPerChunk, pieces;

  static RowGrid cut(int64_t rows, int64_t columns, int64_t elements = copyElements) {
    if (columns == 0) rows = 0;
    if (columns > elements) return {rows, columns, 1, elements, ceilDivide(columns, elements)};
    return {rows, columns, elements / atLeast(columns, 1), columns, 1};
  }

  int64_t chunks() const { return atLeast(ceilDivide(rows, rowsPerChunk) * pieces, 1); }

  Block block(int64_t chunk) const {
    const int64_t row = chunk / pieces * rowsPerChunk, column = chunk % pieces * columnsPerChunk;
    return {row, atMost(row + rowsPerChunk, rows), column, atMost(column + columnsPerChunk, columns)};
  }
};

// What a plan works out once and every call reads back.
template <class Data>
void keep(Plan& p, const Data& data) {
  static_assert(sizeof(Data) <= sizeof(p.data));
  __builtin_memcpy(p.data, &data, sizeof(Data));
}
template <class Data>
const Data& kept(const Call& call) {
  return *static_cast<const Data*>(call.data);
}

}  // namespace ravine::RAVINE_ISA
