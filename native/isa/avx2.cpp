// Every kernel, compiled for avx2.
#define RAVINE_ISA avx2

#include "../simd/vec_avx2.h"

#include "../kernels/all.h"

#include "table.h"
