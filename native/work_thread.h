// The thread of a loop or a job, counted among the live ones for as long as it works.
#pragma once

#include <thread>
#include <utility>

#include "counters.h"
#include "quiet_thread.h"

namespace ravine {

class WorkThread {
 public:
  // `work` on the new thread, then, no longer counted, `ended`; neither may throw. Throws std::system_error where the system has
  // no thread to give.
  template <class Work, class Ended>
  void start(Work work, Ended ended) {
    counters().liveLoops.fetch_add(1);
    try {
      thread_ = quietThread([work = std::move(work), ended = std::move(ended)] {
        work();
        counters().liveLoops.fetch_sub(1);
        ended();
      });
    } catch (...) {
      counters().liveLoops.fetch_sub(1);
      throw;
    }
  }

  void join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

}  // namespace ravine
