// What the addon exports: lib/runtime/addon.ts is its face.

#include <napi.h>

#include <cstdlib>
#include <sstream>

#include "binding_arguments.h"
#include "binding_buffer.h"
#include "binding_environment.h"
#include "binding_feed.h"
#include "binding_job.h"
#include "binding_loop.h"
#include "binding_program.h"
#include "binding_sparse.h"
#include "blas.h"
#include "counters.h"
#include "cpu.h"
#include "gemm.h"
#include "kernels/elementwise_names.h"
#include "threads.h"

namespace ravine {
namespace {

Napi::Array namesOf(Napi::Env env, const char* blankSeparated) {
  std::istringstream words(blankSeparated);
  Napi::Array names = Napi::Array::New(env);
  for (std::string word; words >> word;) names.Set(names.Length(), word);
  return names;
}

Napi::Array elementwiseNames(Napi::Env env) {
  Napi::Array names = Napi::Array::New(env);
  for (const ElementwiseOperation& operation : elementwiseOperations) names.Set(names.Length(), operation.name);
  return names;
}

Napi::Array reductionNames(Napi::Env env) {
  Napi::Array names = Napi::Array::New(env);
#define REDUCTION(name) names.Set(names.Length(), #name);
#include "reductions.def"
#undef REDUCTION
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
  result.Set("gemm", blasForced() ? "openblas" : "builtin");
  result.Set("blas", blasForced() ? blasDescription() : "");
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
  set("gemmBuiltin", static_cast<int64_t>(gemmCount(GemmProvider::builtin)));
  set("gemmBlas", static_cast<int64_t>(gemmCount(GemmProvider::blas)));
  set("sharedInstructions", all.sharedInstructions);
  set("instructions", all.instructions);
  return result;
}

void setThreads(const Napi::CallbackInfo& call) {
  Pool::instance().setThreads(static_cast<int>(integerArgument(call[0], "[setThreads] threads", 1, mostThreads)));
}

void setMemoryLimitBytes(const Napi::CallbackInfo& call) { setMemoryLimit(integerArgument(call[0], "[setMemoryLimit] bytes")); }

#ifdef RAVINE_DEBUG
// One byte past a heap block, for the sanitizer's own test.
void provokeOverflow(const Napi::CallbackInfo&) {
  const auto block = std::make_unique<volatile char[]>(16);
  volatile int end = 16;
  block[static_cast<size_t>(end)] = 1;
}
#endif

Napi::Object start(Napi::Env env, Napi::Object exports) {
  static const auto* const refusal = new std::string(selectIsa(std::getenv("RAVINE_ISA")));
  if (!refusal->empty()) throw Napi::Error::New(env, *refusal);
  static const auto* const blasRefusal = new std::string(selectBlas(std::getenv("RAVINE_BLAS")));
  if (!blasRefusal->empty()) throw Napi::Error::New(env, *blasRefusal);
  auto* environment = new Environment(env);
  env.SetInstanceData(environment);
  env.AddCleanupHook([environment] { environment->close(); });
  environment->buffer = Napi::Persistent(BufferHandle::define(env));
  environment->program = Napi::Persistent(ProgramHandle::define(env));
  environment->binding = Napi::Persistent(BindingHandle::define(env));
  environment->loop = Napi::Persistent(LoopHandle::define(env));
  environment->feed = Napi::Persistent(FeedHandle::define(env));
  environment->job = Napi::Persistent(JobHandle::define(env));
  environment->sparse = Napi::Persistent(SparseHandle::define(env));
  exports.Set("kernels", kernelList(env));
  exports.Set("elementwise", elementwiseNames(env));
  exports.Set("reductions", reductionNames(env));
  exports.Set("info", Napi::Function::New<info>(env, "info"));
  exports.Set("counters", Napi::Function::New<countersValue>(env, "counters"));
  exports.Set("setThreads", Napi::Function::New<setThreads>(env, "setThreads"));
  exports.Set("setMemoryLimit", Napi::Function::New<setMemoryLimitBytes>(env, "setMemoryLimit"));
  exports.Set("createBuffer", Napi::Function::New<createBuffer>(env, "createBuffer"));
  exports.Set("createProgram", Napi::Function::New<createProgram>(env, "createProgram"));
  exports.Set("createFeed", Napi::Function::New<createFeed>(env, "createFeed"));
  exports.Set("startLoop", Napi::Function::New<startLoop>(env, "startLoop"));
  exports.Set("startSparse", Napi::Function::New<startSparse>(env, "startSparse"));
#ifdef RAVINE_DEBUG
  exports.Set("provokeOverflow", Napi::Function::New<provokeOverflow>(env, "provokeOverflow"));
#endif
  return exports;
}

}  // namespace
}  // namespace ravine

Napi::Object initRavine(Napi::Env env, Napi::Object exports) { return ravine::start(env, exports); }

NODE_API_MODULE(ravine, initRavine)
