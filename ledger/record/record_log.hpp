// RecordLog: the record log on disk, the ledger's truth. One writer, any number of readers.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/seams/storage.hpp"
#include "ledger/files/open_file.hpp"
#include "ledger/record/record.hpp"
#include "ledger/record/record_frame.hpp"
#include "ledger/record/record_hash.hpp"

namespace karst {

/// Where a run of records begins (the length field of its first one). Every 16th record of a frame
/// begins one, from the first on: enough to find any record in one read that is checked, and any
/// time by a binary search.
struct RecordMark {
  std::uint64_t seq = 0;
  std::int64_t time_ns = 0;
  std::uint32_t file = 0;    ///< Which of the files, 0 = the oldest.
  std::uint32_t offset = 0;  ///< Unit: bytes in it.
  std::uint32_t bytes = 0;   ///< Of the run, up to the next one or the end of the frame's payload.
  std::uint32_t crc = 0;     ///< CRC-32C of them.
  friend bool operator==(const RecordMark&, const RecordMark&) = default;
};

/// What opening found, for the operator.
struct RecordLogOpened {
  std::uint64_t records = 0;       ///< How many there are.
  std::uint64_t records_read = 0;  ///< How many of them were read and checked again.
  bool was_cut = false;            ///< A last frame was not whole; its records come again.
  std::string cut_file;
  std::uint64_t cut_offset = 0;
};

/// Appends batches of records, durable when commit() returns, and reads them back.
///
/// A frame is in flight only after the one before is durable, so a sound frame proves all earlier
/// ones. Opening therefore cuts a bad frame only if no sound frame stands behind it; anything else
/// is corruption, said with file and offset. A last frame that was durable and has gone bad since
/// cannot be told from a torn one: it is cut too, and the command journal brings its records again
/// (until cover() has put a frame behind it, which is why the journal is trimmed only then).
///
/// Invariants: 1. seq is dense over frames and files. 2. Each header carries the CRC of the one
///             before. 3. Padding is zero. 4. A block that holds a durable frame is never written.
///
/// Threads: stage(), staged(), commit() by one owner; prepare() by one other; reading by any.
class RecordLog {
 public:
  struct Options {
    std::string directory;
    /// Of a new file, zero-filled; the first few of a log are smaller.
    std::uint64_t file_bytes = std::uint64_t{256} << 20U;
    bool read_only = false;  ///< Changes nothing on disk; a torn frame is only passed over.
  };
  using Visit = std::function<Status(const RecordView&)>;

  /// Opens the log and gives every record from `marks`' last frame on to `visit`, verified. With
  /// no marks, that is every record.
  ///
  /// `marks`: those of the records before, as marks() gave them.
  /// Errors:  corrupt, unknown_format, with file and offset; those of `visit` and of the Storage.
  [[nodiscard]] static Result<std::unique_ptr<RecordLog>> open(Storage& storage, Options options,
                                                               std::vector<RecordMark> marks,
                                                               const Visit& visit);

  [[nodiscard]] const RecordLogOpened& opened() const { return opened_; }

  // Writing.

  /// Room for the next record, to be filled and told to staged().
  [[nodiscard]] std::byte* stage(std::size_t bytes_max);
  void staged(std::size_t bytes, Time time);

  [[nodiscard]] std::uint64_t next_seq() const { return next_seq_; }
  [[nodiscard]] std::uint32_t staged_count() const { return frame_.count; }
  [[nodiscard]] std::size_t staged_bytes() const { return used_ - RecordFrame::bytes; }

  /// Writes what is staged as one frame and waits until it is durable.
  ///
  /// Errors: no_space, when a new file is needed and the disk is full: nothing was changed, what
  ///         is staged stays, and commit() may be called again. Any other error is final: nothing
  ///         can be said about the file any more, and every later call answers `poisoned`.
  [[nodiscard]] Status commit(std::uint64_t command, std::uint64_t settled);

  /// Makes a portion of the next file ready, if the current one is that far.
  ///
  /// Returns: whether it did anything; then there may be more.
  /// Errors:  no_space may pass; any other is final, as in commit().
  [[nodiscard]] Result<bool> prepare();

  /// The error that made the log unusable, if one has.
  [[nodiscard]] std::optional<Error> poisoned() const;

  // Reading. What is said is durable.

