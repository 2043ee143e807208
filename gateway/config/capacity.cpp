// The capacity table: what each configured size costs in memory.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "engine/state/client_id_table.hpp"
#include "engine/state/instrument_table.hpp"
#include "engine/state/state.hpp"
#include "gateway/config/config.hpp"

namespace karst::gateway {
namespace {

struct Row {
  const char* what;
  std::uint64_t count;
  std::uint64_t bytes_each;
};

/// Bytes each: the sizes of the engine's own records, with their timers and index entries.
std::vector<Row> rows_of(const Config& config) {
  constexpr std::uint64_t timer_bytes = 24;
  constexpr std::uint64_t index_bytes = 16;
  constexpr std::uint64_t levels_per_page = 64;
  constexpr std::uint64_t level_bytes = 16;
  constexpr std::uint64_t session_bytes = 64 * 1024;  // idle 16 KiB; the rest for answers
  const Configure& c = config.capacity;
  return {
      {"merchants", c.accounts_max,
       sizeof(Account) + sizeof(RateWindows) + c.currencies_max * sizeof(Balance)},
      {"keys", c.keys_max,
       sizeof(Key) + sizeof(Digest) + c.answers_per_key * sizeof(RememberedAnswer) +
           2 * timer_bytes},
      {"instruments", c.instruments_max, sizeof(Instrument) + timer_bytes},
      {"orders", c.orders_max,
       sizeof(OrderNode<OrderHot>) + sizeof(OrderCold) + sizeof(AccountLink) + timer_bytes},
      {"holdings", c.holdings_max, sizeof(HoldingRow) + 4 + 2 * index_bytes},
      {"pages of price levels", c.level_pages_max, levels_per_page * level_bytes + 8},
      {"client order ids", c.client_ids_max, 64 + 2 * index_bytes + timer_bytes},
      {"bank references", c.references_max, 48},
      {"connections", config.hub.connections_max, session_bytes},
      {"market-data ring", 1, config.feed.ring_mib << 20U},
  };
}

constexpr std::uint64_t mib = 1U << 20U;

/// A snapshot holds the engine's tables as far as they are used; full ones are the most it can be.
std::uint64_t engine_bytes(const Config& config) {
  std::uint64_t bytes = 0;
  for (const Row& row : rows_of(config)) {
    const std::string_view what = row.what;
    if (what != "connections" && what != "market-data ring") bytes += row.count * row.bytes_each;
  }
  return bytes;
}

}  // namespace

std::string retention_table(const Config& config) {
  constexpr std::uint64_t snapshots_kept = 2;
  const StorageConfig& s = config.storage;
  std::string table = "\nkept on the disk                         bytes at most\n";
  char line[128];
  const auto add = [&](const char* what, std::uint64_t bytes, const char* rule) {
    std::snprintf(line, sizeof line, "%-24s %29llu  %s\n", what,
                  static_cast<unsigned long long>(bytes), rule);
    table += line;
  };
  const auto never = [&](const char* what, const char* rule) {
    std::snprintf(line, sizeof line, "%-24s %29s  %s\n", what, "no limit", rule);
    table += line;
  };
  if (s.snapshot_every_commands == 0) {
    never("journal", "kept from its beginning: snapshot_every_commands is 0");
  } else {
    add("journal",
        (snapshots_kept + 1) * s.snapshot_every_mib * mib + 2 * s.journal_segment_mib * mib,
        "behind the older of two snapshots");
  }
  add("snapshots", (snapshots_kept + 1) * engine_bytes(config), "the two newest, and a draft");
  add("event log", s.event_log_mib * mib, "or event_log_days, whichever is less");
  add("access log", s.access_log_files * s.access_log_file_mib * mib, "the newest files");
  never("books", "the record log is kept for ever");
  return table;
}

Status check_memory(const Config& config, std::uint64_t within_reach) {
  std::uint64_t bytes = 0;
  for (const Row& row : rows_of(config)) bytes += row.count * row.bytes_each;
  if (bytes <= within_reach) return {};
  return Error{ErrorCode::no_space,
               "make the exchange larger: its tables may come to " + std::to_string(bytes / mib) +
                   " MiB of memory, and " + std::to_string(within_reach / mib) + " MiB can be had",
               "[capacity]"};
}

std::string capacity_table(const Config& config) {
  std::string table = "capacity                      count       memory at most\n";
  std::uint64_t total = 0;
  char line[96];
  const auto add = [&](const char* what, std::uint64_t count, std::uint64_t bytes) {
    std::snprintf(line, sizeof line, "%-24s %10llu %12.1f MiB\n", what,
                  static_cast<unsigned long long>(count),
                  static_cast<double>(bytes) / (1024.0 * 1024.0));
    table += line;
  };
  for (const Row& row : rows_of(config)) {
    add(row.what, row.count, row.count * row.bytes_each);
    total += row.count * row.bytes_each;
  }
  add("all", 1, total);
  table +=
      "The engine's tables take memory as they fill. Making a snapshot replays the journal in a\n"
      "second engine: up to the same again, for that time.\n";
  return table;
}

}  // namespace karst::gateway
