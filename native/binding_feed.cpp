#include "binding_feed.h"

#include "binding_arguments.h"
#include "binding_program.h"

namespace ravine {
namespace {

constexpr int64_t mostEntries = 1024;

}  // namespace

void FeedLetter::deliver(Napi::Env env) {
  while (!waiting_.empty()) {
    const int entry = feed_->acquire();
    if (entry == Feed::none) return;
    const Napi::Promise::Deferred next = waiting_.front();
    waiting_.pop_front();
    next.Resolve(Napi::Number::New(env, entry));
  }
}

Napi::Value FeedLetter::acquire(Napi::Env env) {
  waiting_.emplace_back(env);
  const Napi::Promise promise = waiting_.back().Promise();
  deliver(env);
  return promise;
}

Napi::Function FeedHandle::define(Napi::Env env) {
  return DefineClass(env, name,
                     {InstanceMethod<&FeedHandle::acquire>("acquire"), InstanceMethod<&FeedHandle::submit>("submit"),
                      InstanceMethod<&FeedHandle::end>("end")});
}

FeedHandle::FeedHandle(const Napi::CallbackInfo& info) : Handle(info), letter_(std::make_shared<FeedLetter>(core())) {}

Napi::Value FeedHandle::acquire(const Napi::CallbackInfo& info) { return letter_->acquire(info.Env()); }

void FeedHandle::submit(const Napi::CallbackInfo& info) {
  Feed& feed = *core();
  const auto entry = static_cast<int>(integerArgument(info[0], "[submit] entry", 0, feed.entries() - 1));
  const std::shared_ptr<Binding> binding = BindingHandle::from(info[1], "[submit] binding").core();
  const int64_t samples = integerArgument(info[2], "[submit] samples", 1);
  if (!feed.submit(entry, binding, samples))
    throw Napi::Error::New(info.Env(), "[submit] entry " + std::to_string(entry) + " was not acquired");
}

void FeedHandle::end(const Napi::CallbackInfo& info) {
  if (!info[0].IsBoolean()) throwType(info.Env(), "[end] finished: expected a boolean");
  core()->end(info[0].As<Napi::Boolean>());
}

Napi::Value createFeed(const Napi::CallbackInfo& info) {
  const auto entries = static_cast<int>(integerArgument(info[0], "[createFeed] entries", 1, mostEntries));
  return FeedHandle::make(info.Env(), std::make_shared<Feed>(entries));
}

}  // namespace ravine
