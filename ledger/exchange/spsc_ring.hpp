// SpscRing: a bounded queue from one thread to another.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/assert.hpp"

namespace karst {

/// First in, first out, values copied; a full ring takes nothing.
///
/// Memory:  capacity × sizeof(T), taken once.
/// Threads: push() by one, front(), pop() by one other (or the same).
/// Complexity: O(1), no lock; one side reads the other's cursor only when its copy says full
///             (or empty).
template <typename T>
class SpscRing {
 public:
  /// Requires: `capacity` is a power of two.
  explicit SpscRing(std::size_t capacity) : items_(capacity), mask_(capacity - 1) {
    KARST_ASSERT(std::has_single_bit(capacity));
  }

  [[nodiscard]] std::size_t capacity() const { return items_.size(); }

  /// Returns: false when the ring is full; then nothing has changed.
  [[nodiscard]] bool push(const T& item) {
    const std::uint64_t at = pushed_.load(std::memory_order_relaxed);
    if (at - popped_seen_ > mask_) {
      popped_seen_ = popped_.load(std::memory_order_acquire);
      if (at - popped_seen_ > mask_) return false;
    }
    items_[at & mask_] = item;
    pushed_.store(at + 1, std::memory_order_release);
    return true;
  }

  /// The oldest item, valid until pop(). Returns: null when the ring is empty.
  [[nodiscard]] const T* front() {
    const std::uint64_t at = popped_.load(std::memory_order_relaxed);
    if (at == pushed_seen_) {
      pushed_seen_ = pushed_.load(std::memory_order_acquire);
      if (at == pushed_seen_) return nullptr;
    }
    return &items_[at & mask_];
  }

  /// Requires: front() has not returned null.
  void pop() {
    const std::uint64_t at = popped_.load(std::memory_order_relaxed);
    popped_.store(at + 1, std::memory_order_release);
  }

 private:
  std::vector<T> items_;
  std::uint64_t mask_;
  alignas(64) std::atomic<std::uint64_t> pushed_{0};
  std::uint64_t popped_seen_ = 0;  // the pusher's copy
  alignas(64) std::atomic<std::uint64_t> popped_{0};
  std::uint64_t pushed_seen_ = 0;  // the popper's copy
};

}  // namespace karst
