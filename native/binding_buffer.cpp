#include "binding_buffer.h"

#include <cstring>

#include "binding_arguments.h"
#include "counters.h"

namespace ravine {
namespace {

// Bytes [offset, offset + length) lie in the buffer.
void checkRange(Napi::Env env, const Buffer& buffer, int64_t offset, int64_t length, const char* what) {
  if (offset <= buffer.bytes() && length <= buffer.bytes() - offset) return;
  throwRange(env, std::string(what) + ": expected bytes " + std::to_string(offset) + " to " + std::to_string(offset + length) +
                      " to lie in a buffer of " + std::to_string(buffer.bytes()));
}

}  // namespace

Napi::Function BufferHandle::define(Napi::Env env) {
  return DefineClass(env, name,
                     {InstanceMethod<&BufferHandle::write>("write"), InstanceMethod<&BufferHandle::read>("read"),
                      InstanceMethod<&BufferHandle::copyFrom>("copyFrom"), InstanceMethod<&BufferHandle::dispose>("dispose")});
}

BufferHandle::BufferHandle(const Napi::CallbackInfo& info) : Handle(info) {
  const auto bytes = static_cast<double>(core()->bytes());
  Napi::Object self = info.This().As<Napi::Object>();
  self.DefineProperty(Napi::PropertyDescriptor::Value("byteLength", Napi::Number::New(info.Env(), bytes), napi_enumerable));
  holds(info.Env(), core()->bytes());
}

void BufferHandle::write(const Napi::CallbackInfo& info) {
  const Buffer& buffer = *core();
  const int64_t offset = integerArgument(info[1], "[write] byteOffset");
  const ViewBytes source = viewArgument(info[0], "[write] source");
  checkRange(info.Env(), buffer, offset, source.length, "[write]");
  if (source.length > 0) std::memcpy(buffer.data() + offset, source.data, static_cast<size_t>(source.length));
}

void BufferHandle::read(const Napi::CallbackInfo& info) {
  const Buffer& buffer = *core();
  const int64_t offset = integerArgument(info[1], "[read] byteOffset");
  const ViewBytes target = viewArgument(info[0], "[read] target");
  checkRange(info.Env(), buffer, offset, target.length, "[read]");
  if (target.length > 0) std::memcpy(target.data, buffer.data() + offset, static_cast<size_t>(target.length));
}

void BufferHandle::copyFrom(const Napi::CallbackInfo& info) {
  const Buffer& target = *core();
  const Buffer& source = *BufferHandle::from(info[0], "[copyFrom] source").core();
  const int64_t sourceOffset = integerArgument(info[1], "[copyFrom] sourceOffset");
  const int64_t offset = integerArgument(info[2], "[copyFrom] byteOffset");
  const int64_t length = integerArgument(info[3], "[copyFrom] byteLength");
  checkRange(info.Env(), source, sourceOffset, length, "[copyFrom] source");
  checkRange(info.Env(), target, offset, length, "[copyFrom] target");
  std::memmove(target.data() + offset, source.data() + sourceOffset, static_cast<size_t>(length));
}

void BufferHandle::dispose(const Napi::CallbackInfo& info) { drop(info.Env()); }

void throwNoMemory(Napi::Env env, const std::string& what, int64_t bytes) {
  const std::string live = std::to_string(counters().liveBytes.load()), limit = std::to_string(memoryLimit());
  throwRange(env,
             what + ": " + std::to_string(bytes) + " bytes do not fit, " + live + " of at most " + limit +
                 " are in use\nhelp: dispose what is no longer needed (`tidy`, `using`), since memory is not collected inside "
                 "a synchronous loop, or raise the limit with RAVINE_MEMORY_LIMIT=bytes");
}

Napi::Value createBuffer(const Napi::CallbackInfo& info) {
  const int64_t bytes = integerArgument(info[0], "[createBuffer] byteLength");
  const std::shared_ptr<Buffer> buffer = Buffer::create(bytes);
  if (!buffer) throwNoMemory(info.Env(), "[createBuffer]", bytes);
  return BufferHandle::make(info.Env(), buffer);
}

}  // namespace ravine
