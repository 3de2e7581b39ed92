// The first fault that data caused in a run.
#pragma once

#include <atomic>
#include <cstdint>

#include "kernel.h"

namespace ravine {

struct FaultReport {
  Fault fault = Fault::none;
  int32_t instruction = -1;
  int64_t position = 0;
  double value = 0;
};

// Written by whichever threads run an instruction's chunks, read by the one that started it, after it.
struct ErrorWord {
  std::atomic<bool> raised{false};
  std::atomic_flag writing;
  FaultReport first;

  void clear() {
    raised.store(false, std::memory_order_relaxed);
    first = {};
  }
};

}  // namespace ravine
