// An entry of an account's event log, as the wire says it.
#pragma once

#include "ledger/events/account_entry.hpp"
#include "schemas/translate/translate.hpp"

namespace karst::gateway {

/// Valid for as long as the entry is.
[[nodiscard]] inline schemas::EventInLog in_log(const AccountEntry& entry) {
  return {.event = entry.event,
          .trade = entry.trade ? &*entry.trade : nullptr,
          .account = entry.account,
          .number = entry.number,
          .time = entry.time,
          .client_order_id = entry.client_order_id,
          .name = entry.name ? &*entry.name : nullptr};
}

}  // namespace karst::gateway
