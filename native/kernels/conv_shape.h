// What a convolution's attributes say, and how its work is cut.
#pragma once

#include "conv_lines.h"
#include "conv_tile.h"
#include "gemm_block.h"

namespace ravine::RAVINE_ISA {

// x [samples, y.length, x.length, groups·in], w [y.kernel, x.kernel, in, groups·out], y [samples, y.outputs, x.outputs,
// groups·out]
struct ConvShape {
  int64_t samples, groups, in, out;
  PoolAxis y, x;

  int64_t inputPixels() const { return checkedProduct(y.length, x.length); }
  int64_t outputPixels() const { return checkedProduct(y.outputs, x.outputs); }
  int64_t inputs() const { return checkedProduct(samples, inputPixels(), groups, in); }
  int64_t outputs() const { return checkedProduct(samples, outputPixels(), groups, out); }
  int64_t weights() const { return checkedProduct(y.kernel, x.kernel, in, checkedProduct(groups, out)); }
  bool isDepthwise() const { return in == 1 && out == 1 && groups > 1; }
  double flopsOfSample() const { return 2.0 * static_cast<double>(outputPixels()) * static_cast<double>(weights()); }
};

inline bool readConv(Plan& p, ConvShape& s) {
  const int64_t* a = p.integers;
  s = {a[0], a[1], a[2], a[3], PoolAxis::read(a + 4), PoolAxis::read(a + 10)};
  const auto sound = [](const PoolAxis& axis) {
    // Every place that an output looks at, padding included, is a number that the kernels can count.
    return axis.sound() && axis.stride > 0 && (axis.kernel - 1) * axis.dilation < bandElements<double> &&
           axis.outputs * axis.stride <= INT32_MAX;
  };
  if (!p.expect(sound(s.y) && sound(s.x), "window")) return false;
  if (!p.expect(s.groups > 0 && s.in > 0 && s.out >= 0 && s.samples >= 0, "size")) return false;
  return p.expect(s.inputs() >= 0 && s.outputs() >= 0 && s.weights() >= 0, "size");
}

// An operand of a convolution is of the output's type, float32 or float64, and of that size.
inline bool expectConv(Plan& p, int64_t first, int64_t second, int64_t output) {
  const DType dtype = p.out(0).dtype;
  return p.expect(dtype == DType::f32 || dtype == DType::f64, "dtype", p.inputs) && p.expect(0, dtype, first) &&
         p.expect(1, dtype, second) && p.expect(p.inputs, dtype, output);
}

constexpr double convChunkFlops = 400e3;  // 2 to 4 µs; a fork and join costs 1 µs
constexpr int64_t convChunks = 16;        // at least, in a big convolution

// Whole samples make a chunk, or bands of rows where samples are few.
struct SampleChunks {
  int64_t samples, bands, chunks;

  static SampleChunks cut(int64_t total, int64_t rows, double flopsOfSample) {
    if (total == 0) return {1, 1, 0};
    const int64_t worth = flopsOfSample > 0 ? static_cast<int64_t>(convChunkFlops / flopsOfSample) : total;
    const int64_t samples = atLeast(atMost(worth, total), 1);
    const double bandsWorth = atLeast(static_cast<int64_t>(flopsOfSample / convChunkFlops), 1);
    int64_t bands = samples > 1 ? 1 : ceilDivide(convChunks, total);
    bands = atLeast(atMost(atMost(bands, rows), static_cast<int64_t>(bandsWorth)), 1);
    return {samples, bands, ceilDivide(total, samples) * bands};
  }
  Range samplesOf(int64_t chunk, int64_t total) const { return chunkRange(chunk / bands, chunk / bands + 1, total, samples); }
  Range rowsOf(int64_t chunk, int64_t rows) const {
    const int64_t band = chunk % bands;
    return {band * rows / bands, (band + 1) * rows / bands};
  }
};

}  // namespace ravine::RAVINE_ISA
