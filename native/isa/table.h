// Makes this instruction set's table from kernels.def. The last line of every isa/<name>.cpp.

#include "tables.h"

#define RAVINE_JOIN_(a, b) a##b
#define RAVINE_JOIN(a, b) RAVINE_JOIN_(a, b)
#define RAVINE_TEXT_(a) #a
#define RAVINE_TEXT(a) RAVINE_TEXT_(a)

namespace ravine {

// A kernel whose header is not in kernels/all.h is listed and refuses every program; the instruction set's own name hides this
// one.
#define KERNEL(name, minInputs, maxInputs, outputs, attributes) \
  inline void plan_##name(Plan& p) { p.refuse("this build lacks the kernel"); }
#include "../kernels.def"
#undef KERNEL

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
