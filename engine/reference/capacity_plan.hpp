// The capacity of a pool, hour by hour, while it is being changed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/state/handler.hpp"

namespace karst {

/// The capacities of a pool as they are to become; one more than a pool can keep.
class CapacityPlan {
 public:
  CapacityPlan() = default;
  explicit CapacityPlan(const Pool& pool) : count_(pool.capacity_count) {
    std::copy_n(pool.capacities, count_, entries_.begin());
  }
  [[nodiscard]] bool is_later(std::int64_t hour) const {
    return count_ == 0 || hour > entries_[count_ - 1].from_hour;
  }
  [[nodiscard]] bool is_within_bounds() const { return count_ <= Pool::capacities_max; }

  /// Replaces the entry of that hour, or puts one in its place in the order of hours.
  void set(std::int64_t hour, std::uint32_t lots) {
    const auto end = entries_.begin() + count_;
    const auto at = std::find_if(entries_.begin(), end,
                                 [&](const PoolCapacity& it) { return it.from_hour >= hour; });
    if (at == end || at->from_hour != hour) {
      std::move_backward(at, end, end + 1);
      ++count_;
    }
    *at = {hour, lots, 0};
  }
  /// Forgets the entries that hold at no hour from `hour` on.
  void drop_before(std::int64_t hour) {
    while (count_ > 1 && entries_[1].from_hour <= hour) {
      std::move(entries_.begin() + 1, entries_.begin() + count_, entries_.begin());
      --count_;
    }
  }
  [[nodiscard]] std::uint32_t at(std::int64_t hour) const {
    return capacity_in({entries_.data(), count_}, hour);
  }
  void store(Pool& pool) const {
    std::fill_n(pool.capacities, Pool::capacities_max, PoolCapacity{});
    std::copy_n(entries_.begin(), count_, pool.capacities);
    pool.capacity_count = count_;
  }

 private:
  std::array<PoolCapacity, Pool::capacities_max + 1> entries_{};
  std::uint32_t count_ = 0;
};

template <>
struct Found<SetPoolCapacity> {
  CapacityPlan plan;
};

}  // namespace karst
