// Winograd's F(2×2, 3×3): four outputs of a 3 × 3 convolution of stride 1 by 16 products instead of 36.
//
//   Y = Aᵀ·[(G·g·Gᵀ) ⊙ (Bᵀ·d·B)]·A      d 4 × 4 of the source, g 3 × 3 weights, Y 2 × 2 of the target
//   Bᵀ = 1  0 −1  0     G =  1   0   0     Aᵀ = 1  1  1  0
//        0  1  1  0         ½   ½   ½          0  1 −1 −1
//        0 −1  1  0         ½  −½   ½
//        0  1  0 −1          0   0   1
//
// Over all channels the elementwise product is 16 matrix products [tiles, in] · [in, out]. Lavin and Gray, Fast algorithms for
// convolutional neural networks, 2015. Sums are rounded otherwise than in a direct convolution, as closely.
#pragma once

#include "conv_shape.h"

namespace ravine::RAVINE_ISA {

constexpr int winogradPlaces = 16;
constexpr int64_t winogradChannels = 16;        // channels are multiples of it, on every instruction set
constexpr int64_t mostWinogradChannels = 256;   // beyond, few tiles fit the buffers
constexpr int64_t winogradTileElements = 2048;  // tiles × channels of a chunk: 128 KiB of transformed source, as much of products
constexpr int64_t mostWinogradTiles = 6 * mostConvRows;

struct WinogradData {
  Line y, x;  // of the target: one tap row more is one source row more
  int64_t samples, in, out;
  int64_t tilesY, tilesX, tiles;  // tiles: of a chunk
  bool backward, bias, relu;

  int64_t allTiles() const { return samples * tilesY * tilesX; }
};

inline bool fitsWinograd(const ConvShape& s) {
  const auto fits = [](const PoolAxis& a) { return a.kernel == 3 && a.stride == 1 && a.dilation == 1; };
  const auto full = [](int64_t channels) {
    return channels > 0 && channels % winogradChannels == 0 && channels <= mostWinogradChannels;
  };
  return s.groups == 1 && fits(s.y) && fits(s.x) && full(s.in) && full(s.out);
}

// x[i] = Σ over k of Bᵀ[i, k]·x[k]
template <class V>
inline void transformSource(V& x0, V& x1, V& x2, V& x3) {
  const V a = x0 - x2, b = x1 + x2, c = x2 - x1, d = x1 - x3;
  x0 = a, x1 = b, x2 = c, x3 = d;
}

// Chunk = as many rows of U as a vector has lanes. U [16, in, out] = G·g·Gᵀ; backward: g turned by 180°, in and out exchanged.
template <class T>
inline void prepareWinograd(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  constexpr int lanes = V::lanes;
  const WinogradData& d = kept<WinogradData>(call);
  const T* w = static_cast<const T*>(call.pointers[1]);
  T* to = static_cast<T*>(call.scratch);
  alignas(64) T turned[9][lanes * lanes];
  const V half = V::broadcast(T(0.5));
  for (int64_t chunk = begin; chunk < end; chunk++)
    for (int64_t k = 0; k < d.out; k += lanes) {
      const int64_t i = chunk * lanes;
      for (int tap = 0; tap < 9; tap++) {
        if (d.backward) {
          transposeSquare(w + ((8 - tap) * d.out + k) * d.in + i, d.in, lanes, lanes, turned[tap], lanes, lanes);
        } else {
          for (int r = 0; r < lanes; r++) V::load(w + (tap * d.in + i + r) * d.out + k).store(turned[tap] + r * lanes);
        }
      }
      for (int r = 0; r < lanes; r++) {
        V rows[4][3];
        for (int x = 0; x < 3; x++) {
          const V a = V::load(turned[x] + r * lanes), b = V::load(turned[3 + x] + r * lanes),
                  c = V::load(turned[6 + x] + r * lanes);
          rows[0][x] = a, rows[1][x] = half * (a + b + c), rows[2][x] = half * (a - b + c), rows[3][x] = c;
        }
        for (int y = 0; y < 4; y++) {
          const V a = rows[y][0], b = rows[y][1], c = rows[y][2];
          const V u[4] = {a, half * (a + b + c), half * (a - b + c), c};
          for (int x = 0; x < 4; x++) u[x].store(to + ((4 * y + x) * d.in + i + r) * d.out + k);
        }
      }
    }
}

// Tiles of the source, transformed.
template <class T>
class WinogradTiles {
 public:
  using V = Vec<T>;
  static constexpr int lanes = V::lanes;

