// NativeJob of lib/runtime/addon.ts.
#pragma once

#include <functional>
#include <memory>

#include "binding_environment.h"
#include "job.h"

namespace ravine {

// A running job and those in JavaScript who wait for it.
class JobLetter : public Letter, public std::enable_shared_from_this<JobLetter> {
 public:
  using Result = std::function<Napi::Value(Napi::Env)>;

  // `result` is asked on the JavaScript thread once the work is done. Throws where the system has no thread to give.
  static Napi::Value start(Napi::Env env, const Napi::Value& onProgress, Job::Work work, Result result);

  explicit JobLetter(Napi::Env env, const Napi::Value& onProgress);
  Job& job() { return *job_; }
  Napi::Promise done() const { return done_.Promise(); }
  void deliver(Napi::Env env) override;

 private:
  void post();
  void tell(Napi::Env env, const std::vector<double>& progress);
  void settle(Napi::Env env);

  std::shared_ptr<Mailbox> mailbox_;
  std::unique_ptr<Job> job_;
  Result result_;
  Napi::Promise::Deferred done_;
  Napi::FunctionReference onProgress_;
  Napi::ObjectReference thrown_;     // { value } that onProgress threw
  std::atomic<bool> posted_{false};  // at most one letter is under way
};

class JobHandle : public Handle<JobHandle, JobLetter> {
 public:
  static constexpr napi_type_tag tag = {0x7261766e6a6f6221, 0x1f2e3d4c5b6a7988};
  static constexpr const char* name = "NativeJob";
  static Napi::FunctionReference& constructorOf(Environment& environment) { return environment.job; }
  static Napi::Function define(Napi::Env env);
  explicit JobHandle(const Napi::CallbackInfo& info);

 private:
  void stop(const Napi::CallbackInfo& info);
};

Napi::Float64Array doublesValue(Napi::Env env, const std::vector<double>& values);

}  // namespace ravine
