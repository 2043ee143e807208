#include "gateway/desk/books_answers.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <span>

#include "engine/command/enclosed.hpp"

namespace karst::gateway {
namespace {

constexpr std::int64_t offset_ns_max = 14 * ns_per_hour;
constexpr std::size_t name_bytes_max = 64;

std::string unpadded(std::span<const char> text) {
  return {text.begin(), std::ranges::find(text, '\0')};
}

std::string bytes_of(const BankReference& reference) {
  std::string bytes(BankReference::bytes, '\0');
  std::memcpy(bytes.data(), reference.reference.data(), bytes.size());
  return bytes;
}

BankReference reference_of(const std::string& bytes) {
  BankReference reference;
  std::memcpy(reference.reference.data(), bytes.data(), bytes.size());
  return reference;
}

std::optional<Time> time_of(std::int64_t ns) {
  return ns == 0 ? std::nullopt : std::optional(Time{ns});
}

AuditFilter filter_of(const v1::QueryTransactions& query, AccountId account) {
  AuditFilter filter;
  if (!query.everyone()) filter.merchant = account;
  if (query.with_account_id() != 0) filter.counterparty = AccountId{query.with_account_id()};
  if (query.instrument_id() != 0) filter.instrument = InstrumentId{query.instrument_id()};
  if (query.order_id() != 0) filter.order = OrderId{query.order_id()};
  if (query.kind() != 0) filter.kind = static_cast<RecordKind>(query.kind());
  if (!query.reference().empty()) filter.reference = reference_of(query.reference());
  filter.from_seq = query.from_seq();
  if (query.before_seq() != 0) filter.to_seq = query.before_seq();
  filter.from_time = time_of(query.from_time_ns());
  filter.to_time = time_of(query.to_time_ns());
  return filter;
}

void write_party(AccountId merchant, OrderId order, std::int64_t fee, v1::TradeParty& to) {
  to.set_account_id(merchant.value());
  to.set_order_id(order.value());
  to.set_fee_fen(fee);
}

void write_trade(const Record& record, const BooksAnswers::Asked& asked, NameSheet& names,
                 v1::TradeFacts& to) {
  const std::optional<TradeParts> parts = parts_of(record);
  if (!parts) return;
  const TradeDetails& trade = *record.trade;
  to.set_instrument_id(trade.instrument.value());
  to.set_quantity_lots(trade.quantity.value());
  to.set_price_ticks(trade.price.value());
  to.set_price_fen(parts->notional / trade.quantity.value());
  to.set_notional_fen(parts->notional);
  to.set_currency_id(parts->currency.value());
  to.set_mode(static_cast<std::uint32_t>(trade.mode));
  to.set_taker(static_cast<v1::Side>(trade.taker));
  names.need(asset_of(trade.instrument));
  names.need(asset_of(parts->currency));
  const TradeOrders orders = record.orders.value_or(TradeOrders{});
  if (asked.is_elevated || parts->buyer == asked.account) {
    write_party(parts->buyer, orders.buyer, parts->buyer_fee, *to.mutable_buyer());
    names.need(parts->buyer);
  }
  if (asked.is_elevated || parts->seller == asked.account) {
    write_party(parts->seller, orders.seller, parts->seller_fee, *to.mutable_seller());
    names.need(parts->seller);
  }
}

void write_defined(const Record& record, NameSheet& names, v1::DefinedFacts& to) {
  if (record.account) {
    to.set_account_id(record.account->merchant.value());
    to.set_text(unpadded(record.account->name));
  }
  if (record.name) {
    to.set_account_id(record.name->merchant.value());
    to.set_text(unpadded(record.name->name));
  }
  if (!record.asset) return;
  const AssetDetails& asset = *record.asset;
  to.set_asset(asset.asset.value());
  to.set_account_id(asset.issuer.value());
  to.set_pool_id(asset.pool.value());
  to.set_hour(asset.hour.value());
  to.set_text(unpadded(asset.text));
  if (record.title) to.set_title(unpadded(record.title->title));
  names.need(asset.asset);
  names.need(asset.issuer);
}

void write_confirmed(const ConfirmedCommand& confirmed, v1::ConfirmedFacts& to) {
  to.set_proposal_id(confirmed.proposal);
  to.set_key_id(confirmed.by.value());
  to.set_confirmed_by_key_id(confirmed.confirmed_by.value());
  to.set_hash(confirmed.hash.data(), confirmed.hash.size());
  Command command;
  if (!disclose(confirmed.command, command)) return;  // of a newer version
  to.set_command(confirmed.command.data(), enclosed_bytes(confirmed.command));
}

void write(const Record& record, const BooksAnswers::Asked& asked, NameSheet& names,
           v1::Transaction& to) {
  to.set_seq(record.seq);
  to.set_time_ns(record.time.value());
  to.set_kind(static_cast<std::uint32_t>(record.kind));
  to.set_command(record.ext_id.command);
  for (const Leg& leg : record.legs) {
    if (!asked.is_elevated && merchant_of(leg.account) != asked.account) continue;
    v1::Leg& line = *to.add_legs();
    line.set_account(leg.account.value());
    line.set_asset(leg.asset.value());
    line.set_amount(leg.amount);
    line.set_balance_after(leg.balance_after);
    line.set_role(static_cast<std::uint32_t>(leg.role));
    names.need(leg.account);
    names.need(leg.asset);
  }
  if (record.trade) write_trade(record, asked, names, *to.mutable_trade());
  if (record.reference) to.set_reference(bytes_of(*record.reference));
  if (record.account || record.name || record.asset) {
    write_defined(record, names, *to.mutable_defined());
  }
  if (!asked.is_elevated) return;
  if (record.confirmed) write_confirmed(*record.confirmed, *to.mutable_confirmed());
  std::vector<std::byte> bytes;
  encode(record, bytes);
  to.set_record(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

const char* wrong_field_of(const v1::QueryTransactions& query) {
  if (query.limit() > BooksAnswers::rows_max) return "limit";
  if (query.kind() >= record_kinds_end) return "kind";
  if (query.reference().size() > BankReference::bytes) return "reference";
  return nullptr;
}

}  // namespace

const char* BooksAnswers::wrong_field(const v1::Request& request) {
  switch (request.body_case()) {
    case v1::Request::kQueryTransactions:
      return wrong_field_of(request.query_transactions());
    case v1::Request::kQueryFees: {
      const std::int64_t offset = request.query_fees().utc_offset_ns();
      return offset < -offset_ns_max || offset > offset_ns_max ? "utc_offset_ns" : nullptr;
    }
    case v1::Request::kQueryLedgerNames: {
      const std::size_t bytes = request.query_ledger_names().name().size();
      return bytes == 0 || bytes > name_bytes_max ? "name" : nullptr;
    }
    default:
      return nullptr;
  }
}

bool BooksAnswers::needs_audit(const v1::Request& request) {
  return request.has_query_fees() || request.has_query_turnover() ||
         (request.has_query_transactions() && request.query_transactions().with_account_id() != 0);
}

Result<std::unique_ptr<v1::Response>> BooksAnswers::answer(const v1::Request& request,
                                                           const Asked& asked) {
  names_.begin_answer();
  auto response = std::make_unique<v1::Response>();
  const std::uint64_t id = request.request_id();
  const std::uint64_t as_of = books_.durable_command();
  const auto begin = [&](auto& to) -> auto& {
    to.set_request_id(id);
    to.set_as_of_sequence(as_of);
    return to;
  };
  Status status;
  switch (request.body_case()) {
    case v1::Request::kQueryTransactions:
      status = transactions(request.query_transactions(), asked,
                            begin(*response->mutable_transactions()));
      break;
    case v1::Request::kQueryLedgerBalances:
      status = balances(request.query_ledger_balances(), asked,
                        begin(*response->mutable_ledger_balances()));
      break;
    case v1::Request::kQueryFees:
      status = fees(request.query_fees(), begin(*response->mutable_fees()));
      break;
    case v1::Request::kQueryTurnover:
      status = turnover(request.query_turnover(), begin(*response->mutable_turnover()));
      break;
    case v1::Request::kQueryLedgerNames:
      status = names_.find(request.query_ledger_names().name(), asked.is_elevated,
                           *begin(*response->mutable_ledger_names()).mutable_names());
      break;
    default:
      return Error{ErrorCode::invalid, "answer a question", "that is none to the books"};
  }
  if (!status) return status.error();
  return response;
}

Status BooksAnswers::transactions(const v1::QueryTransactions& query, const Asked& asked,
                                  v1::Transactions& to) {
  AuditPaging paging;
  paging.direction = query.newest_first() ? Direction::descending : Direction::ascending;
  paging.limit = query.limit() == 0 ? rows_max : query.limit();
  paging.examined_max = examined_max;
  const Result<AuditPage> page = audit_.find(filter_of(query, asked.account), paging);
  if (!page) return page.error();
  NameSheet names;
  for (const Record& record : page->records) {
    write(record, asked, names, *to.add_transactions());
  }
  to.set_has_more(page->cursor.has_value());
  to.set_next_seq(page->cursor.value_or(0));
  return names.write(names_, *to.mutable_names());
}

Status BooksAnswers::balances(const v1::QueryLedgerBalances& query, const Asked& asked,
                              v1::LedgerBalances& to) {
  std::uint64_t size = query.has_at_size() ? query.at_size() : audit_.size();
  if (!query.has_at_size() && query.at_time_ns() != 0) {
    const Result<std::uint64_t> before = audit_.size_before(Time{query.at_time_ns()});
    if (!before) return before.error();
    size = *before;
  }
  to.set_size(size);
  const bool is_everyone = query.everyone();
  constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
  AccountKey after;
  if (!is_everyone) {
    // No account number names such a merchant, and one made of it would name another.
    if (asked.account.value() > none >> account_kind_bits) return {};
    const std::uint32_t first = asked.account.value() << account_kind_bits;
    if (first != 0) after = {AccountNumber{first - 1}, AssetNumber{none}};
  }
  const AccountKey cursor{AccountNumber{static_cast<std::uint32_t>(query.cursor() >> 32U)},
                          AssetNumber{static_cast<std::uint32_t>(query.cursor())}};
  after = std::max(after, cursor);
  const std::vector<AccountKey> keys = books_.keys_after(after, keys_max);
  NameSheet names;
  bool is_all = keys.size() < keys_max;
  for (const AccountKey& key : keys) {
    if (!is_everyone && merchant_of(key.account) != asked.account) {
      is_all = true;
      break;
    }
    const Result<std::int64_t> balance = audit_.balance(key, size);
    if (!balance) return balance.error();
    if (*balance == 0) continue;
    v1::LedgerBalance& line = *to.add_balances();
    line.set_account(key.account.value());
    line.set_asset(key.asset.value());
    line.set_balance(*balance);
    names.need(key.account);
    names.need(key.asset);
  }
  if (!is_all) {
    to.set_next_cursor(std::uint64_t{keys.back().account.value()} << 32U |
                       keys.back().asset.value());
  }
  // A size that is not reached is none even where there is nothing to show.
  if (size > audit_.size()) {
    return Error{ErrorCode::not_found, "answer at a size the ledger has not reached",
                 std::to_string(size)};
  }
  return names.write(names_, *to.mutable_names());
}

Status BooksAnswers::fees(const v1::QueryFees& query, v1::Fees& to) {
  const std::uint64_t end = audit_.size();
  if (end == 0) return {};
  const Result<Record> first = audit_.by_seq(0);
  if (!first) return first.error();
  const Result<Record> last = audit_.by_seq(end - 1);
  if (!last) return last.error();
  const std::int64_t from = std::max(query.from_time_ns(), first->time.value());
  std::int64_t until = last->time.value() + 1;
  if (query.to_time_ns() != 0) until = std::min(until, query.to_time_ns());
  if (from >= until) return {};
  NameSheet names;
  // Midnight there, at or before; times are not before 1970.
  const std::int64_t offset = query.utc_offset_ns();
  std::int64_t day = (from + offset) / ns_per_day * ns_per_day - offset;
  std::int64_t begin = from;
  Result<std::uint64_t> size = audit_.size_before(Time{begin});
  for (std::uint32_t days = 0; begin < until; ++days) {
    if (days == days_max) {
      to.set_next_time_ns(begin);
      break;
    }
    const std::int64_t next = std::min(day + ns_per_day, until);
    const Result<std::uint64_t> size_after = audit_.size_before(Time{next});
    if (!size) return size.error();
    if (!size_after) return size_after.error();
    const Result<std::vector<FeeTotal>> earned = audit_.fees(*size, *size_after);
    if (!earned) return earned.error();
    for (const FeeTotal& fee : *earned) {
      if (fee.income == 0) continue;
      v1::FeesOfDay& line = *to.add_days();
      line.set_day_ns(day);
      line.set_currency_id(currency_of(fee.currency).value());
      line.set_income_fen(static_cast<std::int64_t>(fee.income));
      names.need(fee.currency);
    }
    size = size_after;
    begin = next;
    day += ns_per_day;
  }
  return names.write(names_, *to.mutable_names());
}

Status BooksAnswers::turnover(const v1::QueryTurnover& query, v1::Turnover& to) {
  AuditFilter filter;
  filter.kind = RecordKind::settle;
  filter.from_time = time_of(query.from_time_ns());
  filter.to_time = time_of(query.to_time_ns());
  if (query.instrument_id() != 0) filter.instrument = InstrumentId{query.instrument_id()};
  filter.from_seq = query.from_seq();
  AuditPaging paging;
  paging.limit = turnover_records_max;
  paging.examined_max = examined_max;
  const Result<AuditPage> page = audit_.find(filter, paging);
  if (!page) return page.error();
  std::map<std::pair<AccountId, CurrencyId>, v1::TurnoverOf> rows;
  NameSheet names;
  const auto row_of = [&](AccountId merchant, CurrencyId currency) -> v1::TurnoverOf& {
    v1::TurnoverOf& row = rows[{merchant, currency}];
    row.set_account_id(merchant.value());
    row.set_currency_id(currency.value());
    names.need(merchant);
    names.need(asset_of(currency));
    return row;
  };
  for (const Record& record : page->records) {
    const std::optional<TradeParts> parts = parts_of(record);
    if (!parts) {
      return Error{ErrorCode::corrupt, "take a trade apart",
                   "record " + std::to_string(record.seq)};
    }
    const std::uint64_t lots = record.trade->quantity.value();
    v1::TurnoverOf& buyer = row_of(parts->buyer, parts->currency);
    buyer.set_trades(buyer.trades() + 1);
    buyer.set_bought_lots(buyer.bought_lots() + lots);
    buyer.set_bought_fen(buyer.bought_fen() + parts->notional);
    buyer.set_fees_fen(buyer.fees_fen() + parts->buyer_fee);
    v1::TurnoverOf& seller = row_of(parts->seller, parts->currency);
    seller.set_trades(seller.trades() + 1);
    seller.set_sold_lots(seller.sold_lots() + lots);
    seller.set_sold_fen(seller.sold_fen() + parts->notional);
    seller.set_fees_fen(seller.fees_fen() + parts->seller_fee);
  }
  for (auto& [key, row] : rows) *to.add_merchants() = std::move(row);
  to.set_next_seq(page->cursor.value_or(0));
  return names.write(names_, *to.mutable_names());
}

}  // namespace karst::gateway
