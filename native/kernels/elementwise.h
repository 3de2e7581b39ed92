// Chains of elementwise operations, tile by tile through L1, each operation a vector loop over a tile.
#pragma once

#include "elementwise_allocate.h"

namespace ravine::RAVINE_ISA {

// A position in the output, as coordinates of the joined dimensions, and the offset of an input's element there.
inline int64_t inputOffset(const ElementwiseProgram& program, const int64_t* strides, int64_t position, int64_t* coordinate) {
  int64_t offset = 0;
  for (int d = program.rank - 1; d >= 0; d--) {
    const int64_t outer = position / program.dims[d];
    coordinate[d] = position - outer * program.dims[d];
    offset += coordinate[d] * strides[program.dimension[d]];
    position = outer;
  }
  return offset;
}

template <class T, class S>
inline void gatherRun(T* out, const S* in, int64_t stride, int64_t n) {
  if (stride == 1) {
    for (int64_t i = 0; i < n; i++) out[i] = static_cast<T>(in[i]);
  } else if (stride == 0) {
    const T value = static_cast<T>(*in);
    for (int64_t i = 0; i < n; i++) out[i] = value;
  } else {
    for (int64_t i = 0; i < n; i++) out[i] = static_cast<T>(in[i * stride]);
  }
}

// out[n] = the input's elements under output positions [position, position + n), innermost run by innermost run.
template <class T, class S>
void gatherTile(const ElementwiseProgram& program, const int64_t* strides, const S* in, int64_t position, int64_t n, T* out) {
  int64_t coordinate[maxElementwiseRank];
  const int last = program.rank - 1;
  const int64_t innerStride = strides[program.dimension[last]];
  int64_t offset = inputOffset(program, strides, position, coordinate);
  for (int64_t done = 0; done < n;) {
    const int64_t left = program.dims[last] - coordinate[last], run = left < n - done ? left : n - done;
    gatherRun(out + done, in + offset, innerStride, run);
    done += run;
    offset += run * innerStride;
    coordinate[last] += run;
    for (int d = last; d > 0 && coordinate[d] == program.dims[d]; d--) {
      offset += strides[program.dimension[d - 1]] - program.dims[d] * strides[program.dimension[d]];
      coordinate[d] = 0;
      coordinate[d - 1]++;
    }
  }
}

template <class T>
void storeBooleans(uint8_t* out, Source<T> a, int64_t n) {
  using V = Vec<T>;
  int64_t i = 0;
  for (; i + V::lanes <= n; i += V::lanes) maskToOnes<T>(ne(V::load(a.p + i * a.step), V::zero())).storeU8(out + i);
  if (const int rest = static_cast<int>(n - i); rest > 0)
    maskToOnes<T>(ne(V::loadPartial(a.p + i * a.step, rest), V::zero())).storeU8Partial(out + i, rest);
}

struct identityOp {
  template <class T>
  static Vec<T> apply(Vec<T> a) {
    return a;
  }
};

// One call's places and buffers.
template <class T>
struct ElementwiseRun {
  static constexpr int repeated = 16;  // elements of a repeated value: the widest vector
  const Call& call;
  const ElementwiseProgram& program;
  const ElementwiseAttributes attributes = elementwiseAttributes(call.integers, program.inputs);
  bool waits[maxElementwiseOutputs];
  Source<T> place[places];
  alignas(64) T values[(maxElementwiseInputs + maxElementwiseConstants) * repeated];
  alignas(64) T slots[tileBytes / sizeof(T)];

  ElementwiseRun(const Call& c, const ElementwiseProgram& p) : call(c), program(p) {}

  Source<T> repeat(int index, T value) {
    T* at = values + index * repeated;
    for (int i = 0; i < repeated; i++) at[i] = value;
    return {at, 0};
  }

  T first(int input) const {
    const void* p = call.pointers[input];
    return program.bytes >> input & 1 ? static_cast<T>(*static_cast<const uint8_t*>(p)) : *static_cast<const T*>(p);
  }

  void begin() {
    for (int i = 0; i < program.inputs; i++)
      if (program.access[i] == Access::scalar) place[i] = repeat(i, first(i));
    for (int k = 0; k < program.constants; k++)
      place[firstConstantPlace + k] = repeat(maxElementwiseInputs + k, static_cast<T>(call.reals[attributes.constantsAt + k]));
    for (int s = 0; s < program.slots; s++) place[firstSlotPlace + s] = {slots + s * program.tile, 1};
    for (int o = 0; o < program.outputs; o++) {
      waits[o] = false;
      for (int i = 0; program.readLater[o] >> i != 0; i++)
        if (program.readLater[o] >> i & 1 && call.pointers[i] == call.pointers[program.inputs + o]) waits[o] = true;
    }
  }

  void* outputAt(int output, int64_t position) const {
    const int64_t size = program.outBytes >> output & 1 ? 1 : sizeof(T);
    return static_cast<unsigned char*>(call.pointers[program.inputs + output]) + position * size;
  }

