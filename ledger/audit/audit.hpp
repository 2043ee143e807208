// Audit: every question the ledger answers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "ledger/audit/posting_index.hpp"
#include "ledger/record/record_reader.hpp"

namespace karst {

/// What is looked for. Everything that is set must hold. `merchant`, `account`, `asset`, `role`
/// and the amounts must hold for one and the same leg of the record.
///
/// Records without legs (definitions, notes) are found by the merchant alone that they are about:
/// who is admitted or named, and whose product is defined.
struct AuditFilter {
  std::optional<AccountId> merchant;     ///< Of the leg's account; none-id 0 = the exchange.
  std::optional<AccountNumber> account;  ///< Of the leg.
  std::optional<AssetNumber> asset;
  std::optional<Role> role;
  std::optional<std::int64_t> amount_min;  ///< Of the amount without its sign.
  std::optional<std::int64_t> amount_max;

  std::optional<AccountId> counterparty;   ///< Some leg is of this merchant.
  std::optional<InstrumentId> instrument;  ///< Some leg moves its lots.
  std::optional<TradeMode> mode;           ///< It is a trade of this mode.
  std::optional<RecordKind> kind;
  std::optional<OrderId>
      order;  ///< It is a trade of this order; the merchant's own, if one is set.
  std::optional<BankReference> reference;  ///< It is cash the bank moved under this name.

  std::uint64_t from_seq = 0;
  std::uint64_t to_seq = ~std::uint64_t{0};  ///< Not included.
  std::optional<Time> from_time;
  std::optional<Time> to_time;  ///< Not included.
};

/// Whether a record is one that the filter looks for; sequence and time included.
[[nodiscard]] bool matches(const AuditFilter& filter, const RecordView& record);

/// Which part of the answer is wanted.
struct AuditPaging {
  Direction direction = Direction::ascending;
  std::optional<std::uint64_t> cursor;     ///< As the page before gave it.
  std::size_t limit = 100;                 ///< Records at most; at least 1.
  std::uint64_t examined_max = 1'000'000;  ///< Records looked at before a page is given as it is.
};

struct AuditPage {
  std::vector<Record> records;
  std::optional<std::uint64_t> cursor;  ///< Set if there may be more.
  std::uint64_t examined = 0;           ///< Records looked at.
  std::uint64_t as_of = 0;              ///< True of the ledger's first `as_of` records.
};

/// One posting of an account, with what it belongs to.
struct StatementLine {
  std::uint64_t seq = 0;
  Time time{0};
  RecordKind kind = RecordKind::note;
  ExtId ext_id;
  Leg leg;
  AccountNumber other{};  ///< The account of the first leg the other way in the same asset.
};

struct AccountStatement {
  AccountKey key;
  std::uint64_t from = 0;  ///< All postings of the records [from, to).
  std::uint64_t to = 0;
  AccountState opening;
  AccountState closing;
  std::vector<StatementLine> lines;  ///< Ascending.
  std::uint64_t as_of = 0;
};

struct TrialBalance {
  struct Row {
    AccountKey key;
    std::int64_t balance = 0;
  };
  struct Sum {
    Total below = 0;  ///< Of the balances below zero, as a positive number.
    Total above = 0;
    [[nodiscard]] bool is_even() const { return below == above; }
  };
  std::uint64_t size = 0;  ///< After the first `size` records.
  std::vector<Row> rows;   ///< Ascending by account and asset; balances of 0 left out.
  std::map<AssetNumber, Sum> sums;
};

struct FeeTotal {
  AssetNumber currency{};
  Total income = 0;
};

/// What a merchant traded in an instrument on a day.
struct DayKey {
  std::int64_t day = 0;  ///< Days since 1970-01-01, local to the offset asked for.
  AccountId merchant{};
  InstrumentId instrument{};
  TradeMode mode = TradeMode::book;
  friend auto operator<=>(const DayKey&, const DayKey&) = default;
};
struct DayTotal {
  std::uint64_t trades = 0;
  Total bought_lots = 0;
  Total sold_lots = 0;
  Total bought = 0;  ///< Notional. Unit: fen.
  Total sold = 0;
  Total fees = 0;  ///< Paid by the merchant.
  friend bool operator==(const DayTotal&, const DayTotal&) = default;
};
struct DayTotals {
  std::map<DayKey, DayTotal> rows;
  std::uint64_t as_of = 0;
};

/// The parts of a trade, as posting.hpp lays out its legs.
struct TradeParts {
  AccountId buyer{};
  AccountId seller{};
  CurrencyId currency{};
  std::int64_t notional = 0;
  std::int64_t buyer_fee = 0;
  std::int64_t seller_fee = 0;
};

/// Returns: none, when the record is no trade or its legs are not those of one.
[[nodiscard]] std::optional<TradeParts> parts_of(const Record& record);

/// Answers from the record log, found through the index. A *size* is a number of records: what is
/// asked at size n is true after the first n records.
///
/// Errors:  not_found (a seq that is not there yet); invalid (a range that makes no sense);
///          corrupt, when log and index contradict each other; those of storage and store.
/// Threads: one owner each; any number beside the writer.
class Audit {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Audit>> open(const Books& books);

