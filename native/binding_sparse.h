// NativeSparse of lib/runtime/addon.ts.
#pragma once

#include "binding_environment.h"
#include "sparse_matrix.h"

namespace ravine {

class SparseHandle : public Handle<SparseHandle, SparseMatrix> {
 public:
  static constexpr napi_type_tag tag = {0x7261766e73707273, 0x2b3c4d5e6f708192};
  static constexpr const char* name = "NativeSparse";
  static Napi::FunctionReference& constructorOf(Environment& environment) { return environment.sparse; }
  static Napi::Function define(Napi::Env env);
  explicit SparseHandle(const Napi::CallbackInfo& info);

 private:
  Napi::Value arrays(const Napi::CallbackInfo& info);
  void spread(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info);
};

// startSparse(spec, onProgress)
Napi::Value startSparse(const Napi::CallbackInfo& info);

}  // namespace ravine
