// What the pools of a running exchange are called.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/engine.hpp"
#include "ledger/exchange/exchange.hpp"

namespace karst::gateway {

/// Adds the pools `first` .. `end` - 1 that are defined.
void add_pool_symbols(const Engine& engine, std::uint32_t first, std::uint32_t end,
                      std::map<std::uint32_t, std::string>& symbols);

/// Asks the engine, a few pools at a time. Those it had no time for within a second are left out.
///
/// Threads: any but the engine's; waits for it.
[[nodiscard]] std::map<std::uint32_t, std::string> pool_symbols(Exchange& exchange);

}  // namespace karst::gateway
