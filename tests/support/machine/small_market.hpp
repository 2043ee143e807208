// A small market as commands: who trades what, for simulations and process tests.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/command/command.hpp"
#include "engine/seams/random.hpp"

namespace karst::sim {

/// Tables for a few merchants, with bounds small enough that work is left over between commands.
[[nodiscard]] Configure small_sizes();

/// The key that may do everything, made by the first command of the exchange itself.
inline constexpr KeyId operator_key{1};
/// Merchants are 1 … merchants; merchant m trades with key m + 1. The issuer is merchant 1.
[[nodiscard]] constexpr KeyId key_of(std::uint32_t merchant) { return KeyId{merchant + 1}; }

/// Makes operator_key; the same again is refused and changes nothing.
[[nodiscard]] Command create_operator_key();

/// What the operator sends first, numbered 1, 2, 3 …: reference data, merchants with keys and cash,
/// one product (instrument id 1) of which the issuer has seats to sell.
[[nodiscard]] std::vector<Command> opening(std::uint32_t merchants);

/// `count` commands of one merchant, numbered from 1: orders of all kinds, cancels by client order
/// id, mass cancels, sessions' dead men; the same seed gives the same commands.
[[nodiscard]] std::vector<Command> trading(std::uint32_t merchant, std::uint32_t count,
                                           std::uint64_t seed);

}  // namespace karst::sim
