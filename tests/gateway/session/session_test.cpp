// Sessions as state machines: what each state makes of each thing said, timers and limits.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "engine/seams/random.hpp"
#include "tests/gateway/daemon/local_exchange.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using test::frame_of;
using test::LocalClient;
using test::LocalExchange;

class SessionTest : public testing::Test {
 protected:
  void SetUp() override { exchange_.make_market(); }
  LocalExchange exchange_;
};

v1::Request ping(std::uint64_t token) {
  v1::Request request;
  request.mutable_ping()->set_token(token);
  return request;
}

TEST_F(SessionTest, begins_with_a_challenge_that_names_the_limits) {
  LocalExchange exchange;
  gateway::NativeSkin skin(1U << 16U);
  static_cast<void>(exchange.hub.connect(skin, {.nonce{9}}, exchange.now()));
  std::span<const std::byte> message;
  gateway::FrameReader reader(1U << 16U);
  reader.feed(std::as_bytes(std::span(skin.output())));
  ASSERT_EQ(reader.next(message), gateway::FrameReader::Next::frame);
  v1::Response response;
  ASSERT_TRUE(response.ParseFromArray(message.data(), static_cast<int>(message.size())));
  EXPECT_EQ(response.challenge().nonce().size(), 32U);
  EXPECT_EQ(response.challenge().limits().frame_bytes_max(), 65'536U);
  EXPECT_GT(response.challenge().limits().commands_per_second(), 0U);
}

TEST_F(SessionTest, nothing_works_before_the_log_on) {
  v1::Request command;
  *command.mutable_command() = test::order(1, v1::SIDE_SELL, 100, 1);
  v1::Request query;
  query.mutable_query_orders();
  v1::Request empty;
  empty.set_request_id(3);
  for (const v1::Request& request : {command, query, empty, ping(1)}) {
    LocalClient client(exchange_);
    const std::size_t before = exchange_.applied.size();
    const auto answers = client.send(request);
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0].reply().code(), v1::CODE_NOT_LOGGED_ON);
    EXPECT_EQ(client.farewell(), v1::CODE_NOT_LOGGED_ON);
    EXPECT_TRUE(client.is_ended());
    EXPECT_EQ(exchange_.applied.size(), before);
  }
}

TEST_F(SessionTest, a_log_on_must_be_signed_for_this_very_connection) {
  const auto refused = [&](const std::function<void(v1::Request&)>& change) {
    LocalClient client(exchange_);
    v1::Request request = client.log_on_request(test::alice);
    change(request);
    client.send(request);
    return client.farewell();
  };
  EXPECT_EQ(refused([](v1::Request& it) { it.mutable_log_on()->set_key_id(12); }),
            v1::CODE_LOG_ON_REFUSED);
  EXPECT_EQ(refused([](v1::Request& it) { it.mutable_log_on()->set_key_id(63); }),
            v1::CODE_LOG_ON_REFUSED);
  EXPECT_EQ(refused([](v1::Request& it) { it.mutable_log_on()->clear_signature(); }),
            v1::CODE_LOG_ON_REFUSED);
  EXPECT_EQ(refused([](v1::Request& it) { (*it.mutable_log_on()->mutable_signature())[5] ^= 1; }),
            v1::CODE_LOG_ON_REFUSED);
  EXPECT_EQ(refused([](v1::Request& it) { it.mutable_log_on()->set_disconnect_grace_ns(-2); }),
            v1::CODE_INVALID_FIELD);
  // A good signature of another connection: another nonce, or another channel.
  LocalClient other(exchange_);
  const v1::Request stolen = other.log_on_request(test::alice);
  LocalClient thief(exchange_);
  thief.send(stolen);
  EXPECT_EQ(thief.farewell(), v1::CODE_LOG_ON_REFUSED);
  LocalClient relayed(exchange_);
  relayed.binding[0] ^= 1;  // what the client signs for is not the channel the server sees
  relayed.send(relayed.log_on_request(test::alice));
  EXPECT_EQ(relayed.farewell(), v1::CODE_LOG_ON_REFUSED);
}

