// The matrix product against a plain reference: all transposes, odd sizes, batches, epilogues, both types, guard bytes, NaN and
// infinity; the same bits on every instruction set and for every way of dealing chunks to threads. Exits with 1 on failure.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "../../native/gemm.h"
#include "../../native/kernel.h"

namespace ravine {
void plan_matmul_scalar(Plan&);
void plan_matmul_avx2(Plan&);
void plan_matmul_avx512(Plan&);
}  // namespace ravine

using namespace ravine;

namespace {

struct Isa {
  const char* name;
  PlanFn plan;
};

std::vector<Isa> isas() {
  std::vector<Isa> list{{"scalar", plan_matmul_scalar}};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) list.push_back({"avx2", plan_matmul_avx2});
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq"))
    list.push_back({"avx512", plan_matmul_avx512});
  return list;
}

int failures = 0;
int64_t cases = 0;

void fail(const std::string& what) {
  if (++failures <= 20) std::printf("FAILED %s\n", what.c_str());
}

uint64_t state = 88172645463325252ull;
double random() {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return static_cast<double>(state >> 11) / 4503599627370496.0 - 1.0;
}

struct Case {
  int64_t batch = 1, m, n, k;
  bool transposeA = false, transposeB = false, broadcastA = false, broadcastB = false, bias = false, relu = false, mask = false;
  std::string text() const {
    char line[200];
    std::snprintf(line, sizeof line, "batch %ld m %ld n %ld k %ld%s%s%s%s%s%s%s", static_cast<long>(batch), static_cast<long>(m),
                  static_cast<long>(n), static_cast<long>(k), transposeA ? " tA" : "", transposeB ? " tB" : "",
                  broadcastA ? " stepA 0" : "", broadcastB ? " stepB 0" : "", bias ? " bias" : "", relu ? " relu" : "",
                  mask ? " mask" : "");
    return line;
  }
};

constexpr int64_t guard = 64;

template <class T>
struct Data {
  std::vector<T> a, b, bias, mask;
};

template <class T>
Data<T> makeData(const Case& c) {
  Data<T> d;
  const auto fill = [](std::vector<T>& x, int64_t count) {
    x.resize(static_cast<size_t>(count));
    for (T& e : x) e = static_cast<T>(random());
  };
  fill(d.a, (c.broadcastA ? 1 : c.batch) * c.m * c.k);
  fill(d.b, (c.broadcastB ? 1 : c.batch) * c.k * c.n);
  fill(d.bias, c.bias ? c.n : 0);
  fill(d.mask, c.mask ? c.batch * c.m * c.n : 0);
  return d;
}

