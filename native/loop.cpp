#include "loop.h"

#include <cstring>
#include <exception>

#include "denormals.h"

namespace ravine {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

Loop::Loop(LoopSpec spec, std::function<void()> onNews) : spec_(std::move(spec)), onNews_(std::move(onNews)) {
  sums_ = spec_.firstSums;
  sums_.resize(spec_.metrics.size());
  outcome_.batch = spec_.firstBatch;
  collected_ = spec_.firstBatch * spec_.batchSize;
}

Loop::~Loop() {
  stop();
  join();
}

void Loop::stop() {
  stopping_.store(true);
  const std::lock_guard lock(mutex_);
  if (spec_.feed) spec_.feed->interrupt();
}

void Loop::run() {
  const FlushDenormals flush;
  try {
    const std::unique_ptr<Batches> batches = makeBatches(spec_, [this] { return interrupted(); });
    runParts(*spec_.full, spec_.begin);
    runSteps(*batches);
    runParts(*spec_.full, spec_.settle);
  } catch (const std::exception& error) {
    outcome_.failure = error.what();
  }
  finish();
}

void Loop::runSteps(Batches& batches) {
  Pace pace(spec_.progressMs);
  Batch batch;
  Clock::time_point start = Clock::now();
  while (outcome_.epoch < spec_.epochs && outcome_.steps < spec_.steps) {
    // In the middle of a step only where a feed may let it wait.
    if (asked_.load(std::memory_order_relaxed) && (batchesOfStep_ == 0 || spec_.feed)) takeSnapshots();
    // A step that a feed has begun is dropped, since nobody can go on in it.
    if (stopping_.load(std::memory_order_relaxed) && (batchesOfStep_ == 0 || spec_.feed)) {
      outcome_.reason = Outcome::Reason::stopped;
      break;
    }
    if (spec_.feed) outcome_.seconds += secondsSince(start);
    const Next next = batches.next(outcome_.epoch, outcome_.batch, batch);
    if (spec_.feed) start = Clock::now();
    const bool isBatch = next == Next::batch;
    bool fine = isBatch ? step(batch) : next == Next::interrupted || batchesOfStep_ == 0 || endStep(*spec_.full);
    if (isBatch) batches.used();
    if (isBatch && fine && batchesOfStep_ > 0 && batches.complete(outcome_.batch)) fine = endStep(*batch.binding);
    if (!fine) {
      outcome_.reason = Outcome::Reason::fault;
      dropStep();
      break;
    }
    if (next == Next::epochEnd || (next == Next::finished && batchesOfEpoch_ > 0)) closeEpoch();
    if (next == Next::finished) break;
    if (!isBatch) continue;
    if (pace.due()) tellProgress();
    if (batches.complete(outcome_.batch)) closeEpoch();
  }
  outcome_.seconds += secondsSince(start);
  static_cast<Standing&>(outcome_) = standing();
  batchesOfEpoch_ = 0;
}

// Its batches count as not run.
void Loop::dropStep() {
  if (batchesOfStep_ == 0) return;
  outcome_.batch -= batchesOfStep_;
  batchesOfEpoch_ -= batchesOfStep_;
  sums_ = sumsBefore_;
}

Standing Loop::standing() const {
  Standing now = outcome_;
  if (batchesOfEpoch_ > 0) now.metrics.insert(now.metrics.end(), sums_.begin(), sums_.end());
  return now;
}

void Loop::closeEpoch() {
  outcome_.metrics.insert(outcome_.metrics.end(), sums_.begin(), sums_.end());
  sums_.assign(sums_.size(), 0);
  outcome_.epoch++;
  outcome_.batch = 0;
  batchesOfEpoch_ = 0;
  collected_ = 0;
}

void Loop::tellProgress() {
  {
    const std::lock_guard lock(mutex_);
    news_.hasProgress = true;
    news_.progress.epoch = outcome_.epoch;
    news_.progress.batch = outcome_.batch;
    news_.progress.steps = outcome_.steps;
    news_.progress.metrics.assign(sums_.begin(), sums_.end());
  }
  onNews_();
}

LoopNews Loop::takeNews() {
  const std::lock_guard lock(mutex_);
  LoopNews news = std::move(news_);
  news_ = {};
  news_.ended = news.ended;
  return news;
}

// What was bound is let go here: the handle in JavaScript may live much longer.
void Loop::finish() {
  takeSnapshots();
  const std::lock_guard lock(mutex_);
  for (Snapshot& snapshot : requests_) snapshot.take(standing());
  news_.snapshots.insert(news_.snapshots.end(), requests_.begin(), requests_.end());
  requests_.clear();
  if (spec_.feed) spec_.feed->close();
  spec_ = {};
  news_.ended = true;
}

void Snapshot::take(Standing now) {
  for (const Copy& copy : copies) std::memcpy(copy.target->data(), copy.source->data(), static_cast<size_t>(copy.bytes));
  copies.clear();
  standing = std::move(now);
}

void Loop::takeSnapshots() {
  std::vector<Snapshot> requests;
  {
    const std::lock_guard lock(mutex_);
    requests.swap(requests_);
    asked_.store(false);
  }
  if (requests.empty()) return;
  runParts(*spec_.full, spec_.settle);
  for (Snapshot& snapshot : requests) snapshot.take(standing());
  {
    const std::lock_guard lock(mutex_);
    for (Snapshot& snapshot : requests) news_.snapshots.push_back(std::move(snapshot));
  }
  onNews_();
}

bool Loop::request(Snapshot& snapshot) {
  const std::lock_guard lock(mutex_);
  if (news_.ended) {
    snapshot.take(standing());
    return true;
  }
  requests_.push_back(std::move(snapshot));
  asked_.store(true);
  if (spec_.feed) spec_.feed->interrupt();
  return false;
}

}  // namespace ravine
