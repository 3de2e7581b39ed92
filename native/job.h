// Work on a thread of its own that tells how far it is, can be asked to stop, and ends once.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "pace.h"
#include "work_thread.h"

namespace ravine {

// What is wrong with the data or the file, with the error code that lib/errors.ts knows.
struct JobError : std::runtime_error {
  JobError(const char* code_, const std::string& message) : std::runtime_error(message), code(code_) {}
  const char* code;
};

class Job {
 public:
  using Work = std::function<void(Job&)>;

  // `onNews` is called on the job's thread.
  Job(Work work, std::function<void()> onNews);
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  ~Job();

  void start() {
    thread_.start([this] { run(); }, onNews_);
  }
  void stop() { stopping_.store(true); }
  void join() { thread_.join(); }

  // For the work: whether it is to end early, and news for JavaScript, at most one in 50 ms.
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }
  void tell(std::vector<double> progress);

  struct News {
    std::vector<double> progress;  // empty: none
    bool ended = false;
  };
  News takeNews();

  // After `ended`; a failure's code is "" where the fault is none of the data's.
  const std::string& failure() const { return failure_; }
  const char* failureCode() const { return failureCode_; }

 private:
  void run();

  Work work_;
  std::function<void()> onNews_;
  WorkThread thread_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  News news_;
  std::string failure_;
  const char* failureCode_ = "";
  Pace pace_{50};
};

}  // namespace ravine
