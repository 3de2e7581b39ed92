// Makes this instruction set's table from kernels.def. The last line of every isa/<name>.cpp.

#include "tables.h"

#define RAVINE_JOIN_(a, b) a##b
#define RAVINE_JOIN(a, b) RAVINE_JOIN_(a, b)
#define RAVINE_TEXT_(a) #a
#define RAVINE_TEXT(a) RAVINE_TEXT_(a)

namespace ravine {
namespace RAVINE_ISA {

constexpr Kernel rows[] = {
#define KERNEL(name, minInputs, maxInputs, outputs, attributes) {#name, minInputs, maxInputs, outputs, attributes, plan_##name},
#include "../kernels.def"
#undef KERNEL
};

}  // namespace RAVINE_ISA

const KernelTable RAVINE_JOIN(table_, RAVINE_ISA) = {RAVINE_TEXT(RAVINE_ISA), RAVINE_ISA::rows,
                                                     sizeof(RAVINE_ISA::rows) / sizeof(RAVINE_ISA::rows[0])};

}  // namespace ravine
