// Who holds how many lots of what: rows of (account, instrument, capacity or units).
#pragma once

#include <cstdint>

#include "engine/base/archive.hpp"
#include "engine/base/hash.hpp"
#include "engine/base/lazy_array.hpp"
#include "engine/base/slot_index.hpp"
#include "engine/command/command.hpp"

namespace karst {

/// What a merchant holds of an instrument, by kind of row.
struct Holding {
  Quantity free;
  Quantity reserved;  ///< by open sells
  Quantity locked;    ///< bought by resale where that is allowed once
  Money escrow;       ///< capacity rows: paid for, not yet delivered
};

/// Half a cache line. Requires: lots of an instrument never exceed 2^31 - 1, so 32 bits suffice.
struct HoldingRow {
  std::uint32_t account;
  std::uint32_t asset;  ///< instrument id << 1 | (1 for units, 0 for capacity)
  std::uint32_t next;   ///< next row of the instrument, in order of creation
  std::uint32_t free;
  std::uint32_t reserved;
  std::uint32_t locked;
  std::int64_t escrow;
};
static_assert(sizeof(HoldingRow) == 32);

/// The rows. A row keeps its number until it is freed, so orders remember the row they reserved
/// from and fills look nothing up.
///
/// Invariant: a row in use has an account, and exactly one index entry.
/// Memory:    36 bytes a row, 16 to 32 an index entry.
class HoldingTable {
 public:
  static constexpr std::uint32_t none = SlotIndex::none;

  explicit HoldingTable(std::uint32_t rows_max)
      : rows_(rows_max), index_(rows_max), slots_(rows_max) {}

  [[nodiscard]] static std::uint32_t asset(InstrumentId instrument, Draw kind) {
    return instrument.value() << 1 | static_cast<std::uint32_t>(kind != Draw::capacity);
  }
  [[nodiscard]] static Draw kind(const HoldingRow& row) {
    return (row.asset & 1) != 0 ? Draw::holding : Draw::capacity;
  }

  [[nodiscard]] HoldingRow& operator[](std::uint32_t row) { return rows_[row]; }
  [[nodiscard]] const HoldingRow& operator[](std::uint32_t row) const { return rows_[row]; }
  [[nodiscard]] std::uint32_t rows_free() const { return slots_.slots_free(); }

  /// Returns: the row, or none. Complexity: one probe, mostly.
  [[nodiscard]] std::uint32_t find(std::uint32_t account, std::uint32_t asset) const {
    return index_.find(hash_of(account, asset), [&](std::uint32_t row) {
      return rows_[row].account == account && rows_[row].asset == asset;
    });
  }

  /// Requires: find() says none, rows_free() > 0.
  std::uint32_t make(std::uint32_t account, std::uint32_t asset) {
    const std::uint32_t row = slots_.take();
    rows_[row] = HoldingRow{};
    rows_[row].account = account;
    rows_[row].asset = asset;
    rows_[row].next = none;
    index_.insert(hash_of(account, asset), row);
    return row;
  }

  /// Requires: no order remembers the row.
  void free(std::uint32_t row) {
    index_.erase(hash_of(rows_[row].account, rows_[row].asset), row, [&](std::uint32_t other) {
      return hash_of(rows_[other].account, rows_[other].asset);
    });
    rows_[row] = HoldingRow{};
    slots_.give_back(row);
  }

  void prefetch(std::uint32_t account, std::uint32_t asset) const {
    index_.prefetch(hash_of(account, asset));
  }
  /// The next step: what prefetch() asked for has come.
  void prefetch_row(std::uint32_t account, std::uint32_t asset) const {
    prefetch_row(index_.guess(hash_of(account, asset)));
  }
  void prefetch_row(std::uint32_t row) const { __builtin_prefetch(rows_.data() + row, 1); }

  /// Calls `f(row)` for every row in use, in order of row number.
  template <class F>
  void each(F&& f) const {
    for (std::uint32_t row = 0; row < slots_.touched(); ++row) {
      if (rows_[row].account != 0) f(rows_[row]);
    }
  }

  template <class Archive>
  void save(Archive& out) const {
    slots_.save(out, Section::holding_slots, Section::holding_slots_free);
    out.rows(Section::holdings, rows_.data(), slots_.touched());
  }
  template <class Archive>
  [[nodiscard]] bool load(Archive& in) {
    if (!slots_.load(in, Section::holding_slots, Section::holding_slots_free)) return false;
    in.rows(Section::holdings, rows_.data(), slots_.touched());
    for (std::uint32_t row = 0; row < slots_.touched(); ++row) {
      const HoldingRow& found = rows_[row];
      if (found.account != 0) index_.insert(hash_of(found.account, found.asset), row);
    }
    return true;
  }

 private:
  [[nodiscard]] static std::uint64_t hash_of(std::uint32_t account, std::uint32_t asset) {
    return spread(static_cast<std::uint64_t>(account) << 32 | asset);
  }

  LazyArray<HoldingRow> rows_;
  SlotIndex index_;
  SlotStack slots_;
};

}  // namespace karst
