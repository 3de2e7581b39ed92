#include "binding_job.h"

#include <cstring>

#include "binding_arguments.h"

namespace ravine {

Napi::Float64Array doublesValue(Napi::Env env, const std::vector<double>& values) {
  Napi::Float64Array array = Napi::Float64Array::New(env, values.size());
  if (!values.empty()) std::memcpy(array.Data(), values.data(), values.size() * sizeof(double));
  return array;
}

JobLetter::JobLetter(Napi::Env env, const Napi::Value& onProgress)
    : mailbox_(Environment::of(env).mailbox), done_(Napi::Promise::Deferred::New(env)) {
  if (onProgress.IsFunction()) onProgress_ = Napi::Persistent(onProgress.As<Napi::Function>());
}

Napi::Value JobLetter::start(Napi::Env env, const Napi::Value& onProgress, Job::Work work, Result result) {
  const auto letter = std::make_shared<JobLetter>(env, onProgress);
  letter->result_ = std::move(result);
  letter->job_ = std::make_unique<Job>(std::move(work), [self = letter.get()] { self->post(); });
  letter->job_->start();
  Environment::of(env).jobs.insert(letter);
  letter->mailbox_->hold(env);
  return JobHandle::make(env, letter);
}

// On the job's thread.
void JobLetter::post() {
  if (!posted_.exchange(true)) mailbox_->post(shared_from_this());
}

void JobLetter::deliver(Napi::Env env) {
  posted_.store(false);
  const Job::News news = job_->takeNews();
  if (!news.progress.empty() && !news.ended && thrown_.IsEmpty() && !onProgress_.IsEmpty()) tell(env, news.progress);
  if (news.ended) settle(env);
}

// What the callback throws must be caught here: Node 20 would only warn of it.
void JobLetter::tell(Napi::Env env, const std::vector<double>& progress) {
  const napi_value argument = doublesValue(env, progress);
  napi_value result = nullptr, error = nullptr;
  if (napi_call_function(env, env.Undefined(), onProgress_.Value(), 1, &argument, &result) == napi_ok) return;
  if (napi_get_and_clear_last_exception(env, &error) != napi_ok) return;
  Napi::Object holder = Napi::Object::New(env);
  holder.Set("value", error);
  thrown_ = Napi::Persistent(holder);
  job_->stop();
}

void JobLetter::settle(Napi::Env env) {
  const std::shared_ptr<JobLetter> self = shared_from_this();
  if (Environment::of(env).jobs.erase(self) == 0) return;
  job_->join();
  mailbox_->letGo(env);
  onProgress_.Reset();
  const Result result = std::move(result_);
  result_ = nullptr;
  if (!thrown_.IsEmpty()) {
    done_.Reject(thrown_.Value().Get("value"));
  } else if (!job_->failure().empty()) {
    Napi::Object error = Napi::Error::New(env, job_->failure()).Value();
    error.Set("code", job_->failureCode());
    done_.Reject(error);
  } else {
    done_.Resolve(result(env));
  }
}

Napi::Function JobHandle::define(Napi::Env env) { return DefineClass(env, name, {InstanceMethod<&JobHandle::stop>("stop")}); }

JobHandle::JobHandle(const Napi::CallbackInfo& info) : Handle(info) {
  Napi::Object self = info.This().As<Napi::Object>();
  self.DefineProperty(Napi::PropertyDescriptor::Value("done", core()->done(), napi_enumerable));
}

void JobHandle::stop(const Napi::CallbackInfo&) { core()->job().stop(); }

}  // namespace ravine