  [[nodiscard]] std::uint64_t records() const { return records_.load(std::memory_order_acquire); }
  /// All commands up to it have their records in the log.
  [[nodiscard]] std::uint64_t command() const { return command_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint64_t settled() const { return settled_.load(std::memory_order_acquire); }

  /// What is durable, as one: how many records, and their hash. Requires: the hash is known, or
  /// was said when the log was opened.
  [[nodiscard]] HashedRecords hashed() const;
  /// False after opening a log whose newest frame is of a version that carried no hash: read the
  /// records and say it. By the writer.
  [[nodiscard]] bool knows_hash() const { return hash_.has_value(); }
  void set_hash(std::uint64_t hash);

  /// The last mark at or before `seq`; none if there are no records.
  [[nodiscard]] std::optional<RecordMark> mark_before(std::uint64_t seq) const;
  /// The last mark whose record is earlier than `time`; none if there is none.
  [[nodiscard]] std::optional<RecordMark> mark_earlier(Time time) const;
  /// The marks of the records in [from, to).
  [[nodiscard]] std::vector<RecordMark> marks(std::uint64_t from, std::uint64_t to) const;

  /// Reads from a file of the log. Returns: fewer bytes only at its end.
  [[nodiscard]] Result<std::size_t> read_at(std::uint32_t file, std::uint64_t offset,
                                            std::span<std::byte> bytes) const;
  /// Whether there is a file of that number, and how it is called.
  [[nodiscard]] bool has_file(std::uint32_t file) const;
  [[nodiscard]] std::string path_of_file(std::uint32_t file) const;

  static constexpr std::uint64_t mark_every = 16;

 private:
  RecordLog(Storage& storage, Options options) : storage_(storage), options_(std::move(options)) {}

  [[nodiscard]] Status open_files();
  [[nodiscard]] Status find_start(std::vector<RecordMark> marks);
  struct FrameRead {
    FrameLook look = FrameLook::nothing;
    RecordFrame frame;
    const char* fault = "check a header";  // where it is broken
  };
  [[nodiscard]] Result<FrameRead> read_frame(std::vector<std::byte>& bytes) const;
  [[nodiscard]] Status scan(const Visit& visit);
  [[nodiscard]] Status scan_frame(const RecordFrame& frame, std::span<const std::byte> payload,
                                  const Visit& visit);
  [[nodiscard]] Status end_of_log(FrameLook look);
  [[nodiscard]] Result<bool> is_anything_behind() const;
  [[nodiscard]] Status clear_tail();
  [[nodiscard]] Error corrupt(const char* what) const;
  [[nodiscard]] std::string draft_path() const;
  [[nodiscard]] std::uint64_t next_file_bytes() const;
  [[nodiscard]] std::uint64_t newest_file_bytes() const;
  [[nodiscard]] std::string next_path() const;
  [[nodiscard]] Status begin_draft(std::uint64_t bytes);
  [[nodiscard]] Status fill_draft();
  [[nodiscard]] Status finish_draft(std::uint64_t bytes);
  void drop_draft();
  [[nodiscard]] Status roll(std::uint64_t extent);
  [[nodiscard]] Status poison(const Error& error);
  void reset_stage();
  void end_run();

  Storage& storage_;
  Options options_;
  RecordLogOpened opened_;

  // The place behind the last frame.
  std::uint64_t next_seq_ = 0;  // staged records included
  std::uint32_t file_ = 0;
  std::uint64_t offset_ = 0;
  std::uint32_t previous_crc_ = 0;
  bool is_first_frame_known_ = true;      // whether previous_crc_ is known
  std::optional<std::uint64_t> hash_{0};  // of all records up to here

  // What is staged: room for the header, then the payload.
  RecordFrame frame_;
  std::vector<std::byte> stage_;
  std::size_t used_ = RecordFrame::bytes;
  std::vector<RecordMark> staged_marks_;  // their offsets count from the frame's begin

  static constexpr std::uint64_t portion_bytes = std::uint64_t{4} << 20U;

  std::mutex prepare_mutex_;  // of what follows
  OpenFile draft_;
  std::uint64_t draft_bytes_ = 0;  // how long it will be; 0 = there is none
  std::uint64_t draft_filled_ = 0;

  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> command_{0};
  std::atomic<std::uint64_t> settled_{0};
  std::atomic<std::uint64_t> filled_bytes_{0};  // of the current file

  mutable std::mutex mutex_;  // of what follows
  HashedRecords hashed_;
  std::optional<Error> poisoned_;
  std::vector<std::unique_ptr<OpenFile>> files_;
  std::vector<std::uint64_t> file_sizes_;
  std::vector<RecordMark> marks_;
};

}  // namespace karst
