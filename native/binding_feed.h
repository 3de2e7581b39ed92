// NativeFeed of lib/runtime/addon.ts.
#pragma once

#include <deque>

#include "binding_environment.h"
#include "feed.h"

namespace ravine {

// Resolves the promises of those who wait for a free entry.
class FeedLetter : public Letter {
 public:
  explicit FeedLetter(std::shared_ptr<Feed> feed) : feed_(std::move(feed)) {}

  void deliver(Napi::Env env) override;
  Napi::Value acquire(Napi::Env env);

 private:
  std::shared_ptr<Feed> feed_;
  std::deque<Napi::Promise::Deferred> waiting_;
};

class FeedHandle : public Handle<FeedHandle, Feed> {
 public:
  static constexpr napi_type_tag tag = {0x7261766e66656564, 0x3d4e5f6071829304};
  static constexpr const char* name = "NativeFeed";
  static Napi::FunctionReference& constructorOf(Environment& environment) { return environment.feed; }
  static Napi::Function define(Napi::Env env);
  explicit FeedHandle(const Napi::CallbackInfo& info);

  const std::shared_ptr<FeedLetter>& letter() const { return letter_; }

 private:
  Napi::Value acquire(const Napi::CallbackInfo& info);
  void submit(const Napi::CallbackInfo& info);
  void end(const Napi::CallbackInfo& info);

  std::shared_ptr<FeedLetter> letter_;
};

// createFeed(entries)
Napi::Value createFeed(const Napi::CallbackInfo& info);

}  // namespace ravine
