// NativeJob of lib/runtime/addon.ts.
#pragma once

#include <functional>
#include <memory>

#include "binding_work.h"
#include "job.h"

namespace ravine {

// A running job and those in JavaScript who wait for it.
class JobLetter : public WorkLetter {
 public:
  using Result = std::function<Napi::Value(Napi::Env)>;

  // `result` is asked on the JavaScript thread once the work is done. Throws where the system has no thread to give.
  static Napi::Value start(Napi::Env env, const Napi::Value& onProgress, Job::Work work, Result result);

  using WorkLetter::WorkLetter;
  void stop() override { job_->stop(); }
  void join() override { job_->join(); }
  void deliver(Napi::Env env) override;

 private:
  void conclude(Napi::Env env, const Napi::Promise::Deferred& done) override;

  std::unique_ptr<Job> job_;
  Result result_;
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

}  // namespace ravine
