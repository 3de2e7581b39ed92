{
  "variables": {
    "ravine_core": [
      "batches.cpp", "bind.cpp", "blas.cpp", "buffer.cpp", "cgroup.cpp", "counters.cpp", "cpu.cpp", "error_word.cpp",
      "executor.cpp", "feed.cpp", "gemm.cpp", "job.cpp", "loop.cpp", "loop_spec.cpp", "loop_step.cpp", "permutation.cpp",
      "program.cpp", "sparse_arrays.cpp", "sparse_dual.cpp", "sparse_file.cpp", "sparse_matrix.cpp", "sparse_score.cpp", "sparse_sgd.cpp",
      "svmlight.cpp", "threads.cpp", "verify.cpp"
    ],
    "ravine_binding": [
      "addon.cpp", "binding_arguments.cpp", "binding_buffer.cpp", "binding_environment.cpp", "binding_feed.cpp",
      "binding_job.cpp", "binding_loop.cpp", "binding_loop_spec.cpp", "binding_program.cpp", "binding_sparse.cpp",
      "binding_sparse_jobs.cpp", "binding_work.cpp", "mailbox.cpp", "runners.cpp"
    ],
    "ravine_scalar": ["isa/scalar.cpp"],
    "ravine_avx2": ["isa/avx2.cpp"],
    "ravine_avx512": ["isa/avx512.cpp"],
    "ravine_flags": [
      "-std=c++20", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off",
      "-fvisibility=hidden", "-fvisibility-inlines-hidden", "-ffunction-sections", "-pthread"
    ],
    "ravine_avx2_flags": ["-mavx2", "-mfma"],
    "ravine_avx512_flags": ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mfma", "-mprefer-vector-width=512"]
  }
}
