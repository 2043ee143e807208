// A small journal on a simulated disk, for the tests of the journal.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ledger/journal/file_log.hpp"
#include "tests/support/machine/sim_clock.hpp"
#include "tests/support/machine/sim_storage.hpp"

namespace karst::test {

inline const std::string journal_directory = "journal";

/// Segments of eight blocks, so that a few batches fill one.
inline FileLogOptions small_journal() {
  FileLogOptions options;
  options.directory = journal_directory;
  options.shard = 7;
  options.segment_bytes = 8 * journal_block_bytes;
  options.staging_bytes = 16 * journal_block_bytes;
  options.reserve_bytes = 2 * journal_block_bytes;
  return options;
}

/// Bytes that tell which command they belong to: no two batches have the same.
inline std::vector<std::byte> payload_of(std::uint64_t first_command, std::uint32_t count,
                                         std::size_t bytes_each = 40) {
  std::vector<std::byte> payload(count * bytes_each);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    const std::uint64_t command = first_command + i / bytes_each;
    payload[i] = static_cast<std::byte>(command * 131 + i % bytes_each + 1);
  }
  return payload;
}

/// A file log on a simulated disk, led, with the numbers of its commands kept.
struct Journal {
  sim::SimStorage& storage;
  sim::SimClock& clock;
  std::unique_ptr<FileLog> log;
  Leadership leadership;
  std::uint64_t next_command = 1;

  Journal(sim::SimStorage& disk, sim::SimClock& time, FileLogOptions options = small_journal())
      : storage(disk), clock(time) {
    Result<std::unique_ptr<FileLog>> opened = FileLog::open(disk, time, std::move(options));
    if (!opened) throw std::runtime_error(opened.error().text());
    log = std::move(opened).value();
    const Result<Leadership> acquired = log->acquire(7);
    if (!acquired) throw std::runtime_error(acquired.error().text());
    leadership = *acquired;
    next_command = log->recovery().next_command;
  }

  /// Stages a batch and counts its commands if it was taken.
  Result<std::uint64_t> stage(std::uint32_t count = 3, std::size_t bytes_each = 40) {
    const std::vector<std::byte> payload = payload_of(next_command, count, bytes_each);
    const Result<std::uint64_t> seq =
        log->stage(leadership, {next_command, count, clock.wall_ns(), payload});
    if (seq) next_command += count;
    return seq;
  }

  /// Appends a batch that must be committed. Returns: its place.
  std::uint64_t append(std::uint32_t count = 3, std::size_t bytes_each = 40) {
    const std::vector<std::byte> payload = payload_of(next_command, count, bytes_each);
    const Result<Appended> done =
        log->append(leadership, {next_command, count, clock.wall_ns(), payload});
    if (!done) throw std::runtime_error(done.error().text());
    EXPECT_EQ(done->outcome, AppendOutcome::committed);
    next_command += count;
    return done->seq;
  }
};

}  // namespace karst::test
