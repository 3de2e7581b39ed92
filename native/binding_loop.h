// NativeLoop of lib/runtime/addon.ts.
#pragma once

#include <map>

#include "binding_environment.h"
#include "loop.h"

namespace ravine {

// A running loop and those in JavaScript who wait for it.
class LoopLetter : public Letter, public std::enable_shared_from_this<LoopLetter> {
 public:
  LoopLetter(Napi::Env env, const Napi::Value& onProgress);

  // Throws where the system has no thread to give.
  void start(Napi::Env env, LoopSpec spec);
  Loop& loop() { return *loop_; }
  Napi::Promise done() const { return done_.Promise(); }
  Napi::Value snapshot(Napi::Env env, Snapshot snapshot);

  void deliver(Napi::Env env) override;

 private:
  void post();
  void tell(Napi::Env env, const Progress& progress);
  void settle(Napi::Env env);

  std::shared_ptr<Mailbox> mailbox_;
  std::unique_ptr<Loop> loop_;
  Napi::Promise::Deferred done_;
  Napi::FunctionReference onProgress_;
  Napi::ObjectReference thrown_;  // { value } that onProgress threw
  std::map<int64_t, Napi::Promise::Deferred> snapshots_;
  int64_t nextSnapshot_ = 0;
  std::atomic<bool> posted_{false};  // at most one letter is under way
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