TEST_F(SessionTest, a_second_log_on_fences_the_first) {
  LocalClient first(exchange_);
  first.log_on(test::alice);
  LocalClient second(exchange_);
  second.log_on(test::alice);
  first.take();
  EXPECT_EQ(first.farewell(), v1::CODE_SESSION_FENCED);
  EXPECT_EQ(second.logged_on().epoch(), first.logged_on().epoch() + 1);
  EXPECT_EQ(second.command(test::order(1, v1::SIDE_SELL, 100, 1)).code(), v1::CODE_OK);
  // The loser's end does not close the winner's session.
  const std::size_t before = exchange_.applied.size();
  first.disconnect();
  EXPECT_EQ(exchange_.applied.size(), before);
}

TEST_F(SessionTest, a_lost_connection_closes_the_session_and_the_grace_cancels_its_orders) {
  LocalClient client(exchange_);
  v1::Request request = client.log_on_request(test::alice);
  request.mutable_log_on()->set_disconnect_grace_ns(1'000'000'000);
  client.send(request);
  ASSERT_EQ(client.command(test::order(1, v1::SIDE_SELL, 100, 1)).code(), v1::CODE_OK);
  client.disconnect();
  EXPECT_EQ(exchange_.applied.back().type, CommandType::close_session);
  std::vector<OpenOrder> orders;
  exchange_.engine.open_orders(AccountId{1}, orders);
  EXPECT_EQ(orders.size(), 1U);
  exchange_.pass_ms(1'001);
  Command tick;
  tick.type = CommandType::tick;
  exchange_.command(tick);
  orders.clear();
  exchange_.engine.open_orders(AccountId{1}, orders);
  EXPECT_TRUE(orders.empty());
}

TEST_F(SessionTest, a_connection_lost_during_log_on_leaves_no_session_behind) {
  auto client = std::make_unique<LocalClient>(exchange_);
  const std::string bytes = frame_of(client->log_on_request(test::alice));
  client->hand_over(bytes);
  client->disconnect();
  ASSERT_GE(exchange_.applied.size(), 2U);
  EXPECT_EQ(exchange_.applied.back().type, CommandType::close_session);
  EXPECT_EQ(exchange_.applied.back().epoch, 1U);
}

TEST_F(SessionTest, a_close_the_sequencer_cannot_take_is_tried_again) {
  LocalClient client(exchange_);
  client.log_on(test::alice);
  exchange_.next_admission = gateway::Admission::busy;
  client.disconnect();
  EXPECT_NE(exchange_.applied.back().type, CommandType::close_session);
  exchange_.next_admission = gateway::Admission::accepted;
  exchange_.pass_ms(50);
  EXPECT_EQ(exchange_.applied.back().type, CommandType::close_session);
}

TEST_F(SessionTest, a_revoked_key_is_cut_at_once_and_stays_out) {
  LocalClient client(exchange_);
  client.log_on(test::alice);
  Command revoke;
  revoke.type = CommandType::revoke_key;
  revoke.revoke_key.revoked_key = KeyId{test::alice.key};
  exchange_.command(revoke);
  client.take();
  EXPECT_EQ(client.farewell(), v1::CODE_KEY_REVOKED);
  LocalClient again(exchange_);
  again.send(again.log_on_request(test::alice));
  EXPECT_EQ(again.farewell(), v1::CODE_LOG_ON_REFUSED);
}

TEST_F(SessionTest, a_resend_gets_the_first_answer_and_a_different_request_does_not) {
  LocalClient client(exchange_);
  client.log_on(test::alice);
  v1::Command command = test::order(1, v1::SIDE_SELL, 100, 1);
  command.set_client_seq(1);
  const v1::Reply first = client.command(command);
  const v1::Reply again = client.command(command);
  EXPECT_TRUE(again.is_repeated());
  EXPECT_EQ(again.sequence(), first.sequence());
  EXPECT_EQ(again.order_id(), first.order_id());
  EXPECT_EQ(again.event_number(), first.event_number());
  command.mutable_place_order()->set_quantity_lots(2);
  EXPECT_EQ(client.command(command).code(), v1::CODE_IDEMPOTENCY_CONFLICT);
  command.set_client_seq(3);
  const v1::Reply gap = client.command(command);
  EXPECT_EQ(gap.code(), v1::CODE_SEQ_GAP);
  EXPECT_EQ(gap.value(), 2);
}

TEST_F(SessionTest, silence_ends_a_session_and_the_exchange_itself_is_never_silent) {
  LocalClient silent(exchange_);
  silent.log_on(test::alice);
  LocalClient talking(exchange_);
  talking.log_on(test::bob);
  int pulses = 0;
  for (int i = 0; i < 310; ++i) {
    exchange_.pass_ms(100);
    for (const v1::Response& it : silent.take()) pulses += it.has_pulse();
    if (i % 50 == 0) talking.send(ping(1));
  }
  EXPECT_EQ(silent.farewell(), v1::CODE_IDLE_TIMEOUT);
  EXPECT_GE(pulses, 5);
  EXPECT_FALSE(talking.is_ended());
}

TEST_F(SessionTest, bytes_that_never_become_a_frame_do_not_keep_a_session_alive) {
  LocalClient client(exchange_);
  client.log_on(test::alice);
  for (int i = 0; i < 310 && !client.is_ended(); ++i) {
    client.send_bytes(std::string(1, i == 0 ? '\0' : '\1'));
    exchange_.pass_ms(100);
    client.take();
  }
  EXPECT_TRUE(client.is_ended());
}

TEST_F(SessionTest, a_log_on_has_to_come_in_time) {
  LocalClient client(exchange_);
  exchange_.pass_ms(4'999);
  EXPECT_FALSE(client.is_ended());
  exchange_.pass_ms(1);
  client.take();
  EXPECT_EQ(client.farewell(), v1::CODE_LOG_ON_TIMEOUT);
}

TEST_F(SessionTest, the_token_bucket_bounds_commands_but_never_a_mass_cancel) {
  gateway::SessionLimits limits;
  limits.commands_per_second = 10;
  limits.commands_burst = 3;
  LocalExchange exchange(limits);
  exchange.make_market();
  LocalClient client(exchange);
  client.log_on(test::alice);
  const v1::Command command = test::order(1, v1::SIDE_SELL, 100, 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.command(command).code(), v1::CODE_OK);
  const v1::Reply limited = client.command(command);
  EXPECT_EQ(limited.code(), v1::CODE_RATE_LIMITED);
  EXPECT_EQ(limited.value(), 100'000'000);
  EXPECT_EQ(limited.sequence(), 0U);
  v1::Command cancel;
  cancel.mutable_mass_cancel();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.command(cancel).code(), v1::CODE_OK);
  exchange.pass_ms(100);
  EXPECT_EQ(client.command(command).code(), v1::CODE_OK);
  EXPECT_EQ(client.command(command).code(), v1::CODE_RATE_LIMITED);
}

TEST_F(SessionTest, all_sessions_of_an_account_pay_from_one_bucket_and_nobody_elses) {
  gateway::SessionLimits limits;
  limits.commands_per_second = 10;
  limits.commands_burst = 4;
  LocalExchange exchange(limits);
  exchange.make_market();
  LocalClient trader(exchange);
  trader.log_on(test::alice);
  LocalClient canceller(exchange);
  canceller.log_on(test::alice_canceller);
  const v1::Command order = test::order(1, v1::SIDE_SELL, 100, 1);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(trader.command(order).code(), v1::CODE_OK);
  v1::Command cancel;
  cancel.mutable_cancel_order()->set_order_id(1);
  EXPECT_EQ(canceller.command(cancel).code(), v1::CODE_RATE_LIMITED);
  LocalClient again(exchange);
  again.log_on(test::alice);
  EXPECT_EQ(again.command(order).code(), v1::CODE_RATE_LIMITED) << "a new session fills nothing";
  LocalClient bob(exchange);
  bob.log_on(test::bob);
  EXPECT_EQ(bob.command(test::order(1, v1::SIDE_BUY, 50, 1)).code(), v1::CODE_OK);
  LocalClient one(exchange);
  one.log_on(test::operator_key);
  LocalClient other(exchange);
  other.log_on(test::second_operator);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(one.send(ping(1))[0].has_reply());
  EXPECT_EQ(one.send(ping(1))[0].reply().code(), v1::CODE_RATE_LIMITED);
  EXPECT_FALSE(other.send(ping(1))[0].has_reply()) << "a key of the exchange has its own";
}

TEST_F(SessionTest, a_question_that_looks_into_the_exchange_costs_sixteen_commands) {
  gateway::SessionLimits limits;
  limits.commands_per_second = 1;
  limits.commands_burst = 33;
  LocalExchange exchange(limits);
  exchange.make_market();
  LocalClient client(exchange);
  client.log_on(test::alice);
  v1::Request question;
  question.mutable_query_orders();
  const auto code = [&] { return client.send(question)[0].reply().code(); };
  EXPECT_EQ(code(), v1::CODE_NOT_AVAILABLE);  // there is no desk here
  EXPECT_EQ(code(), v1::CODE_NOT_AVAILABLE);
  EXPECT_EQ(code(), v1::CODE_RATE_LIMITED);
  EXPECT_FALSE(client.send(ping(1))[0].has_reply()) << "one was left";
}

TEST_F(SessionTest, unanswered_commands_are_bounded_with_room_for_a_mass_cancel) {
  gateway::SessionLimits limits;
  limits.in_flight_max = 4;
  LocalExchange exchange(limits);
  exchange.make_market();
  LocalClient client(exchange);
  client.log_on(test::alice);
  std::string bytes;
  v1::Request request;
  *request.mutable_command() = test::order(1, v1::SIDE_SELL, 100, 1);
  for (int i = 0; i < 6; ++i) bytes += frame_of(request);
  request.mutable_command()->mutable_mass_cancel();
  bytes += frame_of(request);
  client.send_bytes(bytes);
  std::vector<v1::Code> codes;
  for (const v1::Response& it : client.take()) codes.push_back(it.reply().code());
  const std::vector<v1::Code> expected{v1::CODE_TOO_MANY_IN_FLIGHT,
                                       v1::CODE_TOO_MANY_IN_FLIGHT,
                                       v1::CODE_OK,
                                       v1::CODE_OK,
                                       v1::CODE_OK,
                                       v1::CODE_OK,
                                       v1::CODE_OK};
  EXPECT_EQ(codes, expected);
}

TEST_F(SessionTest, a_client_that_does_not_read_is_cut_within_its_bound) {
  gateway::SessionLimits limits;
  limits.unread_bytes_max = 65'536;
  LocalExchange exchange(limits);
  exchange.make_market();
  LocalClient client(exchange);
  client.log_on(test::alice);
  v1::Request request;
  *request.mutable_command() = test::order(1, v1::SIDE_SELL, 0, 1);
  const std::string bytes = frame_of(request);
  std::size_t most = 0;
  for (int i = 0; i < 10'000 && !client.is_ended(); ++i) {
    client.send_bytes(bytes);
    most = std::max(most, client.session()->unread_bytes());
  }
  EXPECT_TRUE(client.is_ended());
  EXPECT_LT(most, 65'536U + 512U);
  client.take();
  EXPECT_EQ(client.farewell(), v1::CODE_TOO_SLOW);
}

TEST_F(SessionTest, what_the_sequencer_refuses_is_said_and_uses_no_number_up) {
  LocalClient client(exchange_);
  client.log_on(test::alice);
  v1::Command command = test::order(1, v1::SIDE_SELL, 100, 1);
  command.set_client_seq(1);
  exchange_.next_admission = gateway::Admission::busy;
  EXPECT_EQ(client.command(command).code(), v1::CODE_BUSY);
  exchange_.next_admission = gateway::Admission::disk_full;
  EXPECT_EQ(client.command(command).code(), v1::CODE_DISK_FULL);
  exchange_.next_admission = gateway::Admission::clock_held;
  EXPECT_EQ(client.command(command).code(), v1::CODE_CLOCK_HELD);
  exchange_.next_admission = gateway::Admission::accepted;
  EXPECT_EQ(client.command(command).code(), v1::CODE_OK);
}

TEST_F(SessionTest, events_resume_after_any_number) {
  {
    LocalClient client(exchange_);
    client.log_on(test::alice);
    for (int i = 0; i < 300; ++i) {
      ASSERT_EQ(client.command(test::order(1, v1::SIDE_SELL, 100 + i, 1)).code(), v1::CODE_OK);
    }
  }
  for (const std::uint64_t after : {0, 1, 7, 299, 304}) {
    LocalClient client(exchange_);
    v1::Request request = client.log_on_request(test::alice);
    request.mutable_log_on()->set_follow_events(true);
    request.mutable_log_on()->set_resume_after(after);
    std::vector<v1::Response> all = client.send(request);
    exchange_.hub.drained(client.id());
    for (const v1::Response& it : client.take()) all.push_back(it);
    std::uint64_t last = after;
    for (const v1::Response& it : all) {
      if (!it.has_event()) continue;
      EXPECT_EQ(it.event().number(), last + 1);
      last = it.event().number();
    }
    EXPECT_EQ(last, client.logged_on().last_event()) << "after " << after;
    const v1::Reply reply = client.command(test::order(1, v1::SIDE_SELL, 100, 1));
    EXPECT_EQ(reply.event_number(), last + 1);
  }
}

TEST_F(SessionTest, a_log_whose_disk_hangs_keeps_nobody_from_an_answer) {
  {
    LocalClient client(exchange_);
    client.log_on(test::alice);
    ASSERT_EQ(client.command(test::order(1, v1::SIDE_SELL, 100, 1)).code(), v1::CODE_OK);
  }
  exchange_.is_event_log_hanging = true;
  LocalClient client(exchange_);
  v1::Request request = client.log_on_request(test::alice);
  request.mutable_log_on()->set_follow_events(true);
  request.mutable_log_on()->set_resume_after(1);
  for (const v1::Response& it : client.send(request)) EXPECT_FALSE(it.has_event());
  const v1::Reply reply = client.command(test::order(1, v1::SIDE_SELL, 101, 1));
  ASSERT_EQ(reply.code(), v1::CODE_OK);
  exchange_.is_event_log_hanging = false;
  exchange_.run();
  std::uint64_t last = 1;
  for (const v1::Response& it : client.take()) {
    if (!it.has_event()) continue;
    EXPECT_EQ(it.event().number(), last + 1);
    last = it.event().number();
  }
  EXPECT_EQ(last, reply.event_number()) << "all of it comes, in order, once the disk answers";
}

TEST_F(SessionTest, who_follows_a_log_that_cannot_be_read_is_told_so_and_hears_what_comes) {
  {
    LocalClient client(exchange_);
    client.log_on(test::alice);
    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(client.command(test::order(1, v1::SIDE_SELL, 100 + i, 1)).code(), v1::CODE_OK);
    }
  }
  exchange_.is_event_log_damaged = true;
  LocalClient client(exchange_);
  v1::Request request = client.log_on_request(test::alice);
  request.mutable_log_on()->set_follow_events(true);
  request.mutable_log_on()->set_resume_after(1);
  v1::Reply told;
  for (const v1::Response& it : client.send(request)) {
    EXPECT_FALSE(it.has_event());
    if (it.has_reply()) told = it.reply();
  }
  EXPECT_EQ(told.code(), v1::CODE_RESUME_TOO_OLD) << "there was silence here";
  EXPECT_EQ(static_cast<std::uint64_t>(told.value()), client.logged_on().last_event());
  v1::Request order;
  order.set_request_id(9);
  *order.mutable_command() = test::order(1, v1::SIDE_SELL, 100, 1);
  std::uint64_t heard = 0;
  for (const v1::Response& it : client.send(order)) {
    if (it.has_event()) heard = it.event().number();
  }
  EXPECT_GT(heard, client.logged_on().last_event()) << "what comes is heard";
}

// --- frames -------------------------------------------------------------------------------------

TEST_F(SessionTest, frames_may_be_cut_at_every_byte) {
  LocalClient whole(exchange_);
  whole.log_on(test::alice);
  v1::Request request;
  request.set_request_id(5);
  *request.mutable_command() = test::order(1, v1::SIDE_SELL, 100, 1);
  const std::string bytes = frame_of(request) + frame_of(ping(6)) + frame_of(request);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    whole.send_bytes(bytes.substr(0, cut));
    std::vector<v1::Response> answers = whole.take();
    whole.send_bytes(bytes.substr(cut));
    for (const v1::Response& it : whole.take()) answers.push_back(it);
    ASSERT_EQ(answers.size(), 3U) << "cut at " << cut;
    int replies = 0;
    for (const v1::Response& it : answers)
      replies += it.reply().code() == v1::CODE_OK && it.reply().order_id() != 0;
    ASSERT_EQ(replies, 2) << "cut at " << cut;
  }
  std::vector<v1::Response> answers;
  for (const char byte : bytes) {
    whole.send_bytes(std::string(1, byte));
    for (const v1::Response& it : whole.take()) answers.push_back(it);
  }
  EXPECT_EQ(answers.size(), 3U);
}

TEST_F(SessionTest, frames_that_cannot_be_end_the_session_with_their_code) {
  const std::string empty(4, '\0');
  const std::string too_long("\0\1\0\1", 4);
  const std::string garbage("\0\0\0\3\xff\xff\xff", 7);
  const std::vector<std::pair<std::string, v1::Code>> cases{
      {empty, v1::CODE_BAD_FRAME},
      {too_long, v1::CODE_FRAME_TOO_LARGE},
      {std::string(64, '\xff'), v1::CODE_FRAME_TOO_LARGE},
      {garbage, v1::CODE_BAD_FRAME}};
  for (const auto& [bytes, code] : cases) {
    for (const bool is_logged_on : {false, true}) {
      LocalClient client(exchange_);
      if (is_logged_on) client.log_on(test::alice);
      client.send_bytes(bytes + frame_of(ping(1)));
      client.take();
      EXPECT_EQ(client.farewell(), code);
      client.send_bytes(frame_of(ping(2)));  // said to nobody
      EXPECT_TRUE(client.take().empty());
    }
  }
}

TEST_F(SessionTest, text_that_is_no_utf_8_ends_the_session_without_a_line_in_the_log) {
  const std::string name(16, 'x');
  v1::Request request;
  request.mutable_command()->mutable_admit_merchant()->set_name(name);
  std::string bytes = frame_of(request);
  bytes.replace(bytes.find(name), name.size(), std::string(name.size(), '\xff'));
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    LocalClient client(exchange_);
    client.log_on(test::operator_key);
    client.send_bytes(bytes);
    client.take();
    EXPECT_EQ(client.farewell(), v1::CODE_BAD_FRAME);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(SessionTest, a_frame_of_the_greatest_length_passes) {
  LocalClient client(exchange_);
  client.log_on(test::alice);
  v1::Request request;
  request.mutable_batch();
  while (request.ByteSizeLong() < 65'000) {
    *request.mutable_batch()->add_commands() = test::order(1, v1::SIDE_SELL, 100, 1);
  }
  const auto answers = client.send(request);
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].reply().field(), "commands");  // too many commands, but a whole frame
}

TEST_F(SessionTest, random_bytes_never_do_more_than_end_a_session) {
  Random random(test::seed_of_run());
  const std::int64_t rounds = test::effort(2'000);
  for (std::int64_t round = 0; round < rounds; ++round) {
    LocalClient client(exchange_);
    const std::size_t before = exchange_.applied.size();
    std::string bytes(random.between(4, 200), '\0');
    for (char& byte : bytes) byte = static_cast<char>(random.next());
    if (random.chance(1, 2)) bytes[0] = bytes[1] = bytes[2] = 0;
    client.send_bytes(bytes);
    client.take();
    ASSERT_EQ(exchange_.applied.size(), before);
  }
}

}  // namespace
}  // namespace karst
