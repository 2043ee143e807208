// StoreRunner: the threads of one derived store.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include "engine/seams/clock.hpp"
#include "ledger/exchange/bell.hpp"
#include "ledger/exchange/exchange_core.hpp"

namespace karst {

/// Feeds one store in a thread of its own, so that one whose disk hangs delays no other; and keeps
/// it in a second one, which yields to all others: background work, and the way back when the
/// exchange has gone on without it.
///
/// Threads: start(), finish() and abandon() by one owner.
class StoreRunner {
 public:
  using Notice = std::function<void(const DerivedStore&, const Error*)>;

  /// Adds the store to `core`. `notice` may be null; as ExchangeConfig::on_store.
  StoreRunner(ExchangeCore& core, DerivedStore& store, const Clock& clock, Notice notice);
  ~StoreRunner() { abandon(); }
  StoreRunner(const StoreRunner&) = delete;
  StoreRunner& operator=(const StoreRunner&) = delete;

  void start();
  /// Everything that will ever be released has been: gives the store the rest and ends.
  void finish();
  /// Tells the threads to end as soon as they can. May be called by any thread.
  void give_up();
  /// Gives up and waits for the threads.
  void abandon();

 private:
  static constexpr std::uint64_t keep_interval_ns = 100'000'000;
  static constexpr std::uint64_t retry_ns = 1'000'000'000;
  static constexpr std::uint64_t busy_ns = 1'000'000;
  /// Between two looks at what there is a feeder sleeps, as long as the store is patient: what has
  /// come meanwhile shares one sync, and the device is the journal's for the rest of the time.
  static constexpr std::uint64_t linger_ns = 5'000'000;
  /// With so many commands at hand it sleeps no longer.
  static constexpr std::uint64_t linger_commands_max = 256;
  /// A store that has been given nothing for so long is brought up to the newest command.
  static constexpr std::uint64_t idle_ns = 5'000'000'000;
  static constexpr std::uint32_t work_max = 64;
  static constexpr std::uint32_t busy_looks_max = 1'000;

  void feed();
  void linger() const;
  void keep();
  void look_for_wishes();
  void bring_back();

  ExchangeCore& core_;
  StoreFeeder* feeder_;
  const Clock& clock_;
  Notice notice_;
  std::atomic<bool> is_last_{false};
  std::atomic<bool> has_given_up_{false};
  // The keeper's.
  std::uint64_t retry_at_ns_ = 0;
  std::uint64_t taken_seen_ = 0;
  std::uint64_t taken_seen_at_ns_ = 0;
  Bell feeder_bell_;
  Bell keeper_bell_;
  std::thread feeder_thread_;
  std::thread keeper_thread_;
};

/// Lowers the priority of the calling thread below that of all others.
void be_nice();

}  // namespace karst
