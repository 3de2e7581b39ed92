// One kernel table an instruction set; each is made in a file of its own.
#pragma once

#include "../kernel.h"

namespace ravine {

extern const KernelTable table_scalar;
extern const KernelTable table_avx2;
extern const KernelTable table_avx512;

}  // namespace ravine
