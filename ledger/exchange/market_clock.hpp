// MarketClock: the exchange's own time, which a wrong wall clock cannot move.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/command/command.hpp"
#include "engine/seams/clock.hpp"

namespace karst {

/// Both clocks at one instant. Unit: nanoseconds, as Clock says.
struct ClockReading {
  std::uint64_t boottime_ns = 0;
  std::uint64_t wall_ns = 0;
};

/// Reads both with next to nothing between them.
[[nodiscard]] ClockReading read_together(const Clock& clock);

/// Turns readings into the time of commands. It passes at the pace of the boottime clock and is led
/// slowly to the wall clock. Where they are further apart than anything but a fault can bring
/// them, the wall clock leads no more: time is *held*, until they agree again.
///
/// Invariants: 1. between two readings time passes by what the boottime clock says, ± 500 ppm of
///                it: no wall clock makes it step or stand, but an operator's word makes it step;
///             2. it never goes back;
///             3. held ⇔ the wall clock is more than apart_ns_max away, and more than that away
///                from where the operator has accepted it.
///
/// No clock is read here. Threads: one owner.
class MarketClock {
 public:
  /// What two clocks that are right may differ by.
  static constexpr std::int64_t apart_ns_max = 2'000'000'000;
  /// Time is led by one nanosecond in so many: 500 ppm.
  static constexpr std::uint64_t slew_divisor = 2'000;

  struct Config {
    /// How long an exchange may have stood still: a wall clock further ahead of the last command
    /// is not believed at the start.
    std::uint64_t start_gap_max_ns = 30ULL * 24 * 3'600 * 1'000'000'000;
    /// The operator says that at this start the wall clock is right. Ahead of the last command,
    /// time goes there; behind it, time goes on from the last command, led back to the wall clock.
    bool is_wall_accepted = false;
  };

  MarketClock() = default;
  explicit MarketClock(const Config& config) : config_(config) {}

  /// Time begins: behind `last`, the time of the newest command in the journal, if there is one.
  void begin(ClockReading now, std::optional<Time> last);

  /// The time of `now`. Unit: nanoseconds since 1970-01-01T00:00Z.
  std::uint64_t read(ClockReading now);

  /// The operator says that the wall clock, which is `step_ns` ahead of time or behind it, is
  /// right. Where it still is that far away, give or take apart_ns_max, the hold ends: time goes
  /// `step_ns` ahead, or goes on and is led back.
  ///
  /// Returns: whether it does; never without a hold.
  bool accept(std::int64_t step_ns);

  [[nodiscard]] bool is_held() const { return is_held_; }
  /// How far the wall clock was ahead of this one when it was last looked at; negative: behind.
  [[nodiscard]] std::int64_t wall_ahead_ns() const { return wall_ahead_ns_; }

 private:
  void lead(std::int64_t elapsed_ns);

  Config config_;
  std::int64_t boottime_ns_ = 0;
  std::int64_t time_ns_ = 0;
  std::int64_t wall_ahead_ns_ = 0;
  std::int64_t accepted_behind_ns_ = 0;  // so far the wall clock may be behind, with ± apart_ns_max
  std::int64_t slew_rest_ns_ = 0;        // passed, and too little yet for a nanosecond of leading
  bool is_held_ = false;
};

/// Whether a wall clock that is `apart_ns` ahead is what an operator accepts who saw it `step_ns`
/// ahead.
[[nodiscard]] bool is_as_seen(std::int64_t apart_ns, std::int64_t step_ns);

/// Whether the command is taken while time is held, the wall clock `apart_ns` ahead of it: it
/// lessens risk, ends something, keeps a session alive, or ends the hold. Nothing that moves money
/// or opens a risk is, for it would be stamped with a time that may be wrong.
[[nodiscard]] bool is_taken_while_held(const Command& command, std::int64_t apart_ns);

/// "the wall clock is 3650 days ahead of the exchange's time"
[[nodiscard]] std::string wall_ahead_text(std::int64_t wall_ahead_ns);

}  // namespace karst
