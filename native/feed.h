// A ring of batch buffers between JavaScript, which fills entries, and a loop, which uses them in the order of submission.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "executor.h"

namespace ravine {

class Feed {
 public:
  static constexpr int none = -2, closed = -1;

  struct Item {
    enum class Kind { batch, epochEnd, finished } kind;
    int entry = none;
    std::shared_ptr<Binding> binding;
    int64_t samples = 0;
  };

  explicit Feed(int entries);

  int entries() const { return static_cast<int>(states_.size()); }

  // The JavaScript side. acquire: a free entry, `none`, or `closed` when the loop has ended.
  int acquire();
  // False: the entry was not acquired.
  bool submit(int entry, std::shared_ptr<Binding> binding, int64_t samples);
  void end(bool finished);

  // The loop's side. attach: false when another loop has it. take waits until there is an item or `interrupted()`.
  bool attach(std::function<void()> onFreed);
  bool take(Item& item, const std::function<bool()>& interrupted);
  void free(int entry);
  void interrupt();
  void close();

 private:
  enum class State { free, acquired, submitted };

  std::mutex mutex_;
  std::condition_variable news_;
  std::vector<State> states_;
  std::deque<Item> items_;
  std::function<void()> onFreed_;  // an entry is free, or the feed is closed
  bool attached_ = false;
  bool closed_ = false;
};

}  // namespace ravine
