// Price levels of a side: a radix of 64-level pages with occupancy words.

#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "engine/base/assert.hpp"
#include "engine/base/lazy_array.hpp"
#include "engine/base/section.hpp"
#include "engine/base/side.hpp"

namespace karst {

/// A price level: a list of orders, oldest first, and what they add up to.
struct Level {
  static constexpr std::uint64_t one_order = std::uint64_t{1} << 40;
  static constexpr std::uint64_t level_quantity_max = one_order - 1;  // Unit: lots
  static constexpr std::uint64_t level_count_max = (1U << 24) - 1;    // Unit: orders

  std::uint32_t head;    // oldest order; unspecified while the level is empty
  std::uint32_t tail;    // youngest order; unspecified while the level is empty
  std::uint64_t totals;  // count in the upper 24 bits, quantity in the lower 40

  [[nodiscard]] bool is_empty() const { return totals == 0; }
  [[nodiscard]] std::uint64_t quantity() const { return totals & level_quantity_max; }
  [[nodiscard]] std::uint32_t count() const { return static_cast<std::uint32_t>(totals >> 40); }

  /// Whether one more order of `lots` keeps both counters in range: then the count grows by one,
  /// with no carry into it nor out of it.
  [[nodiscard]] bool has_room(std::uint32_t lots) const {
    std::uint64_t counted = 0;
    return !__builtin_add_overflow(totals, one_order, &counted) &&
           (counted ^ (counted + lots)) < one_order;
  }
  void add(std::uint32_t lots) { totals += one_order + lots; }
  void subtract(std::uint32_t lots) { totals -= one_order + lots; }
};
static_assert(sizeof(Level) == 16);

/// One side of one book, seen as a set of occupied *keys*: keys count ticks away from the best
/// price, so that on both sides the lowest key is the best one and everything below has one
/// direction. The levels themselves live in LevelPages.
///
/// The first order of an empty side fixes where its keys begin: in the middle of a page, of the
/// branch above it, and so on. The root is the smallest branch that holds every key used since;
/// it grows on the way. So a market that stays within some 2,000 ticks of where it began finds
/// every level in one step, whatever its bounds and wherever they lie.
struct Ladder {
  static constexpr std::uint32_t no_key = 0xffffffff;
  static constexpr std::int64_t width_max = std::int64_t{1} << 30;  // Unit: ticks
  /// The first key: 32 in every digit of base 64, 2 in the topmost.
  static constexpr std::uint32_t middle_key = 0xa0820820;

  std::int64_t base;          // price XOR direction = base + key
  std::uint32_t root;         // a branch; 0: the side is empty
  std::uint32_t root_shift;   // a key's digit in the root is (key >> root_shift) % 64
  std::uint32_t root_prefix;  // key >> (root_shift + 6), common to all keys; no_key: none
  std::uint32_t best_key;     // no_key: the side is empty
  std::uint32_t best_level;   // index into LevelPages
  std::uint32_t zero;

  [[nodiscard]] static std::int64_t direction(Side side) { return static_cast<int>(side) - 2; }

  /// Requires: the price is within the book's bounds. Returns: anything, if the side is empty.
  [[nodiscard]] std::uint32_t key(Side side, std::int64_t price) const {
    return static_cast<std::uint32_t>((price ^ direction(side)) - base);
  }
  [[nodiscard]] std::int64_t price(Side side, std::uint32_t of_key) const {
    return (base + of_key) ^ direction(side);
  }

  /// The keys a taker with this limit reaches are those below the returned one.
  [[nodiscard]] std::uint32_t reach(Side side, std::int64_t limit) const {
    const std::int64_t directed = limit ^ direction(side);
    if (directed < base) {
      return 0;
    }
    const auto distance = static_cast<std::uint64_t>(directed) - static_cast<std::uint64_t>(base);
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(distance, no_key - 1)) + 1;
  }

  [[nodiscard]] bool covers(std::uint32_t of_key) const {
    return std::uint64_t{of_key} >> (root_shift + 6) == root_prefix;
  }
  void clear() {
    root = 0;
    root_shift = 6;
    root_prefix = no_key;
    best_key = no_key;
    best_level = 0;
  }
};
static_assert(sizeof(Ladder) == 32);

/// The price levels of many ladders: pages of 64 levels with one occupancy word, under branches of
/// 64 children with one occupancy word. Both come from pools, are taken when a first order needs
/// them and go back when the last one leaves; the free lists are part of the state.
///
/// A level's index is (page * 64 + its place in the page); page 0 and branch 0 are never used and
/// mean "none".
///
/// Invariants: 1. A page or branch in use is not empty; one that is free holds only zeros.
///             2. An occupancy bit is set exactly where a level holds orders or a child exists.
///             3. There are branches for every page: a free page is all a new level needs.
/// Memory:     1,040 bytes per page ever used at one time, 264 per branch.
/// Threads:    owned by one.
class LevelPages {
 public:
  static constexpr std::uint32_t fan_out = 64;
  static constexpr std::uint32_t branches_per_page_max = 5;  // with the page: 64^6 > 2^32 keys
  static constexpr std::uint32_t pages_max = (1U << 26) - 1;

