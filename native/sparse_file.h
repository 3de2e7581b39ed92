// A sparse matrix with labels as one binary file: a header of 16 numbers, the arrays, each checked before it is believed.
#pragma once

#include <array>
#include <string>

#include "svmlight.h"

namespace ravine {

// What a cache was made from: size and time of the source and its options. Zeros for a file that stands for itself.
using SourceKey = std::array<int64_t, 4>;

// Through a temporary sibling and a rename: the path holds the old file or the whole new one. Throws JobError.
void writeSparse(const std::string& path, const LabelledRows& rows, const SourceKey& key);

// Throws JobError with code "format" where the file is damaged or of another kind, or its key is another.
LabelledRows readSparse(const std::string& path, const SourceKey& key);

}  // namespace ravine
