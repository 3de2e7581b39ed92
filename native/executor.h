// A program bound to buffers, and running its parts.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "buffer.h"
#include "error_word.h"
#include "program.h"

namespace ravine {

// Every pointer and all memory that running needs, made once. One thread at a time runs it: whoever holds `running`.
class Binding {
 public:
  // One buffer a slot, which begins at byteOffsets[slot] in it. Null when a buffer does not fit; `why` then says what.
  static std::shared_ptr<Binding> create(std::shared_ptr<const Program> program, std::vector<std::shared_ptr<Buffer>> buffers,
                                         const std::vector<int64_t>& byteOffsets, std::string& why);

  Binding(const Binding&) = delete;
  Binding& operator=(const Binding&) = delete;

  int64_t parts() const { return static_cast<int64_t>(program_->partEnds.size()); }
  int64_t scratchBytes() const { return program_->scratchBytes; }
  // Whether some instruction of the parts [0, parts) has more than one chunk.
  bool shares(int64_t parts) const {
    return parts > 0 && program_->partEnds[static_cast<size_t>(parts - 1)] > static_cast<int64_t>(firstShared_);
  }

  // Runs one part; `pooled`: this thread has the pool's turn. False when data caused a fault, which `fault` then tells.
  // The caller flushes denormals and holds `running`.
  bool run(int64_t part, bool pooled);
  const FaultReport& fault() const { return error_.first; }

  std::mutex running;

 private:
  Binding() = default;
  void makeCalls();

  std::shared_ptr<const Program> program_;
  std::vector<std::shared_ptr<Buffer>> buffers_;
  std::shared_ptr<Buffer> scratch_;
  std::vector<void*> slots_;     // where each slot begins
  std::vector<void*> pointers_;  // every instruction's operands, one instruction after another
  std::vector<Call> calls_;      // one an instruction
  size_t firstShared_ = 0;       // the first instruction of more than one chunk
  ErrorWord error_;
};

// Runs one part on this thread, with the pool where there is something to share: `wait` for its turn, or go alone while it is
// busy.
bool runPart(Binding& binding, int64_t part, bool wait);

}  // namespace ravine
