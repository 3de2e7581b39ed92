// The elementwise kernel of one instruction set, RAVINE_ISA, under a name of its own.
#define RAVINE_QUOTE2(x) #x
#define RAVINE_QUOTE(x) RAVINE_QUOTE2(x)
#define RAVINE_JOIN2(a, b) a##b
#define RAVINE_JOIN(a, b) RAVINE_JOIN2(a, b)
// clang-format off
#include RAVINE_QUOTE(../../native/simd/RAVINE_JOIN(vec_, RAVINE_ISA).h)
// clang-format on
#include "../../native/kernels/elementwise.h"

namespace ravine {
void RAVINE_JOIN(plan_elementwise_, RAVINE_ISA)(Plan& p) { RAVINE_ISA::plan_elementwise(p); }
}  // namespace ravine
