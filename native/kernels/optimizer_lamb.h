// LAMB's step: two passes, since each segment's length of step depends on all of it. Chunks lie within segments.
#pragma once

#include "optimizer.h"

namespace ravine::RAVINE_ISA {

constexpr int64_t mostSegmentChunks = 1024;  // each adds up the partial sums of its segment
constexpr int lambAttributes = descentAttributes + 4;

struct LambChunk {
  int64_t begin, end;    // elements
  int64_t first, count;  // chunks of its segment
};

inline int64_t lambChunkElements(int64_t segment) {
  const int64_t fewest = (segment / mostSegmentChunks + 64) / 64 * 64;
  return fewest > parametersPerChunk ? fewest : parametersPerChunk;
}

inline int64_t lambChunks(int64_t segment) { return segment == 0 ? 0 : chunkCount(segment, lambChunkElements(segment)); }

inline LambChunk lambChunk(const int64_t* segments, int64_t chunk) {
  int64_t begin = 0, first = 0;
  for (; chunk >= first + lambChunks(*segments); segments++) {
    begin += *segments;
    first += lambChunks(*segments);
  }
  const Range within = chunkRange(chunk - first, chunk - first + 1, *segments, lambChunkElements(*segments));
  return {begin + within.begin, begin + within.end, first, lambChunks(*segments)};
}

// d = m·(1/c1)/(√(v·(1/c2)) + ε) + λw
template <class T>
struct LambDirection {
  using V = Vec<T>;
  V correction1, correction2, epsilon, lambda;
  bool decays;
  explicit LambDirection(StepNumbers<T, 2> n)
      : correction1(V::broadcast(T(1) / n.given(1))),
        correction2(V::broadcast(T(1) / n.given(2))),
        epsilon(n.number(2)),
        lambda(n.number(3)),
        decays(n.real(3) != 0) {}
  V operator()(V w, V m, V v) const {
    const V d = m * correction1 / (sqrt(v * correction2) + epsilon);
    return decays ? d + w * lambda : d;
  }
};

// The first pass: m ← β1·m + (1 − β1)·g; v ← β2·v + (1 − β2)·g²; Σ w² and Σ d² of each chunk to scratch.
template <class T>
void prepare_lamb(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const StepNumbers<T, 2> numbers{call};
  const LambDirection<T> direction(numbers);
  const Decay<T> first = numbers.decay(0), second = numbers.decay(1);
  const bool uphill = call.integers[0] != 0;
  const T* in[4];
  for (int i = 0; i < 4; i++) in[i] = static_cast<const T*>(call.pointers[i]);
  T *nextM = static_cast<T*>(call.pointers[8]), *nextV = static_cast<T*>(call.pointers[9]);
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const LambChunk c = lambChunk(call.integers + lambAttributes, chunk);
    Lanes16<T> ofW = Lanes16<T>::zero(), ofD = ofW;
    for (int64_t i = c.begin; i < c.end; i += 16) {
      const int64_t left = c.end - i;
      for (int p = 0; p < Lanes16<T>::parts; p++) {
        const int count = Lanes16<T>::inPart(p, left < 16 ? static_cast<int>(left) : 16);
        const Stretch<T> s{i + p * V::lanes, count};
        if (count == 0) break;
        const V w = s.load(in[0]), g0 = s.load(in[1]), g = uphill ? -g0 : g0;
        const V m = first.mean(s.load(in[2]), g), v = second.square(s.load(in[3]), g), d = direction(w, m, v);
        s.store(nextM, m);
        s.store(nextV, v);
        ofW.part[p] = ofW.part[p] + w * w;
        ofD.part[p] = ofD.part[p] + d * d;
      }
    }
    double* sums = static_cast<double*>(call.scratch) + 2 * chunk;
    sums[0] = static_cast<double>(ofW.sum()), sums[1] = static_cast<double>(ofD.sum());
  }
}

// ‖w‖/‖d‖ of the chunk's segment; 1 where either is 0.
template <class T>
T lambTrust(const double* sums, const LambChunk& c) {
  double total[2] = {0, 0};
  for (int64_t i = c.first; i < c.first + c.count; i++)
    for (int k = 0; k < 2; k++) total[k] += sums[2 * i + k];
  const auto root = [](double x) { return firstLane(sqrt(Vec<T>::broadcast(static_cast<T>(x)))); };
  const T ofW = root(total[0]), ofD = root(total[1]);
  return ofW > 0 && ofD > 0 ? ofW / ofD : T(1);
}

// The second: w ← w − α·(trust·d), with d once more from the new m and v.
template <class T>
void run_lamb(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const StepNumbers<T, 2> numbers{call};
  const LambDirection<T> direction(numbers);
  const V rate = numbers.scalar(0);
  auto* w = static_cast<const T*>(call.pointers[0]);
  T* nextW = static_cast<T*>(call.pointers[7]);
  auto *m = static_cast<const T*>(call.pointers[8]), *v = static_cast<const T*>(call.pointers[9]);
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const LambChunk c = lambChunk(call.integers + lambAttributes, chunk);
    const V trust = V::broadcast(lambTrust<T>(static_cast<const double*>(call.scratch), c));
    forEachStretch<T>(Range{c.begin, c.end}, [=](Stretch<T> s) {
      const V old = s.load(w);
      s.store(nextW, old - rate * (trust * direction(old, s.load(m), s.load(v))));
    });
  }
}

inline void plan_lamb_step(Plan& p) {
  if (!checkStep(p, 2, 3)) return;
  int64_t elements = 0, chunks = 0;
  for (int i = lambAttributes; i < p.attributes; i++) {
    const int64_t segment = p.integers[i];
    if (!p.expect(segment >= 0 && segment <= p.in(0).elements - elements, "segments")) return;
    elements += segment;
    chunks += lambChunks(segment);
  }
  if (!p.expect(elements == p.in(0).elements, "segments")) return;
  const bool isFloat = p.in(0).dtype == DType::f32;
  p.prepare = isFloat ? prepare_lamb<float> : prepare_lamb<double>;
  p.run = isFloat ? run_lamb<float> : run_lamb<double>;
  p.prepareChunks = p.chunks = chunks;
  p.scratchBytes = chunks * 2 * static_cast<int64_t>(sizeof(double));
}

}  // namespace ravine::RAVINE_ISA
