#include "error_word.h"

namespace ravine {

// Of several faults the one with the smallest position stays, so that it does not matter which thread comes first. Only faults of
// one instruction meet here: the executor stops at the first instruction that raised one.
void raise(ErrorWord* word, Fault fault, int32_t instruction, int64_t position, double value) {
  while (word->writing.test_and_set(std::memory_order_acquire)) {
  }
  FaultReport& first = word->first;
  const bool earlier = first.fault == Fault::none || position < first.position ||
                       (position == first.position && static_cast<int32_t>(fault) < static_cast<int32_t>(first.fault));
  if (earlier) first = {fault, instruction, position, value};
  word->writing.clear(std::memory_order_release);
  word->raised.store(true, std::memory_order_release);
}

}  // namespace ravine
