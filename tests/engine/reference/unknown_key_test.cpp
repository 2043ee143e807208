// A key that is not known may have any number: it is refused without a look at the table.
#include <gtest/gtest.h>

#include <vector>

#include "engine/engine.hpp"

namespace karst {
namespace {

constexpr Configure sizes{.accounts_max = 4,
                          .keys_max = 4,
                          .instruments_max = 4,
                          .orders_max = 8,
                          .holdings_max = 8,
                          .level_pages_max = 4,
                          .client_ids_max = 8,
                          .references_max = 8,
                          .currencies_max = 2,
                          .pools_max = 2,
                          .answers_per_key = 2,
                          .client_ids_per_account_max = 2,
                          .makers_per_command_max = 2,
                          .makers_per_bystander_max = 1,
                          .releases_per_command_max = 2};

class UnknownKey : public testing::Test {
 protected:
  Event answer_to(Command command) {
    command.sequence = engine_.sequence() + 1;
    command.time = Time{static_cast<std::int64_t>(command.sequence)};
    engine_.prefetch_first(command);
    const Applied made = engine_.apply(command, ring_);
    if (made.answer == Applied::no_answer) return Event{};
    return ring_.at(made.first + made.answer);
  }
  void expect_unknown() {
    for (const std::uint32_t key : {3U, 4U, 5U, 0x7fff'ffffU, 0x8000'0000U, ~0U - 1, ~0U}) {
      for (const std::uint32_t account : {0U, 1U, 4U, ~0U}) {
        for (int type = 0; type < 256; ++type) {
          Command command;
          command.type = static_cast<CommandType>(type);
          command.key = KeyId{key};
          command.account = AccountId{account};
          command.client_seq = static_cast<std::uint64_t>(type % 2);
          ASSERT_EQ(engine_.rehearse(command).code, RejectCode::unknown_key) << type;
          const Event answer = answer_to(command);
          ASSERT_EQ(answer.type, EventType::rejected) << "key " << key << " type " << type;
          ASSERT_EQ(answer.detail, static_cast<std::uint8_t>(RejectCode::unknown_key));
          ASSERT_EQ(answer.answer.account_event, 0U) << "it stands in nobody's log";
        }
      }
    }
  }

  Engine engine_{sizes};
  std::vector<Event> events_ = std::vector<Event>(events_per_command_max * 2);
  EventRing ring_{events_.data(), events_.size() - 1, 0};
};

TEST_F(UnknownKey, is_refused_whatever_its_number_and_whatever_it_says) {
  expect_unknown();
  Command command;
  command.type = CommandType::configure;
  command.configure = sizes;
  static_cast<void>(answer_to(command));
  command = Command{};
  command.type = CommandType::admit_merchant;
  command.account = AccountId{1};
  command.admit_merchant.name = {'m'};
  ASSERT_EQ(answer_to(command).type, EventType::merchant_admitted);
  expect_unknown();
}

}  // namespace
}  // namespace karst
