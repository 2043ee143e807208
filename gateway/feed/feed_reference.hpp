// What the feed knows of each instrument besides its book: the terms it is traded on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "engine/base/units.hpp"
#include "engine/command/command.hpp"
#include "engine/event/event.hpp"

namespace karst::feed {

/// The public terms of one instrument: the `definition` schema.
struct InstrumentTerms {
  InstrumentId instrument;  ///< none: nothing is listed in this slot
  bool is_contract;         ///< an hour of a pool, else a data product
  Text<16> symbol;          ///< of the product or the pool
  Text<8> currency;
  Unit unit;
  Money tick_value;  ///< Unit: fen per tick and lot.
  Price price_min;
  Price price_max;
  Price list_price;
  Quantity quantity_max;  ///< of one order
  std::uint16_t band_bps;
  std::uint8_t tier_min;
  std::uint8_t clearance_min;
  bool domestic_only;

  // Hour contracts.
  PoolId pool;
  Hour hour;
  Time gate_open;
  Time gate_close;
  Grade grade;
  std::uint16_t penalty_bps;
  std::uint16_t hub;
  std::uint16_t cluster;

  // Data products.
  Supply supply;
  Resale resale;
  AccountId issuer;
  Quantity seats;
  Time certificate_expiry;
  std::uint32_t version;
};

/// What is left of one that was listed.
struct RetiredInstrument {
  InstrumentTerms terms;
  InstrumentState state;
  Price reference;
};

/// Currencies, pools and the terms of instruments, kept up from commands and what came of them.
/// Terms stand in commands (a pool's in set_pool_terms, a product's in define_product), ids and
/// times in events, so it takes both.
///
/// Threads: owned by one.
class FeedReference {
 public:
  explicit FeedReference(const Configure& sizes);

  /// Takes note of a command that may set terms of currencies or pools, once it is known to have
  /// been carried out. Call it before the events of later commands.
  void apply(const Command& command, std::span<const Event> events);

  /// Takes note of a listing, a product or its new terms, or a retirement; other events are none
  /// of its concern. `command` is the one `event` came from.
  void apply(const Command& command, const Event& event);

  /// The terms of what is listed in `slot`; its `instrument` is none if nothing is.
  /// Requires: slot < instruments_max.
  [[nodiscard]] const InstrumentTerms& terms(std::uint32_t slot) const { return terms_[slot]; }

  /// Who provides it: the issuer of a product, the operator of an hour's pool.
  [[nodiscard]] AccountId provider(const InstrumentTerms& terms) const {
    return terms.is_contract ? pools_[terms.pool.value()].pool.operator_account : terms.issuer;
  }

  /// Those retired since it began are numbered 1, 2, 3 …; the newest retired_max are kept, those
  /// from retired_begin() to before retired_end().
  static constexpr std::size_t retired_max = 16'384;
  [[nodiscard]] std::uint64_t retired_begin() const { return retired_end_ - retired_.size(); }
  [[nodiscard]] std::uint64_t retired_end() const { return retired_end_; }
  /// Requires: the number is of one that is kept.
  [[nodiscard]] const RetiredInstrument& retired(std::uint64_t number) const {
    return retired_[number - retired_begin()];
  }

  /// Puts terms known from elsewhere (a snapshot of the engine) in place.
  void restore_currency(CurrencyId currency, const Text<8>& code);
  void restore_pool(const DefinePool& pool);
  void restore_pool_terms(const SetPoolTerms& terms);
  void restore(const InstrumentTerms& terms);

 private:
  struct Pool {
    DefinePool pool;
    SetPoolTerms terms;
  };

  void list_contract(const Event& event);
  void define_product(const DefineProduct& asked, const Event& event);
  void retire(const Event& event);

  std::vector<Text<8>> currencies_;     // by id
  std::vector<Pool> pools_;             // by id
  std::vector<InstrumentTerms> terms_;  // by instrument slot
  std::deque<RetiredInstrument> retired_;  // oldest first
  std::uint64_t retired_end_ = 1;
};

}  // namespace karst::feed
