// Depthwise convolution: every channel for itself, a vector of channels at a time. Weights are [taps, channels].
#pragma once

#include "conv_shape.h"

namespace ravine::RAVINE_ISA {

struct DepthwiseData {
  ConvShape shape;
  SampleChunks cut;
  bool bias, relu;
};

// y[o] = Σ over taps of x·w, + bias, relu
template <class T>
inline void runDepthwise(const Call& call, int64_t begin, int64_t end) {
  const DepthwiseData& d = kept<DepthwiseData>(call);
  const ConvShape& s = d.shape;
  using V = Vec<T>;
  const int64_t channels = s.groups;
  const T* w = static_cast<const T*>(call.pointers[1]);
  const T* bias = d.bias ? static_cast<const T*>(call.pointers[2]) : nullptr;
  const V zero = V::zero();
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const Range samples = d.cut.samplesOf(chunk, s.samples), rows = d.cut.rowsOf(chunk, s.y.outputs);
    for (int64_t n = samples.begin; n < samples.end; n++) {
      const T* x = static_cast<const T*>(call.pointers[0]) + n * s.inputPixels() * channels;
      T* to = static_cast<T*>(call.pointers[d.bias ? 3 : 2]) + n * s.outputPixels() * channels;
      for (int64_t r = rows.begin; r < rows.end; r++) {
        const Taps y = s.y.taps(r);
        for (int64_t o = 0; o < s.x.outputs; o++) {
          const Taps across = s.x.taps(o);
          forEachVector<T>(channels, [&](int64_t c, int count) {
            V sum = V::zero();
            for (int64_t ky = y.begin; ky < y.end; ky++) {
              const T* line = x + (y.start + ky * s.y.dilation) * s.x.length * channels + c;
              for (int64_t kx = across.begin; kx < across.end; kx++)
                sum = fma(loadLanes(line + (across.start + kx * s.x.dilation) * channels, count),
                          loadLanes(w + (ky * s.x.kernel + kx) * channels + c, count), sum);
            }
            if (bias) sum = sum + loadLanes(bias + c, count);
            if (d.relu) sum = select(le(sum, zero), zero, sum);
            storeLanes(sum, to + (r * s.x.outputs + o) * channels + c, count);
          });
        }
      }
    }
  }
}

// dx[i] = Σ over the outputs that look at i of dy·w
template <class T>
inline void runDepthwiseBackward(const Call& call, int64_t begin, int64_t end) {
  const DepthwiseData& d = kept<DepthwiseData>(call);
  const ConvShape& s = d.shape;
  using V = Vec<T>;
  const int64_t channels = s.groups;
  const T* w = static_cast<const T*>(call.pointers[1]);
  for (int64_t chunk = begin; chunk < end; chunk++) {
    const Range samples = d.cut.samplesOf(chunk, s.samples), rows = d.cut.rowsOf(chunk, s.y.length);
    for (int64_t n = samples.begin; n < samples.end; n++) {
      const T* dy = static_cast<const T*>(call.pointers[0]) + n * s.outputPixels() * channels;
      T* dx = static_cast<T*>(call.pointers[2]) + n * s.inputPixels() * channels;
      for (int64_t r = rows.begin; r < rows.end; r++)
        for (int64_t i = 0; i < s.x.length; i++)
          forEachVector<T>(channels, [&](int64_t c, int count) {
            V sum = V::zero();
            for (int64_t ky = 0; ky < s.y.kernel; ky++) {
              const int64_t ry = r + s.y.pad - ky * s.y.dilation;
              if (ry < 0 || ry % s.y.stride != 0 || ry / s.y.stride >= s.y.outputs) continue;
              for (int64_t kx = 0; kx < s.x.kernel; kx++) {
                const int64_t rx = i + s.x.pad - kx * s.x.dilation;
                if (rx < 0 || rx % s.x.stride != 0 || rx / s.x.stride >= s.x.outputs) continue;
                sum = fma(loadLanes(dy + (ry / s.y.stride * s.x.outputs + rx / s.x.stride) * channels + c, count),
                          loadLanes(w + (ky * s.x.kernel + kx) * channels + c, count), sum);
              }
            }
            storeLanes(sum, dx + (r * s.x.length + i) * channels + c, count);
          });
    }
  }
}

inline void planDepthwise(Plan& p, const ConvShape& s, bool backward, bool bias, bool relu) {
  const bool isDouble = p.out(0).dtype == DType::f64;
  const SampleChunks cut = SampleChunks::cut(s.samples, backward ? s.y.length : s.y.outputs, 8 * s.flopsOfSample());
  keep(p, DepthwiseData{s, cut, bias, relu});
  p.chunks = cut.chunks;
  if (backward) {
    p.run = isDouble ? runDepthwiseBackward<double> : runDepthwiseBackward<float>;
  } else {
    p.run = isDouble ? runDepthwise<double> : runDepthwise<float>;
  }
}

}  // namespace ravine::RAVINE_ISA
