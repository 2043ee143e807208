// What every kind of settlement moves, leg by leg: the one table that the ledger posts by, that the
// engine is compiled against (execution.hpp), and that docs/LEDGER.md shows.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "engine/event/bodies.hpp"

namespace karst {

/// Where a leg takes from or gives to.
enum class Purse : std::uint8_t {
  buyer,       ///< the buyer's own: its cash, the lots it bought
  seller,      ///< the seller's own
  escrow,      ///< of the seller, for what is paid and not yet delivered
  capacity,    ///< of the seller: lots certified to it, or issued by it, and not yet sold
  fee_income,  ///< of the exchange
  issue,       ///< contra of all lots there are
};

/// What a leg is for. Numbers stand in the ledger's records.
enum class Role : std::uint16_t {
  cash = 1,
  units = 2,
  fee = 3,
  subsidy = 4,
  tax = 5,
  escrow = 6,
  bond = 7,
  rounding = 8,
};
inline constexpr unsigned roles_end = 9;

/// How much a leg moves.
enum class LegAmount : std::uint8_t { notional, buyer_fee, seller_fee, lots };

/// What goes from one purse to another. `role`: that of whoever gets it; whoever gives it gives
/// cash or units.
struct LegRow {
  Purse from;
  Purse to;
  LegAmount amount;
  Role role;
};

/// The amounts of one settlement. Units: fen, lots.
struct LegAmounts {
  std::int64_t notional;
  std::int64_t buyer_fee;
  std::int64_t seller_fee;
  std::int64_t lots;

  [[nodiscard]] constexpr std::int64_t of(LegAmount amount) const {
    switch (amount) {
      case LegAmount::notional:
        return notional;
      case LegAmount::buyer_fee:
        return buyer_fee;
      case LegAmount::seller_fee:
        return seller_fee;
      case LegAmount::lots:
        return lots;
    }
    return 0;
  }
};

/// What a trade moves. `payee`: who gets the price; `source`: who gives the lots.
template <Purse payee, Purse source>
inline constexpr std::array<LegRow, 4> legs_of_trade = {{
    {Purse::buyer, payee, LegAmount::notional, payee == Purse::escrow ? Role::escrow : Role::cash},
    {Purse::buyer, Purse::fee_income, LegAmount::buyer_fee, Role::fee},
    {payee, Purse::fee_income, LegAmount::seller_fee, Role::fee},
    {source, Purse::buyer, LegAmount::lots, Role::units},
}};

/// The legs of a settlement, in the order in which they are posted; none of a kind there is not.
[[nodiscard]] constexpr std::span<const LegRow> legs_of(SettlementKind kind) {
  switch (kind) {
    case SettlementKind::capacity_escrow:
      return legs_of_trade<Purse::escrow, Purse::capacity>;
    case SettlementKind::capacity_paid:
      return legs_of_trade<Purse::seller, Purse::capacity>;
    case SettlementKind::resale:
      return legs_of_trade<Purse::seller, Purse::seller>;
    case SettlementKind::offer:
      return legs_of_trade<Purse::seller, Purse::issue>;
  }
  return {};
}

/// The kinds of which the price is paid into escrow, as bits: what every trade asks of the table.
inline constexpr unsigned escrowed_kinds = [] {
  unsigned kinds = 0;
  for (unsigned kind = 0; kind < 32; ++kind) {
    for (const LegRow& leg : legs_of(static_cast<SettlementKind>(kind))) {
      if (leg.to == Purse::escrow && leg.amount == LegAmount::notional) kinds |= 1U << kind;
    }
  }
  return kinds;
}();
[[nodiscard]] constexpr bool is_escrowed(SettlementKind kind) {
  return (escrowed_kinds >> static_cast<unsigned>(kind) & 1U) != 0;
}

}  // namespace karst
