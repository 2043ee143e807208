// A saved state in the format before sections, as the first landed versions wrote it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/archive.hpp"

namespace karst::model {

/// One section of a saved state.
struct SavedSection {
  SectionHead head;
  std::vector<std::uint8_t> bytes;
};

/// The sections of what Engine::save() wrote, in order.
[[nodiscard]] std::vector<SavedSection> sections_of(std::span<const std::uint8_t> saved);

/// The inverse.
[[nodiscard]] std::vector<std::uint8_t> saved_of(const std::vector<SavedSection>& sections);

/// Makes of the section of instruments what version 1 of it said: whether each is posted, instead
/// of the modes it may trade in.
void before_modes(SavedSection& instruments);

/// The same state as the format KRST03 said it. Requires: a state of rules 1.
[[nodiscard]] std::vector<std::uint8_t> krst03_of(std::span<const std::uint8_t> saved);

}  // namespace karst::model
