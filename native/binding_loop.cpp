#include "binding_loop.h"

#include "binding_arguments.h"
#include "binding_buffer.h"
#include "binding_feed.h"
#include "binding_program.h"

namespace ravine {
namespace {

Napi::Object standingValue(Napi::Env env, const Standing& standing) {
  Napi::Object value = Napi::Object::New(env);
  value.Set("steps", static_cast<double>(standing.steps));
  value.Set("epoch", static_cast<double>(standing.epoch));
  value.Set("batch", static_cast<double>(standing.batch));
  value.Set("metrics", doublesValue(env, standing.metrics));
  return value;
}

Napi::Object resultValue(Napi::Env env, const Outcome& outcome) {
  static const char* const reasons[] = {"done", "stopped", "fault"};
  Napi::Object result = standingValue(env, outcome);
  result.Set("reason", reasons[static_cast<int>(outcome.reason)]);
  result.Set("seconds", outcome.seconds);
  result.Set("fault", faultValue(env, outcome.fault));
  return result;
}

Snapshot snapshotArgument(const Napi::Value& value) {
  if (!value.IsArray()) throwType(value.Env(), "[snapshot] copies: expected an array");
  const Napi::Array array = value.As<Napi::Array>();
  Snapshot snapshot;
  for (uint32_t i = 0; i < array.Length(); i++) {
    const std::string name = "[snapshot] copies[" + std::to_string(i) + "]";
    if (!array.Get(i).IsObject()) throwType(value.Env(), name + ": expected an object");
    const Napi::Object entry = array.Get(i).As<Napi::Object>();
    const std::shared_ptr<Buffer> source = BufferHandle::from(entry.Get("source"), name + ".source").core();
    const std::shared_ptr<Buffer> target = BufferHandle::from(entry.Get("target"), name + ".target").core();
    if (source == target) throwRange(value.Env(), name + ": expected two buffers");
    const int64_t most = std::min(source->bytes(), target->bytes());
    snapshot.copies.push_back({source, target, integerArgument(entry.Get("bytes"), name + ".bytes", 0, most)});
  }
  return snapshot;
}

}  // namespace

void LoopLetter::start(Napi::Env env, LoopSpec spec) {
  loop_ = std::make_unique<Loop>(std::move(spec), [this] { post(); });
  loop_->start();
  begun(env);
}

void LoopLetter::deliver(Napi::Env env) {
  delivering();
  const LoopNews news = loop_->takeNews();
  if (news.hasProgress && !news.ended && listens()) tell(env, standingValue(env, news.progress));
  for (const Snapshot& snapshot : news.snapshots) {
    const auto waiting = snapshots_.find(snapshot.number);
    waiting->second.Resolve(standingValue(env, snapshot.standing));
    snapshots_.erase(waiting);
  }
  if (news.ended) settle(env);
}

void LoopLetter::conclude(Napi::Env env, const Napi::Promise::Deferred& done) {
  if (loop_->outcome().failure.empty()) return done.Resolve(resultValue(env, loop_->outcome()));
  done.Reject(Napi::Error::New(env, loop_->outcome().failure).Value());
}

Napi::Value LoopLetter::snapshot(Napi::Env env, Snapshot snapshot) {
  const Napi::Promise::Deferred deferred(env);
  snapshot.number = nextSnapshot_++;
  const auto waiting = snapshots_.emplace(snapshot.number, deferred).first;
  if (loop_->request(snapshot)) {
    snapshots_.erase(waiting);
    deferred.Resolve(standingValue(env, snapshot.standing));
  }
  return deferred.Promise();
}

Napi::Function LoopHandle::define(Napi::Env env) {
  return DefineClass(env, name, {InstanceMethod<&LoopHandle::stop>("stop"), InstanceMethod<&LoopHandle::snapshot>("snapshot")});
}

LoopHandle::LoopHandle(const Napi::CallbackInfo& info) : Handle(info) {
  Napi::Object self = info.This().As<Napi::Object>();
  self.DefineProperty(Napi::PropertyDescriptor::Value("done", core()->done(), napi_enumerable));
}

void LoopHandle::stop(const Napi::CallbackInfo&) { core()->stop(); }

Napi::Value LoopHandle::snapshot(const Napi::CallbackInfo& info) {
  return core()->snapshot(info.Env(), snapshotArgument(info[0]));
}

Napi::Value startLoop(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  LoopSpec spec = loopSpecArgument(info[0]);
  const auto letter = std::make_shared<LoopLetter>(env, info[1]);
  if (spec.feed) {
    const std::shared_ptr<FeedLetter> feed =
        FeedHandle::from(info[0].As<Napi::Object>().Get("feed"), "[startLoop] feed").letter();
    const std::shared_ptr<Mailbox> mailbox = Environment::of(env).mailbox;
    if (!spec.feed->attach([mailbox, feed] { mailbox->post(feed); }))
      throw Napi::Error::New(env, "[startLoop] feed: another loop has it");
  }
  letter->start(env, std::move(spec));
  return LoopHandle::make(env, letter);
}

}  // namespace ravine