  WinogradTiles(const WinogradData& data, const T* source) : d(data), source(source) {}

  struct Place {
    int64_t sample, y, x;  // of the tile's first output
  };
  Place placeOf(int64_t tile) const {
    const int64_t row = tile / d.tilesX;
    return {row / d.tilesY, row % d.tilesY * 2, tile % d.tilesX * 2};
  }

  // v [16, tiles, in]: Bᵀ·d·B
  void transform(const Place& p, T* v) {
    const int64_t top = d.y.origin + p.y, left = d.x.origin + p.x, step = d.tiles * d.in;
    const T* from = source + ((p.sample * d.y.length + top) * d.x.length + left) * d.in;
    int64_t rowStep = d.x.length * d.in;
    if (top < 0 || left < 0 || top + 4 > d.y.length || left + 4 > d.x.length) {
      copyWindow(p.sample, top, left);
      from = window_, rowStep = 4 * d.in;
    }
    for (int64_t c = 0; c < d.in; c += lanes) {
      V x[4][4];
#pragma GCC unroll 4
      for (int r = 0; r < 4; r++) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) x[r][i] = V::load(from + r * rowStep + i * d.in + c);
        transformSource(x[r][0], x[r][1], x[r][2], x[r][3]);
      }
#pragma GCC unroll 4
      for (int i = 0; i < 4; i++) {
        transformSource(x[0][i], x[1][i], x[2][i], x[3][i]);
#pragma GCC unroll 4
        for (int r = 0; r < 4; r++) x[r][i].store(v + (4 * r + i) * step + c);
      }
    }
  }

 private:
  // The 4 × 4 places of a tile at the border, zero outside.
  void copyWindow(int64_t sample, int64_t top, int64_t left) {
    for (int64_t r = 0; r < 4; r++)
      for (int64_t i = 0; i < 4; i++) {
        T* to = window_ + (4 * r + i) * d.in;
        const int64_t y = top + r, x = left + i;
        const size_t bytes = static_cast<size_t>(d.in) * sizeof(T);
        if (y < 0 || y >= d.y.length || x < 0 || x >= d.x.length) {
          __builtin_memset(to, 0, bytes);
        } else {
          __builtin_memcpy(to, source + ((sample * d.y.length + y) * d.x.length + x) * d.in, bytes);
        }
      }
  }

  const WinogradData& d;
  const T* source;
  alignas(64) T window_[winogradPlaces * mostWinogradChannels];
};

template <class T>
class WinogradRun {
 public:
  WinogradRun(const WinogradData& data, const Call& call)
      : d_(data),
        source_(data, static_cast<const T*>(call.pointers[0])),
        weights_(static_cast<const T*>(call.scratch)),
        bias_(data.bias ? static_cast<const T*>(call.pointers[2]) : nullptr),
        target_(static_cast<T*>(call.pointers[data.bias ? 3 : 2])) {}

  void run(Range tiles) {
    const int64_t count = tiles.end - tiles.begin;
    for (int64_t t = 0; t < count; t++) source_.transform(source_.placeOf(tiles.begin + t), v_ + t * d_.in);
    multiply(count);
    for (int64_t t = 0; t < count; t++) finish(source_.placeOf(tiles.begin + t), m_ + t * d_.out);
  }

 private:
  using V = Vec<T>;
  static constexpr int lanes = V::lanes, full = tileColumns<T>;

