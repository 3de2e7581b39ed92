// A lock that is taken in the order of asking, so that several loops share the pool step by step.
#pragma once

#include <atomic>
#include <cstdint>

#include "futex.h"

namespace ravine {

class Turn {
 public:
  void acquire() {
    const uint32_t ticket = next_.fetch_add(1);
    for (int spins = 0;; spins++) {
      const uint32_t serving = serving_.load();
      if (serving == ticket) return;
      if (spins < 100)
        pauseThread();
      else
        sleep(serving);
    }
  }

  bool tryAcquire() {
    uint32_t serving = serving_.load();
    return next_.compare_exchange_strong(serving, serving + 1);
  }

  void release() {
    serving_.fetch_add(1);
    if (sleepers_.load() > 0) futexWake(serving_, INT32_MAX);
  }

 private:
  void sleep(uint32_t serving) {
    sleepers_.fetch_add(1);
    futexWait(serving_, serving);
    sleepers_.fetch_sub(1);
  }

  std::atomic<uint32_t> next_{0}, serving_{0};
  std::atomic<int32_t> sleepers_{0};
};

}  // namespace ravine
