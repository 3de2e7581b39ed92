// Arguments from JavaScript, checked.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace ravine {

// An integer in [least, most]; `what` names it in the message.
int64_t integerArgument(const Napi::Value& value, const std::string& what, int64_t least = 0, int64_t most = int64_t{1} << 53);

// The bytes of a typed array or a DataView, on any buffer. A detached one and one whose buffer has shrunk below it are refused.
struct ViewBytes {
  std::byte* data;
  int64_t length;
};
ViewBytes viewArgument(const Napi::Value& value, const std::string& what);

// A Float64Array's numbers, copied: the array's memory may change at any time.
std::vector<double> doublesArgument(const Napi::Value& value, const std::string& what);

[[noreturn]] void throwRange(Napi::Env env, const std::string& message);
[[noreturn]] void throwType(Napi::Env env, const std::string& message);

}  // namespace ravine
