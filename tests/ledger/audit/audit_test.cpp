// Every answer of the audit against the naive ledger, which walks over everything.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/ledger/audit/naive_books.hpp"

namespace karst {
namespace {

using namespace karst::test;

class AuditNaive : public NaiveBooks {
 protected:
  void SetUp() override {
    make_books(1'500);
    if (HasFatalFailure()) return;
    for (const NaiveRecord& record : naive.records) {
      for (const NaiveLeg& leg : record.legs) keys.insert({leg.account, leg.asset});
    }
  }

  std::uint64_t any_size() { return random() % (naive.records.size() + 1); }
  NaiveLedger::Key any_key() {
    auto at = keys.begin();
    std::advance(at, random() % keys.size());
    return *at;
  }
  static AccountKey key_of(NaiveLedger::Key key) {
    return {AccountNumber{key.first}, AssetNumber{key.second}};
  }

  /// Balance, postings and debits of the first `size` records.
  AccountState naive_state(NaiveLedger::Key key, std::uint64_t size) const {
    AccountState state;
    for (std::uint64_t seq = 0; seq < size; ++seq) {
      for (const NaiveLeg& leg : naive.records[seq].legs) {
        if (NaiveLedger::Key{leg.account, leg.asset} != key) continue;
        state.balance += leg.amount;
        ++state.account_seq;
        if (leg.amount < 0) state.debits += static_cast<Total>(-leg.amount);
      }
    }
    return state;
  }

  bool naive_matches(const AuditFilter& f, std::uint64_t seq) const;
  AuditFilter any_filter();

  std::set<NaiveLedger::Key> keys;
};

bool AuditNaive::naive_matches(const AuditFilter& f, std::uint64_t seq) const {
  const NaiveRecord& r = naive.records[seq];
  bool leg_found = !(f.merchant || f.account || f.asset || f.role || f.amount_min || f.amount_max);
  bool counterparty_found = !f.counterparty;
  bool instrument_found = !f.instrument;
  for (const NaiveLeg& leg : r.legs) {
    const std::int64_t size = leg.amount < 0 ? -leg.amount : leg.amount;
    leg_found |= (!f.merchant || leg.account / 8 == f.merchant->value()) &&
                 (!f.account || leg.account == f.account->value()) &&
                 (!f.asset || leg.asset == f.asset->value()) &&
                 (!f.role || leg.role == static_cast<int>(*f.role)) &&
                 (!f.amount_min || size >= *f.amount_min) &&
                 (!f.amount_max || size <= *f.amount_max);
    counterparty_found |= f.counterparty && leg.account / 8 == f.counterparty->value();
    instrument_found |= f.instrument && leg.asset == f.instrument->value();
  }
  const bool is_merchant_alone =
      !(f.account || f.asset || f.role || f.amount_min || f.amount_max) && f.merchant;
  leg_found |= is_merchant_alone && r.about != 0 && r.about == f.merchant->value();
  bool order_found = !f.order;
  if (f.order && r.kind == 7) {
    const auto is_own = [&](std::size_t leg) {
      return !f.merchant || r.legs[leg].account / 8 == f.merchant->value();
    };
    order_found = (r.buy_order == f.order->value() && is_own(0)) ||
                  (r.sell_order == f.order->value() && is_own(1));
  }
  const bool is_bank = r.kind == 3 || r.kind == 4;
  const bool reference_found =
      !f.reference || (is_bank && r.reference[0] == f.reference->reference[0] &&
                       r.reference[1] == f.reference->reference[1]);
  return leg_found && order_found && reference_found && counterparty_found && instrument_found &&
         (!f.mode || r.mode == static_cast<int>(*f.mode)) &&
         (!f.kind || r.kind == static_cast<int>(*f.kind)) && seq >= f.from_seq && seq < f.to_seq &&
         (!f.from_time || r.time >= f.from_time->value()) &&
         (!f.to_time || r.time < f.to_time->value());
}

AuditFilter AuditNaive::any_filter() {
  AuditFilter f;
  const auto perhaps = [&](unsigned percent) { return random() % 100 < percent; };
  const auto any_time = [&] {
    const auto& near = naive.records[random() % naive.records.size()];
    return Time{near.time + static_cast<std::int64_t>(random() % 3) - 1};
  };
  if (perhaps(40)) f.merchant = AccountId{static_cast<std::uint32_t>(random() % 14)};
  if (perhaps(30)) f.account = AccountNumber{any_key().first};
  if (perhaps(30)) f.asset = AssetNumber{any_key().second};
  if (perhaps(20)) f.role = static_cast<Role>(1 + random() % 8);
  if (perhaps(20)) f.amount_min = static_cast<std::int64_t>(random() % 1'000);
  if (perhaps(20)) f.amount_max = static_cast<std::int64_t>(random() % 5'000);
  if (perhaps(30)) f.counterparty = AccountId{static_cast<std::uint32_t>(random() % 14)};
  if (perhaps(20)) f.instrument = instrument_id(0, 1 + static_cast<std::uint32_t>(random() % 7));
  if (perhaps(15)) f.mode = static_cast<TradeMode>(1 + 2 * (random() % 2));
  if (perhaps(20)) f.kind = static_cast<RecordKind>(random() % 5 == 0 ? 15 : 1 + random() % 8);
  if (perhaps(10)) f.order = OrderId{1 + random() % 120};
  if (perhaps(10)) f.reference = BankReference{{7, random() % 40}};
  if (perhaps(25)) f.from_seq = any_size();
  if (perhaps(25)) f.to_seq = any_size();
  if (perhaps(20)) f.from_time = any_time();
  if (perhaps(20)) f.to_time = any_time();
  return f;
}

TEST_F(AuditNaive, any_combination_of_filters_in_either_direction_and_any_page_size) {
  std::size_t found_all = 0;
  for (std::int64_t i = 0; i < effort(600); ++i) {
    const AuditFilter filter = any_filter();
    std::vector<std::uint64_t> expected;
    for (std::uint64_t seq = 0; seq < naive.records.size(); ++seq) {
      if (naive_matches(filter, seq)) expected.push_back(seq);
    }
    AuditPaging paging;
    paging.direction = random() % 2 == 0 ? Direction::ascending : Direction::descending;
    paging.limit = 1 + random() % 60;
    paging.examined_max = 1 + random() % 2'000;
    if (paging.direction == Direction::descending) std::ranges::reverse(expected);
    std::vector<std::uint64_t> found;
    do {
      const auto page = audit->find(filter, paging);
      ASSERT_TRUE(page.ok()) << page.error().text();
      ASSERT_LE(page->records.size(), paging.limit);
      EXPECT_EQ(page->as_of, naive.records.size());
      for (const Record& record : page->records) found.push_back(record.seq);
      paging.cursor = page->cursor;
    } while (paging.cursor);
    ASSERT_EQ(found, expected) << "query " << i;
    found_all += found.size();
  }
  EXPECT_GT(found_all, 1'000u);
}

TEST_F(AuditNaive, records_that_move_nothing_are_found_by_their_words) {
  std::map<std::string, std::vector<std::uint64_t>> expected;
  std::map<std::uint32_t, std::uint64_t> asked;
  for (std::uint64_t seq = 0; seq < naive.records.size(); ++seq) {
    const NaiveRecord& r = naive.records[seq];
    if (!r.legs.empty()) continue;
    expected[word_of(static_cast<RecordKind>(r.kind))].push_back(seq);
    if (r.kind == 1 || r.kind == 15) expected[word_of(AccountId{r.about})].push_back(seq);
    if (r.kind == 2 && r.about != 0) expected[word_of_issuer(AccountId{r.about})].push_back(seq);
  }
  EXPECT_GT(expected[word_of(RecordKind::note)].size(), 0U);
  for (const auto& [word, seqs] : expected) {
    EXPECT_EQ(audit->seqs_of(word).value(), seqs) << word;
  }
  EXPECT_EQ(audit->seqs_of(word_of_name("merchant 3")).value(),
            (std::vector{expected[word_of(AccountId{3})].front()}));
  EXPECT_EQ(audit->seqs_of(word_of_name("p3")).value().size(), 1U);
  EXPECT_EQ(audit->seqs_of(word_of(PoolId{1}, Hour{497'001})).value().size(), 1U);
  EXPECT_TRUE(audit->seqs_of("no word").value().empty());
}

TEST_F(AuditNaive, balances_and_turnovers_at_any_size) {
  for (std::int64_t i = 0; i < effort(400); ++i) {
    const NaiveLedger::Key key = any_key();
    const std::uint64_t size = any_size();
    const AccountState expected = naive_state(key, size);
    const auto state = audit->state(key_of(key), size);
    ASSERT_TRUE(state.ok()) << state.error().text();
    ASSERT_EQ(state->balance, expected.balance);
    ASSERT_EQ(state->account_seq, expected.account_seq);
    ASSERT_TRUE(state->debits == expected.debits);
    ASSERT_EQ(audit->balance(key_of(key), size).value(), expected.balance);
  }
  EXPECT_EQ(audit->balance({AccountNumber{99 * 8}, AssetNumber{1}}, 5).value(), 0);
  EXPECT_EQ(audit->balance(key_of(any_key()), naive.records.size() + 1).error().code,
            ErrorCode::not_found);
}

TEST_F(AuditNaive, sizes_at_a_time) {
  for (std::int64_t i = 0; i < effort(300); ++i) {
    const std::int64_t near = naive.records[random() % naive.records.size()].time;
    const std::int64_t time = near + static_cast<std::int64_t>(random() % 3) - 1;
    const auto expected = std::ranges::count_if(
        naive.records, [&](const NaiveRecord& record) { return record.time < time; });
    ASSERT_EQ(audit->size_before(Time{time}).value(), static_cast<std::uint64_t>(expected));
  }
}

TEST_F(AuditNaive, statements_hold_every_posting_and_close) {
  for (std::int64_t i = 0; i < effort(150); ++i) {
    const NaiveLedger::Key key = any_key();
    std::uint64_t from = any_size();
    std::uint64_t to = any_size();
    if (from > to) std::swap(from, to);
    const auto statement = audit->statement(key_of(key), from, to, 1'000'000);
    ASSERT_TRUE(statement.ok()) << statement.error().text();
    EXPECT_EQ(statement->opening, naive_state(key, from));
    EXPECT_EQ(statement->closing, naive_state(key, to));
    std::vector<std::int64_t> expected;
    for (std::uint64_t seq = from; seq < to; ++seq) {
      for (const NaiveLeg& leg : naive.records[seq].legs) {
        if (NaiveLedger::Key{leg.account, leg.asset} == key) expected.push_back(leg.amount);
      }
    }
    std::vector<std::int64_t> amounts;
    for (const StatementLine& line : statement->lines) amounts.push_back(line.leg.amount);
    ASSERT_EQ(amounts, expected);
    const std::size_t wanted = 1 + random() % 20;
    const auto last = audit->last_lines(key_of(key), to, wanted);
    ASSERT_TRUE(last.ok()) << last.error().text();
    const auto all = audit->statement(key_of(key), 0, to, 1'000'000);
    ASSERT_GE(last->lines.size(), std::min(wanted, all->lines.size()));
    for (std::size_t back = 1; back <= last->lines.size(); ++back) {
      EXPECT_EQ(last->lines[last->lines.size() - back].leg,
                all->lines[all->lines.size() - back].leg);
    }
  }
}

TEST_F(AuditNaive, a_record_by_each_of_its_names) {
  for (std::int64_t i = 0; i < effort(200); ++i) {
    const std::uint64_t seq = random() % naive.records.size();
    const NaiveRecord& record = naive.records[seq];
    EXPECT_EQ(audit->by_seq(seq)->source_seq, record.number);
    EXPECT_EQ(audit->by_source(3, record.number)->seq, seq);
    const auto match = audit->by_match(record.command, record.index);
    ASSERT_EQ(match->size(), 1u);
    EXPECT_EQ((*match)[0].seq, seq);
    const auto expected = std::ranges::count_if(
        naive.records, [&](const NaiveRecord& other) { return other.command == record.command; });
    EXPECT_EQ(audit->by_match(record.command, std::nullopt)->size(),
              static_cast<std::size_t>(expected));
  }
  EXPECT_EQ(audit->by_seq(naive.records.size()).error().code, ErrorCode::not_found);
  EXPECT_EQ(audit->by_source(4, 1).error().code, ErrorCode::not_found);
  EXPECT_TRUE(audit->by_match(1'000'000'000, std::nullopt)->empty());
}

TEST_F(AuditNaive, trial_balances_are_even_and_rounding_is_zero) {
  for (int i = 0; i < 6; ++i) {
    const std::uint64_t size = i == 0 ? naive.records.size() : any_size();
    const auto trial = audit->trial_balance(size);
    ASSERT_TRUE(trial.ok()) << trial.error().text();
    std::map<NaiveLedger::Key, std::int64_t> expected;
    for (const auto& key : keys) {
      const std::int64_t balance = naive_state(key, size).balance;
      if (balance != 0) expected[key] = balance;
    }
    std::map<NaiveLedger::Key, std::int64_t> found;
    for (const TrialBalance::Row& row : trial->rows) {
      found[{row.key.account.value(), row.key.asset.value()}] = row.balance;
      EXPECT_NE(row.key.account, account_number(ExchangeAccount::rounding));
    }
    EXPECT_EQ(found, expected);
    for (const auto& [asset, sum] : trial->sums) EXPECT_TRUE(sum.is_even()) << asset.value();
  }
}

TEST_F(AuditNaive, fees_and_totals_by_day_merchant_product_and_mode) {
  for (int i = 0; i < 8; ++i) {
    std::uint64_t from = any_size();
    std::uint64_t to = any_size();
    if (from > to) std::swap(from, to);
    std::map<std::uint32_t, Total> income;
    std::map<DayKey, DayTotal> totals;
    constexpr std::int64_t offset = 8 * ns_per_hour;
    for (std::uint64_t seq = from; seq < to; ++seq) {
      const NaiveRecord& r = naive.records[seq];
      if (r.kind != 7) continue;
      const std::int64_t day = (r.time + offset) / ns_per_day;
      const auto mode = static_cast<TradeMode>(r.mode);
      const std::uint32_t buyer = r.legs[0].account / 8;
      const std::uint32_t seller = r.legs[1].account / 8;
      DayTotal& b = totals[{day, AccountId{buyer}, InstrumentId{r.instrument}, mode}];
      DayTotal& s = totals[{day, AccountId{seller}, InstrumentId{r.instrument}, mode}];
      for (const NaiveLeg& leg : r.legs) {
        if (leg.role == 3) income[leg.asset] += static_cast<Total>(leg.amount);
      }
      // All fees there are came from what the buyer paid and the seller did not get.
      const std::int64_t paid = -r.legs[0].amount;
      const std::int64_t got = r.legs[1].amount;
      const std::int64_t notional = r.notional;
      ++b.trades;
      ++s.trades;
      b.bought_lots += static_cast<Total>(r.quantity);
      s.sold_lots += static_cast<Total>(r.quantity);
      b.bought += static_cast<Total>(notional);
      s.sold += static_cast<Total>(notional);
      b.fees += static_cast<Total>(paid - notional);
      s.fees += static_cast<Total>(notional - got);
    }
    const auto found = audit->day_totals(from, to, offset);
    ASSERT_TRUE(found.ok()) << found.error().text();
    EXPECT_TRUE(found->rows == totals);
    const auto fees = audit->fees(from, to);
    ASSERT_TRUE(fees.ok());
    for (const FeeTotal& fee : *fees) {
      EXPECT_TRUE(fee.income == income[fee.currency.value()]);
    }
  }
}

}  // namespace
}  // namespace karst
