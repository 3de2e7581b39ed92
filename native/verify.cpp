#include "verify.h"

#include <cstring>

namespace ravine {
namespace {

// More chunks than this the executor does not count; no memory holds so many elements.
constexpr int64_t mostChunks = int64_t{1} << 40;

const char* nameOf(DType type) {
  static const char* const names[] = {"float32", "float64", "int32", "uint8"};
  return names[static_cast<int>(type)];
}

const Value& operandValue(const Program& program, const Instruction& instruction, int64_t operand) {
  return program.values[static_cast<size_t>(program.operands[instruction.firstOperand + static_cast<size_t>(operand)])];
}

bool overlap(const Value& a, const Value& b) {
  return a.slot == b.slot && a.offset < b.offset + b.bytes() && b.offset < a.offset + a.bytes();
}

bool same(const Value& a, const Value& b) { return a.slot == b.slot && a.offset == b.offset && a.bytes() == b.bytes(); }

// An output lies in a writable slot, apart from every other operand, or exactly over an input where the kernel allows it.
Refusal checkOutput(const Program& program, const Instruction& instruction, const Plan& plan, int64_t output) {
  const int64_t inputs = plan.inputs, operand = inputs + output;
  const Value& out = operandValue(program, instruction, operand);
  if (!program.slots[static_cast<size_t>(out.slot)].writable)
    return {"slot " + std::to_string(out.slot) + " is not writable", operand};
  for (int64_t i = 0; i < operand; i++) {
    const Value& other = operandValue(program, instruction, i);
    if (!overlap(out, other)) continue;
    if (i >= inputs) return {"overlaps " + operandName(i, inputs), operand};
    if (!same(out, other)) return {"overlaps " + operandName(i, inputs) + " in part", operand};
    if (!(plan.inPlace[output] >> i & 1))
      return {"lies over " + operandName(i, inputs) + ", which the kernel cannot do", operand};
  }
  return {};
}

Refusal refusalOf(const Program& program, const Instruction& instruction, const Plan& plan) {
  if (plan.faultOperand < 0 || plan.faultOperand >= plan.inputs + plan.outputs) return {plan.fault, -1};
  const Value& value = operandValue(program, instruction, plan.faultOperand);
  const std::string what = std::string(" (") + nameOf(value.dtype) + " × " + std::to_string(value.elements) + ")";
  return {plan.fault + what, plan.faultOperand};
}

}  // namespace

std::string operandName(int64_t operand, int64_t inputs) {
  return operand < inputs ? "input " + std::to_string(operand) : "output " + std::to_string(operand - inputs);
}

Refusal planInstruction(const Program& program, const Kernel& kernel, int64_t inputs, int64_t attributes,
                        Instruction& instruction) {
  std::vector<Operand> operands;
  for (size_t i = 0; i < instruction.operands; i++) {
    const Value& value = operandValue(program, instruction, static_cast<int64_t>(i));
    operands.push_back({value.dtype, value.elements});
  }
  Plan plan = {};
  plan.operands = operands.data();
  plan.inputs = static_cast<int>(inputs);
  plan.outputs = static_cast<int>(operands.size()) - plan.inputs;
  plan.integers = program.integers.data() + instruction.firstAttribute;
  plan.reals = program.reals.data() + instruction.firstAttribute;
  plan.attributes = static_cast<int>(attributes);
  kernel.plan(plan);
  if (plan.fault) return refusalOf(program, instruction, plan);
  if (!plan.run || plan.chunks < 0 || plan.chunks > mostChunks || plan.scratchBytes < 0 || plan.prepareChunks < 0 ||
      plan.prepareChunks > mostChunks || (plan.prepareChunks > 0 && !plan.prepare))
    return {"internal: the kernel's plan is incomplete or too large", -1};
  for (int64_t o = 0; o < plan.outputs; o++) {
    const Refusal refusal = checkOutput(program, instruction, plan, o);
    if (!refusal.why.empty()) return refusal;
  }
  instruction.prepare = plan.prepare;
  instruction.run = plan.run;
  instruction.finish = plan.finish;
  instruction.prepareChunks = plan.prepareChunks;
  instruction.chunks = plan.chunks;
  instruction.scratchBytes = plan.scratchBytes;
  std::memcpy(instruction.data, plan.data, sizeof(plan.data));
  return {};
}

}  // namespace ravine