// Runs the kernel with its chunks dealt to `threads` threads; returns C with its guards.
template <class T>
std::vector<T> runKernel(const Isa& isa, const Case& c, const Data<T>& d, int threads) {
  const DType type = sizeof(T) == 8 ? DType::f64 : DType::f32;
  std::vector<Operand> operands{{type, static_cast<int64_t>(d.a.size())}, {type, static_cast<int64_t>(d.b.size())}};
  std::vector<T> out(static_cast<size_t>(c.batch * c.m * c.n + 2 * guard), static_cast<T>(12345));
  std::vector<void*> pointers{const_cast<T*>(d.a.data()), const_cast<T*>(d.b.data())};
  if (c.bias) operands.push_back({type, c.n}), pointers.push_back(const_cast<T*>(d.bias.data()));
  if (c.mask) operands.push_back({type, c.batch * c.m * c.n}), pointers.push_back(const_cast<T*>(d.mask.data()));
  operands.push_back({type, c.batch * c.m * c.n});
  pointers.push_back(out.data() + guard);
  const std::vector<int64_t> integers{
      c.batch, c.m,    c.n,   c.k, c.transposeA, c.transposeB, c.broadcastA ? 0 : c.m * c.k, c.broadcastB ? 0 : c.k * c.n,
      c.bias,  c.relu, c.mask};
  const std::vector<double> reals(integers.begin(), integers.end());
  Plan plan{};
  plan.operands = operands.data();
  plan.inputs = static_cast<int>(operands.size()) - 1;
  plan.outputs = 1;
  plan.integers = integers.data();
  plan.reals = reals.data();
  plan.attributes = static_cast<int>(integers.size());
  isa.plan(plan);
  if (plan.fault) {
    fail(std::string(isa.name) + " refused " + c.text() + ": " + plan.fault);
    return out;
  }
  std::vector<char> scratch(static_cast<size_t>(plan.scratchBytes) + 64);
  void* aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64) % 64;
  const Call call{pointers.data(), integers.data(), reals.data(), aligned, nullptr, 0, plan.data};
  // Thread t takes every threads-th chunk, the last one first.
  const auto deal = [&](RunFn run, int64_t chunks) {
    std::vector<std::thread> team;
    for (int t = 0; t < threads; t++)
      team.emplace_back([&, t] {
        for (int64_t i = chunks - 1 - t; i >= 0; i -= threads) run(call, i, i + 1);
      });
    for (auto& member : team) member.join();
  };
  if (threads == 1) {
    if (plan.prepare) plan.prepare(call, 0, plan.prepareChunks);
    plan.run(call, 0, plan.chunks);
  } else {
    if (plan.prepare) deal(plan.prepare, plan.prepareChunks);
    deal(plan.run, plan.chunks);
  }
  if (plan.finish) plan.finish(call);
  return out;
}

// |fl(chain of k fma) − exact| <= k·u/(1 − k·u) · Σ|a·b|, then half an ulp of rounding for the bias' addition.
template <class T>
void checkValues(const char* isa, const Case& c, const Data<T>& d, const std::vector<T>& out) {
  using Wide = std::conditional_t<sizeof(T) == 8, long double, double>;
  const Wide u = std::numeric_limits<T>::epsilon() / 2, wideU = std::numeric_limits<Wide>::epsilon() / 2;
  for (size_t i = 0; i < static_cast<size_t>(guard); i++)
    if (out[i] != static_cast<T>(12345) || out[out.size() - 1 - i] != static_cast<T>(12345))
      return fail(std::string(isa) + " guard overwritten: " + c.text());
  for (int64_t e = 0; e < c.batch; e++)
    for (int64_t i = 0; i < c.m; i++)
      for (int64_t j = 0; j < c.n; j++) {
        const T* a = d.a.data() + (c.broadcastA ? 0 : e * c.m * c.k);
        const T* b = d.b.data() + (c.broadcastB ? 0 : e * c.k * c.n);
        Wide sum = 0, size = 0;
        for (int64_t p = 0; p < c.k; p++) {
          const Wide product = static_cast<Wide>(c.transposeA ? a[p * c.m + i] : a[i * c.k + p]) *
                               static_cast<Wide>(c.transposeB ? b[j * c.k + p] : b[p * c.n + j]);
          sum += product;
          size += std::abs(product);
        }
        const Wide k = static_cast<Wide>(c.k);
        Wide bound = k * u / (1 - k * u) * size + k * wideU * size;
        if (c.bias) sum += d.bias[static_cast<size_t>(j)];
        bound += u * (std::abs(sum) + bound);
        if (c.relu && sum < 0) sum = 0;
        const size_t place = static_cast<size_t>((e * c.m + i) * c.n + j);
        if (c.mask && !(d.mask[place] > 0)) sum = 0, bound = 0;
        const Wide got = out[place + guard];
        if (!(std::abs(got - sum) <= bound)) {
          char line[120];
          std::snprintf(line, sizeof line, " [%ld,%ld,%ld] expected %.9g, got %.9g", static_cast<long>(e), static_cast<long>(i),
                        static_cast<long>(j), static_cast<double>(sum), static_cast<double>(got));
          return fail(std::string(isa) + " " + c.text() + line);
        }
      }
}

