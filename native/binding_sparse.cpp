#include "binding_sparse.h"

#include <algorithm>

namespace ravine {

Napi::Function SparseHandle::define(Napi::Env env) {
  return DefineClass(env, name,
                     {InstanceMethod<&SparseHandle::arrays>("arrays"), InstanceMethod<&SparseHandle::dispose>("dispose")});
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

void SparseHandle::dispose(const Napi::CallbackInfo& info) { drop(info.Env()); }

}  // namespace ravine
