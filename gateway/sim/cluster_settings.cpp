#include "gateway/sim/cluster_settings.hpp"

#include <string>

namespace karst::tool {

OwnExchange::Settings cluster_settings(const ClusterSizes& sizes) {
  // A contract's slot comes free only when its hour is settled, after its place in the window.
  const std::uint32_t instruments = sizes.models * (sizes.hours_listed + 8) + 8;
  const std::uint32_t asks = instruments * sizes.providers * 4;
  return {{"clock", "\"trace\""},
          {"commands_per_second", "10000000"},  // what is refused would change the order
          {"commands_burst", "10000000"},
          {"idle_timeout_ms", "3600000"},
          {"snapshot_every_commands", "0"},  // the journal is replayed from its first command
          {"accounts_max", "64"},
          {"keys_max", "16"},
          {"instruments_max", std::to_string(instruments)},
          {"orders_max", std::to_string(asks + 1'024)},
          {"holdings_max", std::to_string(instruments * 64)},
          {"level_pages_max", std::to_string(instruments * 4)},
          {"client_ids_max", "1024"},
          {"references_max", "1024"},
          {"pools_max", "64"}};
}

}  // namespace karst::tool
