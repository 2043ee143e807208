// AccessLog: who asked about whom, kept apart from the ledger.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "engine/result.hpp"
#include "engine/units.hpp"

namespace karst::gateway {

struct AccessEntry {
  std::uint64_t number = 0;  ///< 1, 2, 3 … over all starts
  std::int64_t time_ns = 0;
  KeyId key{0};
  AccountId account{0};  ///< 0 = everyone
  std::string question;  ///< a name of ours, never a client's text
};

/// A text file, one line per entry, appended and never changed; the newest are kept in memory.
///
/// Threads: one owner.
class AccessLog {
 public:
  /// Opens or makes the file and reads where it stands.
  [[nodiscard]] static Result<AccessLog> open(const std::string& path);
  AccessLog(AccessLog&& other) noexcept;
  AccessLog& operator=(AccessLog&&) = delete;
  ~AccessLog();

  /// Errors: io: the entry is not in the file (it is in memory all the same).
  [[nodiscard]] Status note(std::int64_t time_ns, KeyId key, AccountId account,
                            const char* question);

  /// Entries before `before` (0 = all), newest first, at most `limit`.
  [[nodiscard]] std::vector<AccessEntry> newest(std::uint64_t before, std::size_t limit) const;

 private:
  static constexpr std::size_t kept_max = 100'000;

  AccessLog() = default;
  void keep(AccessEntry entry);

  std::string path_;
  int fd_ = -1;
  std::uint64_t last_number_ = 0;
  std::deque<AccessEntry> kept_;
};

}  // namespace karst::gateway