  /// How many records there are.
  [[nodiscard]] std::uint64_t size() const { return index_.books().records(); }

  /// The durable records that a word (ledger/index/words.hpp) leads to, ascending.
  [[nodiscard]] Result<std::vector<std::uint64_t>> seqs_of(const std::string& word) {
    return index_.seqs_of(word);
  }

  [[nodiscard]] Result<Record> by_seq(std::uint64_t seq);
  [[nodiscard]] Result<Record> by_source(std::uint16_t source, std::uint64_t source_seq);
  /// All records of a match, or of a command if `index` is not set.
  [[nodiscard]] Result<std::vector<Record>> by_match(std::uint64_t command,
                                                     std::optional<std::uint32_t> index);

  /// How many records are earlier than `time`.
  [[nodiscard]] Result<std::uint64_t> size_before(Time time);

  [[nodiscard]] Result<std::int64_t> balance(AccountKey key, std::uint64_t size);
  [[nodiscard]] Result<AccountState> state(AccountKey key, std::uint64_t size);

  [[nodiscard]] Result<AuditPage> find(const AuditFilter& filter, const AuditPaging& paging);

  /// Opening, every posting, closing; checked to be complete: the numbers of the postings are
  /// consecutive and every balance follows from the one before.
  ///
  /// Memory: a line per posting. Errors: invalid, when there are more than `lines_max`.
  [[nodiscard]] Result<AccountStatement> statement(AccountKey key, std::uint64_t from,
                                                   std::uint64_t to, std::size_t lines_max);
  /// The statement of at least the last `lines` postings before `size` (more only where one record
  /// has several).
  [[nodiscard]] Result<AccountStatement> last_lines(AccountKey key, std::uint64_t size,
                                                    std::size_t lines);

  [[nodiscard]] Result<TrialBalance> trial_balance(std::uint64_t size);
  /// What the exchange earned in [from, to).
  [[nodiscard]] Result<std::vector<FeeTotal>> fees(std::uint64_t from, std::uint64_t to);
  /// Trades of [from, to) by day, merchant, instrument and mode. Complexity: reads every record.
  [[nodiscard]] Result<DayTotals> day_totals(std::uint64_t from, std::uint64_t to,
                                             std::int64_t utc_offset_ns);

 private:
  explicit Audit(PostingIndex index)
      : index_(std::move(index)),
        one_(index_.books().log(), RecordReader::window_for_one),
        many_(index_.books().log()) {}

  [[nodiscard]] Result<RecordView> record(std::uint64_t seq);
  [[nodiscard]] Status check_size(std::uint64_t size) const;
  /// Where every record looked for is: among the postings of the keys, or these records.
  struct Plan {
    std::vector<AccountKey> keys;
    std::vector<std::uint64_t> seqs;
  };
  [[nodiscard]] std::vector<AccountKey> keys_of_merchant(const AuditFilter& filter,
                                                         AccountId merchant) const;
  [[nodiscard]] Result<std::vector<std::uint64_t>> seqs_about(AccountId merchant);
  [[nodiscard]] Result<std::optional<Plan>> plan(const AuditFilter& filter);
  [[nodiscard]] Result<AuditPage> find_by_scan(const AuditFilter& filter, const AuditPaging& paging,
                                               std::uint64_t begin, std::uint64_t end);
  [[nodiscard]] Result<AuditPage> find_by_keys(const AuditFilter& filter, const AuditPaging& paging,
                                               std::uint64_t begin, std::uint64_t end,
                                               const Plan& plan);
  [[nodiscard]] Status add_lines(const RecordView& record, AccountStatement& statement) const;
  [[nodiscard]] Status check(const AccountStatement& statement) const;

  PostingIndex index_;
  RecordReader one_;
  RecordReader many_;
};

}  // namespace karst