template <class T>
void check(const Case& c, std::initializer_list<int> threads = {1, 3}) {
  cases++;
  const Data<T> d = makeData<T>(c);
  std::vector<T> first;
  for (const Isa& isa : isas())
    for (int t : threads) {
      const std::vector<T> out = runKernel(isa, c, d, t);
      if (first.empty()) {
        first = out;
        checkValues(isa.name, c, d, out);
      } else if (std::memcmp(first.data(), out.data(), out.size() * sizeof(T)) != 0) {
        fail(std::string(isa.name) + " with " + std::to_string(t) + " threads has other bits: " + c.text());
      }
    }
}

template <class T>
void checkAll(Case c, std::initializer_list<int> threads = {1}) {
  for (int transposes = 0; transposes < 4; transposes++) {
    c.transposeA = transposes & 1;
    c.transposeB = transposes & 2;
    check<T>(c, threads);
  }
}

// A NaN or an infinity in one factor shows in its row or column and nowhere else; relu keeps NaN.
template <class T>
void checkSpecial() {
  Case c{.m = 17, .n = 37, .k = 9, .relu = true};
  for (const Isa& isa : isas())
    for (int kind = 0; kind < 2; kind++) {
      Data<T> d = makeData<T>(c);
      for (T& x : d.b) x = static_cast<T>(1) + std::abs(x);
      d.a[3 * 9 + 4] = kind ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::quiet_NaN();
      const std::vector<T> out = runKernel(isa, c, d, 1);
      for (int64_t i = 0; i < c.m * c.n; i++) {
        const T x = out[static_cast<size_t>(i + guard)];
        const bool expected = i / c.n != 3 ? std::isfinite(x) : kind ? std::isinf(x) : std::isnan(x);
        if (!expected) return fail(std::string(isa.name) + (kind ? " infinity" : " NaN") + " at " + std::to_string(i));
      }
    }
}

void checkRefusals() {
  const auto refused = [](std::vector<int64_t> integers, std::vector<Operand> operands) {
    std::vector<double> reals(integers.begin(), integers.end());
    Plan plan{};
    plan.operands = operands.data();
    plan.inputs = static_cast<int>(operands.size()) - 1;
    plan.outputs = 1;
    plan.integers = integers.data();
    plan.reals = reals.data();
    plan.attributes = static_cast<int>(integers.size());
    plan_matmul_scalar(plan);
    return plan.fault != nullptr;
  };
  const Operand six{DType::f32, 6}, four{DType::f32, 4};
  const int64_t huge = int64_t{1} << 40;
  if (refused({1, 2, 2, 3, 0, 0, 0, 0, 0, 0, 0}, {six, six, four})) fail("a good product was refused");
  if (!refused({1, 2, 2, 3, 0, 0, 0, 0, 0, 0, 0}, {four, six, four})) fail("short a");
  if (!refused({1, 2, 2, 3, 0, 0, 0, 0, 0, 0, 0}, {six, four, four})) fail("short b");
  if (!refused({1, 2, 2, 3, 0, 0, 0, 0, 0, 0, 0}, {six, six, six})) fail("long output");
  if (!refused({1, 2, 2, 3, 0, 0, 0, 0, 0, 0, 0}, {six, six, {DType::i32, 4}})) fail("int32 output");
  if (!refused({1, 2, 2, 3, 0, 0, 0, 0, 0, 0, 0}, {six, {DType::f64, 6}, four})) fail("mixed types");
  if (!refused({1, 2, 2, 3, 0, 0, 0, 0, 1, 0, 0}, {six, six, four})) fail("missing bias");
  if (!refused({1, 2, 2, 3, 0, 0, 0, 0, 1, 0, 0}, {six, six, four, four})) fail("long bias");
  if (!refused({2, 2, 2, 3, 0, 0, 6, 0, 0, 0, 0}, {six, six, {DType::f32, 8}})) fail("second entry of a outside");
  if (!refused({2, 2, 2, 3, 0, 0, -6, 0, 0, 0, 0}, {six, six, {DType::f32, 8}})) fail("negative step");
  if (!refused({1, huge, huge, huge, 0, 0, 0, 0, 0, 0, 0}, {six, six, four})) fail("overflow");
  if (!refused({1, -2, -2, 3, 0, 0, 0, 0, 0, 0, 0}, {six, six, four})) fail("negative sizes");
}

}  // namespace

