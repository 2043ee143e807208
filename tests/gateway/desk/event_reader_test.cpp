// Reading the event log beside the io thread: order, bounds, a disk that hangs, refusals.
#include "gateway/desk/event_reader.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>

namespace karst {
namespace {

using gateway::EventAnswer;
using gateway::EventQuestion;
using gateway::EventReader;

constexpr AccountId alice{1};

/// A log of ten events, of which event n is of command 100 + n; nothing before `first` is kept.
struct Log {
  std::uint64_t first = 1;
  bool is_damaged = false;

  Result<AccountPage> read(AccountId account, std::uint64_t from, std::size_t entries_max) const {
    if (is_damaged) return Error{ErrorCode::corrupt, "read an entry", "events/1"};
    AccountPage page;
    page.is_too_old = from < first;
    for (std::uint64_t n = from; !page.is_too_old && n <= 10; ++n) {
      if (page.entries.size() == entries_max) break;
      AccountEntry& entry = page.entries.emplace_back();
      entry.account = account;
      entry.number = n;
      entry.event.sequence = 100 + n;
    }
    return page;
  }
};

class Reading : public testing::Test {
 protected:
  /// What the reader says to `question`, when it has said it.
  EventAnswer ask(const EventQuestion& question) {
    std::optional<EventAnswer> got;
    EXPECT_TRUE(reader_.ask(question, [&](const EventAnswer& answer) { got = answer; }));
    for (int i = 0; i < 5'000 && !got; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      reader_.give();
    }
    EXPECT_TRUE(got.has_value());
    return got.value_or(EventAnswer{});
  }

  Log log_;
  std::vector<std::string> said_;
  EventReader reader_{
      [this](AccountId account, std::uint64_t from, std::size_t entries_max) {
        return log_.read(account, from, entries_max);
      },
      [this](AccountId, Time time) {
        return Result<AccountStart>({.is_too_old = time < Time{50},
                                     .number = static_cast<std::uint64_t>(time.value() / 10)});
      },
      [] {}, [this](const std::string& line) { said_.push_back(line); }};
};

TEST_F(Reading, gives_what_comes_after_a_number) {
  const EventAnswer answer = ask({.account = alice, .after = 4, .limit = 3});
  ASSERT_EQ(answer.refusal, nullptr);
  ASSERT_EQ(answer.entries.size(), 3U);
  EXPECT_EQ(answer.entries[0].number, 5U);
  EXPECT_EQ(answer.entries[2].number, 7U);
  EXPECT_TRUE(ask({.account = alice, .after = 10, .limit = 3}).entries.empty());
}

TEST_F(Reading, begins_at_a_time_where_no_number_is_said) {
  const EventAnswer answer = ask({.account = alice, .from_time = Time{70}, .limit = 3});
  ASSERT_EQ(answer.refusal, nullptr);
  EXPECT_EQ(answer.begun_after, 6U);
  ASSERT_EQ(answer.entries.size(), 3U);
  EXPECT_EQ(answer.entries[0].number, 7U);
  EXPECT_STREQ(ask({.account = alice, .from_time = Time{40}, .limit = 3}).refusal,
               gateway::let_go_text);
  EXPECT_EQ(
      ask({.account = alice, .after = 4, .from_time = Time{70}, .limit = 3}).entries.at(0).number,
      5U);
}

TEST_F(Reading, says_why_there_is_nothing_to_go_on_after) {
  EXPECT_STREQ(ask({.account = alice, .after = 4, .limit = 3, .shared_through = 103}).refusal,
               gateway::lost_history_text);
  EXPECT_STREQ(ask({.account = alice, .after = 4, .limit = 3, .shared_through = 104}).refusal,
               nullptr);
  EXPECT_STREQ(ask({.account = alice, .after = 11, .limit = 3, .shared_through = 104}).refusal,
               gateway::lost_history_text);
  log_.first = 6;
  EXPECT_STREQ(ask({.account = alice, .after = 4, .limit = 3}).refusal, gateway::let_go_text);
  EXPECT_STREQ(ask({.account = alice, .after = 5, .limit = 3}).refusal, nullptr);
}

TEST_F(Reading, says_once_to_the_operator_what_cannot_be_read) {
  log_.is_damaged = true;
  EXPECT_STREQ(ask({.account = alice, .after = 4, .limit = 3}).refusal, gateway::unreadable_text);
  EXPECT_STREQ(ask({.account = alice, .after = 5, .limit = 3}).refusal, gateway::unreadable_text);
  EXPECT_EQ(said_.size(), 1U);
}

TEST(ReadingSlowly, a_disk_that_hangs_stops_nobody_and_nothing_is_lost_or_turned_round) {
  std::promise<void> disk;
  const std::shared_future<void> answers = disk.get_future().share();
  std::atomic<int> woken{0};
  EventReader reader(
      [&](AccountId account, std::uint64_t from, std::size_t entries_max) {
        answers.wait();
        return Log{}.read(account, from, entries_max);
      },
      [](AccountId, Time) { return Result<AccountStart>(AccountStart{}); }, [&] { ++woken; },
      [](const std::string&) {});
  std::vector<std::uint64_t> order;
  std::uint64_t taken = 0;
  const auto ask = [&] {
    return reader.ask({.account = alice, .after = 1, .limit = 1},
                      [&order, number = taken](const EventAnswer&) { order.push_back(number); });
  };
  while (ask()) ++taken;
  EXPECT_EQ(taken, 1'024U) << "so many wait, and no more";
  reader.give();
  EXPECT_TRUE(order.empty());
  disk.set_value();
  for (int i = 0; i < 5'000 && order.size() < taken; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    reader.give();
  }
  ASSERT_EQ(order.size(), taken);
  for (std::uint64_t i = 0; i < taken; ++i) EXPECT_EQ(order[i], i);
  EXPECT_GE(woken, 1);
  EXPECT_TRUE(ask()) << "there is room again";
}

}  // namespace
}  // namespace karst
