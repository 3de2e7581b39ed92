// gather_images: table [rows, height, width, channels], index [count] -> [count, outHeight, outWidth, channels] in float: a
// window of each image, mirrored or not, each element x·scale[channel] + shift[channel]. What lies outside of an image has the
// value `fill` before scaling. Without random words the window is the middle one and nothing is mirrored. With them, for each
// sample by its place in the step: the window is anywhere in the image with its padding, then moved by up to ±move elements, and
// mirrored with the probability `flip`.
#pragma once

#include <cstdint>

#include "gather.h"
#include "philox.h"
#include "pool_window.h"

namespace ravine::RAVINE_ISA {

struct GatherImagesData {
  int64_t rows, count, height, width, channels, outHeight, outWidth, padY, padX, moveY, moveX;
  uint32_t flipBelow;  // mirrored where the sample's word is below it, or where `flipAlways` is not 0
  int32_t flipAlways, random, samplesPerChunk;
  double fill;

  static constexpr int fixed = 15;  // attributes before the channels' scales and shifts
  int64_t outRow() const { return outWidth * channels; }
};

struct ImageWindow {
  int64_t y, x;  // of its first element in the image
  bool flip;
};

// A whole number below n from a word.
inline int64_t below(int32_t word, int64_t n) {
  return static_cast<int64_t>((static_cast<uint64_t>(static_cast<uint32_t>(word)) * static_cast<uint64_t>(n)) >> 32);
}

inline ImageWindow middleWindow(const GatherImagesData& s) {
  return {(s.height - s.outHeight) / 2, (s.width - s.outWidth) / 2, false};
}
inline ImageWindow drawWindow(const GatherImagesData& s, const RandomStream& stream, uint64_t place) {
  alignas(64) int32_t words[groupWords];
  randomGroup(stream, place, words);
  const int64_t y =
      below(words[0], s.height + 2 * s.padY - s.outHeight + 1) - s.padY + below(words[1], 2 * s.moveY + 1) - s.moveY;
  const int64_t x = below(words[2], s.width + 2 * s.padX - s.outWidth + 1) - s.padX + below(words[3], 2 * s.moveX + 1) - s.moveX;
  return {y, x, s.flipAlways != 0 || static_cast<uint32_t>(words[4]) < s.flipBelow};
}

// scale[i mod channels] and shift[i mod channels] for a row of outputs, `fill` scaled: what the chunks read, in scratch.
template <class D>
void prepare_gather_images(const Call& call, int64_t, int64_t) {
  const auto& s = kept<GatherImagesData>(call);
  const double* scales = call.reals + GatherImagesData::fixed;
  D *scale = static_cast<D*>(call.scratch), *shift = scale + s.outRow(), *outside = shift + s.outRow();
  for (int64_t i = 0; i < s.outRow(); ++i) {
    scale[i] = static_cast<D>(scales[i % s.channels]);
    shift[i] = static_cast<D>(scales[s.channels + i % s.channels]);
    outside[i] = static_cast<D>(s.fill) * scale[i] + shift[i];
  }
}

// to[i] = from[i]·scale[i] + shift[i], two roundings as the plain ops have them.
template <class S, class D>
inline void scaleRow(D* to, const S* from, const D* scale, const D* shift, int64_t count) {
  using V = Vec<D>;
  int64_t i = 0;
  if constexpr (sizeof(S) == 1) {
    for (; i + V::lanes <= count; i += V::lanes) (V::loadU8(from + i) * V::load(scale + i) + V::load(shift + i)).store(to + i);
  } else if constexpr (sizeof(S) == sizeof(D)) {
    for (; i + V::lanes <= count; i += V::lanes) (V::load(from + i) * V::load(scale + i) + V::load(shift + i)).store(to + i);
  }
  for (; i < count; ++i) to[i] = static_cast<D>(from[i]) * scale[i] + shift[i];
}

// Pixels from right to left.
template <class S, class D>
inline void scaleMirrored(D* to, const S* last, const D* scale, const D* shift, int64_t pixels, int64_t channels) {
  for (int64_t p = 0, i = 0; p < pixels; ++p, last -= channels)
    for (int64_t c = 0; c < channels; ++c, ++i) to[i] = static_cast<D>(last[c]) * scale[i] + shift[i];
}

template <class S, class D>
inline void gatherImage(const GatherImagesData& s, const D* scale, const S* image, const ImageWindow& w, D* out) {
  const D *shift = scale + s.outRow(), *outside = shift + s.outRow();
  const int64_t c = s.channels;
  // Columns [first, stop) of the window, before mirroring, lie in the image.
  const int64_t first = atMost(atLeast(-w.x, 0), s.outWidth), stop = atLeast(atMost(s.width - w.x, s.outWidth), first);
  const int64_t begin = w.flip ? s.outWidth - stop : first, end = w.flip ? s.outWidth - first : stop;
  for (int64_t r = 0; r < s.outHeight; ++r, out += s.outRow()) {
    const int64_t y = w.y + r;
    if (y < 0 || y >= s.height || first == stop) {
      copyBytes(out, outside, s.outRow() * static_cast<int64_t>(sizeof(D)));
      continue;
    }
    const S* row = image + y * s.width * c;
    copyBytes(out, outside, begin * c * static_cast<int64_t>(sizeof(D)));
    if (w.flip)
      scaleMirrored(out + begin * c, row + (w.x + stop - 1) * c, scale, shift, stop - first, c);
    else
      scaleRow(out + begin * c, row + (w.x + first) * c, scale, shift, (stop - first) * c);
    copyBytes(out + end * c, outside, (s.outWidth - end) * c * static_cast<int64_t>(sizeof(D)));
  }
}

template <class S, class D>
void run_gather_images(const Call& call, int64_t begin, int64_t end) {
  const auto& s = kept<GatherImagesData>(call);
  const S* table = static_cast<const S*>(call.pointers[0]);
  auto* index = static_cast<const int32_t*>(call.pointers[1]);
  D* out = static_cast<D*>(call.pointers[s.random ? 3 : 2]);
  const D* scale = static_cast<const D*>(call.scratch);
  RandomStream stream{};
  uint64_t origin = 0;
  if (s.random) {
    auto* words = static_cast<const int32_t*>(call.pointers[2]);
    stream = randomStream(joinWords(words[0], words[1]), joinWords(call.integers[13], call.integers[14]),
                          joinWords(words[2], words[3]));
    origin = joinWords(words[4], words[5]);
  }
  const int64_t image = s.height * s.width * s.channels, output = s.outHeight * s.outRow();
  const Range samples = chunkRange(begin, end, s.count, s.samplesPerChunk);
  for (int64_t i = samples.begin; i < samples.end; ++i) {
    const int64_t r = index[i];
    if (r < 0 || r >= s.rows) {
      raise(call.error, Fault::index, call.instruction, i, static_cast<double>(r));
      fillRun(out + i * output, D(0), output);
      continue;
    }
    const ImageWindow w = s.random ? drawWindow(s, stream, origin + static_cast<uint64_t>(i)) : middleWindow(s);
    gatherImage(s, scale, table + r * image, w, out + i * output);
  }
}

template <class D>
RunFn gatherImagesTo(DType from) {
  return from == DType::f32   ? run_gather_images<float, D>
         : from == DType::f64 ? run_gather_images<double, D>
         : from == DType::u8  ? run_gather_images<uint8_t, D>
                              : nullptr;
}

inline void plan_gather_images(Plan& p) {
  const int64_t* a = p.integers;
  const int64_t channels = a[4];
  for (int i = 0; i < 11; ++i)
    if (!p.expect(a[i] >= 0 && a[i] <= INT32_MAX, "size")) return;
  if (!p.expect(channels > 0 && p.attributes == GatherImagesData::fixed + 2 * channels, "channels")) return;
  const double flip = p.reals[11];
  if (!p.expect(flip >= 0 && flip <= 1, "flip")) return;
  const int32_t random = p.inputs == 3 ? 1 : 0;
  const double threshold = flip * 4294967296.0;
  GatherImagesData s = {a[0],
                        a[1],
                        a[2],
                        a[3],
                        channels,
                        a[5],
                        a[6],
                        a[7],
                        a[8],
                        a[9],
                        a[10],
                        flip < 1 ? static_cast<uint32_t>(threshold) : 0,
                        flip < 1 ? 0 : 1,
                        random,
                        1,
                        p.reals[12]};
  if (!p.expect(s.height + 2 * s.padY >= s.outHeight && s.width + 2 * s.padX >= s.outWidth, "window")) return;
  const DType to = p.out(0).dtype;
  if (!p.expect(0, p.in(0).dtype, checkedProduct(s.rows, s.height, s.width, channels)) || !p.expect(1, DType::i32, s.count))
    return;
  if (random && !p.expect(2, DType::i32, 6)) return;
  if (!p.expect(2 + random, to, checkedProduct(s.count, s.outHeight, s.outWidth, channels))) return;
  p.run = to == DType::f32   ? gatherImagesTo<float>(p.in(0).dtype)
          : to == DType::f64 ? gatherImagesTo<double>(p.in(0).dtype)
                             : nullptr;
  if (!p.expect(p.run != nullptr, "no conversion to this dtype", 2 + random)) return;
  s.samplesPerChunk = static_cast<int32_t>(atLeast(chunkElements / atLeast(s.outHeight * s.outRow(), 1), 1));
  keep(p, s);
  p.prepare = to == DType::f32 ? prepare_gather_images<float> : prepare_gather_images<double>;
  p.prepareChunks = 1;
  p.scratchBytes = 3 * s.outRow() * bytesOf(to);
  p.chunks = chunkCount(s.count, s.samplesPerChunk);
}

}  // namespace ravine::RAVINE_ISA
