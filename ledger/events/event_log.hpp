// EventLog: each merchant's own events in their order: replies, fills, recovery and drop copy.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/seams/storage.hpp"
#include "ledger/events/event_floor.hpp"
#include "ledger/events/event_segment.hpp"
#include "ledger/stores/derived_store.hpp"

namespace karst {

struct EventLogOptions {
  std::string directory;
  std::uint64_t segment_bytes = std::uint64_t{256} << 20U;
  std::uint64_t retain_bytes = std::uint64_t{64} << 30U;
  std::int64_t retain_ns = 7 * ns_per_day;
  std::uint64_t begin_after = 0;  ///< Where a log that is new begins: behind this command.
  /// Is told, in words for the log, what was mended when it was opened; null: nobody.
  std::function<void(const std::string&)> notice{};
};

/// How large the segments of a log of `retain_bytes` are: a small part of it, for the oldest goes
/// as a whole.
[[nodiscard]] std::uint64_t event_segment_bytes(std::uint64_t retain_bytes);

/// A run of one merchant's entries.
struct AccountPage {
  /// The number asked for was let go of (RESUME_TOO_OLD): the merchant needs a snapshot of
  /// orders and balances, and goes on after the number that says.
  bool is_too_old = false;
  std::vector<AccountEntry> entries;
  std::uint64_t next_number = 0;  ///< What to ask for next.
};

/// Where a run of one merchant's entries begins.
struct AccountStart {
  /// An entry that is let go of might be among them.
  bool is_too_old = false;
  std::uint64_t number = 0;
};

/// The account event log: derived from the journal, rebuildable, in segments of frames with an
/// index per account. Old segments are let go by age (of their commands) and size.
///
/// Invariants:
///   1. Frames cover all commands behind each other: none twice, none left out.
///   2. The numbers of one account follow each other without a gap, over all segments kept.
///   3. read() sees only what is durable.
///   4. All segments but the last are complete, durable and have an index.
///   5. names_ has the orders open behind the newest command appended, if it began where the
///      replay did.
///
/// Threads: as DerivedStore; read() by any thread at any time.
class EventLog final : public DerivedStore {
 public:
  /// Cuts what a crash has left of the last segment, and forgets what does not follow: it is
  /// derived, and comes again from the journal.
  ///
  /// Errors: unknown_format; those of the Storage.
  [[nodiscard]] static Result<std::unique_ptr<EventLog>> open(Storage& storage,
                                                              EventLogOptions options);

  [[nodiscard]] const char* name() const override { return "event log"; }
  [[nodiscard]] std::uint64_t durable_sequence() const override {
    return durable_sequence_.load(std::memory_order_acquire);
  }
  void begin_with(const Engine& engine) override { names_.begin_with(engine); }
  [[nodiscard]] Status append(const Executed& executed) override;
  [[nodiscard]] Status compare(const Executed& executed) override;
  [[nodiscard]] Status sync() override;
  [[nodiscard]] Status reset() override;
  [[nodiscard]] std::uint64_t trim_floor() const override;

  /// The merchant's entries from `from_number` on (1 …; 0 is taken as 1), at most `entries_max`.
  /// Asking for a number after the newest is no error: there is nothing yet.
  ///
  /// Errors: corrupt, with file and offset; those of the Storage.
  [[nodiscard]] Result<AccountPage> read(AccountId account, std::uint64_t from_number,
                                         std::size_t entries_max) const;

  /// Where the merchant's entries of `time` or later begin; the next number there will be, where
  /// there are none.
  ///
  /// Errors: as read().
  [[nodiscard]] Result<AccountStart> first_at(AccountId account, Time time) const;

  [[nodiscard]] std::size_t segments() const;
  /// The oldest command whose entries are kept.
  [[nodiscard]] std::uint64_t oldest_sequence() const;

 private:
  // A frame is written out when it has grown so large. Unit: bytes.
  static constexpr std::size_t frame_bytes_max = std::size_t{4} << 20U;

  using Sealed = std::shared_ptr<const SealedEventSegment>;
  struct Pending {
    AccountPlace place;
    std::uint32_t offset = 0;
  };
  // Where to read one entry.
  struct Location {
    const OpenFile* file = nullptr;
    std::uint64_t offset = 0;
  };
  // Entries of one account, from one number on, segment by segment.
  struct Plan {
    bool is_too_old = false;
    std::vector<std::pair<Sealed, SealedEventSegment::Found>> sealed;  // oldest first
    std::uint64_t open_first = 0;
    std::vector<std::uint32_t> open_offsets;
    std::shared_ptr<const OpenFile> open_file;
  };

  EventLog(Storage& storage, EventLogOptions options);

  [[nodiscard]] Status load();
  [[nodiscard]] Status load_sealed(std::uint64_t number, bool& follows);
  [[nodiscard]] Status begin_segment(std::uint64_t number, std::uint64_t after_sequence);
  [[nodiscard]] Status take_last(std::uint64_t number);
  void tell(const std::string& words) const;
  [[nodiscard]] Status remove_segment(std::uint64_t number);
  [[nodiscard]] Status write_frame();
  void publish();
  [[nodiscard]] Status seal_open();
  [[nodiscard]] Status let_go_of_old();
  [[nodiscard]] Result<Plan> plan(AccountId account, std::uint64_t from, std::size_t max) const;
  // The numbers of an account that are kept: from the first to before the end; 0 where none is.
  struct Kept {
    std::uint64_t first = 0;
    std::uint64_t end = 0;
  };
  [[nodiscard]] Result<Kept> kept(AccountId account) const;
  [[nodiscard]] Status read_sealed(const Plan& plan, AccountId account, std::size_t entries_max,
                                   std::uint64_t& next, AccountPage& page) const;

  Storage& storage_;
  const EventLogOptions options_;
  std::atomic<std::uint64_t> durable_sequence_{0};

  // The writer's: the frame being filled, and what it needs for that.
  OrderNames names_;
  std::vector<std::byte> frame_;
  std::vector<Pending> pending_;
  EventFrame filling_;
  bool is_failed_ = false;

  mutable std::mutex mutex_;    // for what follows, to readers
  std::vector<Sealed> sealed_;  // oldest first
  EventSegmentRange open_;
  EventIndex open_index_;
  std::shared_ptr<const OpenFile> open_file_;
  EventFloor floor_;  // of what came before the oldest segment
};

}  // namespace karst
