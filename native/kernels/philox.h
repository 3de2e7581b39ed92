// Random words from a counter: Philox4x32-10 (Salmon et al. 2011), 16 counters side by side.
#pragma once

#include "common.h"

namespace ravine::RAVINE_ISA {

// Four words from one counter and key, all rounds in vectors.
struct PhiloxLanes {
  Vec<int32_t> c0, c1, c2, c3;
};

inline PhiloxLanes philox(PhiloxLanes c, uint32_t key0, uint32_t key1) {
  using I = Vec<int32_t>;
  const auto all = [](uint32_t x) { return I::broadcast(static_cast<int32_t>(x)); };
  const I first = all(0xD2511F53), second = all(0xCD9E8D57);
#pragma GCC unroll 10
  for (int round = 0; round < 10; round++) {
    c = {mulHigh(c.c2, second) ^ c.c1 ^ all(key0), c.c2 * second, mulHigh(c.c0, first) ^ c.c3 ^ all(key1), c.c0 * first};
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  return c;
}

// What is random about a stream at a step: the words of its counters' upper half, and its key.
struct RandomStream {
  uint32_t key0, key1, upper0, upper1;
};

inline RandomStream randomStream(uint64_t seed, uint64_t stream, uint64_t step) {
  const auto low = [](uint64_t x) { return Vec<int32_t>::broadcast(static_cast<int32_t>(x)); };
  const auto high = [&](uint64_t x) { return low(x >> 32); };
  const PhiloxLanes c =
      philox({low(stream), high(stream), low(step), high(step)}, static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
  const auto word = [](Vec<int32_t> v) {
    int32_t lanes[Vec<int32_t>::lanes];
    v.store(lanes);
    return static_cast<uint32_t>(lanes[0]);
  };
  return {word(c.c0), word(c.c1), word(c.c2), word(c.c3)};
}

constexpr int groupWords = 64;

// Words of a group: word 16 j + i is the j-th of the counter 16 group + i, so that no vector has to be transposed.
inline void randomGroup(const RandomStream& s, uint64_t group, int32_t* words) {
  using I = Vec<int32_t>;
  const uint64_t counter = group * 16;
  const I high = I::broadcast(static_cast<int32_t>(counter >> 32));
  for (int i = 0; i < 16; i += I::lanes) {
    const I low = I::broadcast(static_cast<int32_t>(static_cast<uint32_t>(counter) + static_cast<uint32_t>(i))) + I::iota();
    const PhiloxLanes c = philox(
        {low, high, I::broadcast(static_cast<int32_t>(s.upper0)), I::broadcast(static_cast<int32_t>(s.upper1))}, s.key0, s.key1);
    c.c0.store(words + i);
    c.c1.store(words + 16 + i);
    c.c2.store(words + 32 + i);
    c.c3.store(words + 48 + i);
  }
}

// A whole number from two attributes or two words of data, the low one first.
inline uint64_t joinWords(int64_t low, int64_t high) {
  return static_cast<uint64_t>(static_cast<uint32_t>(low)) | static_cast<uint64_t>(static_cast<uint32_t>(high)) << 32;
}

}  // namespace ravine::RAVINE_ISA
