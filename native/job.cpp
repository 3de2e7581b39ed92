#include "job.h"

#include <exception>
#include <new>

#include "denormals.h"

namespace ravine {

Job::Job(Work work, std::function<void()> onNews) : work_(std::move(work)), onNews_(std::move(onNews)) {}

Job::~Job() {
  stop();
  join();
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
  const std::lock_guard lock(mutex_);
  news_.ended = true;
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
