#include "binding_sparse.h"

#include <algorithm>

#include "binding_arguments.h"
#include "binding_buffer.h"

namespace ravine {

Napi::Function SparseHandle::define(Napi::Env env) {
  return DefineClass(env, name,
                     {InstanceMethod<&SparseHandle::arrays>("arrays"), InstanceMethod<&SparseHandle::spread>("spread"),
                      InstanceMethod<&SparseHandle::dispose>("dispose")});
}

SparseHandle::SparseHandle(const Napi::CallbackInfo& info) : Handle(info) {
  const SparseMatrix& matrix = *core();
  Napi::Object self = info.This().As<Napi::Object>();
  const auto give = [&](const char* field, Napi::Value value) {
    self.DefineProperty(Napi::PropertyDescriptor::Value(field, value, napi_enumerable));
  };
  give("rows", Napi::Number::New(info.Env(), static_cast<double>(matrix.rows)));
  give("columns", Napi::Number::New(info.Env(), static_cast<double>(matrix.columns)));
  give("entries", Napi::Number::New(info.Env(), static_cast<double>(matrix.entries)));
  give("bytes", Napi::Number::New(info.Env(), static_cast<double>(matrix.bytes())));
  give("indexBits", Napi::Number::New(info.Env(), matrix.wide ? 32 : 16));
  give("binary", Napi::Boolean::New(info.Env(), !matrix.values));
  holds(info.Env(), matrix.bytes());
}

// { offsets: Float64Array [rows + 1], columns: Uint32Array [entries], values: Float32Array [entries] }, copies.
Napi::Value SparseHandle::arrays(const Napi::CallbackInfo& info) {
  const SparseMatrix& matrix = *core();
  const auto entries = static_cast<size_t>(matrix.entries), rows = static_cast<size_t>(matrix.rows);
  Napi::Float64Array offsets = Napi::Float64Array::New(info.Env(), rows + 1);
  Napi::Uint32Array columns = Napi::Uint32Array::New(info.Env(), entries);
  Napi::Float32Array values = Napi::Float32Array::New(info.Env(), entries);
  std::copy_n(matrix.rowOffsets(), rows + 1, offsets.Data());
  for (size_t i = 0; i < entries; i++) columns.Data()[i] = static_cast<uint32_t>(matrix.column(static_cast<int64_t>(i)));
  if (matrix.values)
    std::copy_n(matrix.entryValues(), entries, values.Data());
  else
    std::fill_n(values.Data(), entries, 1.0F);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("offsets", offsets);
  result.Set("columns", columns);
  result.Set("values", values);
  return result;
}

// spread(ranges, columns, values): int32 [rows, 2], int32 [entries] and float32 [entries], written into buffers.
void SparseHandle::spread(const Napi::CallbackInfo& info) {
  const SparseMatrix& matrix = *core();
  const auto room = [&](size_t i, int64_t bytes) {
    const std::shared_ptr<Buffer> buffer = BufferHandle::from(info[i], "[spread] argument " + std::to_string(i)).core();
    if (buffer->bytes() < bytes) throwRange(info.Env(), "[spread] expected " + std::to_string(bytes) + " bytes");
    return buffer;
  };
  if (matrix.entries > INT32_MAX) throwRange(info.Env(), "[spread] too many entries");
  const std::shared_ptr<Buffer> ranges = room(0, matrix.rows * 8), columns = room(1, matrix.entries * 4),
                                values = room(2, matrix.entries * 4);
  auto* const range = reinterpret_cast<int32_t*>(ranges->data());
  for (int64_t row = 0; row < matrix.rows; row++)
    for (int64_t side = 0; side < 2; side++) range[row * 2 + side] = static_cast<int32_t>(matrix.rowOffsets()[row + side]);
  auto* const column = reinterpret_cast<int32_t*>(columns->data());
  for (int64_t i = 0; i < matrix.entries; i++) column[i] = static_cast<int32_t>(matrix.column(i));
  auto* const value = reinterpret_cast<float*>(values->data());
  if (matrix.values)
    std::copy_n(matrix.entryValues(), matrix.entries, value);
  else
    std::fill_n(value, matrix.entries, 1.0F);
}

void SparseHandle::dispose(const Napi::CallbackInfo& info) { drop(info.Env()); }

}  // namespace ravine
