// The account event log: reading on from a number, letting go, damage, rebuilding.
#include "ledger/events/event_log.hpp"

#include <gtest/gtest.h>

#include "tests/support/machine/sim_storage.hpp"

namespace karst {
namespace {

constexpr std::uint32_t accounts = 3;
constexpr std::uint64_t page = 5;

EventLogOptions small_log() {
  EventLogOptions options;
  options.directory = "events";
  options.segment_bytes = 1'200;  // about ten entries
  return options;
}

// Command `sequence` gives the account its event `number`.
void append(EventLog& log, std::uint64_t sequence, std::int64_t time_ns, AccountId account,
            std::uint64_t number) {
  Command command;
  command.sequence = sequence;
  command.time = Time{time_ns};
  command.type = CommandType::cancel_order;
  command.account = account;
  command.cancel_order.client_order_id = {sequence, 7};
  Event event{};
  event.sequence = sequence;
  event.type = EventType::order_cancelled;
  event.order.account = command.account;
  event.order.account_event = number;
  const Status appended = log.append({command, {&event, 1}, 0});
  ASSERT_TRUE(appended.ok()) << appended.error().text();
}

// Command `sequence` gives one event to account 1 + sequence mod 3; its number counts up.
void append(EventLog& log, std::uint64_t sequence, std::int64_t time_ns) {
  append(log, sequence, time_ns, AccountId{static_cast<std::uint32_t>(1 + sequence % accounts)},
         1 + (sequence - 1) / accounts);
}

std::unique_ptr<EventLog> open(sim::SimStorage& disk, const EventLogOptions& options) {
  Result<std::unique_ptr<EventLog>> log = EventLog::open(disk, options);
  if (!log) throw std::runtime_error(log.error().text());
  return std::move(log).value();
}

std::unique_ptr<EventLog> filled(sim::SimStorage& disk, const EventLogOptions& options,
                                 std::uint64_t commands, std::int64_t step_ns = 1) {
  std::unique_ptr<EventLog> log = open(disk, options);
  for (std::uint64_t i = 1; i <= commands; ++i) {
    append(*log, i, static_cast<std::int64_t>(i) * step_ns);
    const Status synced = log->sync();
    if (!synced) throw std::runtime_error(synced.error().text());
  }
  return log;
}

void expect_readable(const EventLog& log, AccountId account, std::uint64_t from,
                     std::uint64_t last) {
  std::uint64_t number = from;
  while (number <= last) {
    const Result<AccountPage> read = log.read(account, number, page);
    ASSERT_TRUE(read.ok()) << read.error().text();
    ASSERT_FALSE(read.value().is_too_old);
    ASSERT_FALSE(read.value().entries.empty()) << "number " << number;
    for (const AccountEntry& entry : read.value().entries) {
      EXPECT_EQ(entry.account, account);
      EXPECT_EQ(entry.number, number++);
      EXPECT_TRUE(entry.is_answer);
      EXPECT_EQ(entry.client_order_id[0], entry.event.sequence);
    }
  }
}

TEST(EventLog, an_account_reads_on_from_any_number_over_all_segments) {
  sim::SimStorage disk;
  const auto log = filled(disk, small_log(), 90);
  EXPECT_GT(log->segments(), 3U);
  EXPECT_EQ(log->durable_sequence(), 90U);
  for (std::uint64_t from = 1; from <= 30; ++from) {
    expect_readable(*log, AccountId{2}, from, 30);
  }
  const Result<AccountPage> next = log->read(AccountId{2}, 31, page);
  ASSERT_TRUE(next.ok());
  EXPECT_FALSE(next.value().is_too_old);
  EXPECT_TRUE(next.value().entries.empty());
  EXPECT_EQ(next.value().next_number, 31U);
}

TEST(EventLog, what_is_not_synced_is_not_read) {
  sim::SimStorage disk;
  const auto log = filled(disk, small_log(), 3);
  append(*log, 4, 4);
  EXPECT_TRUE(log->read(AccountId{2}, 2, page).value().entries.empty());
  ASSERT_TRUE(log->sync().ok());
  EXPECT_EQ(log->read(AccountId{2}, 2, page).value().entries.size(), 1U);
}

TEST(EventLog, beyond_its_size_the_oldest_goes_and_a_reader_is_told) {
  sim::SimStorage disk;
  EventLogOptions options = small_log();
  options.retain_bytes = 3 * options.segment_bytes;
  const auto log = filled(disk, options, 300);
  EXPECT_GT(log->oldest_sequence(), 1U);
  EXPECT_TRUE(log->read(AccountId{1}, 1, page).value().is_too_old);
  const std::uint64_t kept = 1 + log->oldest_sequence() / accounts + 1;
  expect_readable(*log, AccountId{1}, kept, 100);
}

// Account 4 has its only events, 1 and 2, in the first commands; the rest is account 1's.
std::unique_ptr<EventLog> filled_around_a_quiet_one(sim::SimStorage& disk,
                                                    const EventLogOptions& options) {
  std::unique_ptr<EventLog> log = open(disk, options);
  for (std::uint64_t i = 1; i <= 300; ++i) {
    const auto time_ns = static_cast<std::int64_t>(i);
    if (i <= 2) {
      append(*log, i, time_ns, AccountId{4}, i);
    } else {
      append(*log, i, time_ns, AccountId{1}, i - 2);
    }
    EXPECT_TRUE(log->sync().ok());
  }
  return log;
}

void expect_told_of_what_was_let_go(const EventLog& log) {
  const auto is_too_old = [&](std::uint32_t account, std::uint64_t from) {
    const Result<AccountPage> read = log.read(AccountId{account}, from, page);
    EXPECT_TRUE(read.ok() && (read.value().is_too_old || read.value().entries.empty()));
    return read.value().is_too_old;
  };
  EXPECT_TRUE(is_too_old(1, 1));
  EXPECT_TRUE(is_too_old(4, 0)) << "0 is taken as 1";
  EXPECT_TRUE(is_too_old(4, 1));
  EXPECT_TRUE(is_too_old(4, 2));
  EXPECT_FALSE(is_too_old(4, 3)) << "there was none after 2";
  EXPECT_FALSE(is_too_old(5, 1)) << "it never had any";
  for (const std::uint64_t last : {~std::uint64_t{0}, ~std::uint64_t{0} - 1}) {
    for (const std::uint32_t account : {1U, 4U, 5U, ~0U}) {
      EXPECT_FALSE(is_too_old(account, last)) << account;
    }
  }
}

TEST(EventLog, who_is_quiet_is_told_only_of_what_was_let_go_of_its_own) {
  sim::SimStorage disk;
  EventLogOptions options = small_log();
  options.retain_bytes = 3 * options.segment_bytes;
  {
    const auto log = filled_around_a_quiet_one(disk, options);
    ASSERT_GT(log->oldest_sequence(), 3U);
    expect_told_of_what_was_let_go(*log);
    ASSERT_TRUE(log->reset().ok());
    expect_told_of_what_was_let_go(*log);
  }
  expect_told_of_what_was_let_go(*open(disk, options));
  // What is not known any more was let go of, for all we can tell.
  disk.flip_bit("events/let_go.index", 20, 1);
  const auto damaged = open(disk, options);
  EXPECT_TRUE(damaged->read(AccountId{5}, 1, page).value().is_too_old);
  EXPECT_TRUE(damaged->read(AccountId{4}, 3, page).value().is_too_old);
  expect_readable(*damaged, AccountId{1}, 297, 298);
}

TEST(EventLog, a_crash_while_the_oldest_goes_leaves_an_answer_that_is_true) {
  EventLogOptions options = small_log();
  options.retain_bytes = options.segment_bytes;
  for (std::uint64_t change = 1; change <= 80; ++change) {
    for (const sim::Loss loss : sim::every_loss) {
      sim::SimStorage disk(change);
      {
        const auto log = open(disk, options);
        disk.crash_at_change(change);
        bool is_going = true;
        for (std::uint64_t i = 1; i <= 40 && is_going; ++i) {
          const auto time_ns = static_cast<std::int64_t>(i);
          append(*log, i, time_ns, AccountId{i == 1 ? 4U : 1U}, i == 1 ? 1 : i - 1);
          is_going = log->sync().ok();
        }
      }
      disk.restart(loss);
      const auto log = open(disk, options);
      const Result<AccountPage> first = log->read(AccountId{4}, 1, page);
      ASSERT_TRUE(first.ok()) << first.error().text();
      EXPECT_TRUE(first.value().is_too_old || first.value().entries.size() == 1 ||
                  log->durable_sequence() == 0);
      EXPECT_FALSE(log->read(AccountId{4}, 2, page).value().is_too_old) << change;
      EXPECT_FALSE(log->read(AccountId{5}, 1, page).value().is_too_old) << change;
    }
  }
}

TEST(EventLog, its_segments_are_a_small_part_of_what_it_may_keep) {
  constexpr std::uint64_t mib = std::uint64_t{1} << 20U;
  EXPECT_EQ(event_segment_bytes(0), 4 * mib);
  EXPECT_EQ(event_segment_bytes(64 * mib), 8 * mib);
  EXPECT_EQ(event_segment_bytes(2'048 * mib), 256 * mib);
  EXPECT_EQ(event_segment_bytes(1'048'576 * mib), 256 * mib);

  sim::SimStorage disk;
  EventLogOptions options = small_log();
  options.retain_bytes = 40 * mib;
  options.segment_bytes = event_segment_bytes(options.retain_bytes);
  const auto log = open(disk, options);
  const std::uint64_t commands = 3 * options.retain_bytes / entry_bytes;
  for (std::uint64_t i = 1; i <= commands; ++i) {
    append(*log, i, static_cast<std::int64_t>(i));
    if (i % 10'000 != 0) continue;
    ASSERT_TRUE(log->sync().ok());
  }
  ASSERT_TRUE(log->sync().ok());
  const std::uint64_t kept_bytes = (commands - log->oldest_sequence()) * entry_bytes;
  EXPECT_GT(kept_bytes, options.retain_bytes * 3 / 4);
  EXPECT_LT(kept_bytes, options.retain_bytes + 2 * options.segment_bytes);
}

TEST(EventLog, after_seven_days_of_commands_the_oldest_goes) {
  sim::SimStorage disk;
  const auto log = filled(disk, small_log(), 300, ns_per_hour);
  EXPECT_GT(log->oldest_sequence(), 300U - 24 * 7 - 40);
  EXPECT_LE(log->oldest_sequence(), 300U - 24 * 7 + 1);
}

TEST(EventLog, a_lost_index_is_made_again) {
  sim::SimStorage disk;
  static_cast<void>(filled(disk, small_log(), 90));
  ASSERT_TRUE(disk.unlink("events/0000000002.index").ok());
  const auto log = open(disk, small_log());
  EXPECT_EQ(log->durable_sequence(), 90U);
  expect_readable(*log, AccountId{3}, 1, 30);
}

TEST(EventLog, a_flipped_bit_in_an_entry_is_told_with_file_and_offset) {
  sim::SimStorage disk;
  const auto log = filled(disk, small_log(), 90);
  disk.flip_bit("events/0000000001.events", EventFrame::header_bytes + 60, 3);
  const Result<AccountPage> read = log->read(AccountId{2}, 1, page);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().code, ErrorCode::corrupt);
  EXPECT_EQ(read.error().what, "events/0000000001.events");
  EXPECT_EQ(read.error().offset, EventFrame::header_bytes);
}

TEST(EventLog, a_torn_last_frame_is_cut_and_comes_again) {
  for (const sim::Loss loss : sim::every_loss) {
    sim::SimStorage disk(7);
    {
      const auto log = filled(disk, small_log(), 20);
      append(*log, 21, 21);
      disk.crash_at_change(1);
      EXPECT_FALSE(log->sync().ok());
    }
    disk.restart(loss);
    const auto log = open(disk, small_log());
    ASSERT_GE(log->durable_sequence(), 20U);
    for (std::uint64_t i = log->durable_sequence() + 1; i <= 30; ++i) {
      append(*log, i, static_cast<std::int64_t>(i));
    }
    ASSERT_TRUE(log->sync().ok());
    expect_readable(*log, AccountId{1}, 1, 10);
  }
}

}  // namespace
}  // namespace karst
