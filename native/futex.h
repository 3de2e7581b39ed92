// Sleeping on the low 32 bits of a word until another thread changes it (Linux).
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cstdint>

namespace ravine {

static_assert(std::endian::native == std::endian::little, "a word's low half is taken to be its first");

template <class Word>
void futexWait(const std::atomic<Word>& word, Word seen) {
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, static_cast<uint32_t>(seen), nullptr, nullptr, 0);
}

template <class Word>
void futexWake(const std::atomic<Word>& word, int sleepers) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, sleepers, nullptr, nullptr, 0);
}

inline void pauseThread() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

}  // namespace ravine
