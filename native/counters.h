// What the runtime counts about itself, for the whole process.
#pragma once

#include <atomic>
#include <cstdint>

namespace ravine {

struct Counters {
  std::atomic<int64_t> liveBytes{0};
  std::atomic<int64_t> liveBuffers{0};
  std::atomic<int64_t> livePrograms{0};
  std::atomic<int64_t> liveLoops{0};
  std::atomic<int64_t> sharedInstructions{0};
  std::atomic<int64_t> instructions{0};
};

Counters& counters();

}  // namespace ravine
