// Every field of every question, subscription and log-on at its edges, made from the schemas: the
// exchange answers each of them, and a plain question behind it.
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/seams/random.hpp"
#include "tests/gateway/daemon/local_exchange.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

using gateway::Client;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using test::LocalClient;
using test::LocalExchange;
using test::TestExchange;
using test::TestKey;

constexpr std::uint32_t products = 3;

/// Where types end, and on both sides of what the exchange has. Cast to a field's type they are its
/// 0, 1, greatest, least, -1 and their neighbours.
std::vector<std::uint64_t> edges(const std::vector<std::uint64_t>& known) {
  std::set<std::uint64_t> all{0, 1, 2};
  for (const unsigned bits : {16U, 24U, 31U, 32U, 62U, 63U}) {
    const std::uint64_t power = std::uint64_t{1} << bits;
    all.insert({power - 2, power - 1, power, power + 1});
  }
  for (const std::uint64_t number : known) all.insert({number - 1, number, number + 1});
  all.insert({~std::uint64_t{0} - 1, ~std::uint64_t{0}});
  return {all.begin(), all.end()};
}

/// Gives `field` the number, or what stands for it; a repeated one gets it behind what it has.
void put(Message& message, const FieldDescriptor* field, std::uint64_t number) {
  const auto& at = *message.GetReflection();
  const bool is_list = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_UINT64:
      return is_list ? at.AddUInt64(&message, field, number)
                     : at.SetUInt64(&message, field, number);
    case FieldDescriptor::CPPTYPE_INT64: {
      const auto value = static_cast<std::int64_t>(number);
      return is_list ? at.AddInt64(&message, field, value) : at.SetInt64(&message, field, value);
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      const auto value = static_cast<std::uint32_t>(number);
      return is_list ? at.AddUInt32(&message, field, value) : at.SetUInt32(&message, field, value);
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto value = static_cast<std::int32_t>(number);
      return is_list ? at.AddEnumValue(&message, field, value)
                     : at.SetEnumValue(&message, field, value);
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return at.SetBool(&message, field, number % 2 != 0);
    case FieldDescriptor::CPPTYPE_STRING: {
      // Text that is none is no message at all.
      const unsigned letters = field->type() == FieldDescriptor::TYPE_BYTES ? 0xff : 0x7f;
      return at.SetString(&message, field,
                          std::string(number % 66, static_cast<char>(number >> 8U & letters)));
    }
    default:
      FAIL() << "a field of a type this test does not know: " << field->full_name();
  }
}

/// Every kind of request but commands and those that begin or end a session.
std::vector<const FieldDescriptor*> questions() {
  const std::set<std::string> others{"log_on", "log_off", "command", "batch"};
  std::vector<const FieldDescriptor*> all;
  const auto* body = v1::Request::descriptor()->FindOneofByName("body");
  for (int i = 0; i < body->field_count(); ++i) {
    if (!others.contains(body->field(i)->name())) all.push_back(body->field(i));
  }
  return all;
}

Message& body_of(v1::Request& request, const FieldDescriptor* question) {
  return *request.GetReflection()->MutableMessage(&request, question);
}

/// The question as it is good: lists of schemas name one.
v1::Request good(const FieldDescriptor* question) {
  v1::Request request;
  Message& body = body_of(request, question);
  const auto* type = question->message_type();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->is_repeated() && field->enum_type() != nullptr) put(body, field, 1);
  }
  return request;
}

class Question : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    for (const char* bound : {"commands_per_second", "commands_burst"}) {
      exchange_.set_config(bound, "10000000");
    }
    exchange_.set_config("clock", std::string("\"") + GetParam() + "\"");
    exchange_.start();
    exchange_.make_market(products);
    const auto alice = exchange_.connect(test::alice);
    for (int i = 0; i < 5; ++i) {
      ASSERT_EQ(test::call(*alice, test::order(1, v1::SIDE_SELL, 100, 1)).code(), v1::CODE_OK);
    }
    v1::Request query;
    query.mutable_query_status();
    const v1::Status status = test::ask(*alice, query).status();
    edges_ = edges({exchange_.connect(test::alice)->logged_on().last_event(),
                    status.last_sequence(), products, 9, 500, 20'000});
  }

  std::unique_ptr<Client> connect(const TestKey& key) {
    gateway::ClientConfig config = exchange_.client_config(key);
    config.retries = 0;  // a lost connection is no answer
    Result<std::unique_ptr<Client>> client = Client::connect(config);
    EXPECT_TRUE(client);
    return client ? std::move(client).value() : nullptr;
  }

  void expect_answer(Client& client, const v1::Request& request) {
    const Result<v1::Response> answer = client.ask(request);
    ASSERT_TRUE(answer) << request.ShortDebugString() << answer.error().text();
    if (answer->has_reply() && !request.has_set_time()) {
      EXPECT_NE(answer->reply().code(), v1::CODE_OK) << request.ShortDebugString();
    }
    v1::Request plain;
    plain.mutable_query_status();
    const Result<v1::Response> status = client.ask(plain);
    ASSERT_TRUE(status && status->has_status()) << "after " << request.ShortDebugString();
  }

  TestExchange exchange_;
  std::vector<std::uint64_t> edges_;
};

