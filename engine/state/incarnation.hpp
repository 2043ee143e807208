// Incarnations: the lives of an exchange that was restored from a backup, and what sets them apart.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "engine/event/event.hpp"

namespace karst {

/// One life of an exchange. The first has no number (0) and no row; each later one began when a
/// backup was restored, and whatever the life before had done after it was lost.
struct Incarnation {
  std::uint64_t number;       ///< drawn at random by who began it; never 0
  std::uint64_t after;        ///< commands up to this one are shared with the life before
  std::uint64_t begun;        ///< the command that began it
  std::uint32_t generations;  ///< every order slot passes over so many; even
  std::uint32_t zero;
};

/// How often an exchange can be restored from a backup of one that was restored from a backup.
inline constexpr std::uint32_t incarnations_max = 64;

/// How many generations every order slot passes over when incarnation `number` begins, so that no
/// order has the id of one that the lost history made: a 32nd of those never passed over, and a
/// part of an 8th of them that the number decides, so that two lives after one backup part, too.
///
/// Requires: passed_over < 2^32, what the incarnations before passed over.
/// Returns:  an even number; the sum stays below 2^32.
[[nodiscard]] constexpr std::uint32_t generations_of(std::uint64_t number,
                                                     std::uint64_t passed_over) {
  const std::uint64_t left = (std::uint64_t{1} << 32U) - passed_over;
  const std::uint64_t drawn = number * 0x9e3779b97f4a7c15 >> 32U;
  const std::uint64_t sum = left / 32 + (drawn * (left / 8) >> 32U);
  return static_cast<std::uint32_t>(sum / 2 * 2);
}

/// What an event `incarnation_begun` says of the new life; not what the engine alone has to know.
[[nodiscard]] inline Incarnation life_of(const Event& event) {
  return {event.incarnation.number, event.incarnation.after, event.sequence, 0, 0};
}

/// Every command: the history is all one's own.
inline constexpr std::uint64_t all_shared = ~std::uint64_t{0};

/// Up to which command the history of somebody who was told of incarnation `of` is that of the
/// exchange whose lives are `lives`: all of it in the present one, nothing in one it never lived.
/// Who was told of none (an older client) may be of any: what came before all restores is shared.
///
/// Returns: the number of a command, or all_shared.
[[nodiscard]] std::uint64_t shared_through(std::span<const Incarnation> lives,
                                           std::optional<std::uint64_t> of);

}  // namespace karst
