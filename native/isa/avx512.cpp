// Every kernel, compiled for avx512.
#define RAVINE_ISA avx512

#include "../simd/vec_avx512.h"

#include "../kernels/all.h"

#include "table.h"
