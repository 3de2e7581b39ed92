#include "mailbox.h"

#include <algorithm>

namespace ravine {

Mailbox::Mailbox(Napi::Env env) {
  const Napi::String name = Napi::String::New(env, "ravine");
  const napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this, &Mailbox::onWake, &wake_);
  if (status != napi_ok) throw Napi::Error::New(env, "internal: no thread-safe function");
  napi_unref_threadsafe_function(env, wake_);
}

void Mailbox::post(std::shared_ptr<Letter> letter) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  letters_.push_back(std::move(letter));
  if (woken_) return;
  woken_ = napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking) == napi_ok;
}

void Mailbox::close() {
  std::vector<std::shared_ptr<Letter>> dropped;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(letters_);
}

void Mailbox::hold(Napi::Env env) {
  if (held_++ == 0) napi_ref_threadsafe_function(env, wake_);
}

void Mailbox::letGo(Napi::Env env) {
  if (--held_ == 0) napi_unref_threadsafe_function(env, wake_);
}

// Without an environment the process is going down and nothing may be called any more.
void Mailbox::onWake(napi_env env, napi_value, void* context, void*) {
  if (env) static_cast<Mailbox*>(context)->deliverAll(Napi::Env(env));
}

void Mailbox::deliverAll(Napi::Env env) {
  std::vector<std::shared_ptr<Letter>> letters;
  {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    letters.swap(letters_);
  }
  for (const std::shared_ptr<Letter>& letter : letters) {
    try {
      letter->deliver(env);
    } catch (const std::exception&) {
      // The worker is being terminated: JavaScript no longer runs in it, and nobody waits for the news.
    }
  }
}

}  // namespace ravine
