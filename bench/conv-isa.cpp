// Convolution's kernels of one instruction set, and as many fused multiply-adds as the machine does with everything in registers.
#include "gemm-peak.cpp"

#include "../native/kernels/conv.h"
#include "../native/kernels/conv_weights.h"

namespace ravine {
void RAVINE_JOIN(plan_conv_, RAVINE_ISA)(Plan& p) { RAVINE_ISA::plan_conv(p); }
void RAVINE_JOIN(plan_conv_input_gradient_, RAVINE_ISA)(Plan& p) { RAVINE_ISA::plan_conv_input_gradient(p); }
void RAVINE_JOIN(plan_conv_weight_gradient_, RAVINE_ISA)(Plan& p) { RAVINE_ISA::plan_conv_weight_gradient(p); }
}  // namespace ravine
