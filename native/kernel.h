// What a kernel and the executor know of each other. Compiled once for every instruction set, so it names only plain types.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ravine {

enum class DType : uint8_t { f32 = 0, f64 = 1, i32 = 2, u8 = 3 };

constexpr int64_t bytesOf(DType type) { return type == DType::f64 ? 8 : type == DType::u8 ? 1 : 4; }

// One input or output of an instruction as the program declares it.
struct Operand {
  DType dtype;
  int64_t elements;
};

// The first fault that data caused in a run: the one with the smallest position, so that threads agree.
enum class Fault : int32_t { none = 0, label, index, nonFinite, domain, curvature, convergence };

// Raised from any thread while kernels run; kept by the executor, read after the run.
struct ErrorWord;
void raise(ErrorWord* word, Fault fault, int32_t instruction, int64_t position, double value);

// What a kernel gets when it runs. Pointers stand in the order inputs, outputs.
struct Call {
  void* const* pointers;
  const int64_t* integers;  // every attribute, truncated; INT64_MIN for what is no integer within ±2^53
  const double* reals;      // every attribute, as given
  void* scratch;            // scratchBytes of the plan, 64-byte aligned, uninitialised
  ErrorWord* error;
  int32_t instruction;
  const void* data;  // what the plan stored
};

using RunFn = void (*)(const Call&, int64_t begin, int64_t end);  // chunks [begin, end)
using FinishFn = void (*)(const Call&);                           // after every chunk, on one thread

// Made once when a program is loaded: a kernel checks its operands and says how its work is cut. Chunks depend on shapes only,
// never on the number of threads; a chunk writes what no other chunk writes.
struct Plan {
  const Operand* operands;  // inputs, then outputs
  int inputs;
  int outputs;
  const int64_t* integers;
  const double* reals;
  int attributes;

  RunFn prepare = nullptr;  // if set: chunks [0, prepareChunks) run, all of them, before `run` begins (they fill shared scratch)
  int64_t prepareChunks = 0;
  RunFn run = nullptr;
  FinishFn finish = nullptr;
  int64_t chunks = 1;
  int64_t scratchBytes = 0;
  uint32_t inPlace[8] = {};     // inPlace[o], bit i: output o may lie exactly over input i
  const char* fault = nullptr;  // why the operands were refused
  int faultOperand = -1;

  // Stores plain data that every call gets back (at most 768 bytes), for what is worked out once.
  alignas(16) unsigned char data[768] = {};

  const Operand& in(int i) const { return operands[i]; }
  const Operand& out(int i) const { return operands[inputs + i]; }
  bool refuse(const char* why, int operand = -1) {
    if (!fault) fault = why, faultOperand = operand;
    return false;
  }
  bool expect(bool condition, const char* why, int operand = -1) { return condition || refuse(why, operand); }
  // The operand (inputs first, then outputs) holds that many elements of that type.
  bool expect(int operand, DType dtype, int64_t elements) {
    return expect(operands[operand].dtype == dtype, "dtype", operand) &&
           expect(operands[operand].elements == elements, "elements", operand);
  }
};

using PlanFn = void (*)(Plan&);

// A row of an instruction set's kernel table; rows stand in the order of kernels.def.
struct Kernel {
  const char* name;
  int minInputs, maxInputs;
  int outputs;
  const char* attributes;  // names, separated by blanks; a last "..." takes any number more
  PlanFn plan;
};

struct KernelTable {
  const char* isa;
  const Kernel* kernels;
  int count;
};

}  // namespace ravine
