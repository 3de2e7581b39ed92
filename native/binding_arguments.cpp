#include "binding_arguments.h"

#include <cmath>
#include <cstring>

namespace ravine {
namespace {

// The buffer under a view, for what can be known of it: an ArrayBuffer may be detached or have shrunk, a shared one may not.
void checkBacking(Napi::Env env, napi_value buffer, size_t offset, size_t length, const std::string& what) {
  bool detached = false, plain = false;
  napi_is_detached_arraybuffer(env, buffer, &detached);
  if (detached) throwType(env, what + ": its buffer is detached");
  napi_is_arraybuffer(env, buffer, &plain);
  if (!plain) return;
  void* data = nullptr;
  size_t bytes = 0;
  napi_get_arraybuffer_info(env, buffer, &data, &bytes);
  if (offset > bytes || length > bytes - offset) throwType(env, what + ": its buffer has become smaller than the view");
}

size_t elementBytes(napi_typedarray_type type) {
  switch (type) {
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array:
      return 8;
    case napi_float32_array:
    case napi_int32_array:
    case napi_uint32_array:
      return 4;
    case napi_int16_array:
    case napi_uint16_array:
      return 2;
    default:
      return 1;
  }
}

}  // namespace

void throwRange(Napi::Env env, const std::string& message) { throw Napi::RangeError::New(env, message); }
void throwType(Napi::Env env, const std::string& message) { throw Napi::TypeError::New(env, message); }

int64_t integerArgument(const Napi::Value& value, const std::string& what, int64_t least, int64_t most) {
  const std::string expected = what + ": expected an integer from " + std::to_string(least) + " to " + std::to_string(most);
  if (!value.IsNumber()) throwType(value.Env(), expected);
  const double x = value.As<Napi::Number>().DoubleValue();
  if (!(x >= static_cast<double>(least) && x <= static_cast<double>(most) && x == std::floor(x)))
    throwRange(value.Env(), expected + ", got " + value.ToString().Utf8Value());
  return static_cast<int64_t>(x);
}

ViewBytes viewArgument(const Napi::Value& value, const std::string& what) {
  const Napi::Env env = value.Env();
  void* data = nullptr;
  napi_value buffer = nullptr;
  size_t length = 0, offset = 0;
  if (value.IsTypedArray()) {
    napi_typedarray_type type = napi_int8_array;
    napi_get_typedarray_info(env, value, &type, &length, &data, &buffer, &offset);
    length *= elementBytes(type);
  } else if (value.IsDataView()) {
    napi_get_dataview_info(env, value, &length, &data, &buffer, &offset);
  } else {
    throwType(env, what + ": expected a typed array or a DataView");
  }
  checkBacking(env, buffer, offset, length, what);
  return {static_cast<std::byte*>(data), static_cast<int64_t>(length)};
}

std::vector<double> doublesArgument(const Napi::Value& value, const std::string& what) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_float64_array)
    throwType(value.Env(), what + ": expected a Float64Array");
  const ViewBytes view = viewArgument(value, what);
  std::vector<double> copy(static_cast<size_t>(view.length) / sizeof(double));
  if (view.length > 0) std::memcpy(copy.data(), view.data, copy.size() * sizeof(double));
  return copy;
}

}  // namespace ravine
