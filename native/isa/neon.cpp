// Every kernel, compiled for neon.
#define RAVINE_ISA neon

#include "../simd/vec_neon.h"

#include "../kernels/all.h"

#include "table.h"
