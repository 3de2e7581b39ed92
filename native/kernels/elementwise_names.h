// Names, operands and types of the elementwise kernel's operations.
#pragma once

#include <cstdint>

namespace ravine {

struct ElementwiseOperation {
  const char* name;
  uint8_t arity;
  bool integer;
  uint8_t cost;  // in operations as cheap as an addition
};

constexpr ElementwiseOperation elementwiseOperations[] = {
#define OPERATION(name, arity, integer, cost) {#name, arity, integer, cost},
#include "elementwise_ops.def"
#undef OPERATION
};
constexpr int elementwiseOperationCount = sizeof(elementwiseOperations) / sizeof(elementwiseOperations[0]);

}  // namespace ravine
