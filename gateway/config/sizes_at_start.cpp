#include "gateway/config/sizes_at_start.hpp"

#include <memory>

#include "engine/engine.hpp"
#include "gateway/config/memory.hpp"
#include "ledger/exchange/growth.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/offline/offline.hpp"

namespace karst::gateway {

Result<std::string> sizes_at_start(Storage& storage, const Config& config) {
  const Result<std::unique_ptr<Engine>> engine =
      newest_engine(storage, ExchangeDirectory(config.data), 0);
  if (!engine) return engine.error();
  if (*engine == nullptr) return std::string("an exchange of these sizes begins");
  const Result<std::string> growth = growth_of(**engine, config.capacity);
  if (!growth) return growth.error();
  if (growth->empty()) return std::string("the exchange has these sizes");
  const Status fits = check_memory(config, memory_within_reach());
  if (!fits) return fits.error();
  return "a start makes the exchange larger: " + *growth;
}

}  // namespace karst::gateway
