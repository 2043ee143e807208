// Every message × role × (own, other's, nobody's) object: exactly the allowed cells pass, and
// another's object is answered like nobody's. The messages come from the schema itself.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "schemas/translate/translate.hpp"
#include "tests/gateway/daemon/local_exchange.hpp"

namespace karst {
namespace {

using google::protobuf::FieldDescriptor;
using test::LocalClient;
using test::LocalExchange;

struct Role {
  const char* name;
  test::TestKey key;
};

const std::array<Role, 5> roles{{{"viewer", test::alice_viewer},
                                 {"canceller", test::alice_canceller},
                                 {"trader", test::alice},
                                 {"auditor", test::auditor},
                                 {"operator", test::operator_key}}};

enum class Whose : std::uint8_t { own, others, nobodys };
constexpr std::array<Whose, 3> all_whose{Whose::own, Whose::others, Whose::nobodys};

/// What the rules of docs/ENGINE.md §2.5 allow, written down apart from the code.
const std::map<std::string, std::set<std::string>> allowed{
    {"viewer", {"set_dead_man", "heartbeat"}},
    {"canceller",
     {"set_dead_man", "heartbeat", "kill_switch", "cancel_order", "mass_cancel",
      "hibernate_order"}},
    {"trader",
     {"set_dead_man", "heartbeat", "kill_switch", "cancel_order", "mass_cancel", "hibernate_order",
      "place_order", "amend_order", "reactivate_order", "post_offer"}},
    {"auditor", {"set_dead_man", "heartbeat"}},
};
const std::set<std::string> never{"configure",  "tick", "adopt_rules",  "begin_incarnation",
                                  "clock_held", "grow", "open_session", "close_session"};
const std::set<std::string> own_only{"set_dead_man", "heartbeat"};

bool is_allowed(const std::string& role, const std::string& command, Whose whose) {
  if (never.contains(command)) return false;
  if (own_only.contains(command)) return whose == Whose::own;
  if (role == "operator") return true;
  return allowed.at(role).contains(command) && whose == Whose::own;
}

/// A message with every field in range, so that only the permission decides.
void fill(google::protobuf::Message& message) {
  const auto* descriptor = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_UINT32:
        reflection->SetUInt32(&message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        reflection->SetUInt64(&message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection->SetInt64(&message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection->SetEnumValue(&message, field, 1);
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        reflection->SetString(&message, field,
                              field->name() == "public_key" || field->name().ends_with("hash")
                                  ? std::string(32, 'k')
                                  : "x");
        break;
      default:
        break;
    }
  }
}

/// Mends the combinations of fields that mean nothing together.
void make_meaningful(v1::Command& command) {
  if (command.has_configure()) {  // no exchange is as small as 1
    v1::Configure& sizes = *command.mutable_configure();
    for (int i = 0; i < sizes.GetDescriptor()->field_count(); ++i) {
      sizes.GetReflection()->SetUInt32(&sizes, sizes.GetDescriptor()->field(i), 2);
    }
  }
  if (command.has_place_order()) {
    command.mutable_place_order()->clear_draw();
    command.mutable_place_order()->clear_expiry_ns();
  }
  if (command.has_grow()) {
    v1::Grow& sizes = *command.mutable_grow();
    for (int i = 0; i < sizes.GetDescriptor()->field_count(); ++i) {
      sizes.GetReflection()->SetUInt32(&sizes, sizes.GetDescriptor()->field(i), 2);
    }
  }
  if (command.has_propose()) {
    v1::RevokeKey& revoke = *command.mutable_propose()->mutable_command()->mutable_revoke_key();
    revoke.set_key_id(test::carol.key);
  }
  if (command.has_set_instrument_state()) {
    command.mutable_set_instrument_state()->set_state(v1::INSTRUMENT_STATE_OPEN);
  }
  if (command.has_set_pool_terms()) {
    command.mutable_set_pool_terms()->set_gate_open_lead_ns(2);
  }
  if (command.has_define_product()) {
    command.mutable_define_product()->set_supply(v1::SUPPLY_EXCLUSIVE);
    command.mutable_define_product()->set_unit(v1::UNIT_COPY);
  }
}

/// The command of one field of Command.body, well formed, about `account`.
v1::Command command_of(const FieldDescriptor* field, std::uint32_t account) {
  v1::Command command;
  fill(*command.GetReflection()->MutableMessage(&command, field));
  if (command.has_set_dead_man()) command.mutable_set_dead_man()->set_timeout_ns(0);
  if (command.has_cancel_order()) command.mutable_cancel_order()->clear_client_order_id();
  if (command.has_mass_cancel()) command.mutable_mass_cancel()->clear_side();
  if (command.has_set_merchant_state()) {
    command.mutable_set_merchant_state()->set_state(v1::MERCHANT_STATE_SUSPENDED);
  }
  if (command.has_revoke_key()) command.mutable_revoke_key()->set_key_id(test::carol.key);
  make_meaningful(command);
  command.set_account_id(account);
  return command;
}

std::uint32_t account_of(const Role& role, Whose whose) {
  if (whose == Whose::own) return role.key.account;
  return whose == Whose::others ? test::bob.account : 50;
}

std::vector<const FieldDescriptor*> command_fields() {
  std::vector<const FieldDescriptor*> all;
  const auto* body = v1::Command::descriptor()->FindOneofByName("body");
  for (int i = 0; i < body->field_count(); ++i) all.push_back(body->field(i));
  return all;
}

TEST(Matrix, exactly_the_allowed_commands_pass_each_role) {
  std::size_t cells = 0;
  for (const Role& role : roles) {
    for (const FieldDescriptor* field : command_fields()) {
      for (const Whose whose : all_whose) {
        // The name of the merchant means nothing to these; whose they are cannot be asked.
        Command typed;
        const v1::Command wire = command_of(field, account_of(role, whose));
        ASSERT_EQ(schemas::to_engine(wire, typed), nullptr) << wire.ShortDebugString();
        const bool has_subject = traits_of(typed.type).is_personal;
        LocalExchange exchange;
        exchange.make_market();
        LocalClient client(exchange);
        client.log_on(role.key);
        const std::uint64_t before = exchange.engine.sequence();
        const v1::Reply reply = client.command(wire);
        const bool is_refused = reply.code() == v1::CODE_NOT_PERMITTED;
        const bool may = is_allowed(role.name, field->name(), has_subject ? whose : Whose::own);
        EXPECT_EQ(!is_refused, may) << role.name << " " << field->name() << " whose "
                                    << static_cast<int>(whose) << " " << reply.ShortDebugString();
        if (is_refused) {
          EXPECT_EQ(exchange.engine.sequence(), before) << "refused, yet sequenced";
        }
        ++cells;
      }
    }
  }
  EXPECT_EQ(cells, roles.size() * all_commands.size() * all_whose.size());
}

TEST(Matrix, the_engine_draws_the_same_line_where_the_gateway_lets_pass) {
  for (const Role& role : roles) {
    for (const FieldDescriptor* field : command_fields()) {
      LocalExchange exchange;
      exchange.make_market();
      Command adopt;
      adopt.type = CommandType::adopt_rules;
      adopt.adopt_rules.version = rules_newest;
      exchange.command(adopt);
      Command command;
      const v1::Command wire = command_of(field, account_of(role, Whose::others));
      ASSERT_EQ(schemas::to_engine(wire, command), nullptr);
      if (never.contains(field->name())) continue;
      command.key = KeyId{role.key.key};
      const std::size_t at = exchange.applied.size();
      exchange.command(command);
      ASSERT_EQ(exchange.applied.size(), at + 1);
      const gateway::Speaker speaker{command.key, AccountId{role.key.account}, role.key.scopes};
      // The engine's own refusal of the same command, seen through a fresh engine's events.
      std::vector<Event> ring(events_per_command_max);
      EventRing events{ring.data(), ring.size() - 1, 0};
      command.sequence = exchange.engine.sequence() + 1;
      command.time = Time{exchange.applied.back().time.value() + 1};
      const Applied made = exchange.engine.apply(command, events);
      const Event& answer = events.at(made.first + made.answer);
      const bool is_refused = answer.type == EventType::rejected &&
                              answer.detail == static_cast<std::uint8_t>(RejectCode::not_permitted);
      EXPECT_EQ(!is_refused, gateway::may_command(speaker, command))
          << role.name << " " << field->name();
    }
  }
}

/// The code with which `client` is refused, or OK, asking `request` about `account`.
v1::Code ask(LocalClient& client, v1::Request request, std::uint32_t account) {
  request.set_request_id(9);
  const auto* body = v1::Request::descriptor()->FindOneofByName("body");
  const FieldDescriptor* field = request.GetReflection()->GetOneofFieldDescriptor(request, body);
  auto* query = request.GetReflection()->MutableMessage(&request, field);
  const FieldDescriptor* about = query->GetDescriptor()->FindFieldByName("account_id");
  if (about != nullptr) query->GetReflection()->SetUInt32(query, about, account);
  for (const v1::Response& it : client.send(request)) {
    if (it.has_reply()) return it.reply().code();
  }
  return v1::CODE_OK;
}

TEST(Matrix, questions_about_others_are_answered_like_questions_about_nobody) {
  const auto* body = v1::Request::descriptor()->FindOneofByName("body");
  int questions = 0;
  for (int i = 0; i < body->field_count(); ++i) {
    const FieldDescriptor* field = body->field(i);
    if (!field->name().starts_with("query_")) continue;
    if (field->message_type()->FindFieldByName("account_id") == nullptr) continue;
    ++questions;
    for (const Role& role : roles) {
      LocalExchange exchange;
      exchange.make_market();
      std::vector<std::string> accesses;
      exchange.hub.on_access = [&](const gateway::Speaker&, AccountId, const char* question) {
        accesses.emplace_back(question);
      };
      LocalClient client(exchange);
      client.log_on(role.key);
      v1::Request request;
      request.GetReflection()->MutableMessage(&request, field);
      const bool is_elevated = (role.key.scopes & (scope::audit | scope::operate)) != 0;
      const v1::Code own = ask(client, request, role.key.account);
      const v1::Code others = ask(client, request, test::bob.account);
      const v1::Code nobodys = ask(client, request, 50);
      if (is_elevated) {
        EXPECT_NE(others, v1::CODE_NOT_PERMITTED);
        EXPECT_GE(accesses.size(), 2U) << "an elevated question must be in the access log";
      } else {
        EXPECT_NE(own, v1::CODE_NOT_FOUND) << role.name << field->name();
        EXPECT_EQ(others, v1::CODE_NOT_FOUND) << role.name << field->name();
        EXPECT_EQ(nobodys, others) << role.name << field->name();
        EXPECT_TRUE(accesses.empty());
      }
    }
  }
  EXPECT_EQ(questions, 7);
}

TEST(Matrix, orders_of_others_are_answered_like_orders_of_nobody) {
  LocalExchange exchange;
  exchange.make_market();
  LocalClient alice(exchange);
  alice.log_on(test::alice);
  LocalClient bob(exchange);
  bob.log_on(test::bob);
  const std::uint64_t own = alice.command(test::order(1, v1::SIDE_SELL, 100, 5)).order_id();
  const std::uint64_t others = bob.command(test::order(1, v1::SIDE_BUY, 50, 5)).order_id();
  const std::uint64_t nobodys = (std::uint64_t{77} << 32U) | 900;
  const auto say = [&](std::uint64_t order, int what) {
    v1::Command command;
    if (what == 0) command.mutable_cancel_order()->set_order_id(order);
    if (what == 1) command.mutable_hibernate_order()->set_order_id(order);
    if (what == 2) command.mutable_reactivate_order()->set_order_id(order);
    if (what == 3) {
      command.mutable_amend_order()->set_order_id(order);
      command.mutable_amend_order()->set_limit_ticks(100);
      command.mutable_amend_order()->set_quantity_lots(4);
    }
    v1::Reply reply = alice.command(command);
    return reply;
  };
  for (int what = 0; what < 4; ++what) {
    const v1::Reply to_others = say(others, what);
    const v1::Reply to_nobodys = say(nobodys, what);
    EXPECT_EQ(to_others.code(), v1::CODE_UNKNOWN_ORDER) << what;
    EXPECT_EQ(to_nobodys.code(), v1::CODE_UNKNOWN_ORDER) << what;
    EXPECT_EQ(to_others.value(), to_nobodys.value());
  }
  EXPECT_EQ(say(own, 3).code(), v1::CODE_OK);
  EXPECT_EQ(say(own, 1).code(), v1::CODE_OK);
  EXPECT_EQ(say(own, 2).code(), v1::CODE_OK);
  EXPECT_EQ(say(own, 0).code(), v1::CODE_OK);
}

}  // namespace
}  // namespace karst
