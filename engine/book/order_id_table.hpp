// From client-chosen 64-bit ids to slots: open addressing in one array.
#pragma once

#include <bit>
#include <cstdint>

#include "engine/base/assert.hpp"
#include "engine/base/lazy_array.hpp"
#include "engine/book/node_pool.hpp"

namespace karst {

/// A hash table of fixed capacity from client-chosen ids, any 64-bit values, to slots: linear
/// probing over 16-byte entries, at most half of them in use, no tombstones (a removal moves the
/// entries behind it up), so that it is as fast after a billion orders as after the first.
///
/// The order of entries reaches no result. A multiplication spreads ids that are counters or
/// multiples of something; whoever lets strangers choose ids gives a `seed` they do not know.
///
/// Invariants: 1. Between an entry and its home place there is no empty entry.
///             2. No id is in it twice.
/// Memory:     32 to 64 bytes per order of the capacity.
/// Threads:    owned by one.
class OrderIdTable {
 public:
  explicit OrderIdTable(std::uint32_t capacity, std::uint64_t seed = 0)
      : shift_(64 - static_cast<std::uint32_t>(std::bit_width(std::uint64_t{capacity} * 2 - 1))),
        mask_((std::uint64_t{1} << (64 - shift_)) - 1),
        capacity_(capacity),
        seed_(seed),
        entries_(mask_ + 1) {
    KARST_ASSERT(capacity >= 1 && capacity < no_slot);
  }

  /// Returns: the slot of an id, no_slot if it is not in the table.
  [[nodiscard]] Slot find(std::uint64_t id) const { return entries_[place_of(id)].successor - 1; }

  /// Returns: false, and nothing has changed, if the id is in the table already.
  /// Requires: used() < capacity().
  [[nodiscard]] bool insert(std::uint64_t id, Slot slot) {
    Entry& entry = entries_[place_of(id)];
    if (entry.successor != 0) {
      return false;
    }
    entry = {id, slot + 1, 0};
    ++used_;
    return true;
  }

  /// Takes an id out. Returns: its slot, no_slot if it was not in the table.
  Slot remove(std::uint64_t id) {
    std::uint64_t hole = place_of(id);
    const Slot slot = entries_[hole].successor - 1;
    if (slot == no_slot) {
      return no_slot;
    }
    // Move up every entry that probing would otherwise no longer reach.
    for (std::uint64_t at = (hole + 1) & mask_; entries_[at].successor != 0;
         at = (at + 1) & mask_) {
      const std::uint64_t distance_home = (at - home(entries_[at].id)) & mask_;
      if (distance_home >= ((at - hole) & mask_)) {
        entries_[hole] = entries_[at];
        hole = at;
      }
    }
    entries_[hole].successor = 0;
    --used_;
    return slot;
  }

  [[nodiscard]] std::uint32_t used() const { return used_; }
  [[nodiscard]] std::uint32_t capacity() const { return capacity_; }

  /// Asks for the entry where looking for `id` begins.
  void prefetch(std::uint64_t id) const { __builtin_prefetch(&entries_[home(id)], 1); }

  /// The slot that the entry where looking for `id` begins has, of whatever id; for prefetching.
  [[nodiscard]] Slot guess(std::uint64_t id) const {
    const std::uint32_t successor = entries_[home(id)].successor;
    return successor - (successor != 0 ? 1 : 0);
  }

  /// Asserts the invariants. Complexity: O(capacity).
  void check_invariants() const {
    std::uint32_t count = 0;
    for (std::uint64_t at = 0; at <= mask_; ++at) {
      if (entries_[at].successor != 0) {
        KARST_ASSERT(place_of(entries_[at].id) == at);
        ++count;
      }
    }
    KARST_ASSERT(count == used_ && used_ <= capacity_);
  }

 private:
  struct Entry {
    std::uint64_t id;
    std::uint32_t successor;  // slot + 1; 0: empty
    std::uint32_t zero;
  };
  static_assert(sizeof(Entry) == 16);

  [[nodiscard]] std::uint64_t home(std::uint64_t id) const {
    return (id ^ seed_) * 0x9E3779B97F4A7C15 >> shift_;
  }

  /// Where an id is, or else the empty entry where it would go.
  [[nodiscard]] std::uint64_t place_of(std::uint64_t id) const {
    std::uint64_t at = home(id);
    while (entries_[at].successor != 0 && entries_[at].id != id) {
      at = (at + 1) & mask_;
    }
    return at;
  }

  std::uint32_t shift_;
  std::uint64_t mask_;
  std::uint32_t capacity_;
  std::uint32_t used_ = 0;
  std::uint64_t seed_;
  LazyArray<Entry> entries_;
};

}  // namespace karst
