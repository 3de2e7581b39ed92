// NativeProgram and NativeBinding of lib/runtime/addon.ts.
#pragma once

#include "binding_environment.h"
#include "executor.h"

namespace ravine {

class ProgramHandle : public Handle<ProgramHandle, const Program> {
 public:
  static constexpr napi_type_tag tag = {0x7261766e70726f67, 0x1b2c3d4e5f607182};
  static constexpr const char* name = "NativeProgram";
  static Napi::FunctionReference& constructorOf(Environment& environment) { return environment.program; }
  static Napi::Function define(Napi::Env env);
  using Handle::Handle;

 private:
  Napi::Value bind(const Napi::CallbackInfo& info);
};

class BindingHandle : public Handle<BindingHandle, Binding> {
 public:
  static constexpr napi_type_tag tag = {0x7261766e62696e64, 0x2c3d4e5f60718293};
  static constexpr const char* name = "NativeBinding";
  static Napi::FunctionReference& constructorOf(Environment& environment) { return environment.binding; }
  static Napi::Function define(Napi::Env env);
  explicit BindingHandle(const Napi::CallbackInfo& info);

 private:
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value runAsync(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info);
};

// createProgram(code)
Napi::Value createProgram(const Napi::CallbackInfo& info);

// A NativeFault, or null.
Napi::Value faultValue(Napi::Env env, const FaultReport& report);

}  // namespace ravine
