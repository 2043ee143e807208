// What the books answer to the wire, against a walk over every record of a random market.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "gateway/desk/books_answers.hpp"
#include "tests/ledger/audit/naive_books.hpp"

namespace karst {
namespace {

using namespace karst::test;
using gateway::BooksAnswers;

constexpr std::uint32_t merchants = 12;

std::string bytes_of(const std::uint64_t (&reference)[2]) {
  std::string bytes(sizeof reference, '\0');
  std::memcpy(bytes.data(), reference, bytes.size());
  return bytes;
}

class BooksAnswersNaive : public NaiveBooks {
 protected:
  void SetUp() override {
    make_books(1'000);
    if (HasFatalFailure()) return;
    answers = std::make_unique<BooksAnswers>(*audit, *books, [] {
      return std::map<std::uint32_t, std::string>{{1, "Guian-P"}};
    });
  }

  v1::Response ask(const v1::Request& request, const BooksAnswers::Asked& asked) {
    EXPECT_EQ(BooksAnswers::wrong_field(request), nullptr);
    auto answer = answers->answer(request, asked);
    EXPECT_TRUE(answer.ok()) << answer.error().text();
    return answer ? std::move(**answer) : v1::Response();
  }

  const NaiveRecord& any_record() { return naive.records[random() % naive.records.size()]; }
  std::int64_t any_time() {
    return any_record().time + static_cast<std::int64_t>(random() % 3) - 1;
  }
  std::uint32_t any_merchant() { return 1 + static_cast<std::uint32_t>(random() % merchants); }
  bool perhaps(unsigned percent) { return random() % 100 < percent; }

  v1::QueryTransactions any_query();
  static bool is_asked_for(const v1::QueryTransactions& query, const NaiveRecord& r,
                           std::uint64_t seq);
  void expect_same(const v1::Transaction& shown, const NaiveRecord& r,
                   const BooksAnswers::Asked& asked) const;
  [[nodiscard]] std::int64_t naive_balance(NaiveLedger::Key key, std::uint64_t size) const {
    std::int64_t sum = 0;
    for (std::uint64_t seq = 0; seq < size; ++seq) {
      for (const NaiveLeg& leg : naive.records[seq].legs) {
        if (NaiveLedger::Key{leg.account, leg.asset} == key) sum += leg.amount;
      }
    }
    return sum;
  }

  std::unique_ptr<BooksAnswers> answers;
};

v1::QueryTransactions BooksAnswersNaive::any_query() {
  v1::QueryTransactions query;
  query.set_everyone(perhaps(40));
  if (!query.everyone()) query.set_account_id(any_merchant());
  if (perhaps(25)) query.set_with_account_id(any_merchant());
  if (perhaps(20)) query.set_from_time_ns(any_time());
  if (perhaps(20)) query.set_to_time_ns(any_time());
  if (perhaps(20)) {
    query.set_instrument_id(instrument_id(0, 1 + static_cast<std::uint32_t>(random() % 7)).value());
  }
  if (perhaps(15)) query.set_order_id(1 + random() % 120);
  if (perhaps(20)) query.set_kind(random() % 5 == 0 ? 15 : 1 + random() % 8);
  if (perhaps(10)) query.set_reference(bytes_of({7, random() % 40}));
  if (perhaps(15)) query.set_from_seq(random() % naive.records.size());
  if (perhaps(15)) query.set_before_seq(random() % naive.records.size());
  query.set_newest_first(perhaps(50));
  query.set_limit(static_cast<std::uint32_t>(random() % 60));
  return query;
}

bool BooksAnswersNaive::is_asked_for(const v1::QueryTransactions& query, const NaiveRecord& r,
                                     std::uint64_t seq) {
  const auto has_leg = [&](auto predicate) { return std::ranges::any_of(r.legs, predicate); };
  const auto is_of = [](std::uint32_t merchant) {
    return [merchant](const NaiveLeg& leg) { return leg.account / 8 == merchant; };
  };
  const std::uint32_t own = query.account_id();
  if (!query.everyone() && !has_leg(is_of(own)) && r.about != own) return false;
  if (query.with_account_id() != 0 && !has_leg(is_of(query.with_account_id()))) return false;
  if (query.from_time_ns() != 0 && r.time < query.from_time_ns()) return false;
  if (query.to_time_ns() != 0 && r.time >= query.to_time_ns()) return false;
  if (query.instrument_id() != 0 &&
      !has_leg([&](const NaiveLeg& leg) { return leg.asset == query.instrument_id(); })) {
    return false;
  }
  if (query.order_id() != 0) {
    const auto is_own = [&](std::size_t leg) {
      return query.everyone() || r.legs[leg].account / 8 == own;
    };
    if (r.kind != 7) return false;
    if (!(r.buy_order == query.order_id() && is_own(0)) &&
        !(r.sell_order == query.order_id() && is_own(1))) {
      return false;
    }
  }
  if (query.kind() != 0 && r.kind != static_cast<int>(query.kind())) return false;
  if (!query.reference().empty() &&
      ((r.kind != 3 && r.kind != 4) || bytes_of(r.reference) != query.reference())) {
    return false;
  }
  return seq >= query.from_seq() && (query.before_seq() == 0 || seq < query.before_seq());
}

void BooksAnswersNaive::expect_same(const v1::Transaction& shown, const NaiveRecord& r,
                                    const BooksAnswers::Asked& asked) const {
  EXPECT_EQ(shown.time_ns(), r.time);
  EXPECT_EQ(shown.command(), r.command);
  EXPECT_EQ(static_cast<int>(shown.kind()), r.kind);
  EXPECT_EQ(shown.record().empty(), !asked.is_elevated);
  int legs = 0;
  for (const NaiveLeg& leg : r.legs) {
    if (!asked.is_elevated && leg.account / 8 != asked.account.value()) continue;
    ASSERT_LT(legs, shown.legs_size());
    EXPECT_EQ(shown.legs(legs).account(), leg.account);
    EXPECT_EQ(shown.legs(legs).asset(), leg.asset);
    EXPECT_EQ(shown.legs(legs).amount(), leg.amount);
    EXPECT_EQ(shown.legs(legs).balance_after(), leg.balance_after);
    ++legs;
  }
  EXPECT_EQ(shown.legs_size(), legs);
  EXPECT_EQ(shown.has_trade(), r.kind == 7);
  if (r.kind != 7) return;
  const v1::TradeFacts& trade = shown.trade();
  EXPECT_EQ(trade.instrument_id(), r.instrument);
  EXPECT_EQ(static_cast<std::int64_t>(trade.quantity_lots()), r.quantity);
  EXPECT_EQ(trade.price_fen() * r.quantity, r.notional);
  EXPECT_EQ(trade.notional_fen(), r.notional);
  EXPECT_EQ(static_cast<int>(trade.mode()), r.mode);
  const std::uint32_t buyer = r.legs[0].account / 8;
  const std::uint32_t seller = r.legs[1].account / 8;
  EXPECT_EQ(trade.has_buyer(), asked.is_elevated || buyer == asked.account.value());
  EXPECT_EQ(trade.has_seller(), asked.is_elevated || seller == asked.account.value());
  if (trade.has_buyer()) {
    EXPECT_EQ(trade.buyer().account_id(), buyer);
    EXPECT_EQ(trade.buyer().order_id(), r.buy_order);
    EXPECT_EQ(trade.buyer().fee_fen(), -r.legs[0].amount - r.notional);
  }
  if (trade.has_seller()) {
    EXPECT_EQ(trade.seller().account_id(), seller);
    EXPECT_EQ(trade.seller().order_id(), r.sell_order);
    EXPECT_EQ(trade.seller().fee_fen(), r.notional - r.legs[1].amount);
  }
}

TEST_F(BooksAnswersNaive, transactions_by_any_filters_in_pages_of_any_size_either_way) {
  std::size_t found_all = 0;
  for (std::int64_t i = 0; i < effort(200); ++i) {
    v1::Request request;
    v1::QueryTransactions& query = *request.mutable_query_transactions();
    query = any_query();
    const BooksAnswers::Asked asked{AccountId{query.account_id()}, query.everyone() || perhaps(50)};
    std::vector<std::uint64_t> expected;
    for (std::uint64_t seq = 0; seq < naive.records.size(); ++seq) {
      if (is_asked_for(query, naive.records[seq], seq)) expected.push_back(seq);
    }
    if (query.newest_first()) std::ranges::reverse(expected);
    std::vector<std::uint64_t> found;
    bool has_more = true;
    while (has_more) {
      const v1::Response response = ask(request, asked);
      const v1::Transactions& answer = response.transactions();
      ASSERT_LE(answer.transactions_size(), query.limit() == 0 ? 500 : int(query.limit()));
      for (const v1::Transaction& it : answer.transactions()) {
        found.push_back(it.seq());
        expect_same(it, naive.records[it.seq()], asked);
      }
      has_more = answer.has_more();
      query.newest_first() ? query.set_before_seq(answer.next_seq())
                           : query.set_from_seq(answer.next_seq());
    }
    ASSERT_EQ(found, expected) << query.ShortDebugString();
    found_all += found.size();
  }
  EXPECT_GT(found_all, 0U);
}

TEST_F(BooksAnswersNaive, pages_end_at_the_first_record_whatever_their_size) {
  for (const std::uint32_t limit : {1U, 7U, 100U}) {
    v1::Request request;
    v1::QueryTransactions& query = *request.mutable_query_transactions();
    query.set_everyone(true);
    query.set_newest_first(true);
    query.set_before_seq(limit);
    query.set_limit(limit);
    const v1::Response response = ask(request, {AccountId{0}, true});
    EXPECT_EQ(response.transactions().transactions().rbegin()->seq(), 0U);
    EXPECT_FALSE(response.transactions().has_more()) << "nothing is before the first";
  }
}

TEST_F(BooksAnswersNaive, balances_of_one_and_of_everyone_at_any_time_or_size) {
  std::map<NaiveLedger::Key, std::int64_t> keys;
  for (const NaiveRecord& r : naive.records) {
    for (const NaiveLeg& leg : r.legs) keys[{leg.account, leg.asset}] = 0;
  }
  for (std::int64_t i = 0; i < effort(60); ++i) {
    v1::Request request;
    v1::QueryLedgerBalances& query = *request.mutable_query_ledger_balances();
    query.set_everyone(perhaps(30));
    query.set_account_id(static_cast<std::uint32_t>(random() % (merchants + 2)));
    std::uint64_t size = naive.records.size();
    if (perhaps(40)) {
      query.set_at_time_ns(any_time());
      size = static_cast<std::uint64_t>(std::ranges::count_if(
          naive.records, [&](const NaiveRecord& r) { return r.time < query.at_time_ns(); }));
    } else if (perhaps(60)) {
      size = random() % (naive.records.size() + 1);
      query.set_at_size(size);
    }
    const v1::Response response = ask(request, {AccountId{query.account_id()}, true});
    const v1::LedgerBalances& answer = response.ledger_balances();
    EXPECT_EQ(answer.size(), size);
    EXPECT_EQ(answer.next_cursor(), 0U);
    std::map<NaiveLedger::Key, std::int64_t> found;
    for (const v1::LedgerBalance& it : answer.balances()) {
      found[{it.account(), it.asset()}] = it.balance();
    }
    std::map<NaiveLedger::Key, std::int64_t> expected;
    for (const auto& [key, unused] : keys) {
      if (!query.everyone() && key.first / 8 != query.account_id()) continue;
      const std::int64_t balance = naive_balance(key, size);
      if (balance != 0) expected[key] = balance;
    }
    ASSERT_EQ(found, expected) << query.ShortDebugString();
  }
  v1::Request beyond;
  beyond.mutable_query_ledger_balances()->set_at_size(naive.records.size() + 1);
  EXPECT_EQ(answers->answer(beyond, {AccountId{1}, true}).error().code, ErrorCode::not_found);
}

TEST_F(BooksAnswersNaive, fees_by_day_and_turnover_are_what_the_records_add_up_to) {
  for (int i = 0; i < 20; ++i) {
    v1::Request request;
    v1::QueryFees& query = *request.mutable_query_fees();
    const std::int64_t offset = (static_cast<std::int64_t>(random() % 29) - 14) * ns_per_hour;
    query.set_utc_offset_ns(offset);
    if (perhaps(50)) query.set_from_time_ns(any_time());
    if (perhaps(50)) query.set_to_time_ns(any_time());
    v1::Request other;
    v1::QueryTurnover& sums = *other.mutable_query_turnover();
    sums.set_from_time_ns(query.from_time_ns());
    sums.set_to_time_ns(query.to_time_ns());
    if (perhaps(50)) sums.set_instrument_id(any_record().instrument);
    std::map<std::pair<std::int64_t, std::uint32_t>, std::int64_t> expected;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> bought;
    for (const NaiveRecord& r : naive.records) {
      if (r.kind != 7 || (query.from_time_ns() != 0 && r.time < query.from_time_ns()) ||
          (query.to_time_ns() != 0 && r.time >= query.to_time_ns())) {
        continue;
      }
      const std::int64_t day = (r.time + offset) / ns_per_day * ns_per_day - offset;
      for (const NaiveLeg& leg : r.legs) {
        if (leg.role == 3) expected[{day, leg.asset - 0x80000000U}] += leg.amount;
      }
      if (sums.instrument_id() != 0 && r.instrument != sums.instrument_id()) continue;
      bought[{r.legs[0].account / 8, r.legs[0].asset - 0x80000000U}] += r.notional;
    }
    std::map<std::pair<std::int64_t, std::uint32_t>, std::int64_t> found;
    do {
      const v1::Response response = ask(request, {AccountId{0}, true});
      for (const v1::FeesOfDay& it : response.fees().days()) {
        found[{it.day_ns(), it.currency_id()}] += it.income_fen();
      }
      query.set_from_time_ns(response.fees().next_time_ns());
    } while (query.from_time_ns() != 0);
    ASSERT_EQ(found, expected);
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> turned;
    do {
      const v1::Response response = ask(other, {AccountId{0}, true});
      for (const v1::TurnoverOf& it : response.turnover().merchants()) {
        if (it.bought_fen() != 0) turned[{it.account_id(), it.currency_id()}] += it.bought_fen();
      }
      sums.set_from_seq(response.turnover().next_seq());
    } while (sums.from_seq() != 0);
    ASSERT_EQ(turned, bought);
  }
}

TEST_F(BooksAnswersNaive, names_are_found_by_what_somebody_is_or_was_called) {
  const auto find = [&](const std::string& name, bool is_elevated = true) {
    v1::Request request;
    request.mutable_query_ledger_names()->set_name(name);
    std::map<std::uint32_t, std::string> found;
    const v1::Response response = ask(request, {AccountId{0}, is_elevated});
    for (const v1::LedgerName& it : response.ledger_names().names()) {
      found[it.asset() == 0 ? it.account_id() : it.asset()] = it.name();
    }
    return found;
  };
  const auto third = find("MERCHANT 3");
  ASSERT_EQ(third.size(), 1U);
  EXPECT_EQ(find(third.at(3)).at(3), third.at(3)) << "by what it is called now";
  EXPECT_TRUE(find("merchant 3", false).empty()) << "merchants are an auditor's to look up";
  EXPECT_EQ(find("p3", false).at(instrument_id(0, 3).value()), "P3");
  // 1970-01-01T00Z + 497,001 hours.
  EXPECT_EQ(find("GUIAN-P@2026-09-12T09Z").at(instrument_id(0, 1).value()),
            "Guian-P@2026-09-12T09Z");
  EXPECT_TRUE(find("GUIAN-P@2026-09-12T11Z").empty());
  EXPECT_TRUE(find("nobody").empty());
}

}  // namespace
}  // namespace karst