  explicit LevelPages(std::uint32_t pages_capacity)
      : levels_((std::size_t{pages_capacity} + 1) * fan_out),
        pages_(std::size_t{pages_capacity} + 1),
        children_((std::size_t{pages_capacity} * branches_per_page_max + 1) * fan_out),
        branches_(std::size_t{pages_capacity} * branches_per_page_max + 1),
        pages_capacity_(pages_capacity) {
    KARST_ASSERT(pages_capacity <= pages_max);
  }

  [[nodiscard]] std::uint32_t pages_free() const { return pages_capacity_ - free_pages_.used; }
  [[nodiscard]] std::uint32_t pages_used() const { return free_pages_.used; }
  [[nodiscard]] std::uint32_t branches_used() const { return free_branches_.used; }

  [[nodiscard]] Level& operator[](std::uint32_t level) { return levels_[level]; }
  [[nodiscard]] const Level& operator[](std::uint32_t level) const { return levels_[level]; }

  /// The key of a level that is in use.
  [[nodiscard]] std::uint32_t key_of(std::uint32_t level) const {
    return pages_[level / fan_out].first_key + level % fan_out;
  }
  [[nodiscard]] Side side_of(std::uint32_t level) const { return pages_[level / fan_out].side; }

  /// Returns: the page that holds `key`, 0 if there is none.
  [[nodiscard]] std::uint32_t find_page(const Ladder& ladder, std::uint32_t key) const {
    if (!ladder.covers(key)) [[unlikely]] {
      return 0;
    }
    return descend(ladder, key);
  }

  /// Returns: the level of `key` if its page exists (it may be empty), else 0.
  [[nodiscard]] std::uint32_t find(const Ladder& ladder, std::uint32_t key) const {
    const std::uint32_t page = find_page(ladder, key);
    return page == 0 ? 0 : page * fan_out + key % fan_out;
  }

  /// The level where an order with `key` would go, if a page is there; for prefetching only.
  /// Returns: the index of some level whatever the ladder and the key.
  [[nodiscard]] std::uint32_t guess(const Ladder& ladder, std::uint32_t key) const {
    return descend(ladder, key) * fan_out + key % fan_out;
  }

  /// A new page for a price; the keys of an empty ladder begin with it.
  /// Requires: find_page() returned 0, pages_free() > 0.
  [[nodiscard]] std::uint32_t make_page(Ladder& ladder, Side side, std::int64_t price);

  /// Takes note that a level got its first order. Requires: `level` is the one of `key`.
  void occupy(Ladder& ladder, std::uint32_t level, std::uint32_t key) {
    pages_[level / fan_out].occupancy |= std::uint64_t{1} << (key % fan_out);
    if (key < ladder.best_key) {
      ladder.best_key = key;
      ladder.best_level = level;
    }
  }

  /// Takes note that a level lost its last order: finds the next best one, frees an empty page.
  void vacate(Ladder& ladder, std::uint32_t level) {
    Page& page = pages_[level / fan_out];
    page.occupancy &= ~(std::uint64_t{1} << (level % fan_out));
    if (page.occupancy == 0) [[unlikely]] {
      free_page(ladder, level);
    } else if (level == ladder.best_level) {
      const auto place = static_cast<std::uint32_t>(std::countr_zero(page.occupancy));
      ladder.best_level = level / fan_out * fan_out + place;
      ladder.best_key = page.first_key + place;
    }
  }

  /// Returns: the level in use with the lowest key of at least `key`, or 0. `key` itself need not
  /// be in use.
  [[nodiscard]] std::uint32_t next(const Ladder& ladder, std::uint32_t key) const;

  void prefetch(std::uint32_t level) const { __builtin_prefetch(levels_.data() + level, 1); }

  /// Writes the part of the state ever touched, as `archive.rows(Section, const Row*, count)`.
  template <class Archive>
  void save(Archive& archive) const {
    const FreeList lists[2] = {free_pages_, free_branches_};
    archive.rows(Section::level_lists, lists, 2);
    const std::size_t pages = free_pages_.touched + std::size_t{1};
    const std::size_t branches = free_branches_.touched + std::size_t{1};
    archive.rows(Section::levels, levels_.data(), pages * fan_out);
    archive.rows(Section::level_pages, pages_.data(), pages);
    archive.rows(Section::branch_children, children_.data(), branches * fan_out);
    archive.rows(Section::branches, branches_.data(), branches);
  }

