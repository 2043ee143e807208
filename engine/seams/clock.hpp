// Clock: the seam to time. The engine never asks it; the sequencer draws the time of commands from
// it.
#pragma once

#include <cstdint>

namespace karst {

/// Where time comes from: `ledger/files/system_clock` in the exchange,
/// `tests/support/machine/sim_clock` in tests.
///
/// Threads: every call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  /// The wall clock; it may jump in both directions.
  ///
  /// Unit: nanoseconds since 1970-01-01T00:00Z.
  [[nodiscard]] virtual std::uint64_t wall_ns() const = 0;

  /// A clock that never goes back, for intervals and timeouts only.
  ///
  /// Unit: nanoseconds since an instant of no meaning.
  [[nodiscard]] virtual std::uint64_t steady_ns() const = 0;

  /// As steady_ns(), but it goes on while the machine is suspended. Where nothing ever is, as in a
  /// simulation, they are the same.
  ///
  /// Unit: nanoseconds since an instant of no meaning.
  [[nodiscard]] virtual std::uint64_t boottime_ns() const { return steady_ns(); }
};

}  // namespace karst
