// The versions of the rules: what a journal adopts, so that its replay follows those of its time.
#pragma once

#include <cstdint>

namespace karst {

/// The rules a journal begins under. What they are: docs/ENGINE.md, with all it says of later ones
/// left out.
inline constexpr std::uint32_t rules_first = 1;
/// From here on: the capacity of a pool is never cut below what has been minted, entries can be
/// replaced and put in between, and those of passed hours are dropped.
inline constexpr std::uint32_t rules_of_capacity = 2;
/// From here on: a restored exchange can say which incarnation it is.
inline constexpr std::uint32_t rules_of_incarnations = 3;
/// From here on: an instrument's slot whose generations are used up is never used again.
inline constexpr std::uint32_t rules_of_retired_slots = 3;
/// From here on: a release job equal to one that waits joins it.
inline constexpr std::uint32_t rules_of_joined_jobs = 3;
/// From here on: the exchange is told when its clock is held, and settles nothing meanwhile.
inline constexpr std::uint32_t rules_of_held_clock = 3;
/// From here on: the last references are for withdrawals, and the places of revoked keys are given
/// to new ones.
inline constexpr std::uint32_t rules_of_lasting_tables = 3;
/// From here on: a product can have a title.
inline constexpr std::uint32_t rules_of_titles = 5;
/// From here on: it can take two operators to have something done.
inline constexpr std::uint32_t rules_of_four_eyes = 6;
/// From here on: an exchange can be given larger sizes.
inline constexpr std::uint32_t rules_of_growth = 6;
/// The newest of those that changed what was there before. A command that is new says in its row
/// since when it is there, and rules_newest (catalogue.hpp) follows.
inline constexpr std::uint32_t rules_changed_last = rules_of_titles;

}  // namespace karst