  // m [16, tiles, out] = v · U
  void multiply(int64_t count) {
    ConvTile<T> call{};
    call.aStride = d_.in;
    call.bStride = call.cStride = d_.out;
    call.depth = d_.in;
    call.segmentsY = call.segmentsX = 1;
    for (int place = 0; place < winogradPlaces; place++)
      for (int64_t j = 0; j < d_.out; j += full) {
        const bool narrow = panelWidth<T>(d_.out - j) == lanes;
        const RowTiles rows(count, narrow ? convTileRows<1> : tileRows);
        const ConvTileFn<T>* ofRows = convTilesFor<T, PixelRows>(narrow);
        call.b = weights_ + place * d_.in * d_.out + j;
        for (int64_t t = 0; t < rows.count; t++) {
          call.a = v_ + (place * d_.tiles + rows.first(t)) * d_.in;
          call.c = m_ + (place * d_.tiles + rows.first(t)) * d_.out + j;
          ofRows[rows.rows(t) - 1](call);
        }
      }
  }

  // Aᵀ·m·A, + bias, relu
  void finish(const typename WinogradTiles<T>::Place& p, const T* m) {
    const int64_t step = d_.tiles * d_.out, rowStep = d_.x.outputs * d_.out;
    const bool below = p.y + 1 < d_.y.outputs, right = p.x + 1 < d_.x.outputs;
    T* to = target_ + ((p.sample * d_.y.outputs + p.y) * d_.x.outputs + p.x) * d_.out;
    const V zero = V::zero();
    for (int64_t k = 0; k < d_.out; k += lanes) {
      V rows[2][4];
#pragma GCC unroll 4
      for (int i = 0; i < 4; i++) {
        const T* at = m + i * step + k;
        const V a = V::load(at), b = V::load(at + 4 * step), c = V::load(at + 8 * step), e = V::load(at + 12 * step);
        rows[0][i] = a + b + c, rows[1][i] = b - c - e;
      }
      const V bias = bias_ ? V::load(bias_ + k) : zero;
      const auto end = [&](V x) {
        if (bias_) x = x + bias;
        return d_.relu ? select(le(x, zero), zero, x) : x;
      };
#pragma GCC unroll 2
      for (int r = 0; r < 2; r++) {
        if (r == 1 && !below) break;
        const V* x = rows[r];
        end(x[0] + x[1] + x[2]).store(to + r * rowStep + k);
        if (right) end(x[1] - x[2] - x[3]).store(to + r * rowStep + d_.out + k);
      }
    }
  }

  const WinogradData& d_;
  WinogradTiles<T> source_;
  const T* weights_;
  const T* bias_;
  T* target_;
  alignas(64) T v_[winogradPlaces * winogradTileElements];
  alignas(64) T m_[winogradPlaces * winogradTileElements];
};

// Chunk = `tiles` tiles, counted through all samples.
template <class T>
inline void runWinograd(const Call& call, int64_t begin, int64_t end) {
  const WinogradData& d = kept<WinogradData>(call);
  WinogradRun<T> run(d, call);
  for (int64_t chunk = begin; chunk < end; chunk++) run.run(chunkRange(chunk, chunk + 1, d.allTiles(), d.tiles));
}

inline void cutWinograd(WinogradData& d) {
  const int64_t fitting = winogradTileElements / (d.in > d.out ? d.in : d.out);
  d.tiles = atMost(atLeast(fitting / tileRows, 1) * tileRows, atMost(fitting, mostWinogradTiles));
  d.tilesY = ceilDivide(d.y.outputs, 2), d.tilesX = ceilDivide(d.x.outputs, 2);
}

inline void planWinograd(Plan& p, const ConvShape& s, bool backward, bool bias, bool relu) {
  WinogradData d{forwardLine(s.y), forwardLine(s.x), s.samples, s.in, s.out, 0, 0, 0, backward, bias, relu};
  if (backward) d.y = backwardLine(s.y, 0), d.x = backwardLine(s.x, 0), d.in = s.out, d.out = s.in;
  cutWinograd(d);
  keep(p, d);
  p.prepare = prepareWinograd<float>;
  p.prepareChunks = d.in / Vec<float>::lanes;
  p.scratchBytes = winogradPlaces * s.in * s.out * static_cast<int64_t>(sizeof(float));
  p.run = runWinograd<float>;
  p.chunks = ceilDivide(d.allTiles(), d.tiles);
}

}  // namespace ravine::RAVINE_ISA
