// NativeBuffer of lib/runtime/addon.ts.
#pragma once

#include "binding_environment.h"
#include "buffer.h"

namespace ravine {

class BufferHandle : public Handle<BufferHandle, Buffer> {
 public:
  static constexpr napi_type_tag tag = {0x7261766e65627566, 0x8f1c2d3a4b5e6f70};
  static constexpr const char* name = "NativeBuffer";
  static Napi::FunctionReference& constructorOf(Environment& environment) { return environment.buffer; }
  static Napi::Function define(Napi::Env env);

  explicit BufferHandle(const Napi::CallbackInfo& info);

 private:
  void write(const Napi::CallbackInfo& info);
  void read(const Napi::CallbackInfo& info);
  void copyFrom(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info);
};

// createBuffer(byteLength)
Napi::Value createBuffer(const Napi::CallbackInfo& info);

// Throws a RangeError that says how much there is: Buffer::create has refused.
[[noreturn]] void throwNoMemory(Napi::Env env, const std::string& what, int64_t bytes);

}  // namespace ravine
