// Colours of a terminal.
#pragma once

#include <cstdint>
#include <string>

namespace karst::tool {

enum class Colour : std::uint8_t { plain, bold, faint, red, green, yellow };

/// Colours text, or leaves it as it is.
struct Paint {
  bool is_on = false;
  [[nodiscard]] std::string operator()(Colour colour, const std::string& text) const;
};

}  // namespace karst::tool
