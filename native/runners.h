// A few threads for single runs that JavaScript awaits; started when they are first needed.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ravine {

class Runners {
 public:
  ~Runners() { stop(); }

  void run(std::function<void()> job);

  // Ends after the jobs that are running; those that wait are dropped.
  void stop();

 private:
  void work();

  static constexpr size_t most = 4;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace ravine
