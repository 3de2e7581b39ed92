#include "binding_work.h"

#include <cstring>

#include "binding_arguments.h"

namespace ravine {

Napi::Float64Array doublesValue(Napi::Env env, const std::vector<double>& values) {
  Napi::Float64Array array = Napi::Float64Array::New(env, values.size());
  if (!values.empty()) std::memcpy(array.Data(), values.data(), values.size() * sizeof(double));
  return array;
}

WorkLetter::WorkLetter(Napi::Env env, const Napi::Value& onProgress)
    : mailbox_(Environment::of(env).mailbox), done_(Napi::Promise::Deferred::New(env)) {
  if (onProgress.IsFunction())
    onProgress_ = Napi::Persistent(onProgress.As<Napi::Function>());
  else if (!onProgress.IsNull() && !onProgress.IsUndefined())
    throwType(env, "[ravine] onProgress: expected a function or null");
}

void WorkLetter::begun(Napi::Env env) {
  Environment::of(env).working.insert(shared_from_this());
  mailbox_->hold(env);
}

void WorkLetter::post() {
  if (!posted_.exchange(true)) mailbox_->post(shared_from_this());
}

// What the callback throws must be caught here: Node 20 would only warn of it.
void WorkLetter::tell(Napi::Env env, napi_value progress) {
  napi_value result = nullptr, error = nullptr;
  if (napi_call_function(env, env.Undefined(), onProgress_.Value(), 1, &progress, &result) == napi_ok) return;
  if (napi_get_and_clear_last_exception(env, &error) != napi_ok) return;
  Napi::Object holder = Napi::Object::New(env);
  holder.Set("value", error);
  thrown_ = Napi::Persistent(holder);
  stop();
}

void WorkLetter::settle(Napi::Env env) {
  const std::shared_ptr<WorkLetter> self = shared_from_this();
  if (Environment::of(env).working.erase(self) == 0) return;
  join();
  mailbox_->letGo(env);
  onProgress_.Reset();
  if (!thrown_.IsEmpty()) return done_.Reject(thrown_.Value().Get("value"));
  try {
    conclude(env, done_);
  } catch (const Napi::Error& error) {  // no memory for the result
    done_.Reject(error.Value());
  }
}

}  // namespace ravine
