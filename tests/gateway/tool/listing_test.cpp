// Names of instruments: what a user may say, and what is answered to what he should not.
#include "gateway/tool/listing.hpp"

#include <gtest/gtest.h>

#include "schemas/words/instrument_text.hpp"

namespace karst::tool {
namespace {

constexpr std::int64_t hour = 498'705;  // 2026-11-22T09Z

Listed product(std::uint32_t id, const char* symbol) {
  Listed listed;
  listed.id = id;
  listed.definition.set_kind(v1::Definition::KIND_DATA_PRODUCT);
  listed.definition.set_symbol(symbol);
  listed.definition.set_tick_value_fen(100);
  return listed;
}

Listed hour_contract(std::uint32_t id, const char* symbol, std::int64_t begins, bool is_open) {
  Listed listed;
  listed.id = id;
  listed.definition.set_kind(v1::Definition::KIND_HOUR_CONTRACT);
  listed.definition.set_symbol(symbol);
  listed.definition.set_delivery_hour(begins);
  listed.definition.set_tick_value_fen(1);
  listed.status.set_state(is_open ? v1::INSTRUMENT_STATE_OPEN : v1::INSTRUMENT_STATE_CLOSED);
  return listed;
}

Listing listing() {
  Listing listing;
  listing.add(product(1, "WEATHER"));
  listing.add(product(2, "TWIN"));
  listing.add(product(3, "TWIN"));
  listing.add(hour_contract(10, "GY", hour, false));
  listing.add(hour_contract(11, "GY", hour + 2, true));
  listing.add(hour_contract(12, "GY", hour + 1, true));
  listing.add(hour_contract(13, "LATE", hour, false));
  return listing;
}

std::uint32_t id_of(const Listing& all, const char* name) {
  const auto found = all.resolve(name);
  const auto* const listed = std::get_if<const Listed*>(&found);
  return listed == nullptr ? 0 : (*listed)->id;
}

std::string failure_of_name(const Listing& all, const char* name) {
  const auto found = all.resolve(name);
  const Failure* failure = std::get_if<Failure>(&found);
  return failure == nullptr ? "" : failure->code;
}

TEST(Listing, finds_what_is_named_by_number_symbol_or_hour) {
  const Listing all = listing();
  EXPECT_EQ(id_of(all, "1"), 1U);
  EXPECT_EQ(id_of(all, "WEATHER"), 1U);
  EXPECT_EQ(id_of(all, "weather"), 1U);
  EXPECT_EQ(id_of(all, "GY@2026-11-22T09Z"), 10U);
  EXPECT_EQ(id_of(all, "gy@2026-11-22T17+08"), 10U);
  EXPECT_EQ(id_of(all, "GY@498706"), 12U);
  EXPECT_EQ(id_of(all, "GY@next"), 12U) << "the nearest that is open";
}

TEST(Listing, says_why_a_name_is_none) {
  const Listing all = listing();
  EXPECT_EQ(failure_of_name(all, "9"), "UNKNOWN_INSTRUMENT");
  EXPECT_EQ(failure_of_name(all, "WETTER"), "UNKNOWN_INSTRUMENT");
  EXPECT_EQ(failure_of_name(all, "TWIN"), "AMBIGUOUS_INSTRUMENT");
  EXPECT_EQ(failure_of_name(all, "GY"), "POOL_NEEDS_HOUR");
  EXPECT_EQ(failure_of_name(all, "GY@noon"), "BAD_HOUR");
  EXPECT_EQ(failure_of_name(all, "GY@2026-11-22T09:30Z"), "BAD_HOUR");
  EXPECT_EQ(failure_of_name(all, "GY@2026-11-23T09Z"), "HOUR_NOT_LISTED");
  EXPECT_EQ(failure_of_name(all, "LATE@next"), "NO_OPEN_HOUR");
  EXPECT_EQ(failure_of_name(all, "NONE@next"), "UNKNOWN_INSTRUMENT");
  EXPECT_EQ(failure_of_name(Listing(), "WEATHER"), "UNKNOWN_INSTRUMENT");
}

TEST(Listing, every_instrument_is_found_by_the_name_it_is_shown_with) {
  const Listing all = listing();
  for (const auto& [id, listed] : all.all()) {
    if (listed.definition.symbol() == "TWIN") continue;
    EXPECT_EQ(id_of(all, instrument_name(listed.definition).c_str()), id);
  }
  EXPECT_EQ(all.name(10), "GY@2026-11-22T09Z");
  EXPECT_EQ(all.name(99), "instrument 99");
  EXPECT_EQ(all.price(1, 18), "18.00");
  EXPECT_EQ(all.price(10, 2'850), "28.50");
  EXPECT_EQ(all.price(99, 8), "8 ticks");
}

}  // namespace
}  // namespace karst::tool
