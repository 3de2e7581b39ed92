// Binding a program: sizes and aliases are checked, pointers resolved, scratch memory taken.

#include <algorithm>

#include "executor.h"

namespace ravine {
namespace {

constexpr int64_t widestElement = 8;

// Two slots, one of them written, must not share memory: the program was verified as if slots lay apart.
bool collide(const Slot& a, const std::byte* startA, const Slot& b, const std::byte* startB) {
  return (a.writable || b.writable) && a.bytes > 0 && b.bytes > 0 && startA < startB + b.bytes && startB < startA + a.bytes;
}

std::string checkSlots(const Program& program, const std::vector<std::shared_ptr<Buffer>>& buffers,
                       const std::vector<int64_t>& byteOffsets) {
  for (size_t i = 0; i < program.slots.size(); i++) {
    const int64_t needed = program.slots[i].bytes, there = buffers[i]->bytes(), offset = byteOffsets[i];
    const std::string name = "slot " + std::to_string(i);
    if (offset % widestElement != 0) return name + ": its byte offset " + std::to_string(offset) + " is not a multiple of 8";
    if (offset > there || needed > there - offset)
      return name + " needs " + std::to_string(needed) + " bytes from byte " + std::to_string(offset) + ", its buffer has " +
             std::to_string(there);
    for (size_t j = 0; j < i; j++) {
      if (collide(program.slots[i], buffers[i]->data() + offset, program.slots[j], buffers[j]->data() + byteOffsets[j]))
        return name + " shares memory with slot " + std::to_string(j) + ", and one of them is written";
    }
  }
  return "";
}

}  // namespace

std::shared_ptr<Binding> Binding::create(std::shared_ptr<const Program> program, std::vector<std::shared_ptr<Buffer>> buffers,
                                         const std::vector<int64_t>& byteOffsets, std::string& why) {
  why = checkSlots(*program, buffers, byteOffsets);
  if (!why.empty()) return nullptr;
  std::shared_ptr<Binding> binding(new Binding);
  if (program->scratchBytes > 0) {
    binding->scratch_ = Buffer::create(program->scratchBytes);
    if (!binding->scratch_) return nullptr;
  }
  for (size_t i = 0; i < buffers.size(); i++) binding->slots_.push_back(buffers[i]->data() + byteOffsets[i]);
  binding->program_ = std::move(program);
  binding->buffers_ = std::move(buffers);
  binding->makeCalls();
  return binding;
}

void Binding::makeCalls() {
  const Program& program = *program_;
  void* const scratch = scratch_ ? scratch_->data() : nullptr;
  firstShared_ = program.instructions.size();
  for (const int32_t operand : program.operands) {
    const Value& value = program.values[static_cast<size_t>(operand)];
    pointers_.push_back(static_cast<std::byte*>(slots_[static_cast<size_t>(value.slot)]) + value.offset);
  }
  for (size_t i = 0; i < program.instructions.size(); i++) {
    const Instruction& instruction = program.instructions[i];
    if (instruction.chunks > 1 || instruction.prepareChunks > 1) firstShared_ = std::min(firstShared_, i);
    calls_.push_back({pointers_.data() + instruction.firstOperand, program.integers.data() + instruction.firstAttribute,
                      program.reals.data() + instruction.firstAttribute, scratch, &error_, static_cast<int32_t>(i),
                      instruction.data});
  }
}

}  // namespace ravine
