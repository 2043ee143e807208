// QueryInstruments: every filter, alone and together, page by page, against a naive look at all.
#include "gateway/feed/instrument_search.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "engine/seams/random.hpp"
#include "schemas/words/human_units.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

constexpr std::int64_t first_hour = 498'000;
constexpr std::uint32_t slots = 9'000;  // more than are looked at for one answer
constexpr Configure sizes{.accounts_max = 64,
                          .keys_max = 4,
                          .instruments_max = slots,
                          .orders_max = 16,
                          .holdings_max = 16,
                          .level_pages_max = 16,
                          .client_ids_max = 16,
                          .references_max = 16,
                          .currencies_max = 4,
                          .pools_max = 8,
                          .answers_per_key = 16,
                          .client_ids_per_account_max = 16,
                          .makers_per_command_max = 16,
                          .makers_per_bystander_max = 16,
                          .releases_per_command_max = 16};

/// What a test knows of an instrument, and nothing of how the feed keeps it.
struct Known {
  std::uint32_t id = 0;
  bool is_hour = false;
  std::string name;
  std::uint32_t pool = 0;
  std::uint32_t provider = 0;
  std::int64_t hour = 0;
  int state = 0;
  bool is_retired = false;
};

std::string hour_name(const std::string& symbol, std::int64_t hour) {
  return symbol + "@" + tool::format_hour(hour).substr(0, 13) + "Z";
}

class InstrumentSearch : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint32_t pool = 1; pool < sizes.pools_max; ++pool) {
      DefinePool define{};
      define.pool = PoolId{pool};
      define.operator_account = AccountId{1 + pool % 3};
      put(define.symbol, pools[pool]);
      feed_.reference_to_restore().restore_pool(define);
    }
    for (std::uint32_t slot = 1; slot < slots; ++slot) {
      if (random_.chance(1, 4)) continue;  // nothing is listed there
      list(slot);
    }
    // As many have been retired.
    Command command;
    for (std::size_t i = 0; i < known_.size(); i += 3) {
      Event event{};
      event.type = EventType::instrument_retired;
      event.instrument = InstrumentId{known_[i].id};
      event.state.before = static_cast<InstrumentState>(known_[i].state);
      feed_.reference_to_restore().apply(command, event);
      static_cast<void>(feed_.book_to_restore().apply(event));
      known_[i].is_retired = true;
    }
  }

  void list(std::uint32_t slot) {
    Known known;
    known.id = slot;
    known.is_hour = random_.chance(2, 3);
    known.state = 1 + static_cast<int>(random_.below(6));
    feed::InstrumentTerms terms{};
    terms.instrument = InstrumentId{slot};
    terms.is_contract = known.is_hour;
    if (known.is_hour) {
      known.pool = 1 + static_cast<std::uint32_t>(random_.below(sizes.pools_max - 1));
      known.provider = 1 + known.pool % 3;
      known.hour = first_hour + static_cast<std::int64_t>(random_.below(100));
      known.name = hour_name(pools[known.pool], known.hour);
      put(terms.symbol, pools[known.pool]);
      terms.pool = PoolId{known.pool};
      terms.hour = Hour{known.hour};
    } else {
      known.provider = 1 + static_cast<std::uint32_t>(random_.below(5));
      known.name = "WEATHER-" + std::to_string(slot % 40);
      put(terms.symbol, known.name);
      terms.issuer = AccountId{known.provider};
    }
    feed_.reference_to_restore().restore(terms);
    feed_.book_to_restore().restore_instrument(
        terms.instrument, static_cast<InstrumentState>(known.state), Price{slot}, Price{0});
    known_.push_back(known);
  }

  template <std::size_t N>
  static void put(Text<N>& to, const std::string& text) {
    ASSERT_LE(text.size(), N);
    std::memcpy(to.data(), text.data(), text.size());
  }

  [[nodiscard]] static bool is_meant(const v1::QueryInstruments& query, const Known& it) {
    bool is = query.retired() == it.is_retired;
    if (query.kind() == v1::Definition::KIND_HOUR_CONTRACT) is = is && it.is_hour;
    if (query.kind() == v1::Definition::KIND_DATA_PRODUCT) is = is && !it.is_hour;
    bool is_state = query.states_size() == 0;
    for (const int state : query.states()) is_state = is_state || state == it.state;
    if (query.instrument_id() != 0) is = is && query.instrument_id() == it.id;
    if (query.pool_id() != 0) is = is && query.pool_id() == it.pool;
    if (query.provider_account_id() != 0) is = is && query.provider_account_id() == it.provider;
    if (query.delivery_from_hour() != 0) is = is && it.hour >= query.delivery_from_hour();
    if (query.delivery_to_hour() != 0) {
      is = is && it.is_hour && it.hour < query.delivery_to_hour();
    }
    return is && is_state && it.name.rfind(query.name_prefix(), 0) == 0;
  }

  /// Asks page by page, and compares each row with what is known.
  void expect_found(v1::QueryInstruments query) {
    std::vector<std::uint32_t> expected;
    for (const Known& it : known_) {
      if (is_meant(query, it)) expected.push_back(it.id);
    }
    std::vector<std::uint32_t> found;
    int pages = 0;
    do {
      v1::Instruments page;
      ASSERT_EQ(feed::misfit(query), nullptr);
      feed::find_instruments(feed_, query, page);
      ASSERT_LE(page.instruments_size(), query.limit() == 0 ? 500 : int(query.limit()));
      for (const v1::InstrumentFound& it : page.instruments()) {
        found.push_back(it.instrument_id());
        expect_row(it, query.retired());
      }
      query.set_cursor(page.next_cursor());
      ASSERT_LT(++pages, 10'000);
    } while (query.cursor() != 0);
    EXPECT_EQ(found, expected) << query.ShortDebugString();
    found_ += found.size();
  }

  void expect_row(const v1::InstrumentFound& row, bool is_retired) {
    const auto known = std::ranges::find(known_, row.instrument_id(), &Known::id);
    ASSERT_NE(known, known_.end());
    EXPECT_EQ(row.name(), known->name);
    EXPECT_EQ(row.provider_account_id(), known->provider);
    EXPECT_EQ(static_cast<int>(row.status().state()), known->state);
    EXPECT_EQ(row.status().retired(), is_retired);
    EXPECT_EQ(row.definition().delivery_hour(), known->hour);
  }

  const std::string pools[8] = {"", "GUIAN-P", "GUIAN-N", "GUIAN", "ULANQAB-P", "G", "ZW", "ZW-2"};
  Random random_{test::seed_of_run()};
  feed::FeedPublisher feed_{sizes, {}};
  std::vector<Known> known_;
  std::size_t found_ = 0;
};

