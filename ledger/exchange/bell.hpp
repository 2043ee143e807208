// Bell: how one thread sleeps until others have something for it.
#pragma once

#include <atomic>
#include <cstdint>

namespace karst {

/// Rung by any thread, waited for by one. The waiter notes signals(), looks for work, and only if
/// it has found none waits with what it noted: a ring in between is never lost.
///
/// Threads: ring() by any, the rest by the waiter alone.
class Bell {
 public:
  static constexpr std::uint64_t for_ever = ~std::uint64_t{0};

  /// Wakes the waiter. A few nanoseconds when it is awake.
  void ring() {
    signals_.fetch_add(1, std::memory_order_seq_cst);
    if (is_waiting_.load(std::memory_order_seq_cst)) wake();
  }

  [[nodiscard]] std::uint32_t signals() const { return signals_.load(std::memory_order_seq_cst); }

  /// Looks `spins` times, then sleeps until a ring after `seen`, or until the timeout has passed.
  /// It may also return for no reason. Unit: nanoseconds.
  void wait(std::uint32_t seen, std::uint64_t timeout_ns, std::uint32_t spins = 0);

 private:
  void wake();

  alignas(64) std::atomic<std::uint32_t> signals_{0};
  std::atomic<bool> is_waiting_{false};
};

}  // namespace karst
