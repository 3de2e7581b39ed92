// GFLOPS of convolution's three kernels by shape, beside the peak of fused multiply-adds that a loop without memory reaches in
// the same run. bench/gemm.mjs --conv builds and starts it: conv THREADS ISA|- [shape …]
#include <cstring>

#include "team.h"

namespace ravine {
void plan_conv_avx2(Plan&);
void plan_conv_avx512(Plan&);
void plan_conv_input_gradient_avx2(Plan&);
void plan_conv_input_gradient_avx512(Plan&);
void plan_conv_weight_gradient_avx2(Plan&);
void plan_conv_weight_gradient_avx512(Plan&);
}  // namespace ravine

namespace {

struct Shape {
  const char* name;
  int64_t samples, groups, in, out, length, kernel, stride, pad;  // square images; channels of a group

  int64_t outputs() const { return (length + 2 * pad - kernel) / stride + 1; }
  int64_t x() const { return samples * length * length * groups * in; }
  int64_t w() const { return kernel * kernel * in * groups * out; }
  int64_t y() const { return samples * outputs() * outputs() * groups * out; }
  bool fitsWinograd() const { return groups == 1 && kernel == 3 && stride == 1 && in % 16 == 0 && out % 16 == 0; }
  double flops() const { return 2.0 * static_cast<double>(y() * kernel * kernel * in); }
};

const Shape shapes[] = {
    {"cnn-1", 64, 1, 1, 32, 28, 3, 1, 1},
    {"cnn-2", 64, 1, 32, 64, 14, 3, 1, 1},
    {"resnet-0", 32, 1, 3, 16, 32, 3, 1, 1},
    {"resnet-16", 32, 1, 16, 16, 32, 3, 1, 1},
    {"resnet-16-32", 32, 1, 16, 32, 32, 3, 2, 1},
    {"resnet-1x1-32", 32, 1, 16, 32, 32, 1, 2, 0},
    {"resnet-32", 32, 1, 32, 32, 16, 3, 1, 1},
    {"resnet-32-64", 32, 1, 32, 64, 16, 3, 2, 1},
    {"resnet-64", 32, 1, 64, 64, 8, 3, 1, 1},
    {"depthwise-64", 32, 64, 1, 1, 28, 3, 1, 1},
    {"grouped-4", 32, 4, 16, 16, 14, 3, 1, 1},
    {"wide-256", 4, 1, 256, 256, 14, 3, 1, 1},
    {"narrow-10", 32, 1, 10, 10, 20, 3, 1, 1},
    // Depthwise layers: kernel-channels-image; grouped ones: groups-channels-image.
    {"dw3-32-112", 8, 32, 1, 1, 112, 3, 1, 1},
    {"dw3-64-112-s2", 8, 64, 1, 1, 112, 3, 2, 1},
    {"dw3-64-56", 8, 64, 1, 1, 56, 3, 1, 1},
    {"dw3-128-56", 8, 128, 1, 1, 56, 3, 1, 1},
    {"dw3-128-56-s2", 8, 128, 1, 1, 56, 3, 2, 1},
    {"dw3-128-28", 8, 128, 1, 1, 28, 3, 1, 1},
    {"dw3-256-28", 8, 256, 1, 1, 28, 3, 1, 1},
    {"dw3-256-28-s2", 8, 256, 1, 1, 28, 3, 2, 1},
    {"dw3-256-14", 8, 256, 1, 1, 14, 3, 1, 1},
    {"dw3-512-14", 8, 512, 1, 1, 14, 3, 1, 1},
    {"dw3-512-14-s2", 8, 512, 1, 1, 14, 3, 2, 1},
    {"dw3-512-7", 8, 512, 1, 1, 7, 3, 1, 1},
    {"dw5-32-112", 8, 32, 1, 1, 112, 5, 1, 2},
    {"dw5-64-112-s2", 8, 64, 1, 1, 112, 5, 2, 2},
    {"dw5-64-56", 8, 64, 1, 1, 56, 5, 1, 2},
    {"dw5-128-56", 8, 128, 1, 1, 56, 5, 1, 2},
    {"dw5-128-56-s2", 8, 128, 1, 1, 56, 5, 2, 2},
    {"dw5-128-28", 8, 128, 1, 1, 28, 5, 1, 2},
    {"dw5-256-28", 8, 256, 1, 1, 28, 5, 1, 2},
    {"dw5-256-28-s2", 8, 256, 1, 1, 28, 5, 2, 2},
    {"dw5-256-14", 8, 256, 1, 1, 14, 5, 1, 2},
    {"dw5-512-14", 8, 512, 1, 1, 14, 5, 1, 2},
    {"dw5-512-14-s2", 8, 512, 1, 1, 14, 5, 2, 2},
    {"dw5-512-7", 8, 512, 1, 1, 7, 5, 1, 2},
    {"g2-64-28", 8, 2, 32, 32, 28, 3, 1, 1},
    {"g4-64-28", 8, 4, 16, 16, 28, 3, 1, 1},
    {"g8-64-28", 8, 8, 8, 8, 28, 3, 1, 1},
    {"g2-128-14", 8, 2, 64, 64, 14, 3, 1, 1},
    {"g4-128-14", 8, 4, 32, 32, 14, 3, 1, 1},
    {"g8-128-14", 8, 8, 16, 16, 14, 3, 1, 1},
    {"g8-256-14", 8, 8, 32, 32, 14, 3, 1, 1},
    {"g8-32-56", 8, 8, 4, 4, 56, 3, 1, 1},
    {"g32-256-14", 8, 32, 8, 8, 14, 3, 1, 1},
};

}  // namespace

