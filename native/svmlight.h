// The text format of SVMlight and LIBSVM: `label [qid:n] index:value … [# comment]`, one row a line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "job.h"
#include "sparse_matrix.h"

namespace ravine {

struct SvmlightSpec {
  std::string path;
  int64_t columns = 0;  // 0: as many as the largest index needs
  bool zeroBased = false;
};

struct LabelledRows {
  std::shared_ptr<SparseMatrix> matrix;
  std::vector<double> labels;
};

// Reads in blocks of a megabyte. Throws JobError with the line's number; returns without a matrix when the job is stopped.
LabelledRows readSvmlight(const SvmlightSpec& spec, Job& job);

}  // namespace ravine
