#include "binding_job.h"

namespace ravine {

Napi::Value JobLetter::start(Napi::Env env, const Napi::Value& onProgress, Job::Work work, Result result) {
  const auto letter = std::make_shared<JobLetter>(env, onProgress);
  letter->result_ = std::move(result);
  letter->job_ = std::make_unique<Job>(std::move(work), [self = letter.get()] { self->post(); });
  letter->job_->start();
  letter->begun(env);
  return JobHandle::make(env, letter);
}

void JobLetter::deliver(Napi::Env env) {
  delivering();
  const Job::News news = job_->takeNews();
  if (!news.progress.empty() && !news.ended && listens()) tell(env, doublesValue(env, news.progress));
  if (news.ended) settle(env);
}

void JobLetter::conclude(Napi::Env env, const Napi::Promise::Deferred& done) {
  const Result result = std::move(result_);
  result_ = nullptr;
  if (job_->failure().empty()) return done.Resolve(result(env));
  Napi::Object error = Napi::Error::New(env, job_->failure()).Value();
  error.Set("code", job_->failureCode());
  done.Reject(error);
}

Napi::Function JobHandle::define(Napi::Env env) { return DefineClass(env, name, {InstanceMethod<&JobHandle::stop>("stop")}); }

JobHandle::JobHandle(const Napi::CallbackInfo& info) : Handle(info) {
  Napi::Object self = info.This().As<Napi::Object>();
  self.DefineProperty(Napi::PropertyDescriptor::Value("done", core()->done(), napi_enumerable));
}

void JobHandle::stop(const Napi::CallbackInfo&) { core()->stop(); }

}  // namespace ravine
