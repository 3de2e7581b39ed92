#include "program.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "code_reader.h"
#include "counters.h"
#include "cpu.h"
#include "verify.h"

namespace ravine {
namespace {

constexpr int64_t codeVersion = 1;
constexpr int64_t slotNumbers = 2, partNumbers = 1, valueNumbers = 4, instructionNumbers = 4;

// Attributes that are not integers within ±2^53 read as this one, which no size or count can be.
constexpr int64_t noInteger = std::numeric_limits<int64_t>::min();

int64_t truncated(double x) { return x >= -largestInteger && x <= largestInteger ? static_cast<int64_t>(x) : noInteger; }

bool takesAttributes(const Kernel& kernel, int64_t given) {
  const std::string_view names = kernel.attributes;
  int64_t named = names.empty() ? 0 : 1;
  for (const char c : names) named += c == ' ';
  const bool more = names.size() >= 3 && names.substr(names.size() - 3) == "...";
  return more ? given >= named - 1 : given == named;
}

struct Counts {
  int64_t values, instructions, parts, slots;
};

Counts readCounts(CodeReader& in) {
  in.integer("version", codeVersion, codeVersion);
  const int64_t values = in.count("values", valueNumbers), instructions = in.count("instructions", instructionNumbers);
  const int64_t parts = in.count("parts", partNumbers, 1), slots = in.count("slots", slotNumbers);
  return {values, instructions, parts, slots};
}

void readSlots(CodeReader& in, Program& program, const Counts& counts) {
  for (int64_t i = 0; i < counts.slots && !in.failed(); i++) {
    const int64_t bytes = in.integer("bytes of a slot", 0);
    program.slots.push_back({bytes, in.integer("writable of a slot", 0, 1) == 1});
  }
}

void readParts(CodeReader& in, Program& program, const Counts& counts) {
  int64_t end = 0;
  for (int64_t i = 0; i < counts.parts && !in.failed(); i++) {
    const bool last = i + 1 == counts.parts;
    end = in.integer("end of a part", last ? counts.instructions : end, counts.instructions);
    program.partEnds.push_back(end);
  }
}

void readValues(CodeReader& in, Program& program, const Counts& counts) {
  for (int64_t i = 0; i < counts.values && !in.failed(); i++) {
    in.at("value " + std::to_string(i));
    const int64_t slot = in.integer("slot of a value", 0, counts.slots - 1);
    const int64_t offset = in.integer("offset of a value", 0);
    const auto dtype = static_cast<DType>(in.integer("dtype of a value", 0, 3));
    const Value value = {slot, offset, dtype, in.integer("elements of a value", 0)};
    if (in.failed()) return;
    if (offset % bytesOf(dtype) != 0) return in.fail("the offset is not a multiple of its element's size");
    const int64_t slotBytes = program.slots[static_cast<size_t>(slot)].bytes;
    if (offset > slotBytes || value.bytes() > slotBytes - offset) {
      return in.fail("bytes " + std::to_string(offset) + " to " + std::to_string(offset + value.bytes()) +
                     " lie outside of slot " + std::to_string(slot) + ", which has " + std::to_string(slotBytes));
    }
    program.values.push_back(value);
  }
}

struct Header {
  const Kernel* kernel;
  int64_t inputs, outputs, attributes;
};

Header readHeader(CodeReader& in) {
  const KernelTable& table = kernelTable();
  const Kernel& kernel = table.kernels[in.integer("kernel", 0, table.count - 1)];
  if (!in.failed()) in.at(in.place() + " (" + kernel.name + ")");
  const int64_t inputs = in.integer("inputs", kernel.minInputs, kernel.maxInputs);
  const int64_t outputs =
      in.integer("outputs", kernel.outputs < 0 ? 0 : kernel.outputs, kernel.outputs < 0 ? mostOutputs : kernel.outputs);
  const int64_t attributes = in.integer("attributes", 0);
  if (in.failed()) return {&kernel, 0, 0, 0};
  if (!takesAttributes(kernel, attributes))
    in.fail("attributes: expected \"" + std::string(kernel.attributes) + "\", got " + std::to_string(attributes) + " numbers");
  else if (inputs + outputs + attributes > in.left())
    in.fail("the code ends inside of it");
  return {&kernel, inputs, outputs, attributes};
}

void readOperands(CodeReader& in, Program& program, const Header& header, const std::string& name, int64_t values) {
  for (int64_t i = 0; i < header.inputs + header.outputs && !in.failed(); i++) {
    in.at(name + ", " + operandName(i, header.inputs));
    program.operands.push_back(static_cast<int32_t>(in.integer("value", 0, values - 1)));
  }
}

void readAttributes(CodeReader& in, Program& program, const Header& header) {
  for (int64_t i = 0; i < header.attributes && !in.failed(); i++) {
    program.reals.push_back(in.real("an attribute"));
    program.integers.push_back(truncated(program.reals.back()));
  }
}

void readInstruction(CodeReader& in, Program& program, int64_t values, int64_t index) {
  const std::string place = "instruction " + std::to_string(index);
  in.at(place);
  const Header header = readHeader(in);
  if (in.failed()) return;
  const std::string name = place + " (" + header.kernel->name + ")";
  Instruction instruction = {};
  instruction.firstOperand = program.operands.size();
  instruction.operands = static_cast<size_t>(header.inputs + header.outputs);
  instruction.firstAttribute = program.integers.size();
  readOperands(in, program, header, name, values);
  in.at(name);
  readAttributes(in, program, header);
  if (in.failed()) return;
  const Refusal refusal = planInstruction(program, *header.kernel, header.inputs, header.attributes, instruction);
  if (refusal.operand >= 0) in.at(name + ", " + operandName(refusal.operand, header.inputs));
  if (!refusal.why.empty()) return in.fail(refusal.why);
  program.scratchBytes = std::max(program.scratchBytes, instruction.scratchBytes);
  program.instructions.push_back(instruction);
}

}  // namespace

Program::Program() { counters().livePrograms.fetch_add(1); }
Program::~Program() { counters().livePrograms.fetch_sub(1); }

std::shared_ptr<const Program> Program::load(const std::vector<double>& code, std::string& why) {
  CodeReader in(code);
  const std::shared_ptr<Program> program(new Program);
  const Counts counts = readCounts(in);
  readSlots(in, *program, counts);
  readParts(in, *program, counts);
  readValues(in, *program, counts);
  for (int64_t i = 0; i < counts.instructions && !in.failed(); i++) readInstruction(in, *program, counts.values, i);
  in.at("");
  if (!in.failed() && in.left() > 0) in.fail(std::to_string(in.left()) + " numbers follow the last instruction");
  why = in.why();
  return in.failed() ? nullptr : program;
}

}  // namespace ravine
