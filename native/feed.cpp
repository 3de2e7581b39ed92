#include "feed.h"

#include <utility>

namespace ravine {

Feed::Feed(int entries) : states_(static_cast<size_t>(entries), State::free) {}

int Feed::acquire() {
  const std::lock_guard lock(mutex_);
  if (closed_) return closed;
  for (size_t i = 0; i < states_.size(); i++) {
    if (states_[i] != State::free) continue;
    states_[i] = State::acquired;
    return static_cast<int>(i);
  }
  return none;
}

bool Feed::submit(int entry, std::shared_ptr<Binding> binding, int64_t samples) {
  const std::lock_guard lock(mutex_);
  State& state = states_[static_cast<size_t>(entry)];
  if (closed_) return true;
  if (state != State::acquired) return false;
  state = State::submitted;
  items_.push_back({Item::Kind::batch, entry, std::move(binding), samples});
  news_.notify_one();
  return true;
}

void Feed::end(bool finished) {
  const std::lock_guard lock(mutex_);
  if (!closed_) items_.push_back({finished ? Item::Kind::finished : Item::Kind::epochEnd, none, nullptr, 0});
  news_.notify_one();
}

bool Feed::attach(std::function<void()> onFreed) {
  const std::lock_guard lock(mutex_);
  if (attached_) return false;
  attached_ = true;
  onFreed_ = std::move(onFreed);
  return true;
}

bool Feed::take(Item& item, const std::function<bool()>& interrupted) {
  std::unique_lock lock(mutex_);
  news_.wait(lock, [&] { return !items_.empty() || interrupted(); });
  if (items_.empty() || interrupted()) return false;
  item = std::move(items_.front());
  items_.pop_front();
  return true;
}

void Feed::free(int entry) {
  const std::lock_guard lock(mutex_);
  states_[static_cast<size_t>(entry)] = State::free;
  if (onFreed_) onFreed_();
}

// The lock makes sure that a loop which has just found nothing is waiting by now.
void Feed::interrupt() {
  const std::lock_guard lock(mutex_);
  news_.notify_one();
}

void Feed::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  items_.clear();
  if (onFreed_) onFreed_();
  onFreed_ = nullptr;
}

}  // namespace ravine
