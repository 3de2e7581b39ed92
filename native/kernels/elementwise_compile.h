// The elementwise kernel's program, worked out once: how each input is read, and where each result stands.
#pragma once

#include "elementwise_ops.h"

namespace ravine::RAVINE_ISA {

constexpr int maxElementwiseInputs = 16, maxElementwiseOutputs = 8, maxElementwiseConstants = 40, maxElementwiseSteps = 88;
constexpr int maxElementwiseRank = 8, maxTileSlots = 64;
constexpr int64_t tileBytes = 32768;  // all slots together, so that they stay in L1
constexpr int64_t minRow = 256;       // from here on a row is cut into tiles of its own, and broadcast rows are used in place

// Where a tile's operand stands: inputs, outputs, constants, slots of the tile buffer.
constexpr int firstOutputPlace = maxElementwiseInputs, firstConstantPlace = firstOutputPlace + maxElementwiseOutputs;
constexpr int firstSlotPlace = firstConstantPlace + maxElementwiseConstants, places = firstSlotPlace + maxTileSlots;
constexpr uint8_t noPlace = 255;

// How an input is read: repeated for the whole run, in place at the output's own position, in place within a row, repeated within
// a row, or copied (converted) into a slot.
enum class Access : uint8_t { scalar, flat, row, rowScalar, gathered };

// A step's code is an operation's, or one of these.
constexpr uint8_t gatherStep = 253;   // out = tile of input a
constexpr uint8_t booleanStep = 254;  // out (uint8) = a is not 0
constexpr uint8_t copyStep = 255;     // out = a

struct ElementwiseStep {
  uint8_t code, out, a, b, c;
};

struct ElementwiseProgram {
  int64_t elements, perChunk, tile;
  int64_t dims[maxElementwiseRank];       // neighbouring dimensions joined where every input allows it
  uint8_t dimension[maxElementwiseRank];  // the innermost original dimension of each, whose strides hold
  uint8_t rank, originalRank, inputs, outputs, constants, slots, steps;
  bool byRows;
  Access access[maxElementwiseInputs];
  uint16_t bytes;  // bit i: input i is uint8
  uint16_t outBytes;
  // Bit i: input i is still read after output o was written; if both lie in one place, the output's tile waits in a slot.
  uint16_t readLater[maxElementwiseOutputs];
  uint8_t waitingSlot[maxElementwiseOutputs];
  ElementwiseStep step[maxElementwiseSteps];
};
static_assert(sizeof(ElementwiseProgram) <= sizeof(Plan::data));

// The attributes behind the four counts.
struct ElementwiseAttributes {
  int64_t dtype, rank, operations, constants;
  const int64_t *dims, *strides, *operation, *outputs;
  int constantsAt;

