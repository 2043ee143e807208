#include "gateway/desk/pool_symbols.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <semaphore>

#include "engine/state/instrument_table.hpp"

namespace karst::gateway {
namespace {

constexpr std::uint32_t pools_per_look = 64;
constexpr auto wait_max = std::chrono::seconds(1);

/// What one look saw. Shared with the engine's thread, which may come when nobody waits any more.
struct Look {
  std::binary_semaphore is_done{0};
  std::uint32_t pools_end = 0;
  std::map<std::uint32_t, std::string> symbols;
};

}  // namespace

void add_pool_symbols(const Engine& engine, std::uint32_t first, std::uint32_t end,
                      std::map<std::uint32_t, std::string>& symbols) {
  for (std::uint32_t id = first; id < std::min(end, engine.sizes().pools_max); ++id) {
    const Pool* pool = engine.pool(PoolId{id});
    if (pool == nullptr) continue;
    const auto& symbol = pool->definition.symbol;
    symbols[id] = std::string(symbol.begin(), std::ranges::find(symbol, '\0'));
  }
}

std::map<std::uint32_t, std::string> pool_symbols(Exchange& exchange) {
  std::map<std::uint32_t, std::string> all;
  std::uint32_t end = 2;
  for (std::uint32_t first = 1; first < end; first += pools_per_look) {
    const auto look = std::make_shared<Look>();
    const bool is_asked = exchange.ask([look, first](const Engine& engine, std::uint64_t) {
      look->pools_end = engine.sizes().pools_max;
      add_pool_symbols(engine, first, first + pools_per_look, look->symbols);
      look->is_done.release();
    });
    if (!is_asked || !look->is_done.try_acquire_for(wait_max)) break;
    all.merge(look->symbols);
    end = look->pools_end;
  }
  return all;
}

}  // namespace karst::gateway
