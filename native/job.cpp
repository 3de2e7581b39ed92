#include "job.h"

#include <exception>
#include <new>

#include "counters.h"
#include "denormals.h"
#include "quiet_thread.h"

namespace ravine {

Job::Job(Work work, std::function<void()> onNews) : work_(std::move(work)), onNews_(std::move(onNews)) {}

Job::~Job() {
  stop();
  join();
}

void Job::start() {
  counters().liveLoops.fetch_add(1);
  try {
    thread_ = quietThread([this] { run(); });
  } catch (...) {
    counters().liveLoops.fetch_sub(1);
    throw;
  }
}

void Job::join() {
  if (thread_.joinable()) thread_.join();
}

void Job::run() {
  const FlushDenormals flush;
  try {
    work_(*this);
  } catch (const JobError& error) {
    failure_ = error.what();
    failureCode_ = error.code;
  } catch (const std::bad_alloc&) {
    failure_ = "no memory";
    failureCode_ = "memory";
  } catch (const std::exception& error) {
    failure_ = error.what();
  }
  work_ = nullptr;
  {
    const std::lock_guard lock(mutex_);
    news_.ended = true;
  }
  counters().liveLoops.fetch_sub(1);
  onNews_();
}

void Job::tell(std::vector<double> progress) {
  if (!pace_.due()) return;
  {
    const std::lock_guard lock(mutex_);
    news_.progress = std::move(progress);
  }
  onNews_();
}

Job::News Job::takeNews() {
  const std::lock_guard lock(mutex_);
  News news = std::move(news_);
  news_ = {};
  news_.ended = news.ended;
  return news;
}

}  // namespace ravine
