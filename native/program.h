// A program: a list of kernel calls over values that lie in slots. Verified once, when it is loaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kernel.h"

namespace ravine {

struct Slot {
  int64_t bytes;
  bool writable;
};

struct Value {
  int64_t slot;
  int64_t offset;  // bytes from the slot's start
  DType dtype;
  int64_t elements;

  int64_t bytes() const { return elements * bytesOf(dtype); }
};

// What a kernel's plan decided, and where the instruction's operands and attributes stand in the program's lists.
struct Instruction {
  RunFn prepare;
  RunFn run;
  FinishFn finish;
  int64_t prepareChunks;
  int64_t chunks;
  int64_t scratchBytes;
  size_t firstOperand;  // in Program::operands
  size_t operands;
  size_t firstAttribute;  // in Program::integers and reals
  alignas(16) unsigned char data[sizeof(Plan::data)];
};

class Program {
 public:
  // Null when anything does not fit; `why` then says what, naming the instruction and the operand.
  static std::shared_ptr<const Program> load(const std::vector<double>& code, std::string& why);

  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  std::vector<Slot> slots;
  std::vector<int64_t> partEnds;  // part p is instructions [partEnds[p − 1], partEnds[p])
  std::vector<Value> values;
  std::vector<Instruction> instructions;
  std::vector<int32_t> operands;  // values, inputs then outputs, instruction after instruction
  std::vector<int64_t> integers;
  std::vector<double> reals;
  int64_t scratchBytes = 0;  // the most that any instruction needs

 private:
  Program();
};

}  // namespace ravine
