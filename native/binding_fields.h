// The fields of an object from JavaScript, each checked as it is read.
#pragma once

#include <napi.h>

#include <memory>
#include <string>

#include "binding_arguments.h"
#include "binding_buffer.h"
#include "loop_spec.h"

namespace ravine {

// The fields of an object that `name` names in messages.
class Fields {
 public:
  Fields(const Napi::Value& value, std::string name) : name_(std::move(name)) {
    if (!value.IsObject()) throwType(value.Env(), name_ + ": expected an object");
    object_ = value.As<Napi::Object>();
  }

  Napi::Value get(const char* field) const { return object_.Get(field); }
  bool has(const char* field) const { return !get(field).IsUndefined(); }
  std::string nameOf(const char* field) const { return name_ + "." + field; }

  int64_t integer(const char* field, int64_t least = 0, int64_t most = int64_t{1} << 53) const {
    return integerArgument(get(field), nameOf(field), least, most);
  }

  bool boolean(const char* field) const {
    if (!get(field).IsBoolean()) throwType(object_.Env(), nameOf(field) + ": expected a boolean");
    return get(field).As<Napi::Boolean>();
  }

  std::shared_ptr<Buffer> buffer(const char* field) const { return BufferHandle::from(get(field), nameOf(field)).core(); }
  Fields fields(const char* field) const { return {get(field), nameOf(field)}; }
  Place place() const { return {buffer("buffer"), integer("byteOffset")}; }

  DType dtype() const {
    const std::string given = get("dtype").ToString();
    if (given == "float32") return DType::f32;
    if (given == "float64") return DType::f64;
    if (given == "int32") return DType::i32;
    throwType(object_.Env(), nameOf("dtype") + ": expected float32, float64 or int32, got " + given);
  }

  std::string text(const char* field) const {
    if (!get(field).IsString()) throwType(object_.Env(), nameOf(field) + ": expected a string");
    return get(field).As<Napi::String>();
  }

  double number(const char* field) const {
    if (!get(field).IsNumber()) throwType(object_.Env(), nameOf(field) + ": expected a number");
    return get(field).As<Napi::Number>();
  }

  // A buffer of at least that many bytes.
  std::shared_ptr<Buffer> buffer(const char* field, int64_t least) const {
    std::shared_ptr<Buffer> given = buffer(field);
    if (given->bytes() < least)
      throwRange(object_.Env(),
                 nameOf(field) + ": expected " + std::to_string(least) + " bytes, got " + std::to_string(given->bytes()));
    return given;
  }

  template <class Visit>
  void each(const char* field, Visit visit) const {
    if (!get(field).IsArray()) throwType(object_.Env(), nameOf(field) + ": expected an array");
    const Napi::Array array = get(field).As<Napi::Array>();
    for (uint32_t i = 0; i < array.Length(); i++) visit(Fields(array.Get(i), nameOf(field) + "[" + std::to_string(i) + "]"));
  }

 private:
  Napi::Object object_;
  std::string name_;
};

}  // namespace ravine
