#include "gemm.h"

#include <algorithm>
#include <atomic>

namespace ravine {

namespace {

std::atomic<uint64_t> counts[2];

int64_t ceilDivide(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

#ifdef TUNE
int64_t tuneDepth = 1024, tuneChunks = 32, tuneRows = 512, tunePackA = 2;
#else
constexpr int64_t tuneDepth = 1024, tuneChunks = 32, tuneRows = 512, tunePackA = 2;
#endif

GemmPlan planGemm(const GemmShape& shape, const GemmTile& tile) {
  GemmPlan plan{};
  plan.shape = shape;
  plan.provider = GemmProvider::builtin;
  const int64_t m = std::max<int64_t>(shape.m, 1), n = std::max<int64_t>(shape.n, 1), k = std::max<int64_t>(shape.k, 1);
  const double flops = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  plan.depthBlock = ceilDivide(k, ceilDivide(k, tuneDepth));
  plan.rowBlock = m;
  plan.columnBlock = n;
  plan.entries = 1;
  const double chunkFlops = 400e3;
  if (flops < 2 * chunkFlops) {
    plan.entries = std::max<int64_t>(1, static_cast<int64_t>(chunkFlops / flops));
  } else {
    const int64_t panels = ceilDivide(n, tile.columns);
    int64_t rowBlocks = ceilDivide(m, tuneRows);
    int64_t perChunk = std::max<int64_t>(1, panels * rowBlocks / tuneChunks);
    const int64_t wanted = std::max<int64_t>(1, std::min<int64_t>(8, static_cast<int64_t>(flops / chunkFlops)));
    while (rowBlocks * ceilDivide(panels, perChunk) < wanted && m / (rowBlocks + 1) >= 2 * tile.rows) rowBlocks++;
    plan.rowBlock = ceilDivide(m, rowBlocks);
    plan.columnBlock = perChunk * tile.columns;
  }
  plan.packA = tunePackA == 1;
  plan.rowBlocks = ceilDivide(m, plan.rowBlock);
  plan.columnBlocks = ceilDivide(n, plan.columnBlock);
  plan.chunks = plan.entries > 1 ? ceilDivide(std::max<int64_t>(shape.batch, 1), plan.entries)
                                 : std::max<int64_t>(shape.batch, 1) * plan.rowBlocks * plan.columnBlocks;
  return plan;
}

void countGemm(GemmProvider provider) { counts[static_cast<int>(provider)].fetch_add(1, std::memory_order_relaxed); }
uint64_t gemmCount(GemmProvider provider) { return counts[static_cast<int>(provider)].load(std::memory_order_relaxed); }

}  // namespace ravine
