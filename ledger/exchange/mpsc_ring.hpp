// MpscRing: a bounded queue from many threads to one.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "engine/base/assert.hpp"

namespace karst {

/// First in, first out per pusher, values handed over; a full ring takes nothing.
///
/// Memory:  taken once.
/// Threads: push() by any, pop() by one.
/// Complexity: O(1); pushers meet in one compare-and-swap.
/// Source:  Vyukov, "Bounded MPMC queue", with one popper.
template <typename T>
class MpscRing {
 public:
  /// Requires: `capacity` is a power of two, at least 2.
  explicit MpscRing(std::size_t capacity)
      : cells_(std::make_unique<Cell[]>(capacity)), mask_(capacity - 1) {
    KARST_ASSERT(std::has_single_bit(capacity) && capacity >= 2);
    for (std::size_t i = 0; i < capacity; ++i) {
      cells_[i].turn.store(i, std::memory_order_relaxed);
    }
  }

  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }

  /// Returns: false when the ring is full; then nothing has changed.
  [[nodiscard]] bool push(const T& item) { return put(item); }
  [[nodiscard]] bool push(T&& item) { return put(std::move(item)); }

  /// Returns: false when the ring is empty, or its oldest item is still being pushed.
  [[nodiscard]] bool pop(T& item) {
    Cell& cell = cells_[popped_ & mask_];
    if (cell.turn.load(std::memory_order_acquire) != popped_ + 1) return false;
    item = std::move(cell.item);
    cell.turn.store(popped_ + mask_ + 1, std::memory_order_release);
    ++popped_;
    return true;
  }

  /// Whether pop() would return false now.
  [[nodiscard]] bool is_empty() const {
    return cells_[popped_ & mask_].turn.load(std::memory_order_acquire) != popped_ + 1;
  }

 private:
  struct alignas(64) Cell {
    T item;
    std::atomic<std::uint64_t> turn;
  };

  template <typename Item>
  [[nodiscard]] bool put(Item&& item) {
    std::uint64_t at = pushed_.load(std::memory_order_relaxed);
    while (true) {
      Cell& cell = cells_[at & mask_];
      const std::uint64_t turn = cell.turn.load(std::memory_order_acquire);
      if (turn == at) {
        if (pushed_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
          cell.item = std::forward<Item>(item);
          cell.turn.store(at + 1, std::memory_order_release);
          return true;
        }
      } else if (turn < at) {
        return false;
      } else {
        at = pushed_.load(std::memory_order_relaxed);
      }
    }
  }

  std::unique_ptr<Cell[]> cells_;
  std::uint64_t mask_;
  alignas(64) std::atomic<std::uint64_t> pushed_{0};
  alignas(64) std::uint64_t popped_ = 0;
};

}  // namespace karst
