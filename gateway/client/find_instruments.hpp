// The instruments of a running exchange, as its feed defines them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "engine/base/result.hpp"
#include "gateway/client/client.hpp"
#include "schemas/karst/v1/market_data.pb.h"

namespace karst::tool {

/// Waits until the feed has told of `count` instruments whose definition is wanted. The session
/// stays subscribed to definitions; its handler of market data is none afterwards.
///
/// Errors: those of the client; not_found: there were not so many in time.
[[nodiscard]] Result<std::map<std::uint32_t, v1::Definition>> find_instruments(
    gateway::Client& client, const std::function<bool(const v1::Definition&)>& is_wanted,
    std::size_t count);

}  // namespace karst::tool
