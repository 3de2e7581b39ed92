// The order of the samples in an epoch.
#pragma once

#include <cstdint>
#include <vector>

namespace ravine {

// Fisher–Yates from 0 … n − 1: for i = n − 1 … 1 swaps places i and j, 0 ≤ j ≤ i without bias. The random words are
// Philox4x32-10's with the seed as key and the counter (block, epoch low, epoch high, "shuf"), a block's four words in order. A
// word w gives j = ⌊w·(i + 1) / 2³²⌋, unless the product's low half is below 2³² mod (i + 1): then the next word is taken.
void shuffle(std::vector<int32_t>& order, uint64_t seed, uint64_t epoch);

}  // namespace ravine