int main(int count, char** arguments) {
  const int threads = count > 1 ? std::max(1, std::atoi(arguments[1])) : 1;
  const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  const bool wide = has && !(count > 2 && !std::strcmp(arguments[2], "avx2"));
  Team team(threads);
  const double most = peak(wide ? fmaPeak_avx512 : fmaPeak_avx2, team, threads);
  std::printf("%s, %d threads, peak %.1f GFLOPS\n%-14s %28s %28s %28s\n", wide ? "avx512" : "avx2", threads, most, "", "forward",
              "input gradient", "weight gradient");
  const PlanFn plans[] = {wide ? plan_conv_avx512 : plan_conv_avx2,
                          wide ? plan_conv_input_gradient_avx512 : plan_conv_input_gradient_avx2,
                          wide ? plan_conv_weight_gradient_avx512 : plan_conv_weight_gradient_avx2};
  for (const Shape& s : shapes) {
    if (count > 3 && std::none_of(arguments + 3, arguments + count, [&](const char* name) { return !std::strcmp(name, s.name); }))
      continue;
    std::vector<int64_t> integers{s.samples, s.groups, s.in, s.out};
    for (int axis = 0; axis < 2; axis++) integers.insert(integers.end(), {s.length, s.outputs(), s.kernel, s.stride, s.pad, 1});
    const bool winograd = s.fitsWinograd();
    const std::vector<int64_t> operands[] = {{s.x(), s.w(), s.y()}, {s.y(), s.w(), s.x()}, {s.x(), s.y(), s.w()}};
    std::printf("%-14s", s.name);
    for (int i = 0; i < 3; i++) {
      const auto timed = [&](std::vector<int64_t> more) {
        more.insert(more.begin(), integers.begin(), integers.end());
        return measure(plans[i], s.name, operands[i], more, s.flops(), team);
      };
      const double time = i == 0 ? timed({0, 0, 0}) : timed({0});
      if (winograd && (i < 2 || s.in * s.out <= 4096))
        std::printf(" (Winograd %.1f us)", 1e6 * (i == 0 ? timed({1, 0, 0}) : timed({1})));
      std::printf(" %10.1f us %7.1f GF %3.0f %%", time * 1e6, 1e-9 * s.flops() / time, 1e-7 * s.flops() / time / most);
    }
    std::printf("\n");
  }
}
