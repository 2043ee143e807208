// From events to balanced legs.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "ledger/record/posting.hpp"
#include "tests/ledger/record/event_maker.hpp"

namespace karst {
namespace {

using test::EventMaker;
using test::Step;
using test::TradeWish;

constexpr CurrencyId yuan{1};
constexpr AccountId buyer{5};
constexpr AccountId seller{6};
constexpr InstrumentId contract = instrument_id(0, 1);
constexpr InstrumentId product = instrument_id(0, 2);

/// The legs of a draft as an accountant would write them.
std::string lines(const RecordDraft& draft) {
  std::string all;
  for (std::size_t i = 0; i < draft.legs_count; ++i) {
    const DraftLeg& leg = draft.legs[i];
    const AccountId merchant = merchant_of(leg.account);
    all += merchant.is_none() ? "exchange" : std::to_string(merchant.value());
    all += "." + std::to_string(leg.account.value() & 7U) + " ";
    all += is_currency(leg.asset) ? "cash" : "lots";
    all += (leg.amount >= 0 ? " +" : " ") + std::to_string(leg.amount) + " ";
    all += name(leg.role) + std::string("\n");
  }
  return all;
}

class RecordPosting : public testing::Test {
 protected:
  std::vector<RecordDraft> posted(const std::vector<Step>& steps) {
    std::vector<RecordDraft> drafts;
    for (const Step& step : steps) {
      const Status status = posting.translate(step.command, step.events, drafts);
      EXPECT_TRUE(status.ok()) << status.error().text();
    }
    return drafts;
  }

