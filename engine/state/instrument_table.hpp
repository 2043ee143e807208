// Instruments and pools: what is traded, under which terms, and in which state.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/archive.hpp"
#include "engine/base/lazy_array.hpp"
#include "engine/base/money.hpp"
#include "engine/base/slot_index.hpp"
#include "engine/base/trade_mode.hpp"
#include "engine/command/command.hpp"
#include "engine/state/instrument_kind.hpp"
#include "engine/state/order_table.hpp"

namespace karst {

/// One instrument. The first two lines are what an order touches.
struct Instrument {
  static constexpr std::int64_t for_ever = INT64_MAX;

  InstrumentId id;  ///< none = the slot is free
  InstrumentState state;
  InstrumentKind kind;
  std::uint8_t modes;  ///< bits of the modes it may trade in: see bit_of()
  Resale resale;  ///< of a product; a contract's is zero, and forbids nothing
  std::uint32_t levels_needed;  ///< of a buyer: see level::word
  std::uint32_t quantity_max;
  std::int64_t tradable_until_ns;  ///< gate close, or the certificate's expiry
  std::int64_t tick_value;
  std::int64_t price_min;
  std::int64_t price_max;
  std::int64_t reference;  ///< last price, resume price or list price
  std::uint16_t currency;
  std::uint16_t band_bps;
  std::uint16_t penalty_bps;
  std::uint8_t is_narrow;  ///< no order within the bounds can overflow: see money.hpp
  std::uint8_t zero;

  FeeRate maker;
  FeeRate taker;
  FeeRate greatest;
  std::int64_t offer;     ///< posted offer's price; 0 = none
  std::uint64_t pending;  ///< order id of the pending sweep; see pending_offer

  std::int64_t band_low;  ///< of the pending sweep
  std::int64_t band_high;
  std::uint32_t issuer;  ///< products
  std::uint32_t calendar;
  std::uint32_t minted;  ///< lots, capacity or licences
  std::uint32_t version;
  std::uint32_t first_row;  ///< holding rows in order of creation
  std::uint32_t last_row;
  std::uint32_t first_hibernated;  ///< orders in order of hibernation
  std::uint32_t last_hibernated;
  std::uint32_t pool;
  Unit unit;
  Supply supply;
  Grade grade;
  std::uint8_t zero2;
  std::uint32_t list_price;
  std::int32_t hour;
  std::int64_t gate_open_ns;
  std::int64_t certificate_expiry_ns;
  Text<16> symbol;
  Digest terms_hash;

  /// `pending` of a lowered offer's sweep: no order has this id.
  static constexpr std::uint64_t pending_offer = ~std::uint64_t{0};

  [[nodiscard]] const InstrumentTraits& traits() const { return traits_of(kind); }
  [[nodiscard]] bool allows(TradeMode mode) const { return (modes & bit_of(mode)) != 0; }
};
static_assert(sizeof(Instrument) == 256, "a multiple of the cache line, and a shift to find");

/// Why trading is shut, by effective state; open if it is not.
[[nodiscard]] constexpr InstrumentState effective_state(const Instrument& instrument,
                                                        std::int64_t now) {
  if (now >= instrument.tradable_until_ns && instrument.traits().has_gate) {
    return InstrumentState::closed;
  }
  if (instrument.state == InstrumentState::scheduled && now >= instrument.gate_open_ns) {
    return InstrumentState::open;
  }
  return instrument.state;
}

struct PoolCapacity {
  std::int64_t from_hour;
  std::uint32_t lots;
  std::uint32_t zero;
};

/// The capacity at an hour: that of the last entry from that hour or before. Requires: in order.
[[nodiscard]] inline std::uint32_t capacity_in(std::span<const PoolCapacity> entries,
                                               std::int64_t hour) {
  std::uint32_t lots = 0;
  for (std::size_t i = 0; i < entries.size() && entries[i].from_hour <= hour; ++i) {
    lots = entries[i].lots;
  }
  return lots;
}

/// One compute pool: its certified capacity, the terms of its next contracts, those listed.
struct Pool {
  static constexpr std::uint32_t hours_kept = 512;
  static constexpr std::uint32_t capacities_max = 64;

  std::uint8_t is_known;
  std::uint8_t has_terms;
  std::uint16_t zero;
  std::uint32_t capacity_count;
  DefinePool definition;
  SetPoolTerms terms;
  PoolCapacity capacities[capacities_max];
  std::uint32_t contracts[hours_kept];  ///< instrument id of hour mod 512; 0 = none

