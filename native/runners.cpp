#include "runners.h"

#include "quiet_thread.h"

namespace ravine {

void Runners::run(std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (idle_ <= jobs_.size() && threads_.size() < most) threads_.push_back(quietThread([this] { work(); }));
  jobs_.push_back(std::move(job));
  news_.notify_one();
}

void Runners::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
  }
  news_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Runners::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    idle_++;
    news_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    idle_--;
    if (stopping_) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace ravine