TEST_F(InstrumentSearch, finds_what_a_naive_look_at_all_finds_by_every_filter) {
  expect_found({});
  EXPECT_GT(found_, 3'000U);
  const std::int64_t count = test::effort(300);
  for (std::int64_t i = 0; i < count && !HasFatalFailure(); ++i) {
    v1::QueryInstruments query;
    const auto is_asked = [&] { return random_.chance(1, 4); };
    if (is_asked()) query.set_kind(static_cast<v1::Definition::Kind>(random_.below(3)));
    for (std::uint64_t n = is_asked() ? random_.below(4) : 0; n > 0; --n) {
      query.add_states(static_cast<v1::InstrumentState>(1 + random_.below(6)));
    }
    if (is_asked()) query.set_pool_id(static_cast<std::uint32_t>(random_.below(9)));
    if (is_asked()) query.set_provider_account_id(static_cast<std::uint32_t>(random_.below(7)));
    if (is_asked()) query.set_delivery_from_hour(first_hour + std::int64_t(random_.below(110)));
    if (is_asked()) query.set_delivery_to_hour(first_hour + std::int64_t(random_.below(110)));
    if (is_asked()) {
      const std::string& name = known_[random_.below(known_.size())].name;
      query.set_name_prefix(name.substr(0, random_.below(name.size() + 1)));
    }
    if (random_.chance(1, 20)) {
      query.set_instrument_id(known_[random_.below(known_.size())].id);
    }
    query.set_retired(random_.chance(1, 3));
    query.set_limit(random_.chance(1, 2) ? 0 : 1 + static_cast<std::uint32_t>(random_.below(500)));
    expect_found(query);
  }
}

TEST_F(InstrumentSearch, what_has_no_meaning_is_named) {
  const auto wrong = [](auto&& change) {
    v1::QueryInstruments query;
    change(query);
    const char* field = feed::misfit(query);
    return std::string(field == nullptr ? "" : field);
  };
  using Query = v1::QueryInstruments;
  EXPECT_EQ(wrong([](Query& it) { it.set_kind(static_cast<v1::Definition::Kind>(3)); }), "kind");
  EXPECT_EQ(wrong([](Query& it) { it.add_states(v1::INSTRUMENT_STATE_UNSPECIFIED); }), "states");
  EXPECT_EQ(wrong([](Query& it) {
              for (int i = 0; i < 17; ++i) it.add_states(v1::INSTRUMENT_STATE_OPEN);
            }),
            "states");
  EXPECT_EQ(wrong([](Query& it) { it.set_name_prefix(std::string(65, 'x')); }), "name_prefix");
  EXPECT_EQ(wrong([](Query& it) { it.set_delivery_from_hour(-1); }), "delivery_from_hour");
  EXPECT_EQ(wrong([](Query& it) { it.set_delivery_to_hour(-1); }), "delivery_to_hour");
  EXPECT_EQ(wrong([](Query& it) { it.set_limit(501); }), "limit");
  EXPECT_EQ(wrong([](Query& it) { it.set_cursor(~std::uint64_t{0}); }), "");
}

TEST(RetiredInstruments, are_kept_up_to_a_bound) {
  feed::FeedReference reference(sizes);
  Command command;
  const std::size_t count = feed::FeedReference::retired_max + 10;
  for (std::size_t i = 1; i <= count; ++i) {
    feed::InstrumentTerms terms{};
    terms.instrument = InstrumentId{1};
    terms.list_price = Price{static_cast<std::int64_t>(i)};
    reference.restore(terms);
    Event event{};
    event.type = EventType::instrument_retired;
    event.instrument = InstrumentId{1};
    reference.apply(command, event);
  }
  EXPECT_EQ(reference.retired_end(), count + 1);
  EXPECT_EQ(reference.retired_begin(), 11U);
  EXPECT_EQ(reference.retired(11).terms.list_price.value(), 11);
}

}  // namespace
}  // namespace karst
