// AccessLog: who asked about whom, kept apart from the ledger.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/units.hpp"
#include "gateway/desk/access_chain.hpp"

namespace karst::gateway {

struct AccessLogLimits {
  std::uint64_t file_bytes = std::uint64_t{64} << 20U;
  std::uint32_t files = 8;  ///< kept, with the one that is written
};

/// A text file, one line per entry, appended and never changed, each chained to the one before by a
/// hash (docs/FORMATS.md). A full one is followed by a further one, and the oldest is let go of.
/// The newest entries are kept in memory.
///
/// Threads: one owner.
class AccessLog {
 public:
  /// Opens or makes the log and reads where it stands. A torn tail is cut; behind damage a new
  /// chain begins, with a line that says so.
  ///
  /// Errors: io: it cannot be read, or not be written.
  [[nodiscard]] static Result<AccessLog> open(const std::string& path,
                                              const AccessLogLimits& limits = {});
  AccessLog(AccessLog&& other) noexcept;
  AccessLog& operator=(AccessLog&&) = delete;
  ~AccessLog();

  /// What open() found, before it changed anything.
  [[nodiscard]] const AccessLogReport& found() const { return found_; }
  /// One line for the log, without its end; empty when there is nothing to say.
  [[nodiscard]] std::string opening_text() const;

  /// Errors: io: the entry is not in the file (it is in memory all the same), and its number is
  ///         missing there; or it is, but in a file that is longer than it should be, for no
  ///         further one could be made.
  [[nodiscard]] Status note(std::int64_t time_ns, KeyId key, AccountId account,
                            const char* question);

  /// Entries before `before` (0 = all), newest first, at most `limit`.
  [[nodiscard]] std::vector<AccessEntry> newest(std::uint64_t before, std::size_t limit) const;

 private:
  static constexpr std::size_t kept_max = 100'000;

  AccessLog() = default;
  void keep(AccessEntry entry);
  [[nodiscard]] Status open_file(std::uint64_t number);
  [[nodiscard]] Status begin_chain();
  [[nodiscard]] Status append(const std::string& line);
  [[nodiscard]] Status begin_further_file();
  void let_go_of_oldest();
  [[nodiscard]] Error failed(const char* doing) const;

  std::string path_;
  AccessLogLimits limits_;
  AccessLogReport found_;
  int fd_ = -1;
  std::uint64_t file_number_ = 1;
  std::uint64_t size_ = 0;  // of whole lines in the file that is written
  std::string head_;        // the hash of its last line
  std::uint64_t last_number_ = 0;
  std::deque<AccessEntry> kept_;
};

}  // namespace karst::gateway
