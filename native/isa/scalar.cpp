// Every kernel, compiled for scalar.
#define RAVINE_ISA scalar

#include "../simd/vec_scalar.h"

#include "../kernels/all.h"

#include "table.h"
