// NativeLoop of lib/runtime/addon.ts.
#pragma once

#include <map>

#include "binding_work.h"
#include "loop.h"

namespace ravine {

// A running loop and those in JavaScript who wait for it.
class LoopLetter : public WorkLetter {
 public:
  using WorkLetter::WorkLetter;

  // Throws where the system has no thread to give.
  void start(Napi::Env env, LoopSpec spec);
  void stop() override { loop_->stop(); }
  void join() override { loop_->join(); }
  Napi::Value snapshot(Napi::Env env, Snapshot snapshot);

  void deliver(Napi::Env env) override;

 private:
  void conclude(Napi::Env env, const Napi::Promise::Deferred& done) override;

  std::unique_ptr<Loop> loop_;
  std::map<int64_t, Napi::Promise::Deferred> snapshots_;
  int64_t nextSnapshot_ = 0;
};

class LoopHandle : public Handle<LoopHandle, LoopLetter> {
 public:
  static constexpr napi_type_tag tag = {0x7261766e6c6f6f70, 0x4e5f607182930415};
  static constexpr const char* name = "NativeLoop";
  static Napi::FunctionReference& constructorOf(Environment& environment) { return environment.loop; }
  static Napi::Function define(Napi::Env env);
  explicit LoopHandle(const Napi::CallbackInfo& info);

 private:
  void stop(const Napi::CallbackInfo& info);
  Napi::Value snapshot(const Napi::CallbackInfo& info);
};

// startLoop(spec, onProgress)
Napi::Value startLoop(const Napi::CallbackInfo& info);

// Throws a TypeError or RangeError that names the field.
LoopSpec loopSpecArgument(const Napi::Value& value);

}  // namespace ravine
