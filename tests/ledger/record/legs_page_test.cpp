// docs/LEDGER.md shows the legs of every kind of settlement as the table has them, and every kind
// takes what it gives.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "engine/settlement/legs.hpp"
#include "ledger/record/record.hpp"

namespace karst {
namespace {

constexpr std::pair<SettlementKind, const char*> kinds[] = {
    {SettlementKind::capacity_escrow, "capacity_escrow"},
    {SettlementKind::capacity_paid, "capacity_paid"},
    {SettlementKind::resale, "resale"},
    {SettlementKind::offer, "offer"},
};

const char* text_of(Purse purse) {
  switch (purse) {
    case Purse::buyer:
      return "buyer main";
    case Purse::seller:
      return "seller main";
    case Purse::escrow:
      return "seller escrow";
    case Purse::capacity:
      return "seller capacity";
    case Purse::fee_income:
      return "fee income";
    case Purse::issue:
      return "issue";
  }
  return "";
}

const char* text_of(LegAmount amount) {
  switch (amount) {
    case LegAmount::notional:
      return "notional";
    case LegAmount::buyer_fee:
      return "buyer's fee";
    case LegAmount::seller_fee:
      return "seller's fee";
    case LegAmount::lots:
      return "lots";
  }
  return "";
}

TEST(Legs, the_page_shows_the_table) {
  std::string table = "| kind | from | to | amount | role |\n|---|---|---|---|---|\n";
  for (const auto& [kind, name_of_kind] : kinds) {
    for (const LegRow& leg : legs_of(kind)) {
      table += std::string("| ") + name_of_kind + " | " + text_of(leg.from) + " | " +
               text_of(leg.to) + " | " + text_of(leg.amount) + " | " + name(leg.role) + " |\n";
    }
  }
  std::ifstream file(KARST_SOURCE_DIR "/docs/LEDGER.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(page.find(table), std::string::npos) << "docs/LEDGER.md should have\n" << table;
}

TEST(Legs, a_kind_there_is_not_has_none) {
  EXPECT_TRUE(legs_of(static_cast<SettlementKind>(0)).empty());
  EXPECT_TRUE(legs_of(static_cast<SettlementKind>(5)).empty());
  EXPECT_TRUE(legs_of(static_cast<SettlementKind>(255)).empty());
}

TEST(Legs, the_price_goes_into_escrow_where_the_table_says_so) {
  for (const auto& [kind, name_of_kind] : kinds) {
    std::map<Purse, std::int64_t> got;
    const LegAmounts amounts{.notional = 1'000, .buyer_fee = 20, .seller_fee = 3, .lots = 7};
    for (const LegRow& leg : legs_of(kind)) {
      if (leg.amount == LegAmount::lots) continue;
      got[leg.from] -= amounts.of(leg.amount);
      got[leg.to] += amounts.of(leg.amount);
    }
    EXPECT_EQ(got[Purse::buyer], -1'020) << name_of_kind;
    EXPECT_EQ(got[Purse::fee_income], 23) << name_of_kind;
    EXPECT_EQ(got[is_escrowed(kind) ? Purse::escrow : Purse::seller], 997) << name_of_kind;
  }
}

}  // namespace
}  // namespace karst
