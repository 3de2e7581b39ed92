// Reduction of large angles by Payne and Hanek: of x·2/pi only the bits around the point are worked out.
#pragma once

#include "real.h"

namespace ravine::RAVINE_ISA {

// x = quadrant pi/2 + r + tail
struct LargeAngle {
  double r, tail;
  int quadrant;
};

// 2/pi as a binary fraction, after 64 zero bits.
constexpr uint64_t twoOverPi[] = {0,
                                  0xa2f9836e4e441529,
                                  0xfc2757d1f534ddc0,
                                  0xdb6295993c439041,
                                  0xfe5163abdebbc561,
                                  0xb7246e3a424dd2e0,
                                  0x06492eea09d1921c,
                                  0xfe1deb1cb129a73e,
                                  0xe88235f52ebb4484,
                                  0xe99c7026b45f7e41,
                                  0x3991d639835339f4,
                                  0x9c845f8bbdf9283b,
                                  0x1ff897ffde05980f,
                                  0xef2f118b5a0a6d1f,
                                  0x6d367ecf27cb09b7,
                                  0x4f463f669e5fea2d,
                                  0x7527bac7ebe5f17b,
                                  0x3d0739f78a5292ea,
                                  0x6bfb5fb11f8d5d08,
                                  0x56033046fc7b6bab};

// 64 bits of 2/pi from the bit of weight 2^-first on; first > -64.
inline uint64_t twoOverPiBits(int first) {
  const int place = first + 63, word = place / 64, shift = place % 64;
  return shift == 0 ? twoOverPi[word] : twoOverPi[word] << shift | twoOverPi[word + 1] >> (64 - shift);
}

// For finite |x| >= 2^16. With x = M 2^e the bits of 2/pi above 2^(1-e) only add multiples of 4 quadrants; 192 bits from there on
// leave an error of 2^-137 quadrants, and no double is nearer than 2^-62 to a multiple of pi/2.
inline LargeAngle reduceLarge(double x) {
  using U128 = unsigned __int128;
  const uint64_t pattern = __builtin_bit_cast(uint64_t, x);
  const uint64_t m = (pattern & 0xfffffffffffff) | 0x10000000000000;
  const int first = static_cast<int>(pattern >> 52 & 0x7ff) - 1075 - 1;
  // (top, low) = M · window modulo 2^192, two bits before the point
  const U128 low = static_cast<U128>(m) * twoOverPiBits(first + 128);
  const U128 middle = static_cast<U128>(m) * twoOverPiBits(first + 64) + static_cast<uint64_t>(low >> 64);
  const uint64_t top = m * twoOverPiBits(first) + static_cast<uint64_t>(middle >> 64);
  const U128 product = static_cast<U128>(top) << 64 | static_cast<uint64_t>(middle);
  // the nearest quadrant, and the signed fraction left over in units of 2^-128
  const U128 fraction = product << 2 | static_cast<uint64_t>(low) >> 62;
  const bool negative = fraction >> 127 != 0;
  const int quadrant = static_cast<int>(top >> 62) + negative;
  U128 size = negative ? -fraction : fraction;
  const uint64_t upper = static_cast<uint64_t>(size >> 64);
  const int zeros = upper != 0 ? __builtin_clzll(upper) : 64 + __builtin_clzll(static_cast<uint64_t>(size) | 1);
  size <<= zeros;
  const double scale = __builtin_bit_cast(double, static_cast<uint64_t>(1023 - 64 - zeros) << 52);  // 2^-(64 + zeros)
  const uint64_t head = static_cast<uint64_t>(size >> 64);
  const double hi = static_cast<double>(head >> 11 << 11) * scale;  // 53 bits
  const double lo =
      (static_cast<double>(head & 0x7ff) + static_cast<double>(static_cast<uint64_t>(size) >> 11) * 0x1p-53) * scale;
  // times pi/2 = p0 + p1
  constexpr double p0 = 0x1.921fb54442d18p0, p1 = 0x1.1a62633145c07p-54;
  const double r = hi * p0;
  const double tail = __builtin_fma(hi, p0, -r) + (hi * p1 + lo * p0);
  const bool flip = negative != (x < 0);
  return {flip ? -r : r, flip ? -tail : tail, x < 0 ? -quadrant : quadrant};
}

}  // namespace ravine::RAVINE_ISA
