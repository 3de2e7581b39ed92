#include "blas.h"

#include <dlfcn.h>

#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "gemm.h"

namespace ravine {

namespace {

// CBLAS with 32-bit integers.
enum { rowMajor = 101, noTranspose = 111, transpose = 112 };
template <class T>
using CblasGemm = void (*)(int, int, int, int, int, int, T, const T*, int, const T*, int, T, T*, int);

struct Library {
  CblasGemm<float> single = nullptr;
  CblasGemm<double> twofold = nullptr;
  bool forced = false;
  std::string description;
};

Library& library() {
  static Library loaded;
  return loaded;
}

template <class F>
F symbol(void* handle, const char* name) {
  void* address = dlsym(handle, name);
  F function = nullptr;
  std::memcpy(&function, &address, sizeof function);
  return function;
}

// [1 2; 3 4] · [1 1; 2 2] = [5 5; 11 11]; a library with 64-bit integers that gave no other sign would fail here.
template <class T>
bool multiplies(CblasGemm<T> gemm) {
  const T a[4] = {1, 2, 3, 4}, b[4] = {1, 1, 2, 2};
  T c[4] = {};
  gemm(rowMajor, noTranspose, noTranspose, 2, 2, 2, T(1), a, 2, b, 2, T(0), c, 2);
  return c[0] == T(5) && c[1] == T(5) && c[2] == T(11) && c[3] == T(11);
}

// Its own threads would fight ours for the cores.
void makeSingleThreaded(void* handle) {
  for (const char* name : {"openblas_set_num_threads", "MKL_Set_Num_Threads"})
    if (const auto set = symbol<void (*)(int)>(handle, name)) set(1);
  if (const auto set = symbol<void (*)(int64_t)>(handle, "bli_thread_set_num_threads")) set(1);
}

// Fills `found`, or says why not. A refused library stays mapped: it may have started threads.
std::string load(const char* name, Library& found) {
  void* handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return dlerror();
  const auto single = symbol<CblasGemm<float>>(handle, "cblas_sgemm");
  const auto twofold = symbol<CblasGemm<double>>(handle, "cblas_dgemm");
  if (!single || !twofold) return "it has no cblas_sgemm and cblas_dgemm";
  std::string configuration;
  if (const auto config = symbol<char* (*)()>(handle, "openblas_get_config")) configuration = config();
  if (configuration.find("USE64BITINT") != std::string::npos) return "it takes 64-bit integers (ILP64); the 32-bit one is needed";
  makeSingleThreaded(handle);
  if (!multiplies(single) || !multiplies(twofold)) return "a 2×2 product came out wrong";
  found.single = single;
  found.twofold = twofold;
  found.description = configuration.empty() ? name : std::string(name) + " (" + configuration + ")";
  return "";
}

}  // namespace

std::string selectBlas(const char* choice) {
  Library& found = library();
  found = Library{};
  if (choice && std::strcmp(choice, "builtin") == 0) return "";
  if (choice && *choice) {
    const std::string why = load(choice, found);
    found.forced = why.empty();
    return why.empty() ? ""
                       : std::string("RAVINE_BLAS=") + choice + " can't be used: " + why +
                             "\nhelp: give the path of a CBLAS library, or RAVINE_BLAS=builtin";
  }
  for (const char* name : {"libopenblas.so.0", "libopenblas.so", "libblas.so.3"})
    if (load(name, found).empty()) break;
  return "";
}

bool blasAvailable() { return library().single != nullptr; }
bool blasForced() { return library().forced; }
const std::string& blasDescription() { return library().description; }

template <class T>
void blasProduct(const GemmShape& shape, int64_t m, int64_t n, const T* a, const T* b, T* c) {
  const auto leading = [](int64_t stride) { return static_cast<int>(stride > 0 ? stride : 1); };
  const auto call = [&](CblasGemm<T> gemm) {
    gemm(rowMajor, shape.transposeA ? transpose : noTranspose, shape.transposeB ? transpose : noTranspose, static_cast<int>(m),
         static_cast<int>(n), static_cast<int>(shape.k), T(1), a, leading(shape.transposeA ? shape.m : shape.k), b,
         leading(shape.transposeB ? shape.k : shape.n), T(0), c, leading(shape.n));
  };
  if constexpr (std::is_same_v<T, double>) {
    call(library().twofold);
  } else {
    call(library().single);
  }
}
template void blasProduct(const GemmShape&, int64_t, int64_t, const float*, const float*, float*);
template void blasProduct(const GemmShape&, int64_t, int64_t, const double*, const double*, double*);

}  // namespace ravine