  RecordDraft traded(const TradeWish& wish) {
    std::vector<Step> steps;
    maker.contracts(steps, PoolId{1}, yuan, 497'222, {contract});
    maker.product(steps, product, seller, yuan, "MAPS");
    maker.trade(maker.begin(steps, CommandType::place_order, buyer), wish);
    return posted(steps).back();
  }

  EventMaker maker;
  Posting posting{3};
};

TEST_F(RecordPosting, compute_sold_from_capacity_pays_into_escrow) {
  const RecordDraft draft = traded({contract, buyer, seller, 250, 10, 5000, 25, 15,
                                    SettlementKind::capacity_escrow, Side::sell});
  EXPECT_EQ(draft.kind, RecordKind::settle);
  EXPECT_EQ(lines(draft),
            "5.0 cash -5025 cash\n"
            "6.1 cash +4985 escrow\n"
            "exchange.1 cash +25 fee\n"
            "exchange.1 cash +15 fee\n"
            "6.4 lots -10 units\n"
            "5.0 lots +10 units\n");
}

TEST_F(RecordPosting, a_trade_says_the_orders_of_both_sides_whoever_took) {
  TradeWish wish{contract, buyer, seller, 250, 10, 5000, 25, 15, SettlementKind::capacity_escrow};
  wish.maker_order = OrderId{11};
  wish.taker_order = OrderId{22};
  for (const Side taker : {Side::buy, Side::sell}) {
    wish.taker = taker;
    const RecordDraft draft = traded(wish);
    std::vector<std::byte> bytes(RecordDraft::bytes_max);
    bytes.resize(encode(draft, 0, std::vector<Leg>(draft.legs_count), bytes.data()));
    const bool is_buyer = taker == Side::buy;
    EXPECT_EQ(trusted_view(bytes).orders(),
              (TradeOrders{OrderId{is_buyer ? 22U : 11U}, OrderId{is_buyer ? 11U : 22U}}));
  }
}

TEST_F(RecordPosting, seats_pay_their_issuer_at_once) {
  EXPECT_EQ(lines(traded({product, buyer, seller, 250, 10, 5000, 0, 15,
                          SettlementKind::capacity_paid, Side::sell})),
            "5.0 cash -5000 cash\n"
            "6.0 cash +4985 cash\n"
            "exchange.1 cash +15 fee\n"
            "6.4 lots -10 units\n"
            "5.0 lots +10 units\n");
}

TEST_F(RecordPosting, resale_takes_lots_from_the_main_account) {
  EXPECT_EQ(lines(traded(
                {contract, buyer, seller, 250, 10, 5000, 0, 0, SettlementKind::resale, Side::buy})),
            "5.0 cash -5000 cash\n"
            "6.0 cash +5000 cash\n"
            "6.0 lots -10 units\n"
            "5.0 lots +10 units\n");
}

TEST_F(RecordPosting, a_posted_offer_mints_licences_of_the_terms_sold) {
  const RecordDraft draft =
      traded({product, buyer, seller, 100, 3, 300, 3, 0, SettlementKind::offer, Side::buy, 7});
  EXPECT_EQ(lines(draft),
            "5.0 cash -303 cash\n"
            "6.0 cash +300 cash\n"
            "exchange.1 cash +3 fee\n"
            "exchange.5 lots -3 units\n"
            "5.0 lots +3 units\n");
  std::vector<Leg> legs(draft.legs_count);
  for (std::size_t i = 0; i < legs.size(); ++i) {
    const DraftLeg& leg = draft.legs[i];
    legs[i] = {leg.account, leg.asset, leg.amount, leg.amount, 1, leg.role};
  }
  std::vector<std::byte> bytes(RecordDraft::bytes_max);
  bytes.resize(encode(draft, 9, legs, bytes.data()));
  const auto view = decode(bytes);
  ASSERT_TRUE(view.ok()) << view.error().text();
  const TradeDetails expected{product,           Quantity{3}, Price{100}, 7,
                              TradeMode::posted, Side::buy,   1,          4};
  EXPECT_EQ(view->trade(), expected);
  EXPECT_EQ(view->seq(), 9u);
}

TEST_F(RecordPosting, cash_capacity_and_escrow_move_between_their_accounts) {
  std::vector<Step> steps;
  maker.currency(steps, yuan, "CNY");
  maker.admit(steps, buyer, "Render farm");
  maker.cash(steps, EventType::funded, buyer, yuan, 700);
  maker.cash(steps, EventType::withdrawn, buyer, yuan, 200);
  maker.contracts(steps, PoolId{1}, yuan, 497'222, {contract});
  Step& step = maker.begin(steps, CommandType::tick);
  maker.units(step, EventType::capacity_minted, contract, seller, 40, Draw::capacity);
  maker.escrow(step, seller, yuan, 90);
  maker.units(step, EventType::units_burnt, contract, seller, 30, Draw::capacity);
  maker.units(step, EventType::units_burnt, contract, buyer, 10, Draw::holding);
  const auto drafts = posted(steps);
  ASSERT_EQ(drafts.size(), 9u);
  const auto kinds = {RecordKind::define_asset, RecordKind::open_account, RecordKind::fund,
                      RecordKind::withdraw,     RecordKind::define_asset, RecordKind::mint,
                      RecordKind::release,      RecordKind::burn,         RecordKind::burn};
  std::size_t i = 0;
  for (const RecordKind kind : kinds) {
    EXPECT_EQ(drafts[i].kind, kind) << i;
    EXPECT_EQ(drafts[i].source_seq, i + 1);
    ++i;
  }
  EXPECT_EQ(lines(drafts[2]), "exchange.4 cash -700 cash\n5.0 cash +700 cash\n");
  EXPECT_EQ(lines(drafts[3]), "5.0 cash -200 cash\nexchange.4 cash +200 cash\n");
  EXPECT_EQ(lines(drafts[5]), "exchange.5 lots -40 units\n6.4 lots +40 units\n");
  EXPECT_EQ(lines(drafts[6]), "6.1 cash -90 escrow\n6.0 cash +90 cash\n");
  EXPECT_EQ(lines(drafts[7]), "6.4 lots -30 units\nexchange.5 lots +30 units\n");
  EXPECT_EQ(lines(drafts[8]), "5.0 lots -10 units\nexchange.5 lots +10 units\n");
}

TEST_F(RecordPosting, every_draft_sums_to_zero_per_asset) {
  for (const auto kind : {SettlementKind::capacity_escrow, SettlementKind::capacity_paid,
                          SettlementKind::resale, SettlementKind::offer}) {
    for (const std::int64_t buyer_fee : {0, 7}) {
      for (const std::int64_t seller_fee : {0, 5}) {
        maker = {};
        posting = Posting{3};
        const RecordDraft draft =
            traded({product, buyer, seller, 250, 10, 5000, buyer_fee, seller_fee, kind});
        std::map<std::uint32_t, std::int64_t> sums;
        for (std::size_t i = 0; i < draft.legs_count; ++i) {
          sums[draft.legs[i].asset.value()] += draft.legs[i].amount;
        }
        for (const auto& [asset, sum] : sums) EXPECT_EQ(sum, 0) << asset;
      }
    }
  }
}

TEST_F(RecordPosting, events_that_make_no_sense_are_refused_whole) {
  std::vector<Step> steps;
  Step& step = maker.begin(steps, CommandType::place_order, buyer);
  maker.escrow(step, seller, yuan, 90);
  maker.trade(step, {contract, buyer, seller, 250, 10, 5000});  // never listed
  std::vector<RecordDraft> drafts;
  const Status unknown = posting.translate(step.command, step.events, drafts);
  EXPECT_EQ(unknown.error().code, ErrorCode::invalid);
  EXPECT_TRUE(drafts.empty());
  std::erase_if(step.events, [](const Event& event) { return event.type == EventType::trade; });
  EXPECT_FALSE(posting.translate(step.command, step.events, drafts).ok());
  EXPECT_TRUE(drafts.empty());
}

TEST_F(RecordPosting, what_an_instrument_is_paid_in_is_learned_from_its_record) {
  AssetDetails asset;
  asset.asset = asset_of(contract);
  asset.what = AssetClass::contract;
  asset.currency = asset_of(CurrencyId{2});
  posting.learn(asset);
  std::vector<Step> steps;
  maker.trade(maker.begin(steps, CommandType::place_order, buyer),
              {contract, buyer, seller, 250, 10, 5000});
  EXPECT_EQ(posted(steps).back().legs[0].asset, asset_of(CurrencyId{2}));
}

TEST_F(RecordPosting, a_product_has_a_title_in_its_record_if_it_has_one) {
  std::vector<Step> steps;
  maker.product(steps, product, seller, yuan, "MAPS");
  const RecordDraft untitled = posted(steps).back();
  EXPECT_EQ(untitled.extension_bytes, extension_header_bytes + AssetDetails::bytes);
  steps.clear();
  maker.product(steps, product, seller, yuan, "MAPS", "\u5730\u56fe");
  const RecordDraft titled = posted(steps).back();
  EXPECT_EQ(titled.extension_bytes, untitled.extension_bytes + extension_header_bytes + 64U);
  const std::string bytes(reinterpret_cast<const char*>(titled.extensions.data()),
                          titled.extension_bytes);
  EXPECT_EQ(bytes.find("\u5730\u56fe"), untitled.extension_bytes + extension_header_bytes);
}

TEST_F(RecordPosting, names_are_kept_as_given) {
  std::vector<Step> steps;
  maker.admit(steps, buyer, "Robert'); DROP TABLE account;--");
  const RecordDraft draft = posted(steps).back();
  const std::string bytes(reinterpret_cast<const char*>(draft.extensions.data()),
                          draft.extension_bytes);
  EXPECT_NE(bytes.find("Robert'); DROP TABLE account;--"), std::string::npos);
}

}  // namespace
}  // namespace karst
