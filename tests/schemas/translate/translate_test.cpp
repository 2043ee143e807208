// The translation between wire and engine: loses nothing, lets nothing out of range through.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "engine/command/codec.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/translate.hpp"
#include "tests/schemas/translate/random_command.hpp"
#include "tests/support/random_run.hpp"

namespace karst::schemas {
namespace {

TEST(Translate, every_command_comes_back_as_it_went) {
  Random random(test::seed_of_run());
  const std::int64_t rounds = test::effort(2'000);
  for (std::int64_t round = 0; round < rounds; ++round) {
    for (const CommandType type : all_commands) {
      const Command command = test::random_command(type, random);
      v1::Command wire;
      to_wire(command, wire);
      v1::Command received;
      ASSERT_TRUE(received.ParseFromString(wire.SerializeAsString()));
      Command back;
      ASSERT_EQ(to_engine(received, back), nullptr) << wire.ShortDebugString();
      ASSERT_TRUE(back == command) << wire.ShortDebugString();
      // And the journal keeps it so: nothing is accepted here and refused at replay.
      std::uint8_t bytes[encoded_command_bytes_max];
      std::span<const std::uint8_t> journaled(bytes, encode_command(command, bytes));
      Command replayed;
      ASSERT_TRUE(decode_command(journaled, replayed) && journaled.empty());
      ASSERT_TRUE(replayed == command) << wire.ShortDebugString();
    }
  }
}

TEST(Translate, the_number_of_a_command_is_its_field_number_less_100) {
  const auto* oneof = v1::Command::descriptor()->FindOneofByName("body");
  ASSERT_EQ(static_cast<std::size_t>(oneof->field_count()), all_commands.size());
  for (int i = 0; i < oneof->field_count(); ++i) {
    const auto type = all_commands[static_cast<std::size_t>(i)];
    EXPECT_EQ(oneof->field(i)->number(), static_cast<int>(type) + 100) << oneof->field(i)->name();
  }
}

struct WrongCase {
  const char* field;
  std::function<void(v1::Command&)> make;
};

v1::PlaceOrder good_order() {
  v1::PlaceOrder order;
  order.set_instrument_id(7);
  order.set_side(v1::SIDE_BUY);
  order.set_limit_ticks(250);
  order.set_quantity_lots(10);
  order.set_kind(v1::ORDER_KIND_LIMIT);
  order.set_time_in_force(v1::TIME_IN_FORCE_GTC);
  order.set_self_match(v1::SELF_MATCH_CANCEL_NEWEST);
  return order;
}

v1::SetPoolTerms good_terms() {
  v1::SetPoolTerms terms;
  terms.set_tick_value_fen(1);
  terms.set_price_min_ticks(1);
  terms.set_list_price_ticks(1);
  terms.set_price_max_ticks(1);
  terms.set_quantity_lots_max(1);
  terms.set_grade(v1::GRADE_SPOT);
  return terms;
}

/// A good order with one thing changed.
WrongCase order_with(const char* field, std::function<void(v1::PlaceOrder&)> change) {
  return {field, [change](v1::Command& command) {
            *command.mutable_place_order() = good_order();
            change(*command.mutable_place_order());
          }};
}

WrongCase terms_with(const char* field, std::function<void(v1::SetPoolTerms&)> change) {
  return {field, [change](v1::Command& command) {
            *command.mutable_set_pool_terms() = good_terms();
            change(*command.mutable_set_pool_terms());
          }};
}

std::vector<WrongCase> wrong_orders() {
  using Order = v1::PlaceOrder;
  return {
      order_with("side", [](Order& it) { it.clear_side(); }),
      order_with("side", [](Order& it) { it.set_side(static_cast<v1::Side>(3)); }),
      order_with("side", [](Order& it) { it.set_side(static_cast<v1::Side>(-1)); }),
      order_with("side", [](Order& it) { it.set_side(static_cast<v1::Side>(257)); }),
      order_with("kind", [](Order& it) { it.clear_kind(); }),
      order_with("time_in_force",
                 [](Order& it) { it.set_time_in_force(static_cast<v1::TimeInForce>(6)); }),
      order_with("self_match", [](Order& it) { it.clear_self_match(); }),
      order_with("draw", [](Order& it) { it.set_draw(static_cast<v1::Draw>(3)); }),
      order_with("client_order_id",
                 [](Order& it) { it.set_client_order_id(std::string(17, 'x')); }),
      order_with("client_order_id",
                 [](Order& it) { it.set_client_order_id(std::string(16, 'x')); }),
      order_with("client_order_id", [](Order& it) { it.set_client_order_id("a b"); }),
      order_with("client_order_id",
                 [](Order& it) { it.set_client_order_id(std::string("a\0b", 3)); }),
  };
}

std::vector<WrongCase> wrong_terms() {
  using Terms = v1::SetPoolTerms;
  return {
      terms_with("currency_id", [](Terms& it) { it.set_currency_id(65'536); }),
      terms_with("band_bps", [](Terms& it) { it.set_band_bps(10'001); }),
      terms_with("tick_value_fen", [](Terms& it) { it.set_tick_value_fen(0); }),
      terms_with("tick_value_fen", [](Terms& it) { it.set_tick_value_fen(-1); }),
      terms_with("tick_value_fen", [](Terms& it) { it.set_tick_value_fen(1'000'000'000'001); }),
      terms_with("price_min_ticks", [](Terms& it) { it.set_price_min_ticks(0); }),
      terms_with("price_min_ticks", [](Terms& it) { it.set_price_min_ticks(2); }),
      terms_with("price_max_ticks", [](Terms& it) { it.set_price_max_ticks((1 << 30) + 1); }),
      terms_with("price_max_ticks", [](Terms& it) { it.set_list_price_ticks(2); }),
      terms_with("quantity_lots_max", [](Terms& it) { it.set_quantity_lots_max(0x80000000U); }),
      terms_with("tier_min", [](Terms& it) { it.set_tier_min(10); }),
      terms_with("clearance_min", [](Terms& it) { it.set_clearance_min(256); }),
      terms_with("penalty_bps", [](Terms& it) { it.set_penalty_bps(50'001); }),
      terms_with("gate_open_lead_ns",
                 [](Terms& it) { it.set_gate_open_lead_ns(400 * ns_per_day + 1); }),
  };
}

/// A good product with a title.
WrongCase titled(std::string title) {
  return {"title", [title = std::move(title)](v1::Command& command) {
            v1::DefineProduct& product = *command.mutable_define_product();
            product.set_tick_value_fen(1);
            product.set_price_min_ticks(1);
            product.set_list_price_ticks(1);
            product.set_price_max_ticks(1);
            product.set_quantity_lots_max(1);
            product.set_currency_id(1);
            product.set_calendar_id(1);
            product.set_fee_schedule_id(1);
            product.set_supply(v1::SUPPLY_NON_RIVAL);
            product.set_resale(v1::RESALE_NONE);
            product.set_unit(v1::UNIT_COPY);
            product.set_symbol("MAPS");
            product.set_title(title);
          }};
}

std::vector<WrongCase> other_wrong_cases() {
  return {
      titled("E\u0301lan"),  // looks as one in normal form C does
      titled("a\u202eb"),  // what follows is written from right to left
      titled("a\u200bb"),  // of no width
      titled("\u0378"),    // unassigned
      titled("\xff"),
      titled("\xed\xa0\x80"),
      titled("\xe5\x9c"),  // ends within a character
      titled("a\nb"),
      titled(" a"),
      titled(std::string("a\0b", 3)),
      titled(std::string(1, '\0')),
      titled(std::string(65, 'a')),
      {"body", [](v1::Command&) {}},
      {"name", [](v1::Command& it) { it.mutable_admit_merchant()->set_name(""); }},
      {"name", [](v1::Command& it) { it.mutable_admit_merchant()->set_name(" a"); }},
      {"name", [](v1::Command& it) { it.mutable_admit_merchant()->set_name("a\n"); }},
      {"name", [](v1::Command& it) { it.mutable_admit_merchant()->set_name("\xc3\xa9"); }},
      {"name",
       [](v1::Command& it) { it.mutable_admit_merchant()->set_name(std::string(33, 'a')); }},
      {"currency_id", [](v1::Command& it) { it.mutable_fund()->set_amount_fen(1); }},
      {"amount_fen",
       [](v1::Command& it) {
         it.mutable_fund()->set_currency_id(1);
         it.mutable_fund()->set_amount_fen((std::int64_t{1} << 62) + 1);
       }},
      {"reference",
       [](v1::Command& it) {
         it.mutable_fund()->set_currency_id(1);
         it.mutable_fund()->set_amount_fen(1);
         it.mutable_fund()->set_reference(std::string(3, '\0'));
       }},
      {"public_key",
       [](v1::Command& it) {
         it.mutable_create_key()->set_key_id(1);
         it.mutable_create_key()->set_scopes(31);
         it.mutable_create_key()->set_public_key(std::string(31, 'k'));
       }},
      {"scopes",
       [](v1::Command& it) {
         it.mutable_create_key()->set_key_id(1);
         it.mutable_create_key()->set_scopes(32);
       }},
      {"timeout_ns", [](v1::Command& it) { it.mutable_set_dead_man()->set_timeout_ns(999'999); }},
      {"order_id", [](v1::Command& it) { it.mutable_cancel_order(); }},
      {"order_id",
       [](v1::Command& it) {
         it.mutable_cancel_order()->set_order_id(1);
         it.mutable_cancel_order()->set_client_order_id("a");
       }},
      {"client_order_id",
       [](v1::Command& it) { it.mutable_cancel_order()->set_client_order_id("a/b"); }},
      {"name", [](v1::Command& it) { it.mutable_rename_merchant()->set_name("a\u202eb"); }},
      {"hours", [](v1::Command& it) { it.mutable_list_contracts()->set_hours(337); }},
      {"utc_offset_ns",
       [](v1::Command& it) {
         it.mutable_define_calendar()->set_calendar_id(1);
         it.mutable_define_calendar()->set_utc_offset_ns(-12 * ns_per_hour - 1);
       }},
  };
}

TEST(Translate, what_is_out_of_range_is_refused_by_the_name_of_its_field) {
  std::vector<WrongCase> cases = wrong_orders();
  for (auto& it : wrong_terms()) cases.push_back(it);
  for (auto& it : other_wrong_cases()) cases.push_back(it);
  for (const WrongCase& wrong : cases) {
    v1::Command wire;
    wrong.make(wire);
    Command command;
    EXPECT_STREQ(to_engine(wire, command), wrong.field) << wire.ShortDebugString();
  }
}

TEST(Translate, a_title_of_any_script_or_none_is_taken_and_given_back) {
  for (const std::string title : {"", "Maps", "\u5730\u56fe", "\u00c9lan"}) {
    v1::Command wire;
    titled(title).make(wire);
    Command command;
    ASSERT_EQ(to_engine(wire, command), nullptr) << title;
    EXPECT_STREQ(command.define_product->title.data(), title.c_str());
    v1::Command back;
    to_wire(command, back);
    EXPECT_EQ(back.define_product().title(), title);
  }
}

TEST(Translate, a_wish_this_build_does_not_know_is_refused) {
  v1::Command wire;
  *wire.mutable_place_order() = good_order();
  Command command;
  EXPECT_EQ(to_engine(wire, command), nullptr);
  std::string order = good_order().SerializeAsString() + "\xa0\x06\x01";  // field 100 = 1
  v1::Command newer;
  ASSERT_TRUE(newer.mutable_place_order()->ParseFromString(order));
  EXPECT_STREQ(to_engine(newer, command), "place_order");
}

TEST(Translate, reject_codes_have_the_same_numbers_on_the_wire) {
  EXPECT_EQ(to_wire(RejectCode::none), v1::CODE_OK);
  EXPECT_EQ(to_wire(RejectCode::unknown_key), v1::CODE_UNKNOWN_KEY);
  EXPECT_EQ(to_wire(RejectCode::invalid_field), v1::CODE_INVALID_FIELD);
  EXPECT_EQ(to_wire(RejectCode::unknown_order), v1::CODE_UNKNOWN_ORDER);
  EXPECT_EQ(to_wire(RejectCode::wrong_state), v1::CODE_WRONG_STATE);
  EXPECT_EQ(to_wire(RejectCode::client_order_ids_exceeded), v1::CODE_CLIENT_ORDER_IDS_EXCEEDED);
  EXPECT_EQ(to_wire(RejectCode::book_busy), v1::CODE_BOOK_BUSY);
}

TEST(Translate, a_settlement_is_a_fill_in_the_logs_of_both_sides) {
  Event trade{};
  trade.sequence = 9;
  trade.type = EventType::trade;
  trade.detail = static_cast<std::uint8_t>(Side::sell);  // the taker sells
  trade.trade.maker = OrderId{1};
  trade.trade.taker = OrderId{2};
  trade.trade.price = Price{250};
  trade.trade.quantity = Quantity{10};
  trade.trade.maker_leaves = Quantity{5};
  Event settlement{};
  settlement.sequence = 9;
  settlement.index = 3;
  settlement.type = EventType::settlement;
  settlement.detail = static_cast<std::uint8_t>(SettlementKind::resale);
  settlement.settlement.number = 77;
  settlement.settlement.buyer = AccountId{4};
  settlement.settlement.seller = AccountId{5};
  settlement.settlement.buyer_event = 40;
  settlement.settlement.seller_event = 50;
  settlement.settlement.buyer_fee = Money{3};
  settlement.settlement.seller_fee = Money{8};
  v1::Event buyer;
  to_wire({settlement, &trade, AccountId{4}, 40, Time{6}, {0x6b736564, 0}}, buyer);
  EXPECT_EQ(buyer.number(), 40U);
  EXPECT_EQ(buyer.time_ns(), 6);
  EXPECT_EQ(buyer.client_order_id(), "desk");
  EXPECT_EQ(buyer.fill().order_id(), 1U);
  EXPECT_FALSE(buyer.fill().is_taker());
  EXPECT_EQ(buyer.fill().fee_fen(), 3);
  EXPECT_EQ(buyer.fill().leaves_lots(), 5U);
  v1::Event seller;
  to_wire({settlement, &trade, AccountId{5}, 50}, seller);
  EXPECT_EQ(seller.number(), 50U);
  EXPECT_TRUE(seller.client_order_id().empty());
  EXPECT_EQ(seller.fill().order_id(), 2U);
  EXPECT_TRUE(seller.fill().is_taker());
  EXPECT_EQ(seller.fill().side(), v1::SIDE_SELL);
  EXPECT_EQ(seller.fill().kind(), v1::Fill::KIND_RESALE);
}

}  // namespace
}  // namespace karst::schemas
