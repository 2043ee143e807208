// An open-addressing index from hashes to slots of a table kept elsewhere.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/lazy_array.hpp"
#include "engine/base/section.hpp"

namespace karst {

/// Finds a slot by the hash of its key; the keys themselves stay in the caller's table, so an
/// entry is 8 bytes: the upper half of the hash beside the slot. Never more than half full.
///
/// Invariant: from an entry's home place to the entry there is no empty one.
/// Memory:    16 to 32 bytes per slot of capacity, touched as used.
class SlotIndex {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  explicit SlotIndex(std::uint32_t slots_max)
      : entries_(size_for(slots_max)), mask_(size_for(slots_max) - 1) {}

  /// Returns: the slot with this hash for which `is_it(slot)`, or none.
  template <class IsIt>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, IsIt&& is_it) const {
    for (std::uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
      const std::uint64_t entry = entries_[at];
      if (entry == 0) return none;
      if (entry >> 32 == hash >> 32) {
        const auto slot = static_cast<std::uint32_t>(entry) - 1;
        if (is_it(slot)) return slot;
      }
    }
  }

  void insert(std::uint64_t hash, std::uint32_t slot) {
    std::uint64_t at = hash & mask_;
    while (entries_[at] != 0) at = (at + 1) & mask_;
    entries_[at] = hash >> 32 << 32 | (slot + 1);
  }

  /// Requires: the slot was inserted with this hash. `hash_of(slot)` gives that of any other.
  template <class HashOf>
  void erase(std::uint64_t hash, std::uint32_t slot, HashOf&& hash_of) {
    std::uint64_t hole = hash & mask_;
    while (static_cast<std::uint32_t>(entries_[hole]) != slot + 1) hole = (hole + 1) & mask_;
    // Entries behind the hole move up unless they would pass their own home.
    for (std::uint64_t at = (hole + 1) & mask_; entries_[at] != 0; at = (at + 1) & mask_) {
      const std::uint64_t home = hash_of(static_cast<std::uint32_t>(entries_[at]) - 1) & mask_;
      if (((at - home) & mask_) >= ((at - hole) & mask_)) {
        entries_[hole] = entries_[at];
        hole = at;
      }
    }
    entries_[hole] = 0;
  }

  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&entries_[hash & mask_]); }
  /// The slot that a find() of this hash probably comes to; none or any other it may be.
  [[nodiscard]] std::uint32_t guess(std::uint64_t hash) const {
    return static_cast<std::uint32_t>(entries_[hash & mask_]) - 1;
  }

 private:
  [[nodiscard]] static std::uint64_t size_for(std::uint32_t slots) {
    std::uint64_t size = 16;
    while (size < std::uint64_t{slots} * 2) size *= 2;
    return size;
  }

  LazyArray<std::uint64_t> entries_;
  std::uint64_t mask_;
};

/// Slots 0, 1, 2 … of a table, the one freed last used first.
class SlotStack {
 public:
  explicit SlotStack(std::uint32_t slots_max) : next_(slots_max), slots_max_(slots_max) {}

  [[nodiscard]] std::uint32_t slots_free() const { return slots_max_ - used_; }
  [[nodiscard]] std::uint32_t touched() const { return touched_; }
  /// Requires: slots_free() > 0.
  std::uint32_t take() {
    ++used_;
    if (top_ == 0) return touched_++;
    const std::uint32_t slot = top_ - 1;
    top_ = next_[slot];
    return slot;
  }
  void give_back(std::uint32_t slot) {
    next_[slot] = top_;
    top_ = slot + 1;
    --used_;
  }

  template <class Archive>
  void save(Archive& out, Section counters, Section free) const {
    const std::array<std::uint32_t, 3> counts{top_, touched_, used_};
    out.rows(counters, &counts, 1);
    out.rows(free, next_.data(), touched_);
  }
  template <class Archive>
  [[nodiscard]] bool load(Archive& in, Section counters, Section free) {
    std::array<std::uint32_t, 3> counts{};
    in.rows(counters, &counts, 1);
    top_ = counts[0];
    touched_ = counts[1];
    used_ = counts[2];
    if (touched_ > slots_max_ || used_ > touched_) return false;
    in.rows(free, next_.data(), touched_);
    return true;
  }

 private:
  LazyArray<std::uint32_t> next_;  ///< slot + 1 below on the stack
  std::uint32_t slots_max_;
  std::uint32_t top_ = 0;  ///< slot + 1
  std::uint32_t touched_ = 0;
  std::uint32_t used_ = 0;
};

}  // namespace karst
