#include "sparse_matrix.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string>

#include "job.h"

namespace ravine {
namespace {

constexpr int64_t narrowColumns = int64_t{1} << 16;
// With fewer columns all weights lie in the first-level cache; with fewer entries the order costs more than it saves.
constexpr int64_t orderedFromColumns = 4096, orderedFromEntriesAColumn = 4;

template <class Move>
void eachColumn(const SparseMatrix& matrix, const Move& move) {
  const uint32_t* const order = matrix.columnOfRank();
  for (int64_t rank = 0; rank < matrix.columns; rank++) move(rank, order ? int64_t{order[rank]} : rank);
}

double lengthOf(const float* values, int64_t count, RowNorm norm) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) {
    const double value = values[i];
    sum += norm == RowNorm::l2 ? value * value : std::abs(value);
  }
  return norm == RowNorm::l2 ? std::sqrt(sum) : sum;
}

}  // namespace

std::shared_ptr<Buffer> sparseBuffer(int64_t bytes) {
  std::shared_ptr<Buffer> buffer = Buffer::create(bytes);
  if (!buffer) throw JobError("memory", "no memory for " + std::to_string(bytes) + " bytes of a sparse matrix");
  return buffer;
}

int64_t SparseMatrix::bytes() const {
  int64_t sum = 0;
  for (const std::shared_ptr<Buffer>& buffer : {offsets, indices, values, order}) sum += buffer ? buffer->bytes() : 0;
  return sum;
}

void toRanks(const SparseMatrix& matrix, const float* byColumn, float* byRank, int64_t width) {
  eachColumn(matrix, [&](int64_t rank, int64_t column) { std::copy_n(byColumn + column * width, width, byRank + rank * width); });
}

void toColumns(const SparseMatrix& matrix, const float* byRank, float* byColumn, int64_t width) {
  eachColumn(matrix, [&](int64_t rank, int64_t column) { std::copy_n(byRank + rank * width, width, byColumn + column * width); });
}

void SparseBuilder::add(uint32_t column, float value) {
  const int64_t at = entries_ % chunk;
  if (at == 0) chunks_.push_back(std::make_unique_for_overwrite<Chunk>());
  chunks_.back()->columns[at] = column;
  chunks_.back()->values[at] = value;
  allOnes_ = allOnes_ && value == 1;
  width_ = std::max(width_, int64_t{column} + 1);
  entries_++;
}

void SparseBuilder::endRow() { offsets_.push_back(entries_); }

// The column of each rank; empty: the columns' own order.
std::vector<uint32_t> SparseBuilder::orderOf(int64_t columns) const {
  if (columns < orderedFromColumns || entries_ < columns * orderedFromEntriesAColumn) return {};
  std::vector<int64_t> counts(static_cast<size_t>(columns), 0);
  for (int64_t i = 0; i < entries_; i++) counts[chunks_[static_cast<size_t>(i / chunk)]->columns[i % chunk]]++;
  std::vector<uint32_t> order(static_cast<size_t>(columns));
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return counts[a] > counts[b]; });
  return order;
}

template <class Index>
void SparseBuilder::fill(SparseMatrix& matrix, const std::vector<uint32_t>& rankOf) {
  auto* ranks = reinterpret_cast<Index*>(matrix.indices->data());
  auto* values = matrix.values ? reinterpret_cast<float*>(matrix.values->data()) : nullptr;
  for (int64_t first = 0; first < entries_; first += chunk) {
    std::unique_ptr<Chunk>& part = chunks_[static_cast<size_t>(first / chunk)];
    const int64_t count = std::min(chunk, entries_ - first);
    for (int64_t i = 0; i < count; i++)
      ranks[first + i] = static_cast<Index>(rankOf.empty() ? part->columns[i] : rankOf[part->columns[i]]);
    if (values) std::copy_n(part->values, count, values + first);
    part.reset();
  }
}

std::shared_ptr<SparseMatrix> SparseBuilder::finish(int64_t columns) {
  const auto matrix = std::make_shared<SparseMatrix>();
  matrix->rows = rows();
  matrix->columns = columns;
  matrix->entries = entries_;
  matrix->wide = columns > narrowColumns;
  matrix->offsets = sparseBuffer(static_cast<int64_t>(offsets_.size() * sizeof(int64_t)));
  std::memcpy(matrix->offsets->data(), offsets_.data(), offsets_.size() * sizeof(int64_t));
  matrix->indices = sparseBuffer(entries_ * (matrix->wide ? 4 : 2));
  if (!allOnes_) matrix->values = sparseBuffer(entries_ * 4);
  const std::vector<uint32_t> order = orderOf(columns);
  std::vector<uint32_t> rankOf(order.size());
  if (!order.empty()) {
    matrix->order = sparseBuffer(columns * 4);
    std::memcpy(matrix->order->data(), order.data(), order.size() * 4);
    for (size_t rank = 0; rank < order.size(); rank++) rankOf[order[rank]] = static_cast<uint32_t>(rank);
  }
  if (matrix->wide)
    fill<uint32_t>(*matrix, rankOf);
  else
    fill<uint16_t>(*matrix, rankOf);
  *this = SparseBuilder();
  return matrix;
}

std::vector<double> documentFrequencies(const SparseMatrix& matrix) {
  std::vector<double> counts(static_cast<size_t>(matrix.columns), 0);
  for (int64_t i = 0; i < matrix.entries; i++) counts[static_cast<size_t>(matrix.column(i))]++;
  return counts;
}

std::shared_ptr<SparseMatrix> weighted(const SparseMatrix& matrix, const std::vector<double>& scale, bool sublinear,
                                       RowNorm norm) {
  const auto result = std::make_shared<SparseMatrix>(matrix);
  result->values = sparseBuffer(matrix.entries * 4);
  auto* const values = reinterpret_cast<float*>(result->values->data());
  const float* const given = matrix.entryValues();
  for (int64_t row = 0; row < matrix.rows; row++) {
    const int64_t first = matrix.rowOffsets()[row], end = matrix.rowOffsets()[row + 1];
    for (int64_t i = first; i < end; i++) {
      const double value = given ? static_cast<double>(given[i]) : 1.0;
      if (sublinear && !(value > 0))
        throw JobError("data", "expected counts above 0, got " + std::to_string(value) + " in row " + std::to_string(row));
      const double term = sublinear ? 1 + std::log(value) : value;
      const double scaled = scale.empty() ? term : term * scale[static_cast<size_t>(matrix.column(i))];
      if (!(std::abs(scaled) <= 3.4028234663852886e38))
        throw JobError("data", "the weighted value of row " + std::to_string(row) + ", column " +
                                   std::to_string(matrix.column(i)) + " is not finite");
      values[i] = static_cast<float>(scaled);
    }
    if (norm == RowNorm::none) continue;
    const double length = lengthOf(values + first, end - first, norm);
    for (int64_t i = first; i < end && length > 0; i++) values[i] = static_cast<float>(static_cast<double>(values[i]) / length);
  }
  return result;
}

std::shared_ptr<SparseMatrix> takeRows(const SparseMatrix& matrix, const std::vector<int32_t>& rows) {
  SparseBuilder builder;
  const float* const values = matrix.entryValues();
  for (const int32_t row : rows) {
    for (int64_t i = matrix.rowOffsets()[row]; i < matrix.rowOffsets()[row + 1]; i++)
      builder.add(static_cast<uint32_t>(matrix.column(i)), values ? values[i] : 1.0F);
    builder.endRow();
  }
  return builder.finish(matrix.columns);
}

}  // namespace ravine
