#include "binding_program.h"

#include "binding_arguments.h"
#include "binding_buffer.h"
#include "mailbox.h"
#include "runners.h"

namespace ravine {
namespace {

// What a part that runs on another thread will have to tell.
struct RunLetter : Letter {
  RunLetter(Napi::Env env, std::shared_ptr<Mailbox> box, std::shared_ptr<Binding> bound)
      : deferred(env), mailbox(std::move(box)), binding(std::move(bound)) {}

  // Before it is posted the binding is let go: whoever awaits the run may use it again, and count what is live.
  void run(int64_t part) {
    {
      const std::lock_guard lock(binding->running);
      if (!runPart(*binding, part, true)) fault = binding->fault();
    }
    binding.reset();
  }

  void deliver(Napi::Env env) override {
    mailbox->letGo(env);
    deferred.Resolve(faultValue(env, fault));
  }

  Napi::Promise::Deferred deferred;
  std::shared_ptr<Mailbox> mailbox;
  std::shared_ptr<Binding> binding;
  FaultReport fault;
};

std::vector<std::shared_ptr<Buffer>> buffersArgument(const Napi::Value& value, size_t slots) {
  if (!value.IsArray()) throwType(value.Env(), "[bind] buffers: expected an array");
  const Napi::Array array = value.As<Napi::Array>();
  if (array.Length() != slots)
    throwRange(value.Env(), "[bind] buffers: expected one for each of " + std::to_string(slots) + " slots, got " +
                                std::to_string(array.Length()));
  std::vector<std::shared_ptr<Buffer>> buffers;
  for (uint32_t i = 0; i < slots; i++)
    buffers.push_back(BufferHandle::from(array.Get(i), "[bind] buffers[" + std::to_string(i) + "]").core());
  return buffers;
}

std::vector<int64_t> offsetsArgument(const Napi::Value& value, size_t slots) {
  std::vector<int64_t> offsets(slots, 0);
  if (value.IsUndefined()) return offsets;
  if (!value.IsArray() || value.As<Napi::Array>().Length() != slots)
    throwType(value.Env(), "[bind] byteOffsets: expected an array of " + std::to_string(slots));
  for (uint32_t i = 0; i < slots; i++)
    offsets[i] = integerArgument(value.As<Napi::Array>().Get(i), "[bind] byteOffsets[" + std::to_string(i) + "]");
  return offsets;
}

int64_t partArgument(const Napi::Value& value, const Binding& binding) {
  return integerArgument(value, "[run] part", 0, binding.parts() - 1);
}

}  // namespace

Napi::Value createProgram(const Napi::CallbackInfo& info) {
  std::string why;
  const std::shared_ptr<const Program> program = Program::load(doublesArgument(info[0], "[createProgram] code"), why);
  if (!program) throwType(info.Env(), "[program] " + why);
  return ProgramHandle::make(info.Env(), program);
}

Napi::Value faultValue(Napi::Env env, const FaultReport& report) {
  static const char* const names[] = {"none", "label", "index", "non-finite", "domain", "curvature", "convergence"};
  if (report.fault == Fault::none) return env.Null();
  Napi::Object fault = Napi::Object::New(env);
  fault.Set("fault", names[static_cast<int>(report.fault)]);
  fault.Set("instruction", static_cast<double>(report.instruction));
  fault.Set("position", static_cast<double>(report.position));
  fault.Set("value", report.value);
  return fault;
}

Napi::Function ProgramHandle::define(Napi::Env env) {
  return DefineClass(env, name, {InstanceMethod<&ProgramHandle::bind>("bind")});
}

Napi::Value ProgramHandle::bind(const Napi::CallbackInfo& info) {
  const std::shared_ptr<const Program>& program = core();
  std::vector<std::shared_ptr<Buffer>> buffers = buffersArgument(info[0], program->slots.size());
  const std::vector<int64_t> offsets = offsetsArgument(info[1], program->slots.size());
  std::string why;
  const std::shared_ptr<Binding> binding = Binding::create(program, std::move(buffers), offsets, why);
  if (!why.empty()) throwRange(info.Env(), "[bind] " + why);
  if (!binding) throwNoMemory(info.Env(), "[bind] scratch memory", program->scratchBytes);
  return BindingHandle::make(info.Env(), binding);
}

Napi::Function BindingHandle::define(Napi::Env env) {
  return DefineClass(env, name,
                     {InstanceMethod<&BindingHandle::run>("run"), InstanceMethod<&BindingHandle::runAsync>("runAsync"),
                      InstanceMethod<&BindingHandle::dispose>("dispose")});
}

BindingHandle::BindingHandle(const Napi::CallbackInfo& info) : Handle(info) { holds(info.Env(), core()->scratchBytes()); }

Napi::Value BindingHandle::run(const Napi::CallbackInfo& info) {
  Binding& binding = *core();
  const int64_t part = partArgument(info[0], binding);
  const std::unique_lock lock(binding.running, std::try_to_lock);
  if (!lock) throw Napi::Error::New(info.Env(), "[run] this binding is running on another thread");
  return runPart(binding, part, false) ? info.Env().Null() : faultValue(info.Env(), binding.fault());
}

Napi::Value BindingHandle::runAsync(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int64_t part = partArgument(info[0], *core());
  Environment& environment = Environment::of(env);
  const std::shared_ptr<Mailbox> mailbox = environment.mailbox;
  const auto letter = std::make_shared<RunLetter>(env, mailbox, core());
  environment.runners.run([part, mailbox, letter] {
    letter->run(part);
    mailbox->post(letter);
  });
  mailbox->hold(env);
  return letter->deferred.Promise();
}

void BindingHandle::dispose(const Napi::CallbackInfo& info) { drop(info.Env()); }

}  // namespace ravine
