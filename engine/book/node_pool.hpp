// Slots for orders: hot and cold part, exchange-assigned ids, free list.

#pragma once

#include <cstdint>
#include <type_traits>

#include "engine/base/assert.hpp"
#include "engine/base/lazy_array.hpp"
#include "engine/base/section.hpp"

namespace karst {

/// Where an order lives in its NodePool.
using Slot = std::uint32_t;
inline constexpr Slot no_slot = 0xffffffff;

/// A cold part for orders that need none.
struct NoCold {};

/// The hot part of an order: everything matching touches, in half a cache line or a whole one.
template <class Hot>
struct OrderNode {
  static_assert(std::is_trivially_copyable_v<Hot>);

  Slot next;               // younger neighbour; unspecified in the last order of a level
  Slot prev;               // older neighbour; unspecified in the first order of a level
  std::uint32_t level;     // price level, an index into LevelPages
  std::uint32_t quantity;  // leaves. Unit: lots, 1 .. quantity_max
  Hot hot;                 // the caller's
};

/// The most lots one order may have.
inline constexpr std::uint32_t quantity_max = 0x7fffffff;

/// Slots for the orders of many books, with a hot and a cold part each, and a free list that is
/// part of the state: the same calls give the same slots, also after load().
///
/// An order's exchange-assigned id is (generation << 32 | slot), so looking it up is one
/// comparison, and the id of an order that is gone fails on its generation. A generation is odd
/// while its slot is in use. A slot whose generations are used up is never handed out again, so
/// that no id is ever given twice.
///
/// If `Hot` has a member `generation` (u32) the generation is kept there, in a cache line that is
/// touched anyway; the caller then leaves that member alone. Else it has an array of its own.
///
/// Invariants: 1. used() + free + retired = slots ever touched <= capacity().
///             2. The free list is last in, first out.
/// Memory:     32 or 64 bytes, the cold part and perhaps 4 bytes per slot ever used at one time.
/// Threads:    owned by one.
template <class Hot, class Cold>
class NodePool {
  static_assert(std::is_trivially_copyable_v<Cold>);
  static constexpr bool has_inner_generation = requires(Hot & hot) { hot.generation; };

 public:
  using Node = OrderNode<Hot>;
  static_assert(sizeof(Node) == 32 || sizeof(Node) == LazyArray<Node>::cache_line);

  explicit NodePool(std::uint32_t capacity)
      : nodes_(capacity),
        colds_(std::is_empty_v<Cold> ? 0 : capacity),
        generations_(has_inner_generation ? 0 : capacity),
        capacity_(capacity) {
    KARST_ASSERT(capacity < no_slot);
  }

  /// Hands out a slot whose parts hold whatever they held before.
  /// Requires: !is_full().
  [[nodiscard]] Slot allocate() {
    const Slot slot = try_allocate();
    KARST_ASSERT(slot != no_slot);
    return slot;
  }

  /// The same. Returns: no_slot if the pool is full.
  [[nodiscard]] Slot try_allocate() {
    Slot slot = free_;
    if (slot != no_slot) [[likely]] {
      free_ = nodes_[slot].next;
    } else if (touched_ < capacity_) {
      slot = touched_++;
      generation_of(slot) = fresh_;
    } else {
      return no_slot;
    }
    ++used_;
    ++generation_of(slot);
    return slot;
  }

  /// Takes a slot back. Requires: it is in use, and in no book.
  void release(Slot slot) {
    --used_;
    if (++generation_of(slot) == 0) [[unlikely]] {
      ++retired_;
      return;
    }
    nodes_[slot].next = free_;
    free_ = slot;
  }

  /// Passes over so many generations of all slots that are not in use: no order gets an id with one
  /// of them. A slot that has not so many left is retired. Complexity: O(free slots).
  /// Requires: `count` is even, and the sum of all passed over stays below 2^32.
  void pass_over_generations(std::uint32_t count) {
    fresh_ += count;
    for (Slot* link = &free_; *link != no_slot;) {
      const Slot slot = *link;
      if (has_left(slot, count)) {
        generation_of(slot) += count;
        link = &nodes_[slot].next;
      } else {
        *link = nodes_[slot].next;
        ++retired_;
      }
    }
  }

  /// The same for the slot released last, which was in use then.
  void pass_over_generations(Slot released, std::uint32_t count) {
    if (free_ != released) return;  // retired already
    if (has_left(released, count)) {
      generation_of(released) += count;
    } else {
      free_ = nodes_[released].next;
      ++retired_;
    }
  }

  /// What all slots had passed over when the state now loaded was saved.
  void set_passed_over(std::uint32_t count) { fresh_ = count; }

