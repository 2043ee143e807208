// The engine's texts as strings.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>

#include "engine/command/bodies.hpp"

namespace karst::schemas {

/// Without the zeros it is filled up with.
template <std::size_t N>
[[nodiscard]] std::string text_of(const Text<N>& text) {
  return {text.begin(), std::find(text.begin(), text.end(), '\0')};
}

}  // namespace karst::schemas
