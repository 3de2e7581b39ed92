// Whether one instruction may run: what its kernel says about its operands, and where its outputs lie.
#pragma once

#include <string>

#include "program.h"

namespace ravine {

constexpr int64_t mostOutputs = sizeof(Plan::inPlace) / sizeof(uint32_t);

struct Refusal {
  std::string why;  // empty: none
  int64_t operand = -1;
};

// "input 1", "output 0"
std::string operandName(int64_t operand, int64_t inputs);

// The instruction's operands and attributes have been read; fills in what the kernel's plan decides.
Refusal planInstruction(const Program& program, const Kernel& kernel, int64_t inputs, int64_t attributes,
                        Instruction& instruction);

}  // namespace ravine
