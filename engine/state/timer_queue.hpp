// Everything due at a time, in (deadline, kind, id) order.
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "engine/base/archive.hpp"
#include "engine/base/bounds.hpp"
#include "engine/base/lazy_array.hpp"
#include "engine/base/units.hpp"
#include "engine/command/bodies.hpp"

namespace karst {

// Everything that can be due, a row each: name, number, and of how many things there can be one
// each. The number is the order among timers of one deadline; the order of the rows is
// that of the handles, which stand in saved states: new rows come last. What a due one does is its
// fire_NAME(), in the room it belongs to.
#define KARST_TIMERS(ROW)                    \
  ROW(lifecycle, 1, sizes.instruments_max)   \
  ROW(grace, 3, sizes.keys_max)              \
  ROW(dead_man, 4, sizes.keys_max)           \
  ROW(client_id, 5, sizes.client_ids_max)    \
  ROW(order_expiry, 2, sizes.orders_max)     \
  ROW(proposal, 6, bound::proposals_max)

enum class TimerKind : std::uint32_t {
#define KARST_TIMER(name, number, count) name = (number),
  KARST_TIMERS(KARST_TIMER)
#undef KARST_TIMER
};

/// Where the handles of a kind begin in an exchange of those sizes; of none of them: their number.
[[nodiscard]] constexpr std::uint32_t timer_handles_before(const Configure& sizes,
                                                           TimerKind kind) {
  std::uint32_t handles = 0;
#define KARST_TIMER(name, number, count)           \
  if (kind == TimerKind::name) return handles;     \
  handles += (count);
  KARST_TIMERS(KARST_TIMER)
#undef KARST_TIMER
  return handles;
}
[[nodiscard]] constexpr std::uint32_t timer_handles(const Configure& sizes) {
  return timer_handles_before(sizes, TimerKind{});
}

struct Timer {
  std::int64_t deadline_ns;
  std::uint64_t id;
  TimerKind kind;
  std::uint32_t handle;  ///< the owner's place for taking the timer down again

  friend bool operator<(const Timer& a, const Timer& b) {
    return std::tie(a.deadline_ns, a.kind, a.id) < std::tie(b.deadline_ns, b.kind, b.id);
  }
};

/// A binary heap that knows where each handle's timer stands. The order in which timers come out
/// is the order of (deadline, kind, id) and nothing else.
///
/// Invariants: 1. No timer is before its parent. 2. position(handle) - 1 is where it stands.
/// Complexity: O(log timers) to set and clear.
class TimerQueue {
 public:
  static constexpr std::int64_t never = INT64_MAX;

  explicit TimerQueue(std::size_t handles) : positions_(handles) {}

  [[nodiscard]] std::int64_t earliest_ns() const { return earliest_ns_; }
  [[nodiscard]] const Timer& top() const { return heap_[0]; }
  [[nodiscard]] bool is_set(std::uint32_t handle) const { return positions_[handle] != 0; }

  /// Sets the handle's timer, or moves it.
  void set(const Timer& timer) {
    clear(timer.handle);
    heap_.push_back(timer);
    rise(heap_.size() - 1);
    earliest_ns_ = heap_[0].deadline_ns;
  }

  void clear(std::uint32_t handle) {
    if (positions_[handle] == 0) return;
    const std::size_t at = positions_[handle] - 1;
    positions_[handle] = 0;
    const Timer last = heap_.back();
    heap_.pop_back();
    if (at != heap_.size()) {
      place(at, last);
      rise(at);
      sink(at);
    }
    earliest_ns_ = heap_.empty() ? never : heap_[0].deadline_ns;
  }

  template <class Archive>
  void save(Archive& out) const {
    out.array(Section::timers, heap_.data(), heap_.size());
  }
  /// Of an exchange of the sizes `was` into one of the sizes `is`, which are no less: the handles
  /// of each kind begin further on.
  ///
  /// Requires: handles of what is read were checked by the snapshot's own checksum.
  template <class Archive>
  [[nodiscard]] bool load(Archive& in, const Configure& was, const Configure& is) {
    in.array(Section::timers, heap_);
    for (std::size_t at = 0; at < heap_.size(); ++at) {
      Timer& timer = heap_[at];
      if (timer.handle >= timer_handles(was)) return false;
      timer.handle += timer_handles_before(is, timer.kind) - timer_handles_before(was, timer.kind);
      positions_[timer.handle] = static_cast<std::uint32_t>(at + 1);
    }
    earliest_ns_ = heap_.empty() ? never : heap_[0].deadline_ns;
    return true;
  }

 private:
  void place(std::size_t at, const Timer& timer) {
    heap_[at] = timer;
    positions_[timer.handle] = static_cast<std::uint32_t>(at + 1);
  }
  void rise(std::size_t at) {
    const Timer timer = heap_[at];
    while (at != 0 && timer < heap_[(at - 1) / 2]) {
      place(at, heap_[(at - 1) / 2]);
      at = (at - 1) / 2;
    }
    place(at, timer);
  }
  void sink(std::size_t at) {
    const Timer timer = heap_[at];
    for (;;) {
      std::size_t child = 2 * at + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && heap_[child + 1] < heap_[child]) ++child;
      if (!(heap_[child] < timer)) break;
      place(at, heap_[child]);
      at = child;
    }
    place(at, timer);
  }

  std::vector<Timer> heap_;
  LazyArray<std::uint32_t> positions_;
  std::int64_t earliest_ns_ = never;
};

}  // namespace karst
