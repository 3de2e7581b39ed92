// A sparse matrix from arrays of somebody else.
#pragma once

#include <memory>

#include "job.h"
#include "sparse_matrix.h"

namespace ravine {

struct ArraysSpec {
  int64_t rows = 0, columns = 0, entries = 0;
  std::shared_ptr<Buffer> offsets;  // float64 [rows + 1]
  std::shared_ptr<Buffer> indices;  // uint16, int32 or uint32 [entries]
  std::shared_ptr<Buffer> values;   // float32 [entries]; none: ones
  enum class Index { u16, i32, u32 } index = Index::u32;
};

// A row's entries may come in any order, and those of one column are added up. Throws JobError with row and column.
std::shared_ptr<SparseMatrix> fromArrays(const ArraysSpec& spec, Job& job);

}  // namespace ravine
