// What a key may do, as words of the command line.
#pragma once

#include <cstdint>

#include "engine/command/bodies.hpp"

namespace karst::tool {

struct ScopeWord {
  const char* word;
  std::uint8_t scope;
};
inline constexpr ScopeWord scope_words[] = {{"read", scope::read},
                                            {"trade", scope::trade},
                                            {"cancel-only", scope::cancel_only},
                                            {"audit", scope::audit},
                                            {"operate", scope::operate}};

}  // namespace karst::tool
