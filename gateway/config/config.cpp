#include "gateway/config/config.hpp"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <set>
#include <sstream>

#include "engine/base/bounds.hpp"
#include "engine/command/check.hpp"
#include "engine/event/event_ring.hpp"
#include "gateway/trust/log_on_proof.hpp"

namespace karst::gateway {
namespace {

/// One key of the file: where it goes, what it may be, and what it says about itself.
struct Setting {
  const char* section;
  const char* key;
  const char* about;
  std::uint64_t min = 0;
  std::uint64_t max = 0;
  // Exactly one of these is where the value goes.
  std::uint64_t* wide = nullptr;
  std::uint32_t* number = nullptr;
  std::uint16_t* port = nullptr;
  bool* flag = nullptr;
  std::string* text = nullptr;
};

Setting number(const char* section, const char* key, std::uint32_t& to, std::uint64_t min,
               std::uint64_t max, const char* about) {
  return {.section = section, .key = key, .about = about, .min = min, .max = max, .number = &to};
}
Setting wide(const char* section, const char* key, std::uint64_t& to, std::uint64_t min,
             std::uint64_t max, const char* about) {
  return {.section = section, .key = key, .about = about, .min = min, .max = max, .wide = &to};
}
Setting text(const char* section, const char* key, std::string& to, const char* about) {
  return {.section = section, .key = key, .about = about, .text = &to};
}

constexpr std::uint64_t u32_max = std::numeric_limits<std::uint32_t>::max();

// Events beside those of makers and releases: an answer, the ends of two sweeps, 336 listings.
constexpr std::uint64_t other_events_max = 352;
constexpr std::uint64_t events_per_maker_max = 3;    // a trade, its settlement, a licence
constexpr std::uint64_t events_per_release_max = 2;  // escrow released, units burnt
constexpr std::uint64_t free_events = events_per_command_max - other_events_max;
constexpr std::uint64_t makers_max = free_events / events_per_maker_max;
constexpr std::uint64_t releases_max = free_events / events_per_release_max;

void add_gateway(Config& c, std::vector<Setting>& all) {
  const char* s = "gateway";
  all.push_back(text(s, "address", c.server.address, "numeric address to listen to"));
  all.push_back({.section = s,
                 .key = "port",
                 .about = "without it 7420; 0 = any free one",
                 .min = 0,
                 .max = 65'535,
                 .port = &c.server.port});
  all.push_back(text(s, "certificate", c.tls.certificate, "PEM file, with those that signed it"));
  all.push_back(text(s, "private_key", c.tls.private_key, "PEM file, readable by its owner only"));
  all.push_back(text(s, "client_ca", c.tls.client_ca,
                     "PEM file; when set, clients must show a certificate it signed"));
  all.push_back({.section = s,
                 .key = "four_eyes",
                 .about = "dangerous operator commands need a second operator",
                 .flag = &c.four_eyes.on});
  all.push_back(wide(s, "four_eyes_above_fen", c.four_eyes.unseen_max_fen, 0,
                     static_cast<std::uint64_t>(bound::amount_fen_max),
                     "the most that one operator alone may fund or withdraw at once"));
  all.push_back(
      number(s, "connections_max", c.hub.connections_max, 1, 1'000'000, "connections at once"));
  all.push_back(number(s, "handshakes_max", c.server.handshakes_max, 1, 1'000'000,
                       "in the TLS handshake; a fourth of them from one address"));
  all.push_back(number(s, "handshake_timeout_ms", c.server.handshake_timeout_ms, 100, 600'000,
                       "for the TLS handshake"));
  all.push_back(number(s, "send_buffer_kib", c.server.send_buffer_kib, 4, 65'536,
                       "of a connection, held by the system"));
}

void add_limits(Config& c, std::vector<Setting>& all) {
  const char* s = "limits";
  SessionLimits& l = c.session;
  all.push_back(
      number(s, "frame_bytes_max", l.frame_bytes_max, 1'024, 1'048'576, "longest request"));
  all.push_back(number(s, "log_on_timeout_ms", l.log_on_timeout_ms, 100, 600'000,
                       "from connection to log-on"));
  all.push_back(
      number(s, "idle_timeout_ms", l.idle_timeout_ms, 1'000, 86'400'000, "between two requests"));
  all.push_back(number(s, "heartbeat_interval_ms", l.heartbeat_interval_ms, 100, 600'000,
                       "the exchange says something as often"));
  all.push_back(number(s, "commands_per_second", l.commands_per_second, 1, 10'000'000,
                       "of one account, sustained"));
  all.push_back(
      number(s, "commands_burst", l.commands_burst, 1, 10'000'000, "of one account, at once"));
  all.push_back(
      number(s, "in_flight_max", l.in_flight_max, 1, 65'536, "unanswered commands of one session"));
  all.push_back(
      number(s, "batch_commands_max", l.batch_commands_max, 1, 65'536, "commands in one batch"));
  all.push_back(number(s, "subscriptions_max", l.subscriptions_max, 1, 1'000'000,
                       "market-data channels of one session"));
  all.push_back(wide(s, "unread_bytes_max", l.unread_bytes_max, 65'536, 1'073'741'824,
                     "answers a client may leave unread"));
}

void add_storage(Config& c, std::vector<Setting>& all) {
  const char* s = "storage";
  all.push_back(text(s, "data", c.data, "folder of journal, snapshots, event log and books"));
  all.push_back(wide(s, "journal_segment_mib", c.storage.journal_segment_mib, 32, 4'096,
                     "one file of the journal"));
  all.push_back(wide(s, "event_log_mib", c.storage.event_log_mib, 64, 1'048'576,
                     "account event logs kept at most"));
  all.push_back(wide(s, "event_log_days", c.storage.event_log_days, 1, 3'650,
                     "account event logs kept at most"));
  all.push_back(wide(s, "ledger_file_mib", c.storage.ledger_file_mib, 4, 4'096,
                     "one file of the record log"));
  all.push_back(wide(s, "snapshot_every_commands", c.storage.snapshot_every_commands, 0,
                     1'000'000'000'000, "0 = never by itself"));
  all.push_back(wide(s, "snapshot_every_mib", c.storage.snapshot_every_mib, 64, 1'048'576,
                     "or earlier, when the journal has grown by so much"));
  all.push_back(wide(s, "access_log_file_mib", c.storage.access_log_file_mib, 1, 4'096,
                     "one file of the access log"));
  all.push_back(number(s, "access_log_files", c.storage.access_log_files, 2, 1'024,
                       "files of the access log kept at most"));
  s = "feed";
  all.push_back(wide(s, "subscriber_budget_kib", c.feed.subscriber_budget_kib, 64, 1'048'576,
                     "market data queued for one subscriber"));
  all.push_back(
      wide(s, "ring_mib", c.feed.ring_mib, 1, 65'536, "increments kept for those who come back"));
}

void add_time(Config& c, std::vector<Setting>& all) {
  all.push_back(text("time", "clock", c.clock,
                     "real, or trace: command time is what operators say (for replays)"));
  all.push_back(
      number("time", "start_gap_max_hours", c.start_gap_max_hours, 1, 876'000,
             "a wall clock further ahead of the last command is not believed at a start"));
}

void add_capacity(Config& c, std::vector<Setting>& all) {
  const char* s = "capacity";
  Configure& z = c.capacity;
  all.push_back(number(s, "accounts_max", z.accounts_max, 2, 1U << 24U, "merchants, + 1"));
  all.push_back(number(s, "keys_max", z.keys_max, 2, u32_max / 2, "log-on keys, + 1"));
  all.push_back(number(s, "instruments_max", z.instruments_max, 2, 131'072, "at once, + 1"));
  all.push_back(number(s, "orders_max", z.orders_max, 2, 1U << 26U, "open and hibernated"));
  all.push_back(
      number(s, "holdings_max", z.holdings_max, 2, u32_max, "rows of (merchant, instrument)"));
  all.push_back(
      number(s, "level_pages_max", z.level_pages_max, 2, (1U << 26) - 1, "of 64 price levels"));
  all.push_back(
      number(s, "client_ids_max", z.client_ids_max, 2, u32_max, "client order ids remembered"));
  all.push_back(
      number(s, "references_max", z.references_max, 2, u32_max, "bank references, kept for ever"));
  all.push_back(number(s, "currencies_max", z.currencies_max, 2, 65'535, "currencies, + 1"));
  all.push_back(number(s, "pools_max", z.pools_max, 2, u32_max, "compute pools, + 1"));
  all.push_back(number(s, "answers_per_key", z.answers_per_key, 1, 65'536,
                       "remembered answers, a power of two"));
  all.push_back(number(s, "client_ids_per_account_max", z.client_ids_per_account_max, 1, u32_max,
                       "of one merchant"));
  all.push_back(number(s, "makers_per_command_max", z.makers_per_command_max, 1, makers_max,
                       "resting orders one command may touch"));
  all.push_back(number(s, "makers_per_bystander_max", z.makers_per_bystander_max, 1, makers_max,
                       "the same for another book's sweep"));
  all.push_back(number(s, "releases_per_command_max", z.releases_per_command_max, 1, releases_max,
                       "timers, orders and rows before a command"));
}

/// Every key of the file, in the order it is written in.
std::vector<Setting> settings_of(Config& config) {
  std::vector<Setting> all;
  add_storage(config, all);
  add_gateway(config, all);
  add_limits(config, all);
  add_time(config, all);
  add_capacity(config, all);
  return all;
}

/// The value as the file has it.
std::string value_text(const Setting& it) {
  if (it.text != nullptr) return '"' + *it.text + '"';
  if (it.flag != nullptr) return *it.flag ? "true" : "false";
  if (it.wide != nullptr) return std::to_string(*it.wide);
  if (it.number != nullptr) return std::to_string(*it.number);
  return std::to_string(*it.port);
}

Error wrong(const std::string& path, const toml::source_region& at, const std::string& what) {
  return {ErrorCode::invalid, what, path + ":" + std::to_string(at.begin.line)};
}

Status set(const Setting& setting, const toml::node& node, const std::string& path) {
  const std::string name = std::string(setting.section) + "." + setting.key;
  if (setting.text != nullptr) {
    const auto value = node.value_exact<std::string>();
    if (!value) return wrong(path, node.source(), name + " must be a text");
    *setting.text = *value;
    return {};
  }
  if (setting.flag != nullptr) {
    const auto value = node.value_exact<bool>();
    if (!value) return wrong(path, node.source(), name + " must be true or false");
    *setting.flag = *value;
    return {};
  }
  const auto value = node.value_exact<std::int64_t>();
  if (!value || *value < 0 || static_cast<std::uint64_t>(*value) < setting.min ||
      static_cast<std::uint64_t>(*value) > setting.max) {
    return wrong(path, node.source(),
                 name + " must be a whole number from " + std::to_string(setting.min) + " to " +
                     std::to_string(setting.max));
  }
  const auto given = static_cast<std::uint64_t>(*value);
  if (setting.wide != nullptr) *setting.wide = given;
  if (setting.number != nullptr) *setting.number = static_cast<std::uint32_t>(given);
  if (setting.port != nullptr) *setting.port = static_cast<std::uint16_t>(given);
  return {};
}

Status read_section(const std::vector<Setting>& settings, const std::string& section,
                    const toml::table& table, const std::string& path) {
  for (const auto& [key, node] : table) {
    const std::string_view name = key.str();
    const auto found = std::ranges::find_if(
        settings, [&](const Setting& it) { return section == it.section && name == it.key; });
    if (found == settings.end()) {
      return wrong(path, node.source(), "unknown key " + section + "." + std::string(name));
    }
    if (const Status status = set(*found, node, path); !status) return status;
  }
  return {};
}

Status read_operator(const toml::table& table, const std::string& path, OperatorKey& key) {
  const auto refused = [&](const std::string& what) { return wrong(path, table.source(), what); };
  for (const auto& [name, node] : table) {
    if (name.str() != "key_id" && name.str() != "public_key" && name.str() != "scopes") {
      return wrong(path, node.source(), "unknown key operator." + std::string(name.str()));
    }
  }
  const auto id = table["key_id"].value_exact<std::int64_t>();
  if (!id || *id < 1 || *id > static_cast<std::int64_t>(u32_max)) {
    return refused("operator.key_id must be a whole number from 1");
  }
  key.key = KeyId{static_cast<std::uint32_t>(*id)};
  const auto hex = table["public_key"].value_exact<std::string>();
  if (!hex || !from_hex(*hex, key.public_key)) {
    return refused("operator.public_key must be 64 hexadecimal digits");
  }
  const toml::array* scopes = table["scopes"].as_array();
  if (scopes == nullptr) return refused("operator.scopes must be a list");
  for (const toml::node& node : *scopes) {
    const auto name = node.value_exact<std::string>();
    if (name == "read")
      key.scopes |= scope::read;
    else if (name == "audit")
      key.scopes |= scope::audit;
    else if (name == "operate")
      key.scopes |= scope::operate;
    else
      return wrong(path, node.source(), "operator.scopes may be read, audit and operate");
  }
  if (key.scopes == 0) return refused("operator.scopes must name one at least");
  return {};
}

Status read_operators(const toml::node& node, const std::string& path, Config& config) {
  const toml::array* list = node.as_array();
  if (list == nullptr || !list->is_array_of_tables()) {
    return wrong(path, node.source(), "operators are written as [[operator]]");
  }
  std::set<std::uint32_t> ids;
  for (const toml::node& item : *list) {
    OperatorKey key;
    if (const Status status = read_operator(*item.as_table(), path, key); !status) return status;
    if (!ids.insert(key.key.value()).second) {
      return wrong(path, item.source(), "operator.key_id is used twice");
    }
    config.operators.push_back(key);
  }
  return {};
}

Status read_root(const toml::table& root, const std::vector<Setting>& settings,
                 const std::string& path, Config& config) {
  for (const auto& [key, node] : root) {
    const std::string name(key.str());
    if (name == "operator") {
      if (const Status status = read_operators(node, path, config); !status) return status;
      continue;
    }
    const bool is_section =
        std::ranges::any_of(settings, [&](const Setting& it) { return name == it.section; });
    if (!is_section || !node.is_table()) {
      return wrong(path, node.source(), "unknown section or key " + name);
    }
    const Status status = read_section(settings, name, *node.as_table(), path);
    if (!status) return status;
  }
  return {};
}

/// What the range of a single size does not say.
Status check(const Configure& c, const std::string& path) {
  const auto refused = [&](const std::string& what) {
    return Error{ErrorCode::invalid, what, path};
  };
  if (!is_valid(c)) {
    return refused("accept these capacities (answers_per_key must be a power of two)");
  }
  const std::uint64_t makers = std::uint64_t{c.makers_per_command_max} + c.makers_per_bystander_max;
  const std::uint64_t events = events_per_maker_max * makers +
                               events_per_release_max * c.releases_per_command_max +
                               other_events_max;
  if (events > events_per_command_max) {
    return refused(
        "lower capacity.makers_per_command_max, makers_per_bystander_max or "
        "releases_per_command_max: a command could come to " +
        std::to_string(events) + " events, and " + std::to_string(events_per_command_max) +
        " is the most");
  }
  const std::uint64_t timers = std::uint64_t{c.instruments_max} + 2 * std::uint64_t{c.keys_max} +
                               c.client_ids_max + c.orders_max + bound::proposals_max;
  if (timers > u32_max) {
    return refused(
        "lower capacity.keys_max, client_ids_max, orders_max or instruments_max: they come to " +
        std::to_string(timers) + " timers (2 a key), and " + std::to_string(u32_max) +
        " is the most");
  }
  return {};
}

void make_absolute(std::string& file, const std::filesystem::path& folder) {
  if (!file.empty()) file = (folder / file).lexically_normal().string();
}

/// What a new exchange is made with: fits a small machine.
Configure new_capacity() {
  Configure capacity = implied_capacity();
  capacity.client_ids_max = 2'000'000;
  capacity.client_ids_per_account_max = 65'536;
  return capacity;
}

}  // namespace

Configure implied_capacity() {
  return {.accounts_max = 100'001,
          .keys_max = 20'001,
          .instruments_max = 20'001,
          .orders_max = 1'000'000,
          .holdings_max = 2'000'000,
          .level_pages_max = 200'000,
          .client_ids_max = 1'000'000,
          .references_max = 1'000'000,
          .currencies_max = 9,
          .pools_max = 1'001,
          .answers_per_key = 1'024,
          .client_ids_per_account_max = 4'096,
          .makers_per_command_max = 4'096,
          .makers_per_bystander_max = 64,
          .releases_per_command_max = 16};
}

Result<Config> load_config(const std::string& path) {
  if (!std::filesystem::exists(path)) {
    return Error{ErrorCode::not_found, "read the configuration (`karst init` makes one)", path};
  }
  const toml::parse_result parsed = toml::parse_file(path);
  if (!parsed) {
    return wrong(path, parsed.error().source(), std::string(parsed.error().description()));
  }
  Config config;
  config.capacity = implied_capacity();
  config.server.port = default_port;
  const std::vector<Setting> settings = settings_of(config);
  if (const Status status = read_root(parsed.table(), settings, path, config); !status) {
    return status.error();
  }
  for (const auto& [what, value] : {std::pair{"storage.data", &config.data},
                                    {"gateway.certificate", &config.tls.certificate},
                                    {"gateway.private_key", &config.tls.private_key}}) {
    if (value->empty()) {
      return Error{ErrorCode::invalid, std::string(what) + " is missing", path};
    }
  }
  if (const Status status = check(config.capacity, path); !status) return status.error();
  if (config.clock != "real" && config.clock != "trace") {
    return Error{ErrorCode::invalid, "time.clock must be \"real\" or \"trace\"", path};
  }
  config.hub.is_trace_clock = config.clock == "trace";
  for (const OperatorKey& key : config.operators) {
    if (key.key.value() >= config.capacity.keys_max) {
      return Error{ErrorCode::invalid, "operator.key_id is not below capacity.keys_max", path};
    }
  }
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  for (std::string* file :
       {&config.data, &config.tls.certificate, &config.tls.private_key, &config.tls.client_ca}) {
    make_absolute(*file, folder);
  }
  return config;
}

bool is_reloaded(const std::string& section, const std::string& key) {
  if (section != "gateway") return section == "limits";
  for (const char* const fixed :
       {"address", "port", "send_buffer_kib", "four_eyes", "four_eyes_above_fen"}) {
    if (key == fixed) return false;
  }
  return true;
}

std::string settings_for_restart(const Config& running, const Config& next) {
  Config before = running;
  Config after = next;
  const std::vector<Setting> old_ones = settings_of(before);
  const std::vector<Setting> new_ones = settings_of(after);
  std::string names;
  const auto add = [&](const std::string& name) { names += (names.empty() ? "" : ", ") + name; };
  for (std::size_t i = 0; i < old_ones.size(); ++i) {
    const Setting& it = new_ones[i];
    if (is_reloaded(it.section, it.key) || value_text(old_ones[i]) == value_text(it)) continue;
    add(std::string(it.section) + "." + it.key);
  }
  if (running.operators != next.operators) add("[[operator]]");
  return names;
}

std::string config_text(const std::string& operator_public_key) {
  Config config;
  config.capacity = new_capacity();
  config.data = "data";
  config.server.port = default_port;
  config.tls.certificate = "server.crt";
  config.tls.private_key = "server.key";
  std::ostringstream out;
  out << "# Configuration of a Karst exchange. Paths are relative to this file.\n"
      << "# SIGHUP: [limits] and [gateway] but for address, port, send_buffer_kib, four_eyes are "
         "read again.\n";
  std::string section;
  for (const Setting& it : settings_of(config)) {
    if (section != it.section) {
      section = it.section;
      out << "\n[" << section << "]\n";
      if (section == "capacity") {
        out << "# Raised at a restart, never lowered; answers_per_key stays as it is.\n";
      }
    }
    out << it.key << " = " << value_text(it) << "  # " << it.about;
    if (it.max != 0) out << ", " << it.min << " to " << it.max;
    out << "\n";
  }
  out << "\n# Keys of the exchange itself, created when it starts without them; with four_eyes "
         "a later one\n# waits for two operators.\n"
      << "[[operator]]\nkey_id = 1\npublic_key = \"" << operator_public_key << "\"\n"
      << "scopes = [\"read\", \"audit\", \"operate\"]\n";
  return out.str();
}

}  // namespace karst::gateway
