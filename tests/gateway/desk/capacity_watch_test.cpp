// How full the tables are is counted, said at 80 %, and shown.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "gateway/desk/capacity_watch.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst::gateway {
namespace {

std::uint64_t used(const v1::Status& status, const std::string& name) {
  for (const v1::TableUse& table : status.tables()) {
    if (table.name() == name) return table.used();
  }
  return ~std::uint64_t{0};
}

TEST(CapacityWatch, a_table_is_shown_as_full_as_it_is_and_warned_of_at_80_percent) {
  test::TestExchange exchange;
  exchange.set_config("references_max", "5");
  exchange.start();
  exchange.make_market();  // three fundings under references of their own
  exchange.stop();
  exchange.start_process();
  const auto op = exchange.connect(test::operator_key);
  const auto alice = exchange.connect(test::alice);
  const v1::Command sell = test::order(exchange.instrument(), v1::SIDE_SELL, 100, 2);
  EXPECT_EQ(test::call(*alice, sell).code(), v1::CODE_OK);
  v1::Request question;
  question.mutable_query_status();
  v1::Status status;
  for (int i = 0; i < 200 && used(status, "orders_max") != 1; ++i) {
    status = test::ask(*op, question).status();
    ::usleep(50'000);
  }
  EXPECT_EQ(status.tables_size(), 7);
  EXPECT_EQ(used(status, "orders_max"), 1U);
  EXPECT_EQ(used(status, "accounts_max"), 3U) << status.ShortDebugString();
  EXPECT_EQ(used(status, "keys_max"), 8U) << status.ShortDebugString();
  EXPECT_EQ(used(status, "references_max"), 3U) << status.ShortDebugString();
  EXPECT_EQ(exchange.process_log().find("capacity."), std::string::npos);
  v1::Command fund;
  fund.set_account_id(1);
  fund.mutable_fund()->set_currency_id(1);
  fund.mutable_fund()->set_amount_fen(100);
  fund.mutable_fund()->set_reference("another one");
  EXPECT_EQ(test::call(*op, fund).code(), v1::CODE_OK);
  fund.mutable_fund()->set_reference("one too many");
  EXPECT_EQ(test::call(*op, fund).code(), v1::CODE_EXCHANGE_FULL);
  v1::Command withdraw;
  withdraw.set_account_id(1);
  withdraw.mutable_withdraw()->set_currency_id(1);
  withdraw.mutable_withdraw()->set_amount_fen(100);
  withdraw.mutable_withdraw()->set_reference("the last one");
  const std::string words = "karstd: capacity.references_max: 4 of 5 are taken\n";
  for (int i = 0; i < 200 && exchange.process_log().find(words) == std::string::npos; ++i) {
    ::usleep(50'000);
  }
  EXPECT_NE(exchange.process_log().find(words), std::string::npos) << exchange.process_log();
  EXPECT_EQ(test::call(*op, withdraw).code(), v1::CODE_OK) << "money can always leave";
  exchange.end_process(SIGTERM);
}

TEST(CapacityWatch, the_place_of_a_revoked_key_is_free_and_its_number_names_no_other) {
  constexpr std::uint32_t keys_max = 2'048;
  test::TestExchange exchange;
  exchange.set_config("keys_max", std::to_string(keys_max));
  exchange.start_process();
  exchange.make_market();
  const test::TestKey bob = test::bob;
  const test::TestKey next{bob.key + keys_max, test::carol.account, bob.scopes};  // of bob's secret
  const auto keys_used = [&](std::uint64_t wanted) {
    const auto op = exchange.connect(test::operator_key);
    v1::Request question;
    question.mutable_query_status();
    std::uint64_t found = 0;
    for (int i = 0; i < 200 && found != wanted; ++i) {
      found = used(test::ask(*op, question).status(), "keys_max");
      if (found != wanted) ::usleep(50'000);
    }
    return found;
  };
  EXPECT_EQ(keys_used(8), 8U);
  EXPECT_ANY_THROW(exchange.make_key(next)) << "bob's key lives";
  v1::Command revoke;
  revoke.mutable_revoke_key()->set_key_id(bob.key);
  EXPECT_EQ(test::call(*exchange.connect(test::operator_key), revoke).code(), v1::CODE_OK);
  EXPECT_EQ(keys_used(7), 7U);
  exchange.make_key(next);
  EXPECT_EQ(keys_used(8), 8U);
  for (int life = 1; life <= 2; ++life) {
    EXPECT_ANY_THROW(static_cast<void>(exchange.connect(bob)));
    v1::Command cancel;
    cancel.mutable_mass_cancel();
    EXPECT_EQ(test::call(*exchange.connect(next), cancel).code(), v1::CODE_OK);
    EXPECT_EQ(test::call(*exchange.connect(test::operator_key), revoke).code(),
              v1::CODE_KEY_REVOKED);
    exchange.end_process(SIGKILL);
    if (life == 1) exchange.start_process();
  }
}

}  // namespace
}  // namespace karst::gateway
