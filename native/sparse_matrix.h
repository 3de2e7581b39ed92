// Compressed sparse rows. Columns of large matrices are numbered by falling frequency, so that the weights of the common ones
// share a few cache lines: 4,096 float32 weights fill a first-level cache of 16 KB, and in text they take most of the accesses.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "buffer.h"

namespace ravine {

// Throws JobError where there is no memory.
std::shared_ptr<Buffer> sparseBuffer(int64_t bytes);

struct SparseMatrix {
  int64_t rows = 0, columns = 0, entries = 0;
  bool wide = false;                // indices of 32 bits; of 16 up to 65,536 columns
  std::shared_ptr<Buffer> offsets;  // int64 [rows + 1]
  std::shared_ptr<Buffer> indices;  // ranks [entries]; in a row by rising column
  std::shared_ptr<Buffer> values;   // float32 [entries]; none: every one is 1
  std::shared_ptr<Buffer> order;    // uint32 [columns]: the column of each rank; none: the same

  const int64_t* rowOffsets() const { return reinterpret_cast<const int64_t*>(offsets->data()); }
  const float* entryValues() const { return values ? reinterpret_cast<const float*>(values->data()) : nullptr; }
  const uint32_t* columnOfRank() const { return order ? reinterpret_cast<const uint32_t*>(order->data()) : nullptr; }
  template <class Index>
  const Index* ranks() const {
    return reinterpret_cast<const Index*>(indices->data());
  }
  int64_t rank(int64_t entry) const { return wide ? ranks<uint32_t>()[entry] : ranks<uint16_t>()[entry]; }
  int64_t column(int64_t entry) const { return order ? columnOfRank()[rank(entry)] : rank(entry); }
  int64_t bytes() const;
};

// Calls `body(ranks, values)` with the matrix's types.
template <class Body>
decltype(auto) withRanks(const SparseMatrix& matrix, const Body& body) {
  return matrix.wide ? body(matrix.ranks<uint32_t>()) : body(matrix.ranks<uint16_t>());
}

// Columns to ranks and back, `width` floats a column.
void toRanks(const SparseMatrix& matrix, const float* byColumn, float* byRank, int64_t width);
void toColumns(const SparseMatrix& matrix, const float* byRank, float* byColumn, int64_t width);

// Grows a matrix row by row, a megabyte at a time.
class SparseBuilder {
 public:
  void add(uint32_t column, float value);
  void endRow();
  int64_t rows() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  // One past the largest column so far.
  int64_t width() const { return width_; }
  int64_t entries() const { return entries_; }
  // Empties the builder.
  std::shared_ptr<SparseMatrix> finish(int64_t columns);

 private:
  static constexpr int64_t chunk = int64_t{1} << 18;
  struct Chunk {
    uint32_t columns[chunk];
    float values[chunk];
  };

  std::vector<uint32_t> orderOf(int64_t columns) const;
  template <class Index>
  void fill(SparseMatrix& matrix, const std::vector<uint32_t>& rankOf);

  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<int64_t> offsets_{0};
  int64_t entries_ = 0, width_ = 0;
  bool allOnes_ = true;
};

// How many rows have an entry in each column.
std::vector<double> documentFrequencies(const SparseMatrix& matrix);

// tf · idf with rows scaled to length 1 after: value' = (sublinear ? 1 + ln value : value) · scale[column].
enum class RowNorm { none, l1, l2 };
std::shared_ptr<SparseMatrix> weighted(const SparseMatrix& matrix, const std::vector<double>& scale, bool sublinear,
                                       RowNorm norm);

// Rows by number.
std::shared_ptr<SparseMatrix> takeRows(const SparseMatrix& matrix, const std::vector<int32_t>& rows);

}  // namespace ravine
