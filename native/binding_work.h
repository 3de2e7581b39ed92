// What a loop and a job share towards JavaScript: progress told by a callback, a promise settled once, an end before the
// environment's.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "binding_environment.h"

namespace ravine {

// Work that runs on a thread of its own, and those in JavaScript who wait for it.
class WorkLetter : public Letter, public std::enable_shared_from_this<WorkLetter> {
 public:
  WorkLetter(Napi::Env env, const Napi::Value& onProgress);
  Napi::Promise done() const { return done_.Promise(); }
  virtual void stop() = 0;
  virtual void join() = 0;

 protected:
  // Once the work's thread has been started: it stays alive, and the process with it, until it is settled.
  void begun(Napi::Env env);
  // From any thread.
  void post();
  void delivering() { posted_.store(false); }
  // Whether somebody wants to know of progress. What the callback throws stops the work and is what the promise is rejected with.
  bool listens() const { return thrown_.IsEmpty() && !onProgress_.IsEmpty(); }
  void tell(Napi::Env env, napi_value progress);
  // After the work's end: resolves or rejects with what `conclude` does, unless the callback has thrown.
  void settle(Napi::Env env);
  virtual void conclude(Napi::Env env, const Napi::Promise::Deferred& done) = 0;

 private:
  std::shared_ptr<Mailbox> mailbox_;
  Napi::Promise::Deferred done_;
  Napi::FunctionReference onProgress_;
  Napi::ObjectReference thrown_;     // { value } that onProgress threw
  std::atomic<bool> posted_{false};  // at most one letter is under way
};

Napi::Float64Array doublesValue(Napi::Env env, const std::vector<double>& values);

}  // namespace ravine
