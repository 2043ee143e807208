// Config: what karstd is started with, from a TOML file with a checked schema.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/command/command.hpp"
#include "gateway/server/server.hpp"
#include "gateway/session/hub.hpp"
#include "gateway/session/session_limits.hpp"
#include "gateway/trust/tls_context.hpp"

namespace karst::gateway {

/// A key of the exchange itself, created when the exchange starts without it.
struct OperatorKey {
  KeyId key{0};
  std::uint8_t scopes = 0;
  Digest public_key{};
  bool operator==(const OperatorKey&) const = default;
};

struct StorageConfig {
  std::uint64_t journal_segment_mib = 64;
  std::uint64_t event_log_mib = 64 * 1024;
  std::uint64_t event_log_days = 7;
  std::uint64_t ledger_file_mib = 256;
  std::uint64_t snapshot_every_commands = 2'000'000;
  std::uint64_t snapshot_every_mib = 1'024;
  std::uint64_t access_log_file_mib = 64;
  std::uint32_t access_log_files = 8;
};

struct FourEyesConfig {
  bool on = false;
  std::uint64_t unseen_max_fen = 100'000'000;  ///< one operator alone funds or withdraws so much
};

struct FeedConfig {
  std::uint64_t subscriber_budget_kib = 1'024;
  std::uint64_t ring_mib = 64;
};

/// Where an exchange listens and a client looks when nothing else is said.
inline constexpr std::uint16_t default_port = 7'420;

/// Paths are absolute or relative to the folder of the configuration file; here made usable.
struct Config {
  std::string clock = "real";               ///< or "trace": command time is what operators say
  std::uint32_t start_gap_max_hours = 720;  ///< the longest standstill that is believed
  bool is_wall_clock_accepted = false;      ///< of this start, not of the file: --accept-clock
  std::string data;                         ///< folder of journal, snapshots, event log, books
  ServerConfig server;
  TlsFiles tls;
  HubLimits hub;
  SessionLimits session;
  StorageConfig storage;
  FeedConfig feed;
  Configure capacity{};
  FourEyesConfig four_eyes;
  std::vector<OperatorKey> operators;
};

/// What a file means by the sizes it does not name. Never changes: exchanges begun by such a file
/// have them in their journal.
[[nodiscard]] Configure implied_capacity();

/// Reads and checks the file.
///
/// Errors: not_found; invalid: the text names file, line and what is wrong: an unknown key, a value
///         of the wrong type or out of its range, sizes no exchange can have.
[[nodiscard]] Result<Config> load_config(const std::string& path);

/// Whether a running exchange takes the setting from its configuration file on SIGHUP.
[[nodiscard]] bool is_reloaded(const std::string& section, const std::string& key);

/// What only a restart would take from `next`: the names of the settings in which it differs from
/// `running`, with commas between them; none = empty.
[[nodiscard]] std::string settings_for_restart(const Config& running, const Config& next);

/// The text of a configuration file with every key, its default and its range, as `karst init`
/// writes it. `operator_public_key` in hexadecimal digits.
[[nodiscard]] std::string config_text(const std::string& operator_public_key);

/// What the files may come to take on the disk, one line each.
[[nodiscard]] std::string retention_table(const Config& config);

/// Capacities and the memory they take, one line each, and the sum.
[[nodiscard]] std::string capacity_table(const Config& config);

/// Whether the capacities could be held in so much memory. Unit: bytes.
///
/// Errors: no_space, with both figures.
[[nodiscard]] Status check_memory(const Config& config, std::uint64_t within_reach);

}  // namespace karst::gateway
