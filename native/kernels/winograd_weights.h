// The gradient of a 3 × 3 convolution for its weights by Winograd's transforms, those of winograd.h turned over:
//
//   dg = Gᵀ·(Σ over tiles of (Bᵀ·d·B) ⊙ (A·dY·Aᵀ))·G
//
// Over all channels the sum is 16 matrix products [in, tiles] · [tiles, out].
#pragma once

#include "winograd.h"

namespace ravine::RAVINE_ISA {

struct WinogradWeightData {
  WinogradData tiles;
  int64_t parts;  // of the tiles: each is summed by itself, then the parts are added in order

  int64_t partElements() const { return winogradPlaces * tiles.in * tiles.out; }
};

constexpr int64_t mostWinogradParts = 8, winogradPartTiles = 32;  // at least: the same for every instruction set, as are the bits
constexpr int64_t mostWinogradWeights = 4096;                     // in·out: parts of wider layers leave the cache

inline bool fitsWinogradWeights(const ConvShape& s) { return fitsWinograd(s) && s.in * s.out <= mostWinogradWeights; }

template <class T>
class WinogradWeights {
 public:
  WinogradWeights(const WinogradWeightData& data, const Call& call)
      : d_(data.tiles), source_(d_, static_cast<const T*>(call.pointers[0])), dy_(static_cast<const T*>(call.pointers[1])) {}

  // sums [16, in, out] of tiles
  void run(Range tiles, T* sums) {
    for (int64_t first = tiles.begin; first < tiles.end; first += d_.tiles) {
      const int64_t count = atMost(d_.tiles, tiles.end - first);
      for (int64_t t = 0; t < count; t++) {
        const auto place = source_.placeOf(first + t);
        source_.transform(place, v_ + t * d_.in);
        transformSlope(place, z_ + t * d_.out);
      }
      multiply(count, sums, first > tiles.begin);
    }
  }

 private:
  using V = Vec<T>;
  static constexpr int lanes = V::lanes, full = tileColumns<T>;

  // z [16, tiles, out]: A·dY·Aᵀ, zero where there is no output
  void transformSlope(const typename WinogradTiles<T>::Place& p, T* z) {
    const int64_t step = d_.tiles * d_.out, rowStep = d_.x.outputs * d_.out;
    const bool below = p.y + 1 < d_.y.outputs, right = p.x + 1 < d_.x.outputs;
    const T* from = dy_ + ((p.sample * d_.y.outputs + p.y) * d_.x.outputs + p.x) * d_.out;
    const V zero = V::zero();
    for (int64_t k = 0; k < d_.out; k += lanes) {
      const V a = V::load(from + k), b = right ? V::load(from + d_.out + k) : zero;
      const V c = below ? V::load(from + rowStep + k) : zero, e = below && right ? V::load(from + rowStep + d_.out + k) : zero;
      const V rows[4][2] = {{a, b}, {a + c, b + e}, {a - c, b - e}, {zero - c, zero - e}};
#pragma GCC unroll 4
      for (int r = 0; r < 4; r++) {
        T* to = z + 4 * r * step + k;
        rows[r][0].store(to);
        (rows[r][0] + rows[r][1]).store(to + step);
        (rows[r][0] - rows[r][1]).store(to + 2 * step);
        (zero - rows[r][1]).store(to + 3 * step);
      }
    }
  }

  void multiply(int64_t count, T* sums, bool accumulate) {
    ConvTile<T> call{};
    call.aStride = d_.in;
    call.bStride = call.cStride = d_.out;
    call.depth = count;
    call.segmentsY = call.segmentsX = 1;
    call.accumulate = accumulate;
    for (int place = 0; place < winogradPlaces; place++)
      for (int64_t j = 0; j < d_.out; j += full) {
        const bool narrow = panelWidth<T>(d_.out - j) == lanes;
        const RowTiles rows(d_.in, narrow ? convTileRows<1> : tileRows);
        const ConvTileFn<T>* ofRows = convTilesFor<T, ChannelRows>(narrow);
        call.b = z_ + place * d_.tiles * d_.out + j;
        for (int64_t t = 0; t < rows.count; t++) {
          call.a = v_ + place * d_.tiles * d_.in + rows.first(t);
          call.c = sums + (place * d_.in + rows.first(t)) * d_.out + j;
          ofRows[rows.rows(t) - 1](call);
        }
      }
  }

  const WinogradData& d_;
  WinogradTiles<T> source_;
  const T* dy_;
  alignas(64) T v_[winogradPlaces * winogradTileElements];
  alignas(64) T z_[winogradPlaces * winogradTileElements];
};

// Chunk = a part.
template <class T>
inline void prepareWinogradWeights(const Call& call, int64_t begin, int64_t end) {
  const WinogradWeightData& d = kept<WinogradWeightData>(call);
  WinogradWeights<T> run(d, call);
  const int64_t tiles = d.tiles.allTiles();
  for (int64_t part = begin; part < end; part++)
    run.run({part * tiles / d.parts, (part + 1) * tiles / d.parts}, static_cast<T*>(call.scratch) + part * d.partElements());
}

// Chunk = a channel of x: dg = Gᵀ·u·G of the parts' sum u.
template <class T>
inline void runWinogradWeights(const Call& call, int64_t begin, int64_t end) {
  using V = Vec<T>;
  const WinogradWeightData& d = kept<WinogradWeightData>(call);
  const int64_t in = d.tiles.in, out = d.tiles.out;
  const V half = V::broadcast(T(0.5));
  const auto turn = [half](V a, V b, V c, V e, V(&to)[3]) {
    const V sum = half * (b + c);
    to[0] = a + sum, to[1] = half * (b - c), to[2] = sum + e;
  };
  T* dw = static_cast<T*>(call.pointers[2]);
  for (int64_t i = begin; i < end; i++)
    for (int64_t k = 0; k < out; k += V::lanes) {
      V rows[4][3];
      for (int y = 0; y < 4; y++) {
        V u[4];
        for (int x = 0; x < 4; x++) {
          const T* from = static_cast<const T*>(call.scratch) + ((4 * y + x) * in + i) * out + k;
          u[x] = V::load(from);
          for (int64_t part = 1; part < d.parts; part++) u[x] = u[x] + V::load(from + part * d.partElements());
        }
        turn(u[0], u[1], u[2], u[3], rows[y]);
      }
      for (int x = 0; x < 3; x++) {
        V g[3];
        turn(rows[0][x], rows[1][x], rows[2][x], rows[3][x], g);
        for (int y = 0; y < 3; y++) g[y].store(dw + ((3 * y + x) * in + i) * out + k);
      }
    }
}

inline void planWinogradWeights(Plan& p, const ConvShape& s) {
  WinogradWeightData d{{forwardLine(s.y), forwardLine(s.x), s.samples, s.in, s.out, 0, 0, 0, false, false, false}, 1};
  cutWinograd(d.tiles);
  d.parts = atMost(mostWinogradParts, ceilDivide(d.tiles.allTiles(), winogradPartTiles));
  keep(p, d);
  p.prepare = prepareWinogradWeights<float>;
  p.prepareChunks = d.parts;
  p.run = runWinogradWeights<float>;
  p.chunks = s.in;
  p.scratchBytes = d.parts * d.partElements() * static_cast<int64_t>(sizeof(float));
}

}  // namespace ravine::RAVINE_ISA
