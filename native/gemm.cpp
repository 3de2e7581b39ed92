#include "gemm.h"

#include <algorithm>
#include <atomic>
#include <climits>

#include "blas.h"

namespace ravine {

namespace {

// Measured on a two-core Sapphire Rapids (AVX-512, 48 KiB of L1, 2 MiB of L2, 30 GB/s of L3 a core). There OpenBLAS 0.3.21 was
// ahead only in 2048³ (by a tenth) and in wide weight gradients (by a twentieth), and behind by up to a half elsewhere: it is
// used where it is asked for.
constexpr double chunkFlops = 400e3;          // 2 µs; a fork and join costs 1 µs
constexpr double packFlops = 20e6;            // from here on packed strips of A earn a phase of their own
constexpr int64_t depthGoal = maxDepthBlock;  // a panel of B takes two thirds of L1
constexpr int64_t rowGoal = 512;              // 512 × 256 of A take 512 KiB of L2
constexpr int64_t mostPanels = 4;             // of a chunk: 512 × 128 of C take 256 KiB more
constexpr int64_t bigChunks = 16;             // at least, in a big product
constexpr int64_t narrowColumns = 16;         // a vector of AVX-512
constexpr int64_t longRows = 128;             // the same for every instruction set, as are its bits
constexpr int64_t partDepth = 64;             // a part of a narrow product's depth
constexpr double blasTinyFlops = 20e3;        // below, a forced library isn't asked
constexpr double blasSliceFlops = 4e6;

std::atomic<uint64_t> counts[2];

int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t roundUp(int64_t a, int64_t b) { return ceilDivide(a, b) * b; }

bool usesBlas(const GemmShape& s, double flops) {
  return blasForced() && flops >= blasTinyFlops && std::max({s.m, s.n, s.k}) <= INT_MAX;
}

// Slices along the longer side of C.
void cutForBlas(GemmPlan& plan, int64_t m, int64_t n, double flops) {
  const int64_t slices = std::clamp<int64_t>(static_cast<int64_t>(flops / blasSliceFlops), 1, 16);
  if (m > n) {
    plan.rowBlock = roundUp(ceilDivide(m, slices), 16);
  } else {
    plan.columnBlock = roundUp(ceilDivide(n, slices), 16);
  }
}

// At least eight chunks where there is work for them, bigChunks and more in a big product.
void cutForTiles(GemmPlan& plan, int64_t m, int64_t n, double flops, const GemmTile& tile) {
  const int64_t panels = ceilDivide(n, tile.columns);
  int64_t rowBlocks = ceilDivide(m, rowGoal);
  const int64_t perChunk = std::clamp<int64_t>(panels * rowBlocks / bigChunks, 1, mostPanels);
  const int64_t wanted = std::min<int64_t>(8, static_cast<int64_t>(flops / chunkFlops));
  while (rowBlocks * ceilDivide(panels, perChunk) < wanted && m / (rowBlocks + 1) >= 2 * tile.rows) rowBlocks++;
  plan.rowBlock = ceilDivide(m, rowBlocks);
  plan.columnBlock = perChunk * tile.columns;
}

// Aᵀ·B with few columns, a classifier's weight gradient: along C's rows vectors are full, along its columns they would not be,
// and A's rows are read in whole lines. 784×10×128 takes 13 µs instead of 28.
bool swaps(const GemmShape& s) {
  return s.transposeA && !s.transposeB && s.n <= narrowColumns && s.m >= longRows && s.k <= maxDepthBlock;
}

// A narrow product reads far more than it writes (784×10×128: 400 KB and 31 KB). Cut along the depth, a thread reads the samples
// that it wrote before; cut along C, half of them would come from another core's cache, at 10 GB/s.
int64_t depthPartsOf(const GemmPlan& plan, double flops) {
  const bool worthIt = plan.swapped && plan.shape.batch == 1 && flops >= 2 * chunkFlops;
  return worthIt ? std::max<int64_t>(1, plan.shape.k / partDepth) : 1;
}

GemmShape transposed(const GemmShape& s) {
  return {s.batch, s.n, s.m, s.k, s.stepB, s.stepA, !s.transposeB, !s.transposeA, s.isDouble};
}

double flopsOf(const GemmShape& s) {
  return 2.0 * static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
}

}  // namespace

GemmPlan planGemm(const GemmShape& asked, const GemmTile& tile, bool plain) {
  GemmPlan plan{};
  plan.provider = usesBlas(asked, flopsOf(asked)) ? GemmProvider::blas : GemmProvider::builtin;
  plan.swapped = plain && plan.provider == GemmProvider::builtin && swaps(asked);
  plan.shape = plan.swapped ? transposed(asked) : asked;
  const GemmShape& shape = plan.shape;
  const int64_t batch = std::max<int64_t>(shape.batch, 1), m = std::max<int64_t>(shape.m, 1), n = std::max<int64_t>(shape.n, 1),
                k = std::max<int64_t>(shape.k, 1);
  const double flops = flopsOf({batch, m, n, k, 0, 0, false, false, false});
  plan.depthParts = depthPartsOf(plan, flops);
  plan.depthBlock = plan.swapped ? k : std::min(k, roundUp(ceilDivide(k, ceilDivide(k, depthGoal)), 32));
  plan.rowBlock = m;
  plan.columnBlock = n;
  plan.entries = 1;
  if (flops < 2 * chunkFlops) {
    plan.entries = std::max<int64_t>(1, static_cast<int64_t>(chunkFlops / flops));
  } else if (plan.provider == GemmProvider::blas) {
    cutForBlas(plan, m, n, flops);
  } else {
    cutForTiles(plan, m, n, flops, tile);
    plan.packA = !plan.swapped && flops >= packFlops && n >= 4 * tile.columns;
  }
  plan.rowBlocks = ceilDivide(m, plan.rowBlock);
  plan.columnBlocks = ceilDivide(n, plan.columnBlock);
  plan.chunks = plan.entries > 1 ? ceilDivide(batch, plan.entries) : batch * plan.rowBlocks * plan.columnBlocks * plan.depthParts;
  return plan;
}

void countGemm(GemmProvider provider) { counts[static_cast<int>(provider)].fetch_add(1, std::memory_order_relaxed); }
uint64_t gemmCount(GemmProvider provider) { return counts[static_cast<int>(provider)].load(std::memory_order_relaxed); }

}  // namespace ravine
