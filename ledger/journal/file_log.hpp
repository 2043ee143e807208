// FileLog: the command journal on the local disk, the embedded CommandLog.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/seams/clock.hpp"
#include "engine/seams/command_log.hpp"
#include "engine/seams/storage.hpp"
#include "ledger/files/open_file.hpp"
#include "ledger/journal/journal_reader.hpp"

namespace karst {

struct FileLogOptions {
  std::string directory;
  std::uint32_t shard = 0;
  std::uint64_t segment_bytes = std::uint64_t{64} << 20U;  ///< Whole blocks.
  std::uint64_t staging_bytes = std::uint64_t{8} << 20U;   ///< Each of two buffers; whole blocks.
  std::uint64_t reserve_bytes = std::uint64_t{8} << 20U;   ///< Kept for what must always work;
                                                           ///< less than a segment. A quarter of
                                                           ///< it is kept from single cancels.
  std::uint64_t cover_after_ns = 1'000'000;
  std::uint64_t first_command = 1;  ///< Number of the first command of a journal that is new.
};

/// What opening a journal found and did.
struct JournalRecovery {
  std::uint64_t segments = 0;
  std::uint64_t last_seq = 0;      ///< 0 when the journal is new.
  std::uint64_t next_command = 0;  ///< The number the next command must have.
  std::uint64_t epoch = 0;         ///< Of the last leader.
  std::uint64_t drafts_removed = 0;
  std::optional<TornTail> torn_tail;  ///< What was cut.

  /// One line for the log.
  [[nodiscard]] std::string text() const;
};

/// A journal in segment files, written by one process (a LOCK file sees to it).
///
/// How it is used: open(), follow() to replay, acquire(), then
///   sequencer's thread:  seq = stage(leadership, batch)          memory only
///   sync thread:         loop { if has_staged() sync(); else cover_if_idle(); }
///   a third thread:      prepare() now and then                  makes the next segment
///   anyone:              durable_seq() says what may be released
/// or append() where one thread does all. Batches staged during a sync go out together with the
/// next one: one write and one sync for all of them.
///
/// Invariants:
///   1. Frames are whole blocks; a write never touches a block that an older frame has.
///   2. A segment is durable before a frame is written to the next one.
///   3. Frames behind durable_seq() are nobody's promise; those up to it are durable.
///   4. After a failed write or sync nothing is ever written again (poisoned).
///   5. The segment with the newest frame is never trimmed, so the epoch is never forgotten.
///   6. On a full disk a cover takes nothing of what is kept for cancels, and a start after which
///      nobody has written leads in the epoch of the one before: it needs no frame.
///
/// Threads: as OverlappedLog. Members are the staging side's under `mutex_`, or the sync side's,
///          as marked.
class FileLog final : public OverlappedLog {
 public:
  /// Takes the lock, finds the end of the journal, cuts a torn tail if there is one, and makes
  /// sure of a next segment if there is room. A journal without segments is begun. Verifies the two
  /// newest segments that have frames; follow() verifies what it gives: replay before acquire().
  ///
  /// Errors: locked; corrupt and unknown_format, with file and offset: nothing was changed; those
  ///         of the Storage.
  [[nodiscard]] static Result<std::unique_ptr<FileLog>> open(Storage& storage, const Clock& clock,
                                                             FileLogOptions options);
  ~FileLog() override;

  [[nodiscard]] const JournalRecovery& recovery() const { return recovery_; }

  [[nodiscard]] Result<Leadership> acquire(std::uint32_t shard) override;
  [[nodiscard]] Result<Appended> append(const Leadership& leadership, const Batch& batch) override;
  [[nodiscard]] Result<Resolution> resolve(std::uint64_t seq) override;
  [[nodiscard]] Status follow(std::uint64_t from_seq, const BatchSink& sink) override;
  [[nodiscard]] Status trim(std::uint64_t up_to_seq) override;

