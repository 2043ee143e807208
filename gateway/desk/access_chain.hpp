// The lines of the access log and the chain of hashes through them: docs/FORMATS.md, "Access log".
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/units.hpp"

namespace karst::gateway {

struct AccessEntry {
  std::uint64_t number = 0;  ///< 1, 2, 3 … over all starts
  std::int64_t time_ns = 0;
  KeyId key{0};
  AccountId account{0};  ///< 0 = everyone
  std::string question;  ///< a name of ours, never a client's text
};

/// A file of the log; the numbers ascend, and 1 is `access.log` itself.
struct AccessFile {
  std::uint64_t number = 0;
  std::string path;
};

/// Why a chain line stands where it does.
enum class ChainStart : std::uint8_t {
  begun,      ///< nothing before it is chained
  continued,  ///< the first line of a further file; it names the last hash of the former one
  broken,     ///< what stands before it was found damaged
};

/// What reading the whole log found.
struct AccessLogReport {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;          ///< that can be read
  std::uint64_t unchained = 0;        ///< of them, from before there was a chain
  std::uint64_t damaged = 0;          ///< lines
  std::string first_damage;           ///< FILE:LINE: what; empty = none
  bool is_damage_marked = true;       ///< a later chain line says `broken`
  std::uint64_t breaks = 0;           ///< chain lines that say `broken`
  std::uint64_t torn_bytes = 0;       ///< behind the last whole line of the last file
  std::uint64_t last_file_bytes = 0;  ///< without the torn ones
  std::uint64_t last_number = 0;
  std::string head;  ///< the hash of the last line; empty = no chain has begun
};

/// Hexadecimal digits of a hash: the first 128 bits of SHA-256.
inline constexpr std::size_t chain_hash_digits = 32;
/// What is written is shorter; a longer line was not written here.
inline constexpr std::size_t access_line_bytes_max = 256;

/// The hash that ends a line: of the hash before it and the line's own words.
[[nodiscard]] std::string chain_hash(std::string_view previous, std::string_view words);

/// Whole lines, with the line feed.
[[nodiscard]] std::string entry_line(const AccessEntry& entry, std::string& head);
[[nodiscard]] std::string chain_line(ChainStart why, std::uint64_t last_number, std::string& head);

/// The files of the log at `path`, oldest first; none if there is no such log.
[[nodiscard]] std::vector<AccessFile> access_files(const std::string& path);
/// The file of a number.
[[nodiscard]] std::string access_file_path(const std::string& path, std::uint64_t number);

/// Reads all lines and checks the chain; entries of damaged lines are not given to `sink`. Beside
/// a running exchange too: what is just being written looks torn.
///
/// Errors: io.
[[nodiscard]] Result<AccessLogReport> read_access_log(
    const std::string& path, const std::function<void(AccessEntry&&)>& sink);

}  // namespace karst::gateway
