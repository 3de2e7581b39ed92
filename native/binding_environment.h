// What belongs to one JavaScript environment (the main thread or a worker), and the handles that it gives out.
#pragma once

#include <napi.h>

#include <memory>
#include <set>

#include "mailbox.h"
#include "runners.h"

namespace ravine {

class WorkLetter;

struct Environment {
  explicit Environment(Napi::Env env) : mailbox(std::make_shared<Mailbox>(env)) {}

  Napi::FunctionReference buffer, program, binding, loop, feed, job, sparse;  // constructors
  const void* pending = nullptr;  // a std::shared_ptr: what the handle under construction is to hold
  std::shared_ptr<Mailbox> mailbox;
  Runners runners;
  std::set<std::shared_ptr<WorkLetter>> working;

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  // Before JavaScript goes away: every thread that could call it has ended.
  void close();
};

// A JavaScript object that shares a native one. `Self` gives `tag`, `name` and `constructorOf(Environment&)`.
template <class Self, class Core>
class Handle : public Napi::ObjectWrap<Self> {
 public:
  explicit Handle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Self>(info) {
    Environment& environment = Environment::of(info.Env());
    if (!environment.pending)
      throw Napi::TypeError::New(info.Env(), std::string("[ravine] ") + Self::name + " has no constructor");
    core_ = *static_cast<const std::shared_ptr<Core>*>(environment.pending);
    environment.pending = nullptr;
    info.This().As<Napi::Object>().TypeTag(&Self::tag);
  }

  static Napi::Object make(Napi::Env env, const std::shared_ptr<Core>& core) {
    Environment& environment = Environment::of(env);
    environment.pending = &core;
    return Self::constructorOf(environment).New({});
  }

  // Throws a TypeError unless the value is such a handle.
  static Self& from(const Napi::Value& value, const std::string& what) {
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&Self::tag))
      throw Napi::TypeError::New(value.Env(), what + ": expected a " + Self::name);
    return *Self::Unwrap(value.As<Napi::Object>());
  }

  // What the handle shares; throws when it was disposed.
  const std::shared_ptr<Core>& core() {
    if (!core_) throw Napi::Error::New(this->Env(), std::string("[ravine] this ") + Self::name + " was disposed");
    return core_;
  }

  // The garbage collector learns how much memory the handle holds.
  void holds(Napi::Env env, int64_t bytes) {
    Napi::MemoryManagement::AdjustExternalMemory(env, bytes - held_);
    held_ = bytes;
  }

  void drop(Napi::Env env) {
    core_.reset();
    holds(env, 0);
  }

  void Finalize(Napi::Env env) { drop(env); }

 private:
  std::shared_ptr<Core> core_;
  int64_t held_ = 0;
};

}  // namespace ravine
