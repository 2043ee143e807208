// Tables that last for life: money can always leave, and places of revoked keys come back.
#include <gtest/gtest.h>

#include <cstdint>

#include "engine/state/key_table.hpp"
#include "tests/engine/model/rules_fixture.hpp"

namespace karst::model {
namespace {

class LastingTables : public Rules {
 protected:
  RejectCode cash(CommandType type, std::int64_t amount) {
    Command command = about(type, alice);
    command.fund = {CurrencyId{1}, Money{amount}, {++references_, 1}};
    return send(command);
  }

  RejectCode make_key(std::uint32_t id, std::uint8_t scopes = scope::trade) {
    Command key = about(CommandType::create_key, alice);
    key.create_key.new_key = KeyId{id};
    key.create_key.scopes = scopes;
    return send(key);
  }
  RejectCode revoke(std::uint32_t id) {
    Command command = about(CommandType::revoke_key);
    command.revoke_key.revoked_key = KeyId{id};
    return send(command);
  }
  /// Says something as a key. Returns: what it is answered; `epoch` and `seq` as the command's.
  RejectCode say(CommandType type, std::uint32_t key, std::uint32_t epoch, std::uint64_t seq) {
    Command command = about(type, alice);
    command.key = KeyId{key};
    command.epoch = epoch;
    command.client_seq = seq;
    if (type == CommandType::open_session) command.open_session.disconnect_grace_ns = grace_ns_;
    return send(command);
  }

  std::uint64_t references_ = 0;
  std::int64_t grace_ns_ = -1;
};

TEST_F(LastingTables, by_the_first_rules_deposits_take_the_last_reference) {
  make_market();
  for (int i = 0; i < 16; ++i) EXPECT_EQ(cash(CommandType::fund, 100), RejectCode::none) << i;
  EXPECT_EQ(cash(CommandType::withdraw, 100), RejectCode::exchange_full)
      << "the money cannot leave";
}

TEST_F(LastingTables, by_the_third_the_last_references_are_for_withdrawals) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_market();
  for (int i = 0; i < 15; ++i) EXPECT_EQ(cash(CommandType::fund, 100), RejectCode::none) << i;
  EXPECT_EQ(cash(CommandType::fund, 100), RejectCode::exchange_full);
  EXPECT_EQ(cash(CommandType::withdraw, 1'500), RejectCode::none);
  EXPECT_EQ(cash(CommandType::withdraw, 1), RejectCode::insufficient_funds);
}

TEST_F(LastingTables, by_the_first_rules_the_place_of_a_revoked_key_is_lost) {
  make_market();
  EXPECT_EQ(make_key(1), RejectCode::none);
  EXPECT_EQ(revoke(1), RejectCode::none);
  EXPECT_EQ(make_key(1), RejectCode::already_exists);
  EXPECT_EQ(make_key(5), RejectCode::invalid_field) << "keys_max is 4";
}

TEST_F(LastingTables, by_the_third_the_place_of_a_revoked_key_is_given_to_the_next) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_market();
  EXPECT_EQ(make_key(5), RejectCode::wrong_state) << "no key has had the place yet";
  EXPECT_EQ(make_key(1), RejectCode::none);
  EXPECT_EQ(make_key(5), RejectCode::wrong_state) << "key 1 lives";
  EXPECT_EQ(make_key(4), RejectCode::invalid_field) << "place 0 is the exchange itself";
  EXPECT_EQ(revoke(1), RejectCode::none);
  EXPECT_EQ(make_key(9), RejectCode::wrong_state) << "one after the other";
  for (std::uint32_t id = 5; id < 4 * 100; id += 4) {
    ASSERT_EQ(make_key(id), RejectCode::none) << id;
    ASSERT_EQ(make_key(1), RejectCode::already_exists);
    ASSERT_EQ(revoke(1), RejectCode::key_revoked);
    ASSERT_EQ(revoke(id), RejectCode::none);
  }
  EXPECT_EQ(twins_.engine().keys_end(), 2U);
  EXPECT_EQ(twins_.engine().key_in(1), KeyId{397});
  EXPECT_EQ(twins_.engine().key(KeyId{1}), nullptr);
}

TEST_F(LastingTables, by_the_third_nothing_of_a_revoked_key_carries_over) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_market();
  EXPECT_EQ(make_key(1), RejectCode::none);
  EXPECT_EQ(say(CommandType::open_session, 1, 0, 0), RejectCode::none);
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    EXPECT_EQ(say(CommandType::mass_cancel, 1, 1, seq), RejectCode::none);
  }
  EXPECT_EQ(revoke(1), RejectCode::none);
  static_cast<void>(send(about(CommandType::tick)));
  EXPECT_EQ(make_key(5, scope::cancel_only), RejectCode::none);
  EXPECT_EQ(say(CommandType::mass_cancel, 1, 0, 4), RejectCode::key_revoked);
  EXPECT_EQ(say(CommandType::mass_cancel, 1, 1, 3), RejectCode::key_revoked) << "nor an answer";
  EXPECT_EQ(say(CommandType::mass_cancel, 5, 1, 1), RejectCode::session_fenced);
  EXPECT_EQ(say(CommandType::mass_cancel, 5, 0, 4), RejectCode::seq_gap);
  EXPECT_EQ(say(CommandType::mass_cancel, 5, 0, 1), RejectCode::none);
  EXPECT_EQ(twins_.events().back().type, EventType::done) << "not said before";
  EXPECT_EQ(say(CommandType::cancel_order, 1, 0, 5), RejectCode::key_revoked);
}

TEST_F(LastingTables, by_the_third_a_place_waits_for_the_grace_of_its_last_session) {
  EXPECT_EQ(adopt(3), RejectCode::none);
  make_market();
  EXPECT_EQ(make_key(1), RejectCode::none);
  grace_ns_ = ns_per_minute;
  EXPECT_EQ(say(CommandType::open_session, 1, 0, 0), RejectCode::none);
  EXPECT_EQ(revoke(1), RejectCode::none);
  EXPECT_EQ(make_key(5), RejectCode::wrong_state) << "key 1's orders are still to be cancelled";
  now_ += 2 * ns_per_minute;
  static_cast<void>(send(about(CommandType::tick)));
  EXPECT_EQ(make_key(5), RejectCode::none);
}

}  // namespace
}  // namespace karst::model