  /// Reads into new pages what save() wrote, as `archive.rows(Section, Row*, count)`.
  /// Returns: false if it does not fit into this capacity.
  template <class Archive>
  [[nodiscard]] bool load(Archive& archive) {
    FreeList read[2];
    archive.rows(Section::level_lists, read, 2);
    if (read[0].touched > pages_capacity_ ||
        read[1].touched > std::uint64_t{pages_capacity_} * branches_per_page_max) {
      return false;
    }
    free_pages_ = read[0];
    free_branches_ = read[1];
    const std::size_t pages = free_pages_.touched + std::size_t{1};
    const std::size_t branches = free_branches_.touched + std::size_t{1};
    archive.rows(Section::levels, levels_.data(), pages * fan_out);
    archive.rows(Section::level_pages, pages_.data(), pages);
    archive.rows(Section::branch_children, children_.data(), branches * fan_out);
    archive.rows(Section::branches, branches_.data(), branches);
    return true;
  }

  /// Asserts the invariants of one ladder, calling `f(level, key)` for each level in use, best
  /// first. Complexity: O(keys under existing pages).
  template <class F>
  void check_invariants(const Ladder& ladder, Side side, F&& f) const;

 private:
  struct Page {
    std::uint64_t occupancy;
    std::uint32_t first_key;  // a multiple of 64; the next free page while it is free
    Side side;
    std::uint8_t zeros[3];
  };
  static_assert(sizeof(Page) == 16);

  /// Last in, first out; links lie in the free elements.
  struct FreeList {
    std::uint32_t first;    // 0: empty
    std::uint32_t touched;  // elements ever handed out: 1 .. touched
    std::uint32_t used;
    std::uint32_t zero;
  };

  /// The branches from a ladder's root down to a key's page.
  struct Path {
    std::uint32_t branch[branches_per_page_max];
    std::uint32_t depth;
    std::uint32_t page;  // 0: none
  };

  /// From the root to the page of a key; 0 if a child is missing.
  [[nodiscard]] std::uint32_t descend(const Ladder& ladder, std::uint32_t key) const {
    std::uint32_t at = ladder.root;
    std::uint32_t shift = ladder.root_shift;
    do {
      at = children_[at * std::size_t{fan_out} + (key >> shift) % fan_out];
      shift -= 6;
    } while (shift != 0);
    return at;
  }
  [[nodiscard]] std::uint32_t take_page(Side side, std::uint32_t first_key);
  [[nodiscard]] std::uint32_t take_branch();
  void give_back_branch(std::uint32_t branch);
  void grow(Ladder& ladder, std::uint32_t key);
  void adopt(std::uint32_t branch, std::uint32_t digit, std::uint32_t child);
  [[nodiscard]] Path path(const Ladder& ladder, std::uint32_t key) const;
  void free_page(Ladder& ladder, std::uint32_t level);
  void find_best(Ladder& ladder) const;
  [[nodiscard]] std::uint32_t lowest(std::uint32_t at, std::uint32_t shift) const;

  [[nodiscard]] std::uint32_t& child(std::uint32_t branch, std::uint32_t digit) {
    return children_[branch * std::size_t{fan_out} + digit];
  }
  [[nodiscard]] std::uint32_t child(std::uint32_t branch, std::uint32_t digit) const {
    return children_[branch * std::size_t{fan_out} + digit];
  }
  [[nodiscard]] static std::uint32_t digit(std::uint32_t key, std::uint32_t shift) {
    return (key >> shift) % fan_out;
  }

  LazyArray<Level> levels_;
  LazyArray<Page> pages_;
  LazyArray<std::uint32_t> children_;
  LazyArray<std::uint64_t> branches_;  // occupancy
  std::uint32_t pages_capacity_;
  FreeList free_pages_{};
  FreeList free_branches_{};
};

template <class F>
void LevelPages::check_invariants(const Ladder& ladder, Side side, F&& f) const {
  KARST_ASSERT((ladder.root == 0) == (ladder.best_key == Ladder::no_key));
  std::uint32_t level = next(ladder, 0);
  KARST_ASSERT(level == ladder.best_level);
  KARST_ASSERT(level == 0 || key_of(level) == ladder.best_key);
  for (std::uint32_t beyond = 0; level != 0; level = next(ladder, beyond)) {
    const std::uint32_t key = key_of(level);
    KARST_ASSERT(key >= beyond && key != Ladder::no_key);
    beyond = key + 1;
    KARST_ASSERT(side_of(level) == side);
    KARST_ASSERT(find(ladder, key) == level);
    // Every level of the page is empty or occupied as its bit says.
    const Page& page = pages_[level / fan_out];
    for (std::uint32_t place = 0; place < fan_out; ++place) {
      const bool is_occupied = (page.occupancy >> place) % 2 != 0;
      KARST_ASSERT(is_occupied != levels_[level / fan_out * fan_out + place].is_empty());
    }
    const Path above = path(ladder, key);
    for (std::uint32_t depth = 0; depth < above.depth; ++depth) {
      for (std::uint32_t place = 0; place < fan_out; ++place) {
        const bool is_occupied = (branches_[above.branch[depth]] >> place) % 2 != 0;
        KARST_ASSERT(is_occupied == (child(above.branch[depth], place) != 0));
      }
    }
    f(level, key);
  }
}

}  // namespace karst
