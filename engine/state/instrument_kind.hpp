// The kinds of instruments, and in what they differ.
#pragma once

#include <array>
#include <cstdint>

#include "engine/event/bodies.hpp"

namespace karst {

/// Numbers stand in saved states.
enum class InstrumentKind : std::uint8_t {
  hour_contract = 0,  ///< an hour of a pool
  data_product = 1,
};

/// In what a kind differs from the others: a row of this is all that the engine asks of it.
struct InstrumentTraits {
  SettlementKind capacity_sale;  ///< what a sale of lots certified or issued is
  bool has_gate;                 ///< opens and closes at set times, and ends with its hour
  bool can_be_delisted;
};

inline constexpr auto instrument_kinds = std::to_array<InstrumentTraits>({
    {.capacity_sale = SettlementKind::capacity_escrow, .has_gate = true, .can_be_delisted = false},
    {.capacity_sale = SettlementKind::capacity_paid, .has_gate = false, .can_be_delisted = true},
});

[[nodiscard]] constexpr const InstrumentTraits& traits_of(InstrumentKind kind) {
  return instrument_kinds[static_cast<std::size_t>(kind)];
}

}  // namespace karst
