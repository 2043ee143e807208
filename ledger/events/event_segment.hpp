// EventSegment: one file of the account event log, and the index of a file that is complete.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/units.hpp"
#include "engine/seams/storage.hpp"
#include "ledger/events/account_entry.hpp"
#include "ledger/files/open_file.hpp"

namespace karst {

/// What a frame of entries says about itself: which commands they come from.
struct EventFrame {
  static constexpr std::size_t header_bytes = 48;

  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  Time last_time{0};
  std::uint32_t count = 0;   ///< Entries.
  std::uint32_t length = 0;  ///< Unit: bytes of entries.
};

void encode_event_frame(const EventFrame& frame, std::span<std::byte> header);
/// Returns: nothing when the bytes are not those of a frame's header.
[[nodiscard]] std::optional<EventFrame> decode_event_frame(std::span<const std::byte> header);

/// Where the entries of each account stand in one file. Numbers of one account follow each other
/// without a gap, so its first number and the offsets tell all.
class EventIndex {
 public:
  struct Account {
    std::uint64_t first_number = 0;
    std::vector<std::uint32_t> offsets;
  };

  /// Returns: false when `number` is not the account's next.
  [[nodiscard]] bool add(AccountPlace place, std::uint32_t offset);
  [[nodiscard]] const Account* find(AccountId account) const;
  /// All of them, by ascending account.
  [[nodiscard]] std::vector<std::pair<std::uint32_t, const Account*>> sorted() const;
  void clear() { accounts_.clear(); }

 private:
  std::unordered_map<std::uint32_t, Account> accounts_;
};

/// What a segment covers.
struct EventSegmentRange {
  std::uint64_t number = 0;          ///< Of the file.
  std::uint64_t first_sequence = 0;  ///< Of commands.
  std::uint64_t last_sequence = 0;   ///< first_sequence - 1 while it is empty.
  Time last_time{0};
  std::uint64_t bytes = 0;
};

[[nodiscard]] std::string event_segment_path(const std::string& directory, std::uint64_t number);
[[nodiscard]] std::string event_index_path(const std::string& directory, std::uint64_t number);

/// Writes `bytes` beside the file at `path` of `directory` and puts them in its place, durably:
/// after a crash it is the old file or the new one.
[[nodiscard]] Status replace_file(Storage& storage, const std::string& directory,
                                  const std::string& path, std::span<const std::byte> bytes);

/// Reads a segment front to back: its sound frames, up to the first that is not.
///
/// Errors: those of the Storage. unknown_format, when the first frame is of a newer format.
[[nodiscard]] Result<EventSegmentRange> scan_event_segment(Storage& storage,
                                                           const std::string& path,
                                                           EventIndex& index);

/// A complete segment with its index on disk: nothing of it is in memory.
///
/// Threads: any.
class SealedEventSegment {
 public:
  /// Writes the index of a segment that is complete and durable, and makes it durable.
  [[nodiscard]] static Status seal(Storage& storage, const std::string& directory,
                                   const EventSegmentRange& range, const EventIndex& index);

  /// Errors: not_found or corrupt, when the index is missing or damaged: seal it again.
  [[nodiscard]] static Result<SealedEventSegment> open(Storage& storage,
                                                       const std::string& directory,
                                                       std::uint64_t number);

  struct Found {
    std::uint64_t first_number = 0;
    std::uint32_t count = 0;     ///< 0 when the account has no entry here.
    std::uint64_t first_at = 0;  ///< Place of its first offset among all offsets.
  };
  [[nodiscard]] Result<Found> find(AccountId account) const;

  struct Last {
    std::uint32_t account = 0;
    std::uint64_t number = 0;  ///< Of its newest entry here.
  };
  /// Of every account with an entry here, by ascending account.
  [[nodiscard]] Result<std::vector<Last>> last_numbers() const;

  /// The offset in the file of entry `index` (0 …) of what was found.
  [[nodiscard]] Result<std::uint32_t> offset(const Found& found, std::uint32_t index) const;

  [[nodiscard]] const EventSegmentRange& range() const { return range_; }
  [[nodiscard]] const OpenFile& file() const { return segment_; }

 private:
  Storage* storage_ = nullptr;
  EventSegmentRange range_;
  OpenFile segment_;
  OpenFile index_;
  std::uint32_t accounts_count_ = 0;
};

/// Reads and checks the entry at `offset`.
///
/// Errors: corrupt, with file and offset.
[[nodiscard]] Status read_event_entry(Storage& storage, const OpenFile& file, std::uint64_t offset,
                                      AccountPlace place, AccountEntry& entry);

}  // namespace karst
