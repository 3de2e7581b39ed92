// What the addon exports: lib/runtime/addon.ts is its face.

#include <napi.h>

#include <cstdlib>
#include <sstream>

#include "binding_arguments.h"
#include "binding_buffer.h"
#include "binding_environment.h"
#include "binding_program.h"
#include "counters.h"
#include "cpu.h"
#include "threads.h"

namespace ravine {
namespace {

Napi::Array namesOf(Napi::Env env, const char* blankSeparated) {
  std::istringstream words(blankSeparated);
  Napi::Array names = Napi::Array::New(env);
  for (std::string word; words >> word;) names.Set(names.Length(), word);
  return names;
}

Napi::Array kernelList(Napi::Env env) {
  const KernelTable& table = kernelTable();
  Napi::Array list = Napi::Array::New(env);
  for (int i = 0; i < table.count; i++) {
    const Kernel& kernel = table.kernels[i];
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", kernel.name);
    entry.Set("minInputs", kernel.minInputs);
    entry.Set("maxInputs", kernel.maxInputs);
    entry.Set("outputs", kernel.outputs);
    entry.Set("attributes", namesOf(env, kernel.attributes));
    list.Set(static_cast<uint32_t>(i), entry);
  }
  return list;
}

Napi::Value info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  Napi::Object result = Napi::Object::New(env);
  Napi::Array isas = Napi::Array::New(env);
  for (const std::string& name : usableIsas()) isas.Set(isas.Length(), name);
  result.Set("isa", kernelTable().isa);
  result.Set("isas", isas);
  result.Set("threads", Pool::instance().threads());
#ifdef RAVINE_DEBUG
  result.Set("debug", true);
#else
  result.Set("debug", false);
#endif
  return result;
}

Napi::Value countersValue(const Napi::CallbackInfo& call) {
  const Counters& all = counters();
  Napi::Object result = Napi::Object::New(call.Env());
  const auto set = [&](const char* name, int64_t count) { result.Set(name, static_cast<double>(count)); };
  set("liveBytes", all.liveBytes);
  set("liveBuffers", all.liveBuffers);
  set("livePrograms", all.livePrograms);
  set("liveLoops", all.liveLoops);
  set("sharedInstructions", all.sharedInstructions);
  set("instructions", all.instructions);
  return result;
}

void setThreads(const Napi::CallbackInfo& call) {
  Pool::instance().setThreads(static_cast<int>(integerArgument(call[0], "[setThreads] threads", 1, mostThreads)));
}

void setMemoryLimitBytes(const Napi::CallbackInfo& call) { setMemoryLimit(integerArgument(call[0], "[setMemoryLimit] bytes")); }

Napi::Object start(Napi::Env env, Napi::Object exports) {
  static const auto* const refusal = new std::string(selectIsa(std::getenv("RAVINE_ISA")));
  if (!refusal->empty()) throw Napi::Error::New(env, *refusal);
  auto* environment = new Environment(env);
  env.SetInstanceData(environment);
  env.AddCleanupHook([environment] { environment->close(); });
  environment->buffer = Napi::Persistent(BufferHandle::define(env));
  environment->program = Napi::Persistent(ProgramHandle::define(env));
  environment->binding = Napi::Persistent(BindingHandle::define(env));
  exports.Set("kernels", kernelList(env));
  exports.Set("info", Napi::Function::New<info>(env, "info"));
  exports.Set("counters", Napi::Function::New<countersValue>(env, "counters"));
  exports.Set("setThreads", Napi::Function::New<setThreads>(env, "setThreads"));
  exports.Set("setMemoryLimit", Napi::Function::New<setMemoryLimitBytes>(env, "setMemoryLimit"));
  exports.Set("createBuffer", Napi::Function::New<createBuffer>(env, "createBuffer"));
  exports.Set("createProgram", Napi::Function::New<createProgram>(env, "createProgram"));
  return exports;
}

}  // namespace
}  // namespace ravine

Napi::Object initRavine(Napi::Env env, Napi::Object exports) { return ravine::start(env, exports); }

NODE_API_MODULE(ravine, initRavine)
