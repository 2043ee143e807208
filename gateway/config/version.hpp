// Which Karst this is.
#pragma once

namespace karst::gateway {

/// That of project() in CMakeLists.txt; tests/house compares them.
inline constexpr const char* version = "0.1.0";

}  // namespace karst::gateway
