#include "ledger/exchange/market_clock.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "engine/command/enclosed.hpp"
#include "engine/command/fields.hpp"
#include "engine/command/permission.hpp"

namespace karst {
namespace {

// Clocks that say more, a moment before the end of the year 2261, are read as this: what is added
// to it stays within 64 bits.
constexpr std::int64_t time_ns_max = std::numeric_limits<std::int64_t>::max() - 1'000'000'000;

std::int64_t bounded(std::uint64_t ns) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(ns, time_ns_max));
}

bool is_within(std::int64_t ns, std::int64_t most) { return -most <= ns && ns <= most; }

}  // namespace

ClockReading read_together(const Clock& clock) {
  // Whoever is suspended, or waits for a processor, between the two reads sees clocks apart that
  // are not.
  constexpr std::uint64_t close_ns = 1'000'000;
  constexpr int tries_max = 5;
  ClockReading reading;
  for (int i = 0; i < tries_max; ++i) {
    reading.boottime_ns = clock.boottime_ns();
    reading.wall_ns = clock.wall_ns();
    if (clock.boottime_ns() - reading.boottime_ns <= close_ns) break;
  }
  return reading;
}

void MarketClock::begin(ClockReading now, std::optional<Time> last) {
  const std::int64_t wall_ns = bounded(now.wall_ns);
  const std::int64_t last_ns =
      last ? std::clamp<std::int64_t>(last->value(), 0, time_ns_max) : wall_ns;
  const std::int64_t ahead_ns = wall_ns - last_ns;
  const bool is_believed = config_.is_wall_accepted ||
                           (ahead_ns >= -apart_ns_max &&
                            ahead_ns <= std::max(apart_ns_max, bounded(config_.start_gap_max_ns)));
  boottime_ns_ = bounded(now.boottime_ns);
  time_ns_ = is_believed ? std::max(wall_ns, last_ns) : last_ns;
  wall_ahead_ns_ = wall_ns - time_ns_;
  accepted_behind_ns_ = config_.is_wall_accepted ? -wall_ahead_ns_ : 0;
  slew_rest_ns_ = 0;
  is_held_ = !is_believed;
}

std::uint64_t MarketClock::read(ClockReading now) {
  const std::int64_t boottime_ns = std::max(bounded(now.boottime_ns), boottime_ns_);
  const std::int64_t elapsed_ns = boottime_ns - boottime_ns_;
  boottime_ns_ = boottime_ns;
  time_ns_ += std::min(elapsed_ns, time_ns_max - time_ns_);
  wall_ahead_ns_ = bounded(now.wall_ns) - time_ns_;
  is_held_ = !is_within(wall_ahead_ns_, apart_ns_max) &&
             !is_within(wall_ahead_ns_ + accepted_behind_ns_, apart_ns_max);
  if (!is_held_) lead(elapsed_ns);
  return static_cast<std::uint64_t>(time_ns_);
}

bool MarketClock::accept(std::int64_t step_ns) {
  if (!is_held_ || !is_as_seen(wall_ahead_ns_, step_ns)) return false;
  const std::int64_t passed_ns =
      std::min(std::max<std::int64_t>(step_ns, 0), time_ns_max - time_ns_);
  time_ns_ += passed_ns;
  wall_ahead_ns_ -= passed_ns;
  accepted_behind_ns_ = std::max<std::int64_t>(-wall_ahead_ns_, 0);
  is_held_ = false;
  return true;
}

void MarketClock::lead(std::int64_t elapsed_ns) {
  constexpr auto divisor = static_cast<std::int64_t>(slew_divisor);
  const std::int64_t passed_ns = elapsed_ns + slew_rest_ns_;
  const std::int64_t most_ns = passed_ns / divisor;
  slew_rest_ns_ = passed_ns % divisor;
  const std::int64_t step_ns = std::clamp(wall_ahead_ns_, -most_ns, most_ns);
  time_ns_ += step_ns;
  wall_ahead_ns_ -= step_ns;
  // What was accepted shrinks as time is led back, and never grows.
  accepted_behind_ns_ = std::clamp<std::int64_t>(-wall_ahead_ns_, 0, accepted_behind_ns_);
}

bool is_as_seen(std::int64_t apart_ns, std::int64_t step_ns) {
  // Either may be anything: their difference may not.
  std::int64_t between_ns = 0;
  return !__builtin_sub_overflow(apart_ns, step_ns, &between_ns) &&
         is_within(between_ns, MarketClock::apart_ns_max);
}

bool is_taken_while_held(const Command& command, std::int64_t apart_ns) {
  if (command.type == CommandType::confirm) {
    const Command inner = carried_out_by(command);
    return inner.type != CommandType::confirm && is_taken_while_held(inner, apart_ns);
  }
  if (command.type == CommandType::accept_clock) {
    return is_as_seen(apart_ns, command.accept_clock.step_ns);
  }
  const WhileHeld rule = traits_of(command.type).while_held;
  if (rule != WhileHeld::depends) return rule == WhileHeld::taken;
  bool is_taken = false;
  (void)visit_body(command, [&](const auto& body) { is_taken = is_taken_while_held(body); });
  return is_taken;
}

std::string wall_ahead_text(std::int64_t wall_ahead_ns) {
  struct Scale {
    std::uint64_t ns;
    const char* name;
  };
  constexpr std::uint64_t second = 1'000'000'000;
  constexpr std::array<Scale, 4> scales{{{24 * 3'600 * second, " days"},
                                         {3'600 * second, " hours"},
                                         {60 * second, " minutes"},
                                         {second, " seconds"}}};
  const bool is_ahead = wall_ahead_ns >= 0;
  const auto signed_ns = static_cast<std::uint64_t>(wall_ahead_ns);
  const std::uint64_t ns = is_ahead ? signed_ns : 0 - signed_ns;
  std::string amount = std::to_string(ns / 1'000'000) + " ms";
  for (const Scale& scale : scales) {
    if (ns < 2 * scale.ns) continue;
    amount = std::to_string(ns / scale.ns) + scale.name;
    break;
  }
  return "the wall clock is " + amount + (is_ahead ? " ahead of" : " behind") +
         " the exchange's time";
}

}  // namespace karst
