// How the parties of a trade meet.
#pragma once

#include <cstdint>

namespace karst {

/// Numbers stand in records, and as bits in instruments.
enum class TradeMode : std::uint8_t {
  book = 1,
  auction = 2,
  posted = 3,
  quote = 4,
  negotiated = 5,
};
inline constexpr unsigned trade_modes_end = 6;

/// The modes that an instrument may trade in, as bits.
[[nodiscard]] constexpr std::uint8_t bit_of(TradeMode mode) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(mode));
}

}  // namespace karst
