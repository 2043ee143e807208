#include "gateway/desk/event_page.hpp"

#include "gateway/session/account_event.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::gateway {

void write_page(const EventFilter& filter, std::uint64_t after, std::uint32_t limit,
                const std::vector<AccountEntry>& entries, v1::Events& to) {
  to.set_next_after(after);
  to.set_has_more(entries.size() == limit);
  for (const AccountEntry& entry : entries) {
    if (filter.to.value() != 0 && entry.time >= filter.to) {
      to.set_has_more(false);  // what comes is of a time that is not asked for
      return;
    }
    to.set_next_after(entry.number);
    if (entry.time < filter.from) continue;
    if (filter.fills_only && entry.event.type != EventType::settlement) continue;
    schemas::to_wire(in_log(entry), *to.add_events());
  }
}

}  // namespace karst::gateway
