// Planted bugs: each is compiled in only where a test wants to see it found.
#pragma once

#include <string_view>

#define KARST_PLANT_TEXT_(name) #name
#define KARST_PLANT_TEXT(name) KARST_PLANT_TEXT_(name)

namespace karst {

/// Whether this build carries the bug of that name (-DKARST_PLANT=name). False in every product
/// build, and decided when compiling: `if constexpr (planted("skip_sync"))`.
[[nodiscard]] consteval bool planted([[maybe_unused]] std::string_view name) {
#ifdef KARST_PLANT
  return name == KARST_PLANT_TEXT(KARST_PLANT);
#else
  return false;
#endif
}

}  // namespace karst
