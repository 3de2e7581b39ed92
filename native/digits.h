// Decimal digits, eight at a time in one 64-bit word: as many as there are, without a branch for each.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace ravine {

// number ← number·10ⁿ + the n digits at `at`, and count ← count + n, until another character, the end, or 16 digits in all.
// Returns what follows them.
inline const char* readDigits(const char* at, const char* end, uint64_t& number, int& count) {
  static constexpr uint64_t powers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
  while (std::endian::native == std::endian::little && end - at >= 8 && count <= 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);
    word ^= 0x3030303030303030;  // '0' … '9' become 0 … 9, everything else more
    const uint64_t others = (word | (word + 0x7676767676767676)) & 0x8080808080808080;
    const int digits = others == 0 ? 8 : std::countr_zero(others) / 8;
    if (digits == 0) return at;
    // The digits move to the end of the word, zeros before them; then pairs, fours and all eight are joined.
    word <<= 8 * (8 - digits);
    word = (word * 10 + (word >> 8)) & 0x00ff00ff00ff00ff;
    word = (word * 100 + (word >> 16)) & 0x0000ffff0000ffff;
    word = (word * 10'000 + (word >> 32)) & 0x00000000ffffffff;
    number = number * powers[digits] + word;
    count += digits;
    at += digits;
    if (digits < 8) return at;
  }
  for (; at < end && *at >= '0' && *at <= '9' && count < 16; at++, count++)
    number = number * 10 + static_cast<uint64_t>(*at - '0');
  return at;
}

}  // namespace ravine
