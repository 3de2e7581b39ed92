// Steps in order, and a place for each result by linear scan over the steps.
#pragma once

#include "elementwise_compile.h"

namespace ravine::RAVINE_ISA {

// Registers as the attributes number them: inputs, constants, results.
struct ElementwiseAllocator {
  static constexpr int maxRegisters = maxElementwiseInputs + maxElementwiseConstants + 64;
  struct Item {
    uint8_t code, result;  // result: register, or output for booleanStep and copyStep
    uint8_t operands, operand[3];
  };

  Plan& plan;
  const ElementwiseAttributes& a;
  ElementwiseProgram& program;
  int firstResult = plan.inputs + static_cast<int>(a.constants);
  Item item[maxElementwiseSteps] = {};
  int items = 0;
  bool needed[maxRegisters] = {};
  int lastRead[maxRegisters] = {};
  uint8_t place[maxRegisters] = {};
  bool slotTaken[maxTileSlots] = {};

  ElementwiseAllocator(Plan& p, const ElementwiseAttributes& attributes, ElementwiseProgram& result)
      : plan(p), a(attributes), program(result) {}

  bool isGathered(int reg) const { return reg < plan.inputs && program.access[reg] == Access::gathered; }

  // An output that an operation writes itself: its dtype is the arithmetic's, and no output before it has the same register.
  bool isDirect(int output) const {
    if (a.outputs[output] < firstResult || plan.out(output).dtype == DType::u8) return false;
    for (int o = 0; o < output; o++)
      if (a.outputs[o] == a.outputs[output] && plan.out(o).dtype != DType::u8) return false;
    return true;
  }

  void findNeeded() {
    for (int o = 0; o < plan.outputs; o++) needed[a.outputs[o]] = true;
    for (int k = static_cast<int>(a.operations) - 1; k >= 0; k--) {
      const int64_t* op = a.operation + 4 * k;
      if (!needed[firstResult + k]) continue;
      for (int j = 1; j <= elementwiseOperations[op[0]].arity; j++) needed[op[j]] = true;
    }
  }

  void append(uint8_t code, int result, int operands, const int64_t* operand) {
    Item next{code, static_cast<uint8_t>(result), static_cast<uint8_t>(operands), {}};
    for (int j = 0; j < operands; j++) {
      const int reg = static_cast<int>(operand[j]);
      next.operand[j] = static_cast<uint8_t>(reg);
      if (isGathered(reg) && lastRead[reg] < 0) {
        item[items] = {gatherStep, static_cast<uint8_t>(reg), 0, {}};
        lastRead[reg] = items++;
      }
    }
    for (int j = 0; j < operands; j++) lastRead[next.operand[j]] = items;
    item[items++] = next;
  }

  void listSteps() {
    for (int& last : lastRead) last = -1;
    for (int k = 0; k < a.operations; k++) {
      const int64_t* op = a.operation + 4 * k;
      if (!needed[firstResult + k]) continue;
      append(static_cast<uint8_t>(op[0]), firstResult + k, elementwiseOperations[op[0]].arity, op + 1);
    }
    for (int o = 0; o < plan.outputs; o++)
      if (!isDirect(o)) append(plan.out(o).dtype == DType::u8 ? booleanStep : copyStep, o, 1, a.outputs + o);
  }

  uint8_t takeSlot() {
    for (int s = 0; s < maxTileSlots; s++) {
      if (slotTaken[s]) continue;
      slotTaken[s] = true;
      if (program.slots <= s) program.slots = static_cast<uint8_t>(s + 1);
      return static_cast<uint8_t>(firstSlotPlace + s);
    }
    plan.refuse("too many values alive at once");
    return firstSlotPlace;
  }

  bool isOutputStep(const Item& it) const { return it.code == booleanStep || it.code == copyStep; }

  // A gathered input is read for the last time by its gather step: from then on the slot counts.
  int lastMemoryRead(int input) const {
    if (!isGathered(input)) return lastRead[input];
    for (int s = 0; s < items; s++)
      if (item[s].code == gatherStep && item[s].result == input) return s;
    return -1;
  }

  void reserveWaitingSlots() {
    for (int o = 0; o < plan.outputs; o++) {
      program.waitingSlot[o] = noPlace;
      int written = -1;
      for (int s = 0; s < items; s++) {
        const bool writes = isOutputStep(item[s]) ? item[s].result == o : isDirect(o) && item[s].result == a.outputs[o];
        if (writes && item[s].code != gatherStep) written = s;
      }
      for (int i = 0; i < plan.inputs; i++) {
        if (!(plan.inPlace[o] >> i & 1) || program.access[i] == Access::scalar || lastMemoryRead(i) <= written) continue;
        program.readLater[o] |= static_cast<uint16_t>(1u << i);
      }
      if (program.readLater[o] != 0) program.waitingSlot[o] = takeSlot();
    }
  }

  uint8_t placeOfResult(const Item& it) {
    if (isOutputStep(it)) return static_cast<uint8_t>(firstOutputPlace + it.result);
    for (int o = 0; o < plan.outputs && it.code != gatherStep; o++)
      if (isDirect(o) && a.outputs[o] == it.result) return static_cast<uint8_t>(firstOutputPlace + o);
    return takeSlot();
  }

  void assignPlaces() {
    for (int r = 0; r < firstResult; r++)
      place[r] = static_cast<uint8_t>(r < plan.inputs ? r : firstConstantPlace + r - plan.inputs);
    for (int s = 0; s < items; s++) {
      const Item& it = item[s];
      ElementwiseStep& step = program.step[s];
      step = {it.code, 0, 0, 0, 0};
      uint8_t* operand[3] = {&step.a, &step.b, &step.c};
      if (it.code == gatherStep) step.a = it.result;
      for (int j = 0; j < it.operands; j++) *operand[j] = place[it.operand[j]];
      // a slot read for the last time may take the result: every loop reads an element before it writes it
      for (int j = 0; j < it.operands; j++)
        if (place[it.operand[j]] >= firstSlotPlace && lastRead[it.operand[j]] == s)
          slotTaken[place[it.operand[j]] - firstSlotPlace] = false;
      step.out = placeOfResult(it);
      for (int j = it.operands; j < 3 && it.code != gatherStep; j++) *operand[j] = step.out;
      if (!isOutputStep(it)) place[it.result] = step.out;
    }
    program.steps = static_cast<uint8_t>(items);
  }

  void run() {
    findNeeded();
    listSteps();
    reserveWaitingSlots();
    assignPlaces();
  }
};

}  // namespace ravine::RAVINE_ISA