  [[nodiscard]] Node& node(Slot slot) { return nodes_[slot]; }
  [[nodiscard]] const Node& node(Slot slot) const { return nodes_[slot]; }
  [[nodiscard]] Cold& cold(Slot slot) { return colds_[slot]; }
  [[nodiscard]] const Cold& cold(Slot slot) const { return colds_[slot]; }

  [[nodiscard]] std::uint32_t generation(Slot slot) const {
    if constexpr (has_inner_generation) {
      return nodes_[slot].hot.generation;
    } else {
      return generations_[slot];
    }
  }

  /// The exchange-assigned id of the order in `slot`.
  [[nodiscard]] std::uint64_t id(Slot slot) const {
    return std::uint64_t{generation(slot)} << 32 | slot;
  }

  /// Returns: the slot of the order with this id; no_slot if there is none (never was, or gone).
  [[nodiscard]] Slot find(std::uint64_t id) const {
    const auto slot = static_cast<Slot>(id);
    const auto wanted = static_cast<std::uint32_t>(id >> 32);
    if (slot >= touched_ || wanted % 2 == 0 || generation(slot) != wanted) {
      return no_slot;
    }
    return slot;
  }

  [[nodiscard]] bool is_full() const { return free_ == no_slot && touched_ == capacity_; }
  [[nodiscard]] std::uint32_t used() const { return used_; }
  [[nodiscard]] std::uint32_t touched() const { return touched_; }  // slots ever handed out
  [[nodiscard]] std::uint32_t capacity() const { return capacity_; }

  /// Slots that can still be handed out.
  [[nodiscard]] std::uint32_t slots_free() const { return capacity_ - used_ - retired_; }

  void prefetch(Slot slot) const { __builtin_prefetch(nodes_.data() + slot, 1); }

  /// Writes the part of the state ever touched, as `archive.rows(Section, const Row*, count)`.
  template <class Archive>
  void save(Archive& archive) const {
    const std::uint32_t counters[4] = {touched_, free_, used_, retired_};
    archive.rows(Section::order_counters, &counters, 1);
    archive.rows(Section::orders, nodes_.data(), touched_);
    if constexpr (!std::is_empty_v<Cold>) {
      archive.rows(Section::orders_cold, colds_.data(), touched_);
    }
    if constexpr (!has_inner_generation) {
      archive.rows(Section::order_generations, generations_.data(), touched_);
    }
  }

  /// Reads into a new pool what save() wrote, as `archive.rows(Section, Row*, count)`.
  /// Returns: false if it does not fit into this capacity.
  template <class Archive>
  [[nodiscard]] bool load(Archive& archive) {
    std::uint32_t counters[4];
    archive.rows(Section::order_counters, &counters, 1);
    if (counters[0] > capacity_ || counters[2] > counters[0] || counters[3] > counters[0]) {
      return false;
    }
    touched_ = counters[0];
    free_ = counters[1];
    used_ = counters[2];
    retired_ = counters[3];
    archive.rows(Section::orders, nodes_.data(), touched_);
    if constexpr (!std::is_empty_v<Cold>) {
      archive.rows(Section::orders_cold, colds_.data(), touched_);
    }
    if constexpr (!has_inner_generation) {
      archive.rows(Section::order_generations, generations_.data(), touched_);
    }
    return true;
  }

  /// Asserts the invariants. Complexity: O(free slots).
  void check_invariants() const {
    std::uint32_t free = 0;
    for (Slot slot = free_; slot != no_slot; slot = nodes_[slot].next) {
      KARST_ASSERT(slot < touched_ && generation(slot) % 2 == 0);
      KARST_ASSERT(++free <= touched_);
    }
    KARST_ASSERT(touched_ <= capacity_);
    KARST_ASSERT(used_ + free + retired_ == touched_);
  }

 private:
  [[nodiscard]] bool has_left(Slot slot, std::uint32_t count) const {
    return generation(slot) <= ~std::uint32_t{0} - count;
  }
  [[nodiscard]] std::uint32_t& generation_of(Slot slot) {
    if constexpr (has_inner_generation) {
      return nodes_[slot].hot.generation;
    } else {
      return generations_[slot];
    }
  }

  LazyArray<Node> nodes_;
  LazyArray<Cold> colds_;
  LazyArray<std::uint32_t> generations_;
  std::uint32_t capacity_;
  std::uint32_t touched_ = 0;  // slots ever handed out
  Slot free_ = no_slot;        // top of the free list, linked by node.next
  std::uint32_t used_ = 0;
  std::uint32_t retired_ = 0;  // generations used up
  std::uint32_t fresh_ = 0;    // generation of slots never handed out
};

}  // namespace karst
