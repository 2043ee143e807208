// The subcommands that work on the files of an exchange.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace karst::tool {

struct FilesOptions {
  std::string directory;  ///< Of the exchange.
  std::string into;       ///< Where a copy or a rebuild goes.
  std::uint32_t shard = 0;
  std::uint64_t from = 1;  ///< Unit: command numbers.
  std::uint64_t to = ~std::uint64_t{0} - 1;
  std::uint64_t at = ~std::uint64_t{0} - 1;
  bool is_json = false;
};

// Each prints what it found or did, or on standard error why not. Returns: an ExitCode.

/// What stands in the way where the journal is of another shard than the options say; what has no
/// frame to read is for the subcommand to say.
[[nodiscard]] std::optional<int> refuse_other_shard(const FilesOptions& options);

/// Reads every byte of the journal; a torn tail is told and is no damage.
[[nodiscard]] int run_journal_verify(const FilesOptions& options);
/// One line per command: its number, time, who spoke, and its bytes.
[[nodiscard]] int run_journal_dump(const FilesOptions& options);
[[nodiscard]] int run_snapshot(const FilesOptions& options);
[[nodiscard]] int run_state_hash(const FilesOptions& options);
[[nodiscard]] int run_rebuild(const FilesOptions& options);
[[nodiscard]] int run_backup(const FilesOptions& options);
[[nodiscard]] int run_restore(const FilesOptions& options);

}  // namespace karst::tool