  void locate(int64_t position) {
    int64_t coordinate[maxElementwiseRank];
    for (int i = 0; i < program.inputs; i++) {
      const T* in = static_cast<const T*>(call.pointers[i]);
      if (program.access[i] == Access::flat) {
        place[i] = {in + position, 1};
      } else if (program.access[i] == Access::row) {
        place[i] = {in + inputOffset(program, attributes.stridesOf(i), position, coordinate), 1};
      } else if (program.access[i] == Access::rowScalar) {
        place[i] = repeat(i, in[inputOffset(program, attributes.stridesOf(i), position, coordinate)]);
      }
    }
    for (int o = 0; o < program.outputs; o++)
      place[firstOutputPlace + o] =
          waits[o] ? place[program.waitingSlot[o]] : Source<T>{static_cast<const T*>(outputAt(o, position)), 1};
  }

  void gather(int input, int64_t position, int64_t n, T* out) {
    const int64_t* strides = attributes.stridesOf(input);
    if (program.bytes >> input & 1)
      gatherTile(program, strides, static_cast<const uint8_t*>(call.pointers[input]), position, n, out);
    else
      gatherTile(program, strides, static_cast<const T*>(call.pointers[input]), position, n, out);
  }

  void tile(int64_t position, int64_t n) {
    locate(position);
    for (int s = 0; s < program.steps; s++) {
      const ElementwiseStep& step = program.step[s];
      T* out = const_cast<T*>(place[step.out].p);
      if (step.code < elementwiseOperationCount)
        tileFns<T>[step.code](out, place[step.a], place[step.b], place[step.c], n);
      else if (step.code == gatherStep)
        gather(step.a, position, n, out);
      else if (step.code == booleanStep)
        storeBooleans(reinterpret_cast<uint8_t*>(out), place[step.a], n);
      else
        unaryTile<identityOp, T>(out, place[step.a], {}, {}, n);
    }
    for (int o = 0; o < program.outputs; o++)
      if (waits[o]) __builtin_memcpy(outputAt(o, position), place[program.waitingSlot[o]].p, outputBytes(o, n));
  }

  size_t outputBytes(int output, int64_t n) const {
    return static_cast<size_t>(n) * (program.outBytes >> output & 1 ? 1 : sizeof(T));
  }
};

template <class T>
void run_elementwise(const Call& call, int64_t begin, int64_t end) {
  const ElementwiseProgram& program = *static_cast<const ElementwiseProgram*>(call.data);
  const Range range = chunkRange(begin, end, program.elements, program.perChunk);
  if (range.begin == range.end) return;
  ElementwiseRun<T> run(call, program);
  run.begin();
  const int64_t row = program.byRows ? program.dims[program.rank - 1] : program.elements;
  for (int64_t position = range.begin, left = row - range.begin % row; position < range.end;) {
    int64_t n = left < program.tile ? left : program.tile;
    if (n > range.end - position) n = range.end - position;
    run.tile(position, n);
    position += n;
    left = left > n ? left - n : row;
  }
}

// Outputs may take the memory of an input of the same dtype that is read element for element.
inline void allowInPlace(Plan& p, const ElementwiseAttributes& a, const ElementwiseProgram& program) {
  for (int i = 0; i < p.inputs; i++) {
    bool flat = p.in(i).elements == program.elements;
    int64_t inner = 1;
    for (int d = program.rank - 1; d >= 0; d--) {
      flat = flat && a.stridesOf(i)[program.dimension[d]] == inner;
      inner *= program.dims[d];
    }
    for (int o = 0; o < p.outputs; o++)
      if (flat && p.in(i).dtype == p.out(o).dtype) p.inPlace[o] |= 1u << i;
  }
}

// A chunk is worth some 130,000 additions or loads: 8 to 20 µs.
inline void cutElementwise(const Plan& p, const ElementwiseAttributes& a, ElementwiseProgram& program) {
  int64_t cost = p.inputs + p.outputs;
  for (int k = 0; k < a.operations; k++) cost += elementwiseOperations[a.operation[4 * k]].cost;
  const int64_t wanted = 131072 / cost / 1024 * 1024;
  program.perChunk = wanted < 4096 ? 4096 : wanted > 32768 ? 32768 : wanted;
  const int64_t size = bytesOf(static_cast<DType>(a.dtype));
  const int64_t fits = program.slots == 0 ? program.perChunk : tileBytes / size / program.slots / 64 * 64;
  program.tile = program.slots > 0 && fits > 1024 ? 1024 : fits;
}

inline void plan_elementwise(Plan& p) {
  ElementwiseProgram& program = *reinterpret_cast<ElementwiseProgram*>(p.data);
  program = {};
  if (!checkElementwiseCounts(p)) return;
  const ElementwiseAttributes a = elementwiseAttributes(p.integers, p.inputs);
  if (!checkElementwise(p, a, &program.elements)) return;
  p.run = a.dtype == 0 ? run_elementwise<float> : a.dtype == 1 ? run_elementwise<double> : run_elementwise<int32_t>;
  if (program.elements == 0 || !joinDimensions(p, a, program)) return;
  program.inputs = static_cast<uint8_t>(p.inputs);
  program.outputs = static_cast<uint8_t>(p.outputs);
  program.constants = static_cast<uint8_t>(a.constants);
  chooseAccess(p, a, program);
  allowInPlace(p, a, program);
  for (int o = 0; o < p.outputs; o++)
    if (p.out(o).dtype == DType::u8) program.outBytes |= static_cast<uint16_t>(1u << o);
  ElementwiseAllocator(p, a, program).run();
  cutElementwise(p, a, program);
  p.chunks = chunkCount(program.elements, program.perChunk);
}

}  // namespace ravine::RAVINE_ISA
