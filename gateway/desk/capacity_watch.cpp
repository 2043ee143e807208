#include "gateway/desk/capacity_watch.hpp"

#include <algorithm>

#include "engine/state/key_table.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::gateway {

template <class IsKnown>
void CapacityWatch::Count::go_on(std::uint32_t end, IsKnown&& is_known) {
  const std::uint32_t stop = std::min(end, next + ids_per_look);
  for (; next < stop; ++next) found += is_known(next) ? 1 : 0;
  if (next < end) return;
  whole = found;
  found = 0;
  next = 1;
}

void CapacityWatch::look(const Engine& engine) {
  const Configure& sizes = engine.sizes();
  accounts_.go_on(engine.accounts_end(),
                  [&](std::uint32_t id) { return engine.account(AccountId{id}) != nullptr; });
  // The place of a revoked key is there for the next one.
  keys_.go_on(engine.keys_end(), [&](std::uint32_t place) {
    const Key* key = engine.key(engine.key_in(place));
    return key != nullptr && key->is_revoked == 0;
  });
  const TableUse use = engine.table_use();
  const std::array<Row, 7> seen{{
      {"accounts_max", accounts_.whole, sizes.accounts_max - 1U},
      {"keys_max", keys_.whole, sizes.keys_max - 1U},
      {"instruments_max", use.instruments, sizes.instruments_max - 1U},
      {"orders_max", use.orders, sizes.orders_max},
      {"holdings_max", use.holdings, sizes.holdings_max},
      {"client_ids_max", use.client_ids, sizes.client_ids_max},
      {"references_max", use.references, sizes.references_max},
  }};
  const std::lock_guard guard(lock_);
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const bool is_warned = rows_[i].is_warned;
    rows_[i] = seen[i];
    rows_[i].is_warned = is_warned;
  }
}

std::vector<std::string> CapacityWatch::take_warnings() {
  std::vector<std::string> lines;
  const std::lock_guard guard(lock_);
  for (Row& row : rows_) {
    const bool is_full = row.used * 100 >= row.max * percent_warned && row.max != 0;
    if (is_full && !row.is_warned) {
      lines.push_back("capacity." + std::string(row.name) + ": " + std::to_string(row.used) +
                      " of " + std::to_string(row.max) + " are taken");
    }
    // A little below, so that a table that goes up and down there does not fill the log.
    if (is_full || row.used * 100 < row.max * (percent_warned - 10)) row.is_warned = is_full;
  }
  return lines;
}

void CapacityWatch::fill(v1::Status& status) const {
  const std::lock_guard guard(lock_);
  for (const Row& row : rows_) {
    if (row.max == 0) continue;
    v1::TableUse& table = *status.add_tables();
    table.set_name(row.name);
    table.set_used(row.used);
    table.set_max(row.max);
  }
}

}  // namespace karst::gateway
