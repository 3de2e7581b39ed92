// Reads the clock about once a half millisecond, however short the steps are, and says when progress is due.
#pragma once

#include <chrono>
#include <cstdint>

namespace ravine {

class Pace {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Pace(double everyMs)
      : every_(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::milli>(everyMs))) {}

  // After each step.
  bool due() {
    if (--left_ > 0) return false;
    const Clock::time_point now = Clock::now();
    const Clock::duration passed = now - read_;
    if (passed < std::chrono::microseconds(250) && stride_ < mostStride) stride_ *= 2;
    if (passed > std::chrono::milliseconds(1)) stride_ = 1;
    left_ = stride_;
    read_ = now;
    if (now - told_ < every_) return false;
    told_ = now;
    return true;
  }

 private:
  static constexpr int64_t mostStride = int64_t{1} << 16;
  Clock::duration every_;
  Clock::time_point read_ = Clock::now(), told_ = read_;
  int64_t stride_ = 1, left_ = 1;
};

}  // namespace ravine
