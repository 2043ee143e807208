#include "ledger/exchange/store_runner.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>
#include <utility>

#include "ledger/exchange/thread_name.hpp"

namespace karst {
namespace {

constexpr int background_nice = 10;

}  // namespace

void be_nice() {
  const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
  static_cast<void>(::setpriority(PRIO_PROCESS, thread, background_nice));
}

StoreRunner::StoreRunner(ExchangeCore& core, DerivedStore& store, const Clock& clock, Notice notice)
    : core_(core), clock_(clock), notice_(std::move(notice)) {
  core.add_store(store, [this] { feeder_bell_.ring(); });
  feeder_ = core.feeders().back().get();
}

void StoreRunner::start() {
  feeder_thread_ = std::thread([this] { feed(); });
  keeper_thread_ = std::thread([this] { keep(); });
}

// The keeper goes last: the feeder may wait for what it does.
void StoreRunner::finish() {
  is_last_.store(true, std::memory_order_release);
  feeder_bell_.ring();
  if (feeder_thread_.joinable()) feeder_thread_.join();
  abandon();
}

void StoreRunner::give_up() {
  has_given_up_.store(true, std::memory_order_release);
  feeder_bell_.ring();
  keeper_bell_.ring();
}

void StoreRunner::abandon() {
  give_up();
  if (feeder_thread_.joinable()) feeder_thread_.join();
  if (keeper_thread_.joinable()) keeper_thread_.join();
}

void StoreRunner::feed() {
  name_thread(feeder_->store().name() + std::string(" feed"));
  std::uint32_t busy_looks = 0;
  while (!has_given_up_.load(std::memory_order_acquire)) {
    const std::uint32_t seen = feeder_bell_.signals();
    const bool is_last = is_last_.load(std::memory_order_acquire);
    const bool was_away = feeder_->is_away();
    const std::size_t taken = feeder_->step();
    const bool is_away = feeder_->is_away();
    if (!was_away && is_away && notice_ != nullptr) notice_(feeder_->store(), &feeder_->error());
    const bool is_busy = !is_away && feeder_->is_busy();
    if ((!was_away && is_away) || is_busy) keeper_bell_.ring();
    if (taken != 0) {
      if (taken < StoreFeeder::poll_commands && !is_last) linger();
      continue;
    }
    if (is_last && (!is_busy || ++busy_looks == busy_looks_max)) break;
    feeder_bell_.wait(seen, is_busy ? busy_ns : Bell::for_ever);
  }
  // The next start needs to replay nothing for this store; if this fails, it does.
  if (has_given_up_.load(std::memory_order_acquire) || feeder_->is_away()) return;
  static_cast<void>(feeder_->store().finish());
}

// A bell would be rung with every batch, so these sleeps hear none; each is short enough to end.
void StoreRunner::linger() const {
  const timespec pause{.tv_sec = 0, .tv_nsec = linger_ns};
  const std::uint64_t taken = feeder_->taken();
  for (std::uint64_t slept = 0; slept < feeder_->store().patience_ns(); slept += linger_ns) {
    ::nanosleep(&pause, nullptr);
    const bool is_much = core_.pipeline().durable() > taken + linger_commands_max;
    if (is_much || is_last_.load(std::memory_order_acquire) || has_given_up_.load()) return;
  }
}

void StoreRunner::keep() {
  name_thread(feeder_->store().name() + std::string(" keep"));
  be_nice();
  while (!has_given_up_.load(std::memory_order_acquire)) {
    const std::uint32_t seen = keeper_bell_.signals();
    for (std::uint32_t i = 0; i < work_max; ++i) {
      const Result<bool> did = feeder_->store().work();
      if (!did || !*did) break;  // an error may pass; what it stops comes out with append()
    }
    if (feeder_->is_away()) bring_back();
    look_for_wishes();
    keeper_bell_.wait(seen, keep_interval_ns);
  }
}

// What is wanted of the store, when nothing new wakes its feeder.
void StoreRunner::look_for_wishes() {
  const std::uint64_t now = clock_.steady_ns();
  const std::uint64_t taken = feeder_->taken();
  if (taken != taken_seen_) {
    taken_seen_ = taken;
    taken_seen_at_ns_ = now;
  } else if (now - taken_seen_at_ns_ > idle_ns) {
    feeder_->store().want_durable(taken);
  }
  if (feeder_->is_wanted()) feeder_bell_.ring();
}

void StoreRunner::bring_back() {
  const std::uint64_t now = clock_.steady_ns();
  if (now < retry_at_ns_) return;
  if (const Status caught_up = core_.bring_back(*feeder_); !caught_up) {
    retry_at_ns_ = now + retry_ns;
    return;
  }
  if (notice_ != nullptr) notice_(feeder_->store(), nullptr);
  feeder_bell_.ring();
}

}  // namespace karst