  [[nodiscard]] Result<std::uint64_t> stage(const Leadership& leadership,
                                            const Batch& batch) override;
  [[nodiscard]] Result<std::uint64_t> sync() override;
  [[nodiscard]] bool has_staged() const override;
  [[nodiscard]] Result<bool> cover_if_idle() override;
  [[nodiscard]] Status prepare() override;
  [[nodiscard]] std::uint64_t durable_seq() const override {
    return durable_seq_.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::uint64_t space_left() const override {
    return space_left_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool has_room_for_orders() const override {
    return space_left() >= options_.reserve_bytes;
  }
  [[nodiscard]] std::uint64_t last_reserve() const override {
    return start_reserve() + options_.reserve_bytes / 4;
  }
  [[nodiscard]] std::uint64_t bytes_written() const override {
    return bytes_written_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t start_reserve() const override { return journal_block_bytes; }

  /// Ends in good order: syncs what is staged and covers it. Only the destructor may follow.
  [[nodiscard]] Status close();

 private:
  struct Segment {
    std::uint64_t index = 0;
    std::uint64_t size = 0;
    OpenFile file;
  };
  struct StagedFrame {
    FrameHeader header;
    std::size_t at = 0;         // in the staging buffer
    std::uint64_t segment = 0;  // where it goes
    std::uint64_t file_offset = 0;
  };
  // A run of frames waiting for their sync, laid out as they go to the file.
  struct Staging {
    struct FreeBytes {
      void operator()(std::byte* bytes) const;
    };
    std::unique_ptr<std::byte, FreeBytes> bytes;
    std::size_t used = 0;
    std::vector<StagedFrame> frames;
  };
  struct UsedSegment {
    std::uint64_t index = 0;
    std::uint64_t first_seq = 0;
  };

  FileLog(Storage& storage, const Clock& clock, FileLogOptions options);

  [[nodiscard]] Status recover();
  [[nodiscard]] Status remove_drafts(const std::vector<std::string>& drafts);
  [[nodiscard]] Status begin_journal();
  [[nodiscard]] Status read_newest(const std::vector<std::uint64_t>& segments,
                                   JournalPosition& position);
  [[nodiscard]] Status cut(std::uint64_t segment, std::uint64_t offset);
  [[nodiscard]] Status take_used(std::uint64_t first, const JournalPosition& position);
  [[nodiscard]] Status take_empty(std::uint64_t after, std::uint64_t last);
  [[nodiscard]] bool may_lead_again();
  [[nodiscard]] Status check_leadership(const Leadership& leadership) const;
  [[nodiscard]] Result<std::uint64_t> stage_frame(FrameHeader header,
                                                  std::span<const std::byte> payload);
  [[nodiscard]] Status place(std::uint64_t frame_bytes);
  void refresh_space_left();
  [[nodiscard]] Status write_run(std::size_t begin, std::size_t end);
  [[nodiscard]] Status rotate(std::uint64_t segment);
  [[nodiscard]] Status make_segment(std::uint64_t index);
  [[nodiscard]] Status fill_draft(const std::string& draft);
  Status poison(Error error);
  [[nodiscard]] Error poisoned_error() const;

  Storage& storage_;
  const Clock& clock_;
  const FileLogOptions options_;
  JournalRecovery recovery_;
  OpenFile lock_;

  // Both sides.
  std::atomic<std::uint64_t> durable_seq_ = 0;
  std::atomic<std::uint64_t> space_left_ = 0;
  std::atomic<std::uint64_t> staged_frames_ = 0;
  std::atomic<std::uint64_t> bytes_written_ = 0;
  std::atomic<bool> wants_segment_ = false;
  std::atomic<bool> is_poisoned_ = false;
  mutable std::mutex mutex_;  // for what follows, to the sync side
  std::optional<Error> first_error_;
  std::deque<Segment> prepared_;       // empty segments, ascending, ready for use
  std::vector<UsedSegment> used_;      // those with frames, ascending
  std::uint64_t highest_segment_ = 0;  // of all that exist
  std::uint64_t epoch_ = 0;
  std::uint64_t next_seq_ = 1;
  std::uint64_t next_command_ = 1;
  std::uint64_t plan_segment_ = 0;  // where the next staged frame goes
  std::uint64_t plan_offset_ = 0;
  std::uint64_t plan_size_ = 0;
  bool is_disk_full_ = false;
  bool is_lead_newest_ = false;  // the newest frame says who leads
  Staging filling_;

  // prepare() only.
  std::mutex prepare_mutex_;
  std::optional<std::uint64_t> retry_prepare_at_ns_;

  // The sync side.
  Staging writing_;
  Segment current_;
  ChainHash chain_{};
  ChainHasher hasher_;
  bool needs_cover_ = false;
  std::uint64_t last_sync_ns_ = 0;
};

}  // namespace karst