TEST_P(Question, is_answered_with_every_field_at_every_edge) {
  for (const TestKey& key : {test::alice_viewer, test::alice, test::auditor, test::operator_key}) {
    const auto client = connect(key);
    ASSERT_NE(client, nullptr);
    for (const FieldDescriptor* question : questions()) {
      const auto* type = question->message_type();
      expect_answer(*client, good(question));
      for (int i = 0; i < type->field_count(); ++i) {
        for (const std::uint64_t edge : edges_) {
          v1::Request request = good(question);
          Message& body = body_of(request, question);
          body.GetReflection()->ClearField(&body, type->field(i));
          put(body, type->field(i), edge);
          expect_answer(*client, request);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST_P(Question, is_answered_with_all_fields_at_some_edge_at_once) {
  Random random(test::seed_of_run());
  const std::vector<const FieldDescriptor*> all = questions();
  for (const TestKey& key : {test::alice_viewer, test::operator_key}) {
    const auto client = connect(key);
    ASSERT_NE(client, nullptr);
    const std::int64_t count = test::effort(1'000);
    for (std::int64_t i = 0; i < count; ++i) {
      const FieldDescriptor* question = all[random.below(all.size())];
      v1::Request request = good(question);
      Message& body = body_of(request, question);
      for (int field = 0; field < question->message_type()->field_count(); ++field) {
        if (random.chance(1, 3)) continue;
        const std::uint64_t edge = edges_[random.below(edges_.size())];
        put(body, question->message_type()->field(field), edge);
      }
      expect_answer(*client, request);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(Question, about_events_is_answered_wherever_the_events_followed_begin) {
  for (const std::uint64_t edge : edges_) {
    gateway::ClientConfig config = exchange_.client_config(test::alice);
    config.follow_events = true;
    config.resume_after = edge;
    const Result<std::unique_ptr<Client>> client = Client::connect(config);
    ASSERT_TRUE(client) << edge << client.error().text();
    v1::Request request;
    request.mutable_query_events()->set_after_number(edge);
    expect_answer(**client, request);
  }
}

TEST_P(Question, by_a_log_off_is_answered_and_is_the_last) {
  const auto client = exchange_.connect(test::bob);
  v1::Request request;
  request.mutable_log_off();
  EXPECT_EQ(test::ask(*client, request).logged_off().code(), v1::CODE_OK);
  EXPECT_EQ(client->socket(), -1);
  request.mutable_query_status();
  EXPECT_TRUE(test::ask(*client, request).has_status()) << "a new session";
}

TEST_P(Question, by_a_subscription_is_answered_and_the_market_data_follows_it) {
  std::vector<v1::MarketData> data;
  gateway::ClientConfig config = exchange_.client_config(test::bob);
  config.handlers.on_market_data = [&](const v1::MarketData& it) { data.push_back(it); };
  const Result<std::unique_ptr<Client>> client = Client::connect(config);
  ASSERT_TRUE(client);
  v1::Request request;
  request.mutable_subscribe()->add_schemas(v1::FEED_SCHEMA_STATUS);
  const v1::Response answer = test::ask(**client, request);
  ASSERT_TRUE(answer.market_data().has_subscribed());
  EXPECT_EQ(answer.market_data().subscribed().code(), v1::CODE_OK);
  while (data.size() < 1 + products) ASSERT_TRUE((*client)->poll(5'000));
  EXPECT_TRUE(data[0].has_subscribed());
  EXPECT_TRUE(data[1].update().snapshot());
}

INSTANTIATE_TEST_SUITE_P(Clock, Question, testing::Values("real", "trace"),
                         [](const auto& clock) { return std::string(clock.param); });

TEST(LogOn, is_answered_with_every_field_at_every_edge) {
  LocalExchange exchange;
  exchange.make_market();
  LocalClient bob(exchange);
  bob.log_on(test::bob);
  const auto* type = v1::LogOn::descriptor();
  v1::Request plain;
  plain.mutable_query_status();
  for (const TestKey& key : {test::alice, test::auditor}) {
    for (int i = 0; i < type->field_count(); ++i) {
      for (const std::uint64_t edge : edges({exchange.engine.sequence(), 11, 64})) {
        LocalClient client(exchange);
        v1::Request request = client.log_on_request(key);
        request.mutable_log_on()->set_follow_events(true);
        put(*request.mutable_log_on(), type->field(i), edge);
        const std::vector<v1::Response> answers = client.send(request);
        ASSERT_FALSE(answers.empty());
        const bool is_refused = answers[0].has_reply() && answers[0].reply().code() != v1::CODE_OK;
        EXPECT_TRUE(answers[0].has_logged_on() || is_refused) << request.ShortDebugString();
        EXPECT_EQ(client.is_ended(), is_refused);
        Command fund;
        fund.type = CommandType::fund;
        fund.account = AccountId{test::alice.account};
        fund.fund = {CurrencyId{1}, Money{1}, {exchange.engine.sequence(), 2}};
        exchange.command(fund);
        exchange.pass_ms(1'000);
        const std::vector<v1::Response> status = bob.send(plain);
        ASSERT_FALSE(status.empty()) << request.ShortDebugString();
        EXPECT_TRUE(status.back().has_status());
      }
    }
  }
}

}  // namespace
}  // namespace karst
