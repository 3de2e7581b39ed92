// A thread that no signal is delivered to: the process's handlers run where they always did.
#pragma once

#include <csignal>
#include <thread>
#include <utility>

namespace ravine {

// Throws std::system_error where the system has no thread to give.
template <class Body>
std::thread quietThread(Body&& body) {
  struct Masked {
    Masked() {
      sigset_t all;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);
    }
    ~Masked() { pthread_sigmask(SIG_SETMASK, &before, nullptr); }
    sigset_t before;
  } const masked;
  return std::thread(std::forward<Body>(body));
}

}  // namespace ravine
