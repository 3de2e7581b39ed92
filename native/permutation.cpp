#include "permutation.h"

#include <cstddef>
#include <numeric>
#include <utility>

#include "philox.h"

namespace ravine {
namespace {

constexpr uint32_t domain = 0x73687566;  // "shuf"

class Words {
 public:
  Words(uint64_t seed, uint64_t epoch) : key_{low(seed), high(seed)}, epochLow_(low(epoch)), epochHigh_(high(epoch)) {}

  uint32_t next() {
    if (taken_ == 4) {
      words_ = philox4x32({block_++, epochLow_, epochHigh_, domain}, key_);
      taken_ = 0;
    }
    return words_[taken_++];
  }

  // 0 … bound − 1, each as likely as the others.
  uint32_t below(uint32_t bound) {
    for (;;) {
      const uint64_t product = uint64_t{next()} * bound;
      const uint32_t rest = low(product);
      if (rest >= bound || rest >= (uint64_t{1} << 32) % bound) return high(product);
    }
  }

 private:
  static uint32_t low(uint64_t x) { return static_cast<uint32_t>(x); }
  static uint32_t high(uint64_t x) { return static_cast<uint32_t>(x >> 32); }

  std::array<uint32_t, 2> key_;
  uint32_t epochLow_, epochHigh_, block_ = 0;
  std::array<uint32_t, 4> words_{};
  std::size_t taken_ = 4;
};

}  // namespace

void shuffle(std::vector<int32_t>& order, uint64_t seed, uint64_t epoch) {
  std::iota(order.begin(), order.end(), 0);
  Words words(seed, epoch);
  for (std::size_t i = order.size(); i-- > 1;) std::swap(order[i], order[words.below(static_cast<uint32_t>(i + 1))]);
}

}  // namespace ravine
