// One page of an account's event log, as it answers a question.
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/events/account_entry.hpp"

namespace karst::v1 {
class Events;
}

namespace karst::gateway {

/// Which events of a log are wanted.
struct EventFilter {
  Time from{0};
  Time to{0};  ///< before it; 0 = whenever
  bool fills_only = false;
};

/// Writes those of the `entries` that are wanted, and where the next page begins. `after` is the
/// number before the first of them, `limit` how many could have been there.
void write_page(const EventFilter& filter, std::uint64_t after, std::uint32_t limit,
                const std::vector<AccountEntry>& entries, v1::Events& to);

}  // namespace karst::gateway
