// RecordReader: records of the log in order from any place on, through a window.
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/record/record_log.hpp"

namespace karst {

/// Reads durable records. The bytes of every run of records are compared with the checksum of its
/// mark before any of them is given, and each record is checked for form and place.
///
/// Threads: one owner; beside the writer.
class RecordReader {
 public:
  static constexpr std::size_t window_for_one = 8U << 10U;
  static constexpr std::size_t window_for_many = 1U << 20U;

  explicit RecordReader(const RecordLog& log, std::size_t window_bytes = window_for_many)
      : log_(log), window_bytes_(window_bytes) {}

  /// Makes `seq` the record that next() gives. A place shortly behind the last is found fast.
  [[nodiscard]] Status seek(std::uint64_t seq);

  /// The next record; it lives until the next call.
  ///
  /// Requires: seek() was called; the record's seq < log.records().
  /// Errors:   corrupt, with file and offset; those of the Storage.
  [[nodiscard]] Result<RecordView> next();

  [[nodiscard]] std::uint64_t next_seq() const { return next_seq_; }

  /// seek() and next() in one.
  [[nodiscard]] Result<RecordView> at(std::uint64_t seq) {
    if (Status found = seek(seq); !found) return found.error();
    return next();
  }

 private:
  [[nodiscard]] Status enter_run();
  [[nodiscard]] Status fill();
  [[nodiscard]] Status skip_one();
  [[nodiscard]] Result<std::size_t> length_of_next();
  [[nodiscard]] Error damaged(const char* doing) const;
  [[nodiscard]] const std::byte* here() const { return window_.data() + (offset_ - begin_); }
  [[nodiscard]] std::uint64_t run_end() const { return std::uint64_t{run_.offset} + run_.bytes; }

  const RecordLog& log_;
  std::size_t window_bytes_;
  std::vector<std::byte> window_;
  std::size_t filled_ = 0;            // bytes of the window that were read
  std::uint64_t begin_ = 0;           // offset of the window's first byte in the file
  std::uint32_t window_file_ = 0;     // which file it is of
  std::uint64_t window_records_ = 0;  // how many records there were when it was read
  RecordMark run_;                    // the one that is being read; its bytes are checked
  std::uint64_t offset_ = 0;          // of the next record's length field
  std::uint64_t next_seq_ = 0;
  bool is_placed_ = false;
};

}  // namespace karst
