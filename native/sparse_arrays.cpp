#include "sparse_arrays.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace ravine {
namespace {

struct Entry {
  uint32_t column;
  float value;
};

void checkFinite(Entry entry, int64_t row) {
  if (std::abs(entry.value) <= 3.4028234663852886e38F) return;
  const char* const name = std::isnan(entry.value) ? "NaN" : entry.value > 0 ? "Infinity" : "-Infinity";
  throw JobError("data", "expected finite values, got " + std::string(name) + " in row " + std::to_string(row) + ", column " +
                             std::to_string(entry.column));
}

template <class Index>
void readRow(const ArraysSpec& spec, int64_t row, int64_t first, int64_t end, std::vector<Entry>& entries) {
  const auto* const indices = reinterpret_cast<const Index*>(spec.indices->data());
  const float* const values = spec.values ? reinterpret_cast<const float*>(spec.values->data()) : nullptr;
  entries.clear();
  bool sorted = true;
  for (int64_t i = first; i < end; i++) {
    const auto column = static_cast<int64_t>(indices[i]);
    const float value = values ? values[i] : 1.0F;
    if (column < 0 || column >= spec.columns)
      throw JobError("data", "expected column numbers from 0 to " + std::to_string(spec.columns - 1) + ", got " +
                                 std::to_string(column) + " in row " + std::to_string(row));
    const Entry entry{static_cast<uint32_t>(column), value};
    checkFinite(entry, row);
    sorted = sorted && (entries.empty() || entries.back().column < entry.column);
    entries.push_back(entry);
  }
  if (sorted) return;
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.column < b.column; });
  size_t last = 0;
  for (size_t i = 1; i < entries.size(); i++) {
    if (entries[i].column == entries[last].column)
      entries[last].value += entries[i].value;
    else
      entries[++last] = entries[i];
  }
  entries.resize(last + 1);
  for (const Entry entry : entries) checkFinite(entry, row);
}

}  // namespace

std::shared_ptr<SparseMatrix> fromArrays(const ArraysSpec& spec, Job& job) {
  const auto* const offsets = reinterpret_cast<const double*>(spec.offsets->data());
  SparseBuilder builder;
  std::vector<Entry> entries;
  const auto total = static_cast<double>(spec.entries);
  if (offsets[0] != 0 || offsets[spec.rows] != total)
    throw JobError("data", "expected offsets from 0 to " + std::to_string(spec.entries));
  for (int64_t row = 0; row < spec.rows; row++) {
    if (row % 65536 == 0 && job.stopping()) return nullptr;
    const double first = offsets[row], end = offsets[row + 1];
    if (!(first >= 0 && first <= end && end <= total && first == std::floor(first)))
      throw JobError("data", "expected rising offsets, got another at row " + std::to_string(row));
    const auto from = static_cast<int64_t>(first), to = static_cast<int64_t>(end);
    if (spec.index == ArraysSpec::Index::u16)
      readRow<uint16_t>(spec, row, from, to, entries);
    else if (spec.index == ArraysSpec::Index::i32)
      readRow<int32_t>(spec, row, from, to, entries);
    else
      readRow<uint32_t>(spec, row, from, to, entries);
    for (const Entry& entry : entries) builder.add(entry.column, entry.value);
    builder.endRow();
  }
  return builder.finish(spec.columns);
}

}  // namespace ravine
