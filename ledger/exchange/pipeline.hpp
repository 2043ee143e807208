// Pipeline: the queues between those who ask, the engine, the disk and those who listen.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "engine/command/command.hpp"
#include "engine/event/event.hpp"
#include "engine/event/event_ring.hpp"
#include "ledger/exchange/bell.hpp"
#include "ledger/exchange/market_clock.hpp"
#include "ledger/exchange/mpsc_ring.hpp"
#include "ledger/replay/executed.hpp"

namespace karst {

/// Capacities of the queues, all powers of two.
struct PipelineSizes {
  std::uint32_t submissions = 1U << 13U;  ///< Commands waiting for the sequencer.
  std::uint32_t commands = 1U << 16U;     ///< Commands sequenced and not yet taken by every port.
  std::uint32_t events = 1U << 20U;       ///< Their events; at least 4 × events_per_command_max.
};

/// What became of a command at the door.
enum class Submitted : std::uint8_t {
  accepted,   ///< It will be sequenced, or come back as a Refusal.
  busy,       ///< The queue is full: nothing was taken, come back.
  disk_full,  ///< The journal has room left for cancels only; nothing was taken.
  /// The wall clock is not to be believed, and the command would move money or open a risk; nothing
  /// was taken.
  clock_held,
  stopped,  ///< The exchange is stopping, or its journal has failed; nothing was taken.
};

/// A submission that was accepted and then not sequenced: nothing has happened, it may be sent
/// again. `why` is disk_full, clock_held or stopped.
struct Refusal {
  std::uint64_t handle;
  Submitted why;
};

/// One command that is durable, with all it came to. Lives until the visitor returns.
struct Delivery : Executed {
  std::uint32_t port;    ///< Who submitted it: Port::id(), 0 = nobody who listens.
  std::uint64_t handle;  ///< As given to submit().
};

class Pipeline;

/// What a port does to the others while it takes nothing.
enum class Hold : std::uint8_t {
  always,        ///< What it has not taken keeps its place, whatever that costs.
  while_moving,  ///< It is left behind when it holds everybody up and does not move.
};

/// One listener's place in the stream of durable commands, and its way in.
///
/// Every port sees every command once, in order, after it is durable; its own answers are those
/// with `delivery.port == id()`. What a port has not taken holds its place in the queues, so a
/// port must poll promptly and never wait for anybody in a visitor.
///
/// Threads: poll(), take() and poll_refusals() by one owner.
class Port {
 public:
  [[nodiscard]] std::uint32_t id() const { return id_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  /// Gives up to `commands_max` deliveries to `visit(const Delivery&)`, oldest first.
  ///
  /// Returns: how many. More may be there at once, so poll until it returns less than asked.
  template <typename Visit>
  std::size_t poll(Visit&& visit, std::size_t commands_max = 1'024);

  /// As poll(), up to the first delivery for which `visit(const Delivery&)` returns false; that one
  /// is not taken. The way for a port that may be left behind: nothing is overwritten while `visit`
  /// runs, and between two calls the port may find itself away.
  template <typename Visit>
  std::size_t take(Visit&& visit, std::size_t commands_max);

  /// Gives every refusal of this port's submissions to `visit(const Refusal&)`.
  template <typename Visit>
  std::size_t poll_refusals(Visit&& visit);

  /// The newest command this port has been given.
  [[nodiscard]] std::uint64_t taken() const { return taken_.load(std::memory_order_acquire); }

  /// Leaves: the port is given nothing more and holds nobody back.
  void detach();
  /// Comes back.
  ///
  /// Returns: the newest command it has missed; the next delivery is the one after.
  std::uint64_t attach();
  [[nodiscard]] bool is_attached() const { return gate_.load(std::memory_order_relaxed) != away; }

 private:
  friend class Pipeline;
  static constexpr std::uint64_t away = ~std::uint64_t{0};
  static constexpr std::uint64_t held = std::uint64_t{1} << 63U;  // take() runs
  static constexpr std::size_t refusals_max = 1'024;

  Pipeline* pipeline_ = nullptr;
  std::uint32_t id_ = 0;
  std::string name_;
  std::function<void()> wake_;
  Hold hold_ = Hold::always;
  alignas(64) std::atomic<std::uint64_t> taken_{0};
  std::atomic<std::uint64_t> gate_{0};  // taken_, `held` or not, or `away`: what others wait for
  alignas(64) std::atomic<std::size_t> refusals_count_{0};
  std::mutex refusals_lock_;
  std::vector<Refusal> refusals_;
};

/// The queues themselves. No thread, no clock, no disk: under simulation everything around it runs
/// in one thread.
///
/// Invariants (of sequences, at any time): taken of every port ≤ durable ≤ applied;
/// applied − least gate ≤ commands; the events of those commands fit the event ring.
///
/// Threads: submit() by any; open_port() before the first command; the sequencer's calls, the
///          committer's and each port's by one thread each.
class Pipeline {
 public:
  explicit Pipeline(const PipelineSizes& sizes);

  /// A new port; `wake` is called, from any thread, when something may be there for it. It must
  /// not block.
  [[nodiscard]] Port& open_port(std::string name, std::function<void()> wake,
                                Hold hold = Hold::always);

  // The way in.

  /// Hands over a command without stamp. `handle` comes back with its delivery or refusal.
  [[nodiscard]] Submitted submit(const Command& command, std::uint32_t port, std::uint64_t handle);

  /// Whether a command of this type may free something, and so is heard when the disk is nearly
  /// full. Whether it does, the sequencer asks the engine before there is a place for it.
  [[nodiscard]] static bool is_heard_when_full(CommandType type);

  /// From here on submit() says so. May be called by any thread.
  void set_disk_full(bool is_full) { is_disk_full_.store(is_full, std::memory_order_relaxed); }
  [[nodiscard]] bool is_disk_full() const { return is_disk_full_.load(std::memory_order_relaxed); }
  /// From here on submit() says so. `apart_ns`: by how much the wall clock is ahead of the
  /// exchange's time, or behind it; 0 = it is believed. May be called by any thread.
  void set_clock_apart(std::int64_t apart_ns) {
    if (apart_ns != clock_apart_ns()) clock_apart_ns_.store(apart_ns, std::memory_order_relaxed);
  }
  [[nodiscard]] std::int64_t clock_apart_ns() const {
    return clock_apart_ns_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_clock_held() const { return clock_apart_ns() != 0; }
  /// Whether the command is refused because the clock is held. What the exchange submits itself, on
  /// no port, is not: its first command, and the keys of its operators.
  [[nodiscard]] bool is_refused_by_clock(const Command& command, std::uint32_t port) const {
    const std::int64_t apart_ns = clock_apart_ns();
    return apart_ns != 0 && port != 0 && !is_taken_while_held(command, apart_ns);
  }
  void stop_accepting() { is_stopped_.store(true, std::memory_order_release); }
  [[nodiscard]] bool is_stopped() const { return is_stopped_.load(std::memory_order_acquire); }

  // The sequencer's side.

  struct Submission {
    Command command;
    std::uint64_t handle = 0;
    std::uint32_t port = 0;
  };

  /// Continues after `sequence`: everything up to it is durable and taken.
  void begin_after(std::uint64_t sequence);

  [[nodiscard]] bool take(Submission& submission) { return submissions_.pop(submission); }
  [[nodiscard]] bool has_submissions() const { return !submissions_.is_empty(); }

  /// Whether there is room for `commands` more of up to events_per_command_max events each.
  [[nodiscard]] bool has_credit(std::uint32_t commands);

  /// Goes on without the ports that everybody waits for, as far as they may be left behind.
  void leave_behind();

  /// Where the engine writes the next command's events: in one piece, so that a port sees a span.
  ///
  /// Requires: has_credit(1).
  [[nodiscard]] EventRing& events_of_next();

  /// Puts the command with its events in place. It is not released by this.
  void applied(const Submission& submission, const Applied& applied);

  void refuse(const Submission& submission, Submitted why);

  [[nodiscard]] std::uint64_t last_applied() const { return last_applied_; }

  // The committer's side.

  /// Everything up to `sequence` is durable: every port may have it.
  void release(std::uint64_t sequence);
  [[nodiscard]] std::uint64_t durable() const { return durable_.load(std::memory_order_acquire); }

  /// Where the sequencer sleeps.
  [[nodiscard]] Bell& sequencer_bell() { return sequencer_bell_; }
  /// Where the thread sleeps that makes new journal segments.
  [[nodiscard]] Bell& housekeeper_bell() { return housekeeper_bell_; }

 private:
  friend class Port;

  struct alignas(64) Slot {
    Command command;
    std::uint64_t first_event = 0;
    std::uint64_t handle = 0;
    std::uint32_t count = 0;
    std::uint32_t answer = 0;
    std::uint32_t port = 0;
  };

  [[nodiscard]] Slot& slot(std::uint64_t sequence) { return slots_[sequence & slots_mask_]; }
  [[nodiscard]] std::uint64_t least_gate() const;
  /// Wakes the sequencer if it waits for room. The gate has been stored before.
  void port_moved() {
    if (is_short_of_credit_.load(std::memory_order_seq_cst)) sequencer_bell_.ring();
  }

  MpscRing<Submission> submissions_;
  std::unique_ptr<Slot[]> slots_;
  std::uint64_t slots_mask_;
  std::unique_ptr<Event[]> events_;
  std::uint64_t events_capacity_;
  EventRing ring_{};
  std::uint64_t last_applied_ = 0;
  std::uint64_t credit_gate_ = 0;  // the least gate when it was last looked at
  std::vector<std::unique_ptr<Port>> ports_;
  alignas(64) std::atomic<std::uint64_t> durable_{0};
  alignas(64) std::atomic<bool> is_disk_full_{false};
  std::atomic<std::int64_t> clock_apart_ns_{0};
  std::atomic<bool> is_stopped_{false};
  std::atomic<bool> is_short_of_credit_{false};  // the sequencer waits for a port to move
  Bell sequencer_bell_;
  Bell housekeeper_bell_;
};

template <typename Visit>
std::size_t Port::poll(Visit&& visit, std::size_t commands_max) {
  if (gate_.load(std::memory_order_relaxed) == away) return 0;
  const std::uint64_t taken = taken_.load(std::memory_order_relaxed);
  const std::uint64_t there = pipeline_->durable() - taken;
  const std::size_t count = there < commands_max ? static_cast<std::size_t>(there) : commands_max;
  for (std::size_t i = 1; i <= count; ++i) {
    const Pipeline::Slot& slot = pipeline_->slot(taken + i);
    const Event* first = &pipeline_->events_[slot.first_event & (pipeline_->events_capacity_ - 1)];
    visit(Delivery{{slot.command, {first, slot.count}, slot.answer}, slot.port, slot.handle});
  }
  if (count == 0) return 0;
  taken_.store(taken + count, std::memory_order_release);
  if (gate_.load(std::memory_order_relaxed) != away) {  // unless the visitor has detached it
    gate_.store(taken + count, std::memory_order_seq_cst);
  }
  pipeline_->port_moved();
  return count;
}

template <typename Visit>
std::size_t Port::take(Visit&& visit, std::size_t commands_max) {
  std::uint64_t taken = gate_.load(std::memory_order_relaxed);
  if (taken == away || pipeline_->durable() == taken) return 0;
  // Fails when the port has been left behind just now.
  if (!gate_.compare_exchange_strong(taken, taken | held, std::memory_order_acq_rel)) return 0;
  const std::uint64_t end = pipeline_->durable();
  std::size_t count = 0;
  while (count < commands_max && taken + count < end) {
    const Pipeline::Slot& slot = pipeline_->slot(taken + count + 1);
    const Event* first = &pipeline_->events_[slot.first_event & (pipeline_->events_capacity_ - 1)];
    if (!visit(Delivery{{slot.command, {first, slot.count}, slot.answer}, slot.port, slot.handle}))
      break;
    ++count;
  }
  taken_.store(taken + count, std::memory_order_release);
  gate_.store(taken + count, std::memory_order_seq_cst);
  if (count > 0) pipeline_->port_moved();
  return count;
}

template <typename Visit>
std::size_t Port::poll_refusals(Visit&& visit) {
  if (refusals_count_.load(std::memory_order_acquire) == 0) return 0;
  std::vector<Refusal> refusals;
  {
    const std::lock_guard lock(refusals_lock_);
    refusals.swap(refusals_);
    refusals_count_.store(0, std::memory_order_release);
  }
  for (const Refusal& refusal : refusals) visit(refusal);
  return refusals.size();
}

}  // namespace karst
