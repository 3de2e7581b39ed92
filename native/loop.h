// Steps on a thread of their own, until epochs are over, somebody stops them or data causes a fault.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "batches.h"
#include "loop_spec.h"
#include "pace.h"
#include "work_thread.h"

namespace ravine {

// How far a loop has come.
struct Standing {
  int64_t steps = 0, epoch = 0, batch = 0;
  std::vector<double> metrics;  // epochs run × metrics; the last row may be of a part
};

struct Outcome : Standing {
  enum class Reason { done, stopped, fault } reason = Reason::done;
  double seconds = 0;
  FaultReport fault;
  std::string failure;  // not empty: the loop could not go on, for this reason
};

struct Snapshot {
  struct Copy {
    std::shared_ptr<Buffer> source, target;
    int64_t bytes;
  };
  int64_t number = 0;  // by which the one who asked knows it
  std::vector<Copy> copies;
  Standing standing;  // when it was taken

  void take(Standing now);
};

// What has happened since it was last asked.
struct LoopNews {
  bool hasProgress = false;
  Standing progress;  // metrics: the sums of the running epoch
  std::vector<Snapshot> snapshots;
  bool ended = false;
};

class Loop {
 public:
  // `onNews` is called on the loop's thread.
  Loop(LoopSpec spec, std::function<void()> onNews);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  void start() {
    thread_.start([this] { run(); }, onNews_);
  }
  void stop();
  void join() { thread_.join(); }

  LoopNews takeNews();
  // At the next step boundary, or at once when the loop has ended: then it is in `snapshot` right away and the answer is true.
  bool request(Snapshot& snapshot);
  // After `ended`.
  const Outcome& outcome() const { return outcome_; }

 private:
  void run();
  void runSteps(Batches& batches);
  bool step(const Batch& batch);
  bool endStep(Binding& binding);
  bool runParts(Binding& binding, const std::vector<int64_t>& parts);
  void writeScalars();
  void writeRandom();
  void addMetrics(const Batch& batch);
  void collect(const Batch& batch, const Collect& to) const;
  void closeEpoch();
  void dropStep();
  Standing standing() const;
  void tellProgress();
  void takeSnapshots();
  void finish();
  bool interrupted() const { return stopping_.load(std::memory_order_relaxed) || asked_.load(std::memory_order_relaxed); }

  LoopSpec spec_;
  std::function<void()> onNews_;
  WorkThread thread_;
  std::atomic<bool> stopping_{false}, asked_{false};  // asked_: for snapshots
  std::mutex mutex_;                                  // of what both threads see
  LoopNews news_;
  std::vector<Snapshot> requests_;
  Outcome outcome_;
  std::vector<double> sums_;                       // of the running epoch
  std::vector<double> sumsBefore_;                 // the running step
  int64_t batchesOfEpoch_ = 0;                     // in this loop
  int64_t batchesOfStep_ = 0, samplesOfStep_ = 0;  // of the running step
  int64_t collected_ = 0;                          // rows of the running epoch
};

}  // namespace ravine
