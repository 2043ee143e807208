// Exchange: the pipeline with its threads. What a program starts, submits to and listens to.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ledger/exchange/exchange_core.hpp"
#include "ledger/exchange/store_runner.hpp"

namespace karst {

/// How it is used:
///   Exchange exchange(config, clock, log, snapshots);
///   exchange.add_store(books);                     kept in step with the journal
///   Port& port = exchange.open_port("io", wake);   one per listening thread
///   exchange.start();                              recovers, then runs
///   exchange.submit(command, port.id(), handle);   from any thread
///   port.poll([](const Delivery& it) { … });       in the listener's thread, when woken
///   exchange.stop();
///
/// Threads it runs: engine (sequencer and engine; it syncs a command that comes alone), sync,
/// housekeeper (journal segments), snapshots (yields to all others), and two for each store, as
/// StoreRunner says. Everything public by any thread unless marked.
class Exchange {
 public:
  /// `snapshots` may be null: none are read or made. The log is the caller's, opened.
  Exchange(ExchangeConfig config, const Clock& clock, CommandLog& log, SnapshotStore* snapshots);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// Before start().
  void add_store(DerivedStore& store);
  /// Before start(). `wake` is called by any thread and must not block.
  [[nodiscard]] Port& open_port(std::string name, std::function<void()> wake);

  /// Recovers engine and stores, takes the lead and begins to run.
  ///
  /// Errors: those of the log, the snapshots and the stores; nothing runs then.
  [[nodiscard]] Result<RecoveryReport> start();

  /// Ends in good order: what is sequenced becomes durable and is released, what is not is refused.
  /// Ports may be polled afterwards for the rest. What is submitted at the same time may be
  /// neither.
  void stop();

  /// The newest command and the hash of all events up to it. Requires: stop() has returned.
  [[nodiscard]] HashMark stopped_at() {
    return {core_.sequencer().last().sequence, core_.engine().event_hash()};
  }

  /// Hands over a command without stamp. Port 0 hears nothing back.
  [[nodiscard]] Submitted submit(const Command& command, std::uint32_t port, std::uint64_t handle) {
    return core_.pipeline().submit(command, port, handle);
  }

  /// A look at the engine, between two commands, in its thread: it must be short. `sequence` is the
  /// newest command applied; what was seen may be told to others only once a port has got there.
  using Question = std::function<void(const Engine& engine, std::uint64_t sequence)>;

  /// All questions together may take so many steps, and then commands pass: however many are asked,
  /// none waits for more of them than these. A step is one row looked at.
  static constexpr std::uint32_t question_steps_per_turn = 256;
  /// What most questions take.
  static constexpr std::uint32_t question_steps = question_steps_per_turn / 4;

  /// Requires: steps <= question_steps_per_turn, no fewer than it takes.
  /// Returns: false when too many wait, or the exchange does not run.
  [[nodiscard]] bool ask(Question question, std::uint32_t steps = question_steps);

  /// Wants a snapshot soon. Returns: false when there is no place for one.
  bool request_snapshot();

  /// The newest command that is durable.
  [[nodiscard]] std::uint64_t durable() const { return core_.pipeline().durable(); }
  [[nodiscard]] bool is_disk_full() const { return core_.pipeline().is_disk_full(); }
  /// By how much the wall clock, which is not believed, is ahead of the exchange's time; 0 = it is
  /// believed, and all commands are taken.
  [[nodiscard]] std::int64_t clock_apart_ns() const { return core_.pipeline().clock_apart_ns(); }
  /// Whether such a command would be answered Submitted::clock_held now.
  [[nodiscard]] bool is_refused_by_clock(const Command& command, std::uint32_t port) const {
    return core_.pipeline().is_refused_by_clock(command, port);
  }
  /// The time a command would have now. Threads: the engine's, within a Question.
  [[nodiscard]] std::uint64_t now_ns() { return core_.sequencer().now_ns(); }
  [[nodiscard]] bool has_failed() const { return has_failed_.load(std::memory_order_acquire); }

 private:
  static constexpr std::size_t questions_max = 1'024;
  static constexpr std::uint64_t housekeeping_interval_ns = 20'000'000;
  static constexpr std::uint64_t snapshots_interval_ns = 100'000'000;

  void run_engine();
  [[nodiscard]] Status commit_staged();
  void run_sync();
  void run_housekeeper();
  void run_snapshots();
  /// Returns: whether more are waiting.
  [[nodiscard]] bool answer_questions();
  void fail(const Error& error);

  ExchangeConfig config_;
  const Clock& clock_;
  ExchangeCore core_;

  std::mutex sync_side_;  // of the committer and its log

  std::mutex questions_lock_;
  struct Asked {
    Question question;
    std::uint32_t steps;
  };
  std::deque<Asked> questions_;
  std::atomic<bool> has_questions_{false};

  std::atomic<bool> has_failed_{false};
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> is_engine_done_{false};
  Bell snapshots_bell_;
  std::vector<std::unique_ptr<StoreRunner>> stores_;
  std::thread engine_thread_;
  std::thread sync_thread_;
  std::thread housekeeper_thread_;
  std::thread snapshots_thread_;
};

}  // namespace karst
