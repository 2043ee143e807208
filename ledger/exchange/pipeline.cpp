#include "ledger/exchange/pipeline.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/base/assert.hpp"

namespace karst {

Pipeline::Pipeline(const PipelineSizes& sizes)
    : submissions_(sizes.submissions),
      slots_(std::make_unique<Slot[]>(sizes.commands)),
      slots_mask_(sizes.commands - 1),
      events_(std::make_unique_for_overwrite<Event[]>(sizes.events)),
      events_capacity_(sizes.events) {
  KARST_ASSERT(std::has_single_bit(sizes.commands) && std::has_single_bit(sizes.events));
  KARST_ASSERT(sizes.events >= 4 * events_per_command_max);
  ring_ = EventRing{events_.get(), sizes.events - 1, 0};
}

Port& Pipeline::open_port(std::string name, std::function<void()> wake, Hold hold) {
  auto port = std::make_unique<Port>();
  port->pipeline_ = this;
  port->name_ = std::move(name);
  port->wake_ = std::move(wake);
  port->hold_ = hold;
  port->taken_ = durable();
  port->gate_ = durable();
  ports_.push_back(std::move(port));
  ports_.back()->id_ = static_cast<std::uint32_t>(ports_.size());
  return *ports_.back();
}

bool Pipeline::is_heard_when_full(CommandType type) {
  return type == CommandType::tick || traits_of(type).on_full_disk != OnFullDisk::refused;
}

Submitted Pipeline::submit(const Command& command, std::uint32_t port, std::uint64_t handle) {
  KARST_ASSERT(port <= ports_.size());
  if (is_stopped()) return Submitted::stopped;
  if (is_disk_full_.load(std::memory_order_relaxed) && !is_heard_when_full(command.type)) {
    return Submitted::disk_full;
  }
  if (is_refused_by_clock(command, port)) return Submitted::clock_held;
  if (port != 0) {
    const std::atomic<std::size_t>& refused = ports_[port - 1]->refusals_count_;
    if (refused.load(std::memory_order_relaxed) >= Port::refusals_max) return Submitted::busy;
  }
  if (!submissions_.push(Submission{command, handle, port})) return Submitted::busy;
  sequencer_bell_.ring();
  return Submitted::accepted;
}

void Pipeline::begin_after(std::uint64_t sequence) {
  last_applied_ = sequence;
  credit_gate_ = sequence;
  durable_.store(sequence, std::memory_order_release);
  for (const auto& port : ports_) {
    port->taken_.store(sequence, std::memory_order_release);
    port->gate_.store(sequence, std::memory_order_release);
  }
}

std::uint64_t Pipeline::least_gate() const {
  std::uint64_t least = durable();
  for (const auto& port : ports_) {
    const std::uint64_t gate = port->gate_.load(std::memory_order_seq_cst);
    if (gate != Port::away) least = std::min(least, gate & ~Port::held);
  }
  return least;
}

void Pipeline::leave_behind() {
  const std::uint64_t least = least_gate();
  for (const auto& port : ports_) {
    if (port->hold_ == Hold::always) continue;
    std::uint64_t gate = least;  // not while the port is in take()
    port->gate_.compare_exchange_strong(gate, Port::away, std::memory_order_acq_rel);
  }
}

bool Pipeline::has_credit(std::uint32_t commands) {
  const auto fits = [&] {
    if (last_applied_ + commands - credit_gate_ > slots_mask_ + 1) return false;
    const bool is_empty = credit_gate_ == last_applied_;
    const std::uint64_t oldest = is_empty ? ring_.next : slot(credit_gate_ + 1).first_event;
    // One more for what events_of_next() may skip at the end of the ring, for each time it can.
    const std::uint64_t wanted = (std::uint64_t{commands} + 1) * events_per_command_max;
    return ring_.next - oldest + wanted <= events_capacity_;
  };
  if (fits()) return true;
  // Said before the gates are looked at: a port that moves afterwards sees that it is waited for.
  is_short_of_credit_.store(true, std::memory_order_seq_cst);
  credit_gate_ = least_gate();
  if (!fits()) return false;
  is_short_of_credit_.store(false, std::memory_order_relaxed);
  return true;
}

EventRing& Pipeline::events_of_next() {
  const std::uint64_t to_end = events_capacity_ - (ring_.next & (events_capacity_ - 1));
  if (to_end < events_per_command_max) ring_.next += to_end;
  return ring_;
}

void Pipeline::applied(const Submission& submission, const Applied& applied) {
  KARST_ASSERT(submission.command.sequence == last_applied_ + 1);
  KARST_ASSERT(applied.count <= events_per_command_max);
  Slot& place = slot(submission.command.sequence);
  place.command = submission.command;
  place.first_event = applied.first;
  place.handle = submission.handle;
  place.count = applied.count;
  place.answer = applied.answer;
  place.port = submission.port;
  ++last_applied_;
}

void Pipeline::refuse(const Submission& submission, Submitted why) {
  if (submission.port == 0) return;
  Port& port = *ports_[submission.port - 1];
  {
    const std::lock_guard lock(port.refusals_lock_);
    port.refusals_.push_back({submission.handle, why});
    port.refusals_count_.store(port.refusals_.size(), std::memory_order_release);
  }
  if (port.wake_) port.wake_();
}

void Pipeline::release(std::uint64_t sequence) {
  KARST_ASSERT(sequence >= durable());
  if (sequence == durable()) return;
  durable_.store(sequence, std::memory_order_release);
  // Those whom clients wait for come before the stores.
  for (const Hold hold : {Hold::always, Hold::while_moving}) {
    for (const auto& port : ports_) {
      if (port->hold_ == hold && port->wake_) port->wake_();
    }
  }
}

void Port::detach() {
  gate_.store(away, std::memory_order_seq_cst);
  pipeline_->port_moved();
}

std::uint64_t Port::attach() {
  // The sequencer may overwrite everything up to the newest durable command while no gate stands
  // before it, so the gate is good only if nothing has become durable meanwhile.
  while (true) {
    const std::uint64_t durable = pipeline_->durable();
    taken_.store(durable, std::memory_order_release);
    gate_.store(durable, std::memory_order_seq_cst);
    if (pipeline_->durable() == durable) return durable;
  }
}

}  // namespace karst
