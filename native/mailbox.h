// News from native threads to one JavaScript environment: any thread posts, the JavaScript thread delivers.
#pragma once

#include <napi.h>

#include <memory>
#include <mutex>
#include <vector>

namespace ravine {

// One that holds JavaScript values is made and destroyed on the JavaScript thread.
struct Letter {
  virtual ~Letter() = default;
  virtual void deliver(Napi::Env env) = 0;
};

class Mailbox {
 public:
  explicit Mailbox(Napi::Env env);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // From any thread. The environment's own cleanup joins those threads, then closes: what is posted later is dropped.
  void post(std::shared_ptr<Letter> letter);
  void close();

  // While something is held, the process stays alive to deliver it. On the JavaScript thread.
  void hold(Napi::Env env);
  void letGo(Napi::Env env);

 private:
  static void onWake(napi_env env, napi_value callback, void* context, void* data);
  void deliverAll(Napi::Env env);

  std::mutex mutex_;
  std::vector<std::shared_ptr<Letter>> letters_;
  bool woken_ = false;  // the JavaScript thread has been called and has not come yet
  bool closed_ = false;
  int64_t held_ = 0;
  napi_threadsafe_function wake_ = nullptr;
};

}  // namespace ravine
