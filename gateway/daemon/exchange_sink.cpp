#include "gateway/daemon/exchange_sink.hpp"

namespace karst::gateway {

ExchangeSink::ExchangeSink(Exchange& exchange, const Port& port, const Clock& clock,
                           const Config& config, std::function<void()> wake)
    : exchange_(exchange), port_(port), clock_(clock), config_(config), wake_(std::move(wake)) {}

Admission ExchangeSink::submit(const Command& command, std::uint64_t handle) {
  return admission_of(exchange_.submit(command, port_.id(), handle));
}

Admission ExchangeSink::rehearse(const Command& command, std::uint64_t handle) {
  if (exchange_.is_refused_by_clock(command, port_.id())) return Admission::clock_held;
  Rehearsed asked;
  asked.command = command;
  asked.handle = handle;
  asked.deadline_ns = clock_.steady_ns() + patience_ns;
  return ask(std::move(asked)) ? Admission::accepted : Admission::busy;
}

bool ExchangeSink::ask(Rehearsed asked) {
  return exchange_.ask([this, asked](const Engine& engine, std::uint64_t sequence) {
    look(engine, sequence, asked);
  });
}

/// In the engine's thread. What is due or left over would come before the command; it is about to
/// be done, unless work is left over all the time.
void ExchangeSink::look(const Engine& engine, std::uint64_t sequence, Rehearsed asked) {
  asked.command.time =
      Time{config_.is_time_standing ? 0 : static_cast<std::int64_t>(exchange_.now_ns())};
  const bool is_first = engine.has_pending_work() || engine.next_due() <= asked.command.time;
  if (is_first && clock_.steady_ns() < asked.deadline_ns && ask(asked)) return;
  asked.sequence = sequence;
  asked.answer = engine.rehearse(asked.command);
  if (asked.command.type == CommandType::open_session) {
    asked.standing = standing_of(engine, asked.command.key);
  }
  {
    const std::lock_guard guard(lock_);
    seen_.push_back(std::move(asked));
  }
  wake_();
}

void ExchangeSink::give(Hub& hub, std::uint64_t durable, Now now) {
  {
    const std::lock_guard guard(lock_);
    waiting_.insert(waiting_.end(), seen_.begin(), seen_.end());
    seen_.clear();
  }
  std::erase_if(waiting_, [&](const Rehearsed& it) {
    if (it.sequence > durable) return false;
    hub.rehearsed(it.handle, it.answer, it.standing, now);
    return true;
  });
}

Admission admission_of(Submitted submitted) {
  switch (submitted) {
    case Submitted::accepted:
      return Admission::accepted;
    case Submitted::busy:
      return Admission::busy;
    case Submitted::disk_full:
      return Admission::disk_full;
    case Submitted::clock_held:
      return Admission::clock_held;
    case Submitted::stopped:
      return Admission::stopped;
  }
  return Admission::stopped;
}

}  // namespace karst::gateway
