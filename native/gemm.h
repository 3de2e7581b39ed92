// Matrix products: which provider does one and how it is cut into chunks. Compiled without any instruction set's flags and used
// by every instruction set's `matmul`, so it names only plain types.
#pragma once

#include <cstdint>

namespace ravine {

enum class GemmProvider : uint8_t { builtin = 0, blas = 1 };

// op(A)[batch, m, k] · op(B)[batch, k, n] -> C[batch, m, n], all row-major; a transposed operand is stored [k, m] or [n, k].
struct GemmShape {
  int64_t batch, m, n, k;
  int64_t stepA, stepB;  // elements from one batch entry to the next, 0: the same for all
  bool transposeA, transposeB;
  bool isDouble;
};

// What the built-in kernel of an instruction set computes at a time, in registers.
struct GemmTile {
  int rows, columns;
};

// Blocks of C make chunks: [rowBlock, columnBlock] of one batch entry, or `entries` whole entries where these are small.
struct GemmPlan {
  GemmShape shape;
  GemmProvider provider;
  bool swapped;        // computes Cᵀ = op(B)ᵀ · op(A)ᵀ: `shape` is that product's, and C is written transposed
  int64_t depthParts;  // above 1, of a swapped product: the depth is cut in as many parts, whose sums are added in order
  bool packA;          // A's strips are copied once for all chunks
  int64_t depthBlock;
  int64_t rowBlock, columnBlock;
  int64_t rowBlocks, columnBlocks;
  int64_t entries;
  int64_t chunks;
};

// plain: nothing is done to C after the product.
GemmPlan planGemm(const GemmShape& shape, const GemmTile& tile, bool plain);

// The longest depthBlock of a plan.
constexpr int64_t maxDepthBlock = 256;

// Rows × columns [m, n] of a product by the system's BLAS, on this thread; `a`, `b` and `c` point to the slice's first elements,
// strides are the whole product's. T is float or double.
template <class T>
void blasProduct(const GemmShape& shape, int64_t m, int64_t n, const T* a, const T* b, T* c);

// Products run since load.
void countGemm(GemmProvider provider);
uint64_t gemmCount(GemmProvider provider);

}  // namespace ravine