// Many chunks; blocks of depth; narrow weight gradients.
static void checkLarge() {
  checkAll<float>({.m = 131, .n = 257, .k = 311, .bias = true, .relu = true}, {1, 2, 3, 5});
  checkAll<double>({.m = 131, .n = 257, .k = 311, .mask = true}, {1, 2, 3, 5});
  checkAll<float>({.batch = 3, .m = 128, .n = 96, .k = 128, .broadcastB = true, .bias = true}, {1, 2, 3, 5});
  checkAll<float>({.m = 37, .n = 67, .k = 2500, .bias = true, .relu = true, .mask = true}, {1, 3});
  checkAll<double>({.m = 37, .n = 67, .k = 2500, .bias = true, .relu = true, .mask = true}, {1, 3});
  checkAll<float>({.m = 256, .n = 256, .k = 1024}, {1, 2, 3, 5});
  checkAll<float>({.m = 600, .n = 40, .k = 128}, {1, 2, 3, 5});
  checkAll<float>({.batch = 2, .m = 601, .n = 200, .k = 300, .bias = true}, {1, 3});
  checkAll<float>({.batch = 2, .m = 520, .n = 130, .k = 270, .broadcastA = true, .relu = true}, {1, 3});
  checkAll<double>({.m = 300, .n = 200, .k = 300}, {1, 3});
  checkAll<float>({.m = 128, .n = 10, .k = 784, .bias = true}, {1, 2, 3, 5});
  checkAll<float>({.m = 784, .n = 10, .k = 128}, {1, 2, 3, 5});
  checkAll<float>({.m = 131, .n = 16, .k = 300}, {1, 3});
  checkAll<double>({.m = 200, .n = 3, .k = 511}, {1, 3});
}

// With a number: one in so many of the small products, and none of the large ones (for builds with sanitizers).
int main(int argc, char** argv) {
  const int every = argc > 1 ? std::atoi(argv[1]) : 1;
  int count = 0;
  for (int64_t m : {0, 1, 2, 5, 6, 7, 13, 14, 15, 29, 33})
    for (int64_t n : {0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33})
      for (int64_t k : {0, 1, 2, 7, 8, 9, 16, 17, 33}) {
        if (count++ % every != 0) continue;
        checkAll<float>({.m = m, .n = n, .k = k, .bias = (m + n) % 2 == 0, .relu = k % 2 == 1, .mask = n % 3 == 0});
        checkAll<double>({.m = m, .n = n, .k = k, .bias = (m + k) % 2 == 0, .relu = n % 2 == 1, .mask = k % 3 == 0});
      }
  for (int64_t batch : {0, 1, 3, 40})
    for (int broadcast = 0; broadcast < 4; broadcast++) {
      Case c{.batch = batch, .m = 13, .n = 35, .k = 21, .broadcastA = (broadcast & 1) != 0, .broadcastB = (broadcast & 2) != 0};
      checkAll<float>(c, {1, 2, 3, 5});
      checkAll<double>(c, {1, 3});
      c.bias = c.relu = c.mask = true;
      checkAll<float>(c, {1, 2, 3, 5});
    }
  if (every == 1) checkLarge();
  checkSpecial<float>();
  checkSpecial<double>();
  checkRefusals();
  std::printf("%ld products on %zu instruction sets, %d failures\n", static_cast<long>(cases), isas().size(), failures);
  return failures ? 1 : 0;
}
