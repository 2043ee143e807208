// A whole exchange with its threads, on a directory of this machine's disk.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ledger/exchange/exchange.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/files/system_clock.hpp"
#include "ledger/journal/file_log.hpp"
#include "tests/support/machine/small_market.hpp"
#include "tests/support/temporary_folder.hpp"

namespace karst::test {

/// This machine's clocks, the wall clock moved as far as a test wants.
class MovableClock final : public Clock {
 public:
  [[nodiscard]] std::uint64_t wall_ns() const override {
    return machine_.wall_ns() + static_cast<std::uint64_t>(moved_ns_.load());
  }
  [[nodiscard]] std::uint64_t steady_ns() const override { return machine_.steady_ns(); }
  [[nodiscard]] std::uint64_t boottime_ns() const override { return machine_.boottime_ns(); }
  /// 0: it is right again. Any thread.
  void move_wall(std::int64_t ns) { moved_ns_ = ns; }

 private:
  SystemClock machine_;
  std::atomic<std::int64_t> moved_ns_{0};
};

/// One life of an exchange in a directory, with one port that the test itself polls.
class RunningExchange {
 public:
  explicit RunningExchange(const std::string& directory, ExchangeConfig config = small_config(),
                           std::vector<DerivedStore*> stores = {}, Storage* storage = nullptr,
                           std::int64_t wall_moved_ns = 0)
      : storage_(storage != nullptr ? *storage : posix_),
        snapshots_(storage_, directory + "/snapshots", 0) {
    clock_.move_wall(wall_moved_ns);
    FileLogOptions options;
    options.directory = directory + "/journal";
    options.segment_bytes = std::uint64_t{1} << 20U;
    options.staging_bytes = std::uint64_t{1} << 20U;
    options.reserve_bytes = std::uint64_t{1} << 18U;
    Result<std::unique_ptr<FileLog>> opened = FileLog::open(storage_, clock_, options);
    if (!opened) throw std::runtime_error(opened.error().text());
    log_ = std::move(opened).value();
    if (Status made = snapshots_.open(); !made) throw std::runtime_error(made.error().text());
    exchange_ = std::make_unique<Exchange>(std::move(config), clock_, *log_, &snapshots_);
    for (DerivedStore* store : stores) exchange_->add_store(*store);
    port_ = &exchange_->open_port("test", [this] { bell_.ring(); });
    Result<RecoveryReport> started = exchange_->start();
    if (!started) throw std::runtime_error(started.error().text());
    report_ = std::move(started).value();
  }

  [[nodiscard]] static ExchangeConfig small_config() {
    ExchangeConfig config;
    config.sizes = sim::small_sizes();
    config.pipeline = {1U << 8U, 1U << 10U, 1U << 17U};
    config.snapshots.every_commands = 0;
    return config;
  }

  [[nodiscard]] Exchange& exchange() { return *exchange_; }
  [[nodiscard]] Port& port() { return *port_; }
  [[nodiscard]] FileLog& log() { return *log_; }
  [[nodiscard]] MovableClock& clock() { return clock_; }
  [[nodiscard]] const RecoveryReport& report() const { return report_; }
  [[nodiscard]] SnapshotStore& snapshots() { return snapshots_; }

  /// Submits one after the other, each when there is room, polling meanwhile.
  void submit_all(const std::vector<Command>& commands, std::uint64_t first_handle = 0) {
    for (std::size_t i = 0; i < commands.size(); ++i) {
      while (exchange_->submit(commands[i], port_->id(), first_handle + i) == Submitted::busy) {
        poll_or_wait();
      }
    }
  }

  /// Polls until `count` answers to this port's submissions have come in all.
  void await_answers(std::size_t count) {
    while (answers_.size() < count && !exchange_->has_failed()) poll_or_wait();
  }

  void poll_or_wait() {
    const std::uint32_t seen = bell_.signals();
    if (poll() == 0) bell_.wait(seen, 100'000'000);
  }

  std::size_t poll() {
    const std::size_t refused =
        port_->poll_refusals([this](const Refusal& it) { refusals_.emplace(it.handle, it.why); });
    return refused + port_->poll([this](const Delivery& it) {
      sequences_.push_back(it.command.sequence);
      times_.push_back(it.command.time);
      if (it.port != port_->id()) return;
      ASSERT_TRUE(it.has_answer());
      const bool is_new = answers_.emplace(it.handle, it.events[it.answer]).second;
      EXPECT_TRUE(is_new) << "handle " << it.handle << " was answered twice";
    });
  }

  /// By handle.
  [[nodiscard]] const std::map<std::uint64_t, Event>& answers() const { return answers_; }
  [[nodiscard]] const std::map<std::uint64_t, Submitted>& refusals() const { return refusals_; }
  [[nodiscard]] const std::vector<std::uint64_t>& sequences() const { return sequences_; }
  [[nodiscard]] const std::vector<Time>& times() const { return times_; }

  /// What the engine says, asked in its own thread.
  template <typename T>
  T ask(const std::function<T(const Engine&)>& question) {
    std::atomic<bool> is_answered{false};
    T answer{};
    EXPECT_TRUE(exchange_->ask([&](const Engine& engine, std::uint64_t) {
      answer = question(engine);
      is_answered.store(true, std::memory_order_release);
      bell_.ring();
    }));
    while (!is_answered.load(std::memory_order_acquire)) poll_or_wait();
    return answer;
  }

 private:
  PosixStorage posix_;
  Storage& storage_;
  MovableClock clock_;
  std::unique_ptr<FileLog> log_;
  SnapshotStore snapshots_;
  Bell bell_;
  std::unique_ptr<Exchange> exchange_;
  Port* port_ = nullptr;
  RecoveryReport report_;
  std::map<std::uint64_t, Event> answers_;
  std::map<std::uint64_t, Submitted> refusals_;
  std::vector<std::uint64_t> sequences_;
  std::vector<Time> times_;
};

/// The commands that open a small market, behind the operator's key.
inline std::vector<Command> whole_opening(std::uint32_t merchants) {
  std::vector<Command> commands{sim::create_operator_key()};
  const std::vector<Command> rest = sim::opening(merchants);
  commands.insert(commands.end(), rest.begin(), rest.end());
  return commands;
}

}  // namespace karst::test