  const int64_t* stridesOf(int input) const { return strides + input * rank; }
};

inline ElementwiseAttributes elementwiseAttributes(const int64_t* values, int inputs) {
  ElementwiseAttributes a{values[0], values[1], values[2], values[3], values + 4, nullptr, nullptr, nullptr, 0};
  a.strides = a.dims + a.rank;
  a.constantsAt = static_cast<int>(4 + a.rank + inputs * a.rank);
  a.operation = values + a.constantsAt + a.constants;
  a.outputs = a.operation + 4 * a.operations;
  return a;
}

inline bool checkElementwiseCounts(Plan& p) {
  const int64_t* v = p.integers;
  if (!p.expect(p.attributes >= 4, "attributes")) return false;
  if (!p.expect(v[0] >= 0 && v[0] <= 2, "dtype")) return false;
  if (!p.expect(v[1] >= 0 && v[1] <= 64, "rank")) return false;
  if (!p.expect(v[2] >= 0 && v[2] <= 64, "operations: at most 64")) return false;
  if (!p.expect(v[3] >= 0 && v[3] <= maxElementwiseConstants, "constants: at most 40")) return false;
  if (!p.expect(p.outputs >= 1 && p.outputs <= maxElementwiseOutputs, "outputs: 1 to 8")) return false;
  const int64_t count = 4 + v[1] * (1 + p.inputs) + v[3] + 4 * v[2] + p.outputs;
  return p.expect(p.attributes == count, "attributes");
}

// Every operation's operands stand before it, every dtype fits, every stride stays inside of its input.
inline bool checkElementwise(Plan& p, const ElementwiseAttributes& a, int64_t* elements) {
  const DType dtype = static_cast<DType>(a.dtype);
  *elements = 1;
  for (int d = 0; d < a.rank; d++) *elements = checkedProduct(*elements, a.dims[d]);
  if (!p.expect(*elements >= 0, "dimensions")) return false;
  for (int i = 0; i < p.inputs + p.outputs; i++)
    if (!p.expect(p.operands[i].dtype == dtype || p.operands[i].dtype == DType::u8, "dtype", i)) return false;
  for (int o = 0; o < p.outputs; o++)
    if (!p.expect(p.out(o).elements == *elements, "elements", p.inputs + o)) return false;
  for (int i = 0; i<p.inputs&& * elements> 0; i++) {
    int64_t last = 0;
    for (int d = 0; d < a.rank; d++) {
      const int64_t reach = checkedProduct(a.dims[d] - 1, a.stridesOf(i)[d]);
      if (!p.expect(reach >= 0 && !__builtin_add_overflow(last, reach, &last), "strides", i)) return false;
    }
    if (!p.expect(last < p.in(i).elements, "strides", i)) return false;
  }
  const int64_t first = p.inputs + a.constants;
  for (int k = 0; k < a.operations; k++) {
    const int64_t* op = a.operation + 4 * k;
    if (!p.expect(op[0] >= 0 && op[0] < elementwiseOperationCount, "operation")) return false;
    if (!p.expect(dtype != DType::i32 || elementwiseOperations[op[0]].integer, "int32 lacks this operation")) return false;
    for (int j = 1; j <= elementwiseOperations[op[0]].arity; j++)
      if (!p.expect(op[j] >= 0 && op[j] < first + k, "register")) return false;
  }
  for (int o = 0; o < p.outputs; o++)
    if (!p.expect(a.outputs[o] >= 0 && a.outputs[o] < first + a.operations, "register", p.inputs + o)) return false;
  return true;
}

// Joins dimensions d and d + 1 where stride[d] = stride[d + 1]·dims[d + 1] for every input; drops those of one element.
inline bool joinDimensions(Plan& p, const ElementwiseAttributes& a, ElementwiseProgram& program) {
  int64_t dims[64];
  uint8_t dimension[64];
  int rank = 0;
  for (int d = 0; d < a.rank; d++) {
    if (a.dims[d] == 1) continue;
    bool joined = rank > 0;
    for (int i = 0; i < p.inputs && joined; i++) joined = a.stridesOf(i)[dimension[rank - 1]] == a.stridesOf(i)[d] * a.dims[d];
    if (!joined) dims[rank++] = 1;
    dims[rank - 1] *= a.dims[d];
    dimension[rank - 1] = static_cast<uint8_t>(d);
  }
  if (!p.expect(rank <= maxElementwiseRank, "rank: at most 8 that cannot be joined")) return false;
  for (int d = 0; d < rank; d++) program.dims[d] = dims[d], program.dimension[d] = dimension[d];
  program.rank = static_cast<uint8_t>(rank);
  return true;
}

inline Access accessOf(const ElementwiseProgram& program, const int64_t* strides, bool isByte) {
  bool scalar = true, flat = true;
  int64_t inner = 1;
  for (int d = program.rank - 1; d >= 0; d--) {
    const int64_t stride = strides[program.dimension[d]];
    scalar = scalar && stride == 0;
    flat = flat && stride == inner;
    inner *= program.dims[d];
  }
  if (scalar) return Access::scalar;
  if (isByte) return Access::gathered;
  if (flat) return Access::flat;
  const int64_t last = strides[program.dimension[program.rank - 1]];
  if (program.dims[program.rank - 1] < minRow || last > 1) return Access::gathered;
  return last == 1 ? Access::row : Access::rowScalar;
}

inline void chooseAccess(const Plan& p, const ElementwiseAttributes& a, ElementwiseProgram& program) {
  for (int i = 0; i < p.inputs; i++) {
    const bool isByte = p.in(i).dtype == DType::u8 && program.elements > 0;
    if (isByte) program.bytes |= static_cast<uint16_t>(1u << i);
    program.access[i] = accessOf(program, a.stridesOf(i), isByte);
    program.byRows = program.byRows || program.access[i] == Access::row || program.access[i] == Access::rowScalar;
  }
}

}  // namespace ravine::RAVINE_ISA