  [[nodiscard]] std::uint32_t capacity_at(std::int64_t hour) const {
    return capacity_in({capacities, capacity_count}, hour);
  }
  [[nodiscard]] std::uint32_t& contract(std::int64_t hour) {
    return contracts[static_cast<std::uint64_t>(hour) % hours_kept];
  }
  [[nodiscard]] std::uint32_t contract(std::int64_t hour) const {
    return const_cast<Pool*>(this)->contract(hour);
  }
};

/// All instruments: a slot each, recycled when a contract is retired, and its book.
class InstrumentTable {
 public:
  explicit InstrumentTable(std::uint32_t instruments_max)
      : instruments_(instruments_max),
        books_(instruments_max),
        generations_(instruments_max),
        slots_(instruments_max),
        instruments_max_(instruments_max) {
    (void)slots_.take();  // slot 0 names nothing
  }

  /// Returns: the instrument, or nullptr if there is none of this id.
  [[nodiscard]] Instrument* find(InstrumentId id) {
    const std::uint32_t slot = slot_of(id);
    if (slot >= instruments_max_ || instruments_[slot].id != id || id.is_none()) return nullptr;
    return &instruments_[slot];
  }
  [[nodiscard]] const Instrument* find(InstrumentId id) const {
    return const_cast<InstrumentTable*>(this)->find(id);
  }
  [[nodiscard]] Instrument& operator[](std::uint32_t slot) { return instruments_[slot]; }
  [[nodiscard]] const Instrument& operator[](std::uint32_t slot) const {
    return instruments_[slot];
  }
  [[nodiscard]] Book& book(std::uint32_t slot) { return books_[slot]; }
  [[nodiscard]] const Book& book(std::uint32_t slot) const { return books_[slot]; }
  [[nodiscard]] std::uint32_t slots_free() const { return slots_.slots_free(); }
  [[nodiscard]] std::uint32_t touched() const { return slots_.touched(); }

  /// Requires: slots_free() > 0. Returns: a new instrument with its id set, the rest zero.
  Instrument& take() {
    const std::uint32_t slot = slots_.take();
    Instrument& instrument = instruments_[slot];
    instrument = Instrument{};
    instrument.id = instrument_id(generations_[slot], slot);
    instrument.first_row = instrument.last_row = 0xffffffff;
    instrument.first_hibernated = instrument.last_hibernated = no_slot;
    return instrument;
  }
  /// Takes a slot back. With `is_kept_back`, one whose generations are used up is never used again:
  /// under the rules before, its ids began anew.
  void give_back(Instrument& instrument, bool is_kept_back) {
    const std::uint32_t slot = slot_of(instrument.id);
    const std::uint32_t generation = (generations_[slot] + 1) % instrument_generations_max;
    instrument = Instrument{};
    if (generation == 0 && is_kept_back) return;
    generations_[slot] = generation;
    slots_.give_back(slot);
  }
  /// Asks for what an order touches of an instrument; there need be none in that slot.
  void prefetch(std::uint32_t slot) const {
    const Instrument* const instrument = instruments_.data() + slot;
    __builtin_prefetch(instrument);
    __builtin_prefetch(&instrument->maker, 1);
    __builtin_prefetch(books_.data() + slot, 1);
  }

  template <class Archive>
  void save(Archive& out) const {
    slots_.save(out, Section::instrument_slots, Section::instrument_slots_free);
    out.rows(Section::instruments, instruments_.data(), slots_.touched());
    out.rows(Section::instrument_generations, generations_.data(), slots_.touched());
    out.template begin<Ladder>(Section::ladders, Book::ladders * std::uint64_t{slots_.touched()});
    for (std::uint32_t slot = 0; slot < slots_.touched(); ++slot) books_[slot].save(out);
  }
  template <class Archive>
  [[nodiscard]] bool load(Archive& in) {
    if (!slots_.load(in, Section::instrument_slots, Section::instrument_slots_free)) return false;
    in.rows(Section::instruments, instruments_.data(), slots_.touched());
    if (in.version(Section::instruments) < instruments_with_modes) give_modes();
    in.rows(Section::instrument_generations, generations_.data(), slots_.touched());
    in.template begin<Ladder>(Section::ladders, Book::ladders * std::uint64_t{slots_.touched()});
    for (std::uint32_t slot = 0; slot < slots_.touched(); ++slot) books_[slot].load(in);
    return true;
  }

 private:
  /// From this version of their section on, instruments say in which modes they may trade.
  static constexpr std::uint32_t instruments_with_modes = 2;

  /// Before, the byte said whether it was posted offers (1) or the book (0).
  void give_modes() {
    for (std::uint32_t slot = 1; slot < slots_.touched(); ++slot) {
      Instrument& instrument = instruments_[slot];
      if (instrument.id.is_none()) continue;
      instrument.modes = bit_of(instrument.modes != 0 ? TradeMode::posted : TradeMode::book);
    }
  }

  LazyArray<Instrument> instruments_;
  LazyArray<Book> books_;
  LazyArray<std::uint32_t> generations_;
  SlotStack slots_;
  std::uint32_t instruments_max_;
};

}  // namespace karst
