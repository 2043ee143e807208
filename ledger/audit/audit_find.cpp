#include <algorithm>
#include <limits>
#include <queue>

#include "ledger/audit/audit.hpp"

namespace karst {
namespace {

/// Beyond so many keys it is quicker to read the records one behind the other.
constexpr std::size_t keys_of_asset_max = 256;
constexpr std::uint32_t kinds_of_account = 1U << account_kind_bits;

bool leg_matches(const AuditFilter& filter, const Leg& leg) {
  if (filter.merchant && merchant_of(leg.account) != *filter.merchant) return false;
  if (filter.account && leg.account != *filter.account) return false;
  if (filter.asset && leg.asset != *filter.asset) return false;
  if (filter.role && leg.role != *filter.role) return false;
  const Total size =
      leg.amount < 0 ? Total{0} - static_cast<Total>(leg.amount) : static_cast<Total>(leg.amount);
  if (filter.amount_min && *filter.amount_min > 0 &&
      size < static_cast<Total>(*filter.amount_min)) {
    return false;
  }
  return !filter.amount_max ||
         (*filter.amount_max >= 0 && size <= static_cast<Total>(*filter.amount_max));
}

bool wants_leg(const AuditFilter& filter) {
  return filter.merchant || filter.account || filter.asset || filter.role || filter.amount_min ||
         filter.amount_max;
}

// The merchant is all that is asked of a leg.
bool wants_merchant_only(const AuditFilter& filter) {
  AuditFilter others = filter;
  others.merchant.reset();
  return filter.merchant && !filter.merchant->is_none() && !wants_leg(others);
}

// Whether a record without legs is about the merchant.
bool is_about(const RecordView& record, AccountId merchant) {
  if (record.legs() != 0) return false;
  if (const auto account = record.account(); account && account->merchant == merchant) return true;
  if (const auto renamed = record.name(); renamed && renamed->merchant == merchant) return true;
  const auto asset = record.asset();
  return asset && asset->issuer == merchant;
}

// Whose leg says so: posting.hpp puts the buyer's and the seller's money first.
bool is_of_order(const RecordView& record, OrderId order, std::optional<AccountId> merchant) {
  const std::optional<TradeOrders> orders = record.orders();
  if (!orders || record.legs() < 2) return false;
  const auto is_side = [&](OrderId side, std::size_t leg) {
    return side == order && (!merchant || merchant_of(record.leg(leg).account) == *merchant);
  };
  return is_side(orders->buyer, 0) || is_side(orders->seller, 1);
}

template <typename Predicate>
bool any_leg(const RecordView& record, Predicate predicate) {
  for (std::size_t i = 0; i < record.legs(); ++i) {
    if (predicate(record.leg(i))) return true;
  }
  return false;
}

// A cursor with the seq it stands at.
struct Head {
  std::uint64_t seq;
  std::size_t cursor;
};

}  // namespace

bool matches(const AuditFilter& filter, const RecordView& record) {
  if (record.seq() < filter.from_seq || record.seq() >= filter.to_seq) return false;
  if (filter.from_time && record.time() < *filter.from_time) return false;
  if (filter.to_time && record.time() >= *filter.to_time) return false;
  if (filter.kind && record.kind() != *filter.kind) return false;
  if (filter.mode) {
    const std::optional<TradeDetails> trade = record.trade();
    if (!trade || trade->mode != *filter.mode) return false;
  }
  if (filter.order && !is_of_order(record, *filter.order, filter.merchant)) return false;
  if (filter.reference && record.reference() != filter.reference) return false;
  if (filter.instrument &&
      !any_leg(record, [&](const Leg& leg) { return leg.asset == asset_of(*filter.instrument); })) {
    return false;
  }
  if (filter.counterparty && !any_leg(record, [&](const Leg& leg) {
        return merchant_of(leg.account) == *filter.counterparty;
      })) {
    return false;
  }
  if (wants_merchant_only(filter) && is_about(record, *filter.merchant)) return true;
  return !wants_leg(filter) ||
         any_leg(record, [&](const Leg& leg) { return leg_matches(filter, leg); });
}

std::vector<AccountKey> Audit::keys_of_merchant(const AuditFilter& filter,
                                                AccountId merchant) const {
  std::vector<AccountKey> keys;
  // No account number names such a merchant, and one made of it would name another.
  if (merchant.value() > std::numeric_limits<std::uint32_t>::max() >> account_kind_bits)
    return keys;
  for (std::uint32_t kind = 0; kind < kinds_of_account; ++kind) {
    const AccountNumber account{merchant.value() << account_kind_bits | kind};
    const bool is_leg = filter.merchant && *filter.merchant == merchant;
    for (const AccountKey& key : index_.books().keys_of(account)) {
      if (is_leg && filter.account && key.account != *filter.account) continue;
      if (is_leg && filter.asset && key.asset != *filter.asset) continue;
      keys.push_back(key);
    }
  }
  return keys;
}

Result<std::vector<std::uint64_t>> Audit::seqs_about(AccountId merchant) {
  Result<std::vector<std::uint64_t>> seqs = index_.seqs_of(word_of(merchant));
  if (!seqs) return seqs;
  const Result<std::vector<std::uint64_t>> products = index_.seqs_of(word_of_issuer(merchant));
  if (!products) return products.error();
  seqs->insert(seqs->end(), products->begin(), products->end());
  std::ranges::sort(*seqs);
  return seqs;
}

// The fewest postings that hold every record looked for; none = only a scan does.
Result<std::optional<Audit::Plan>> Audit::plan(const AuditFilter& filter) {
  const Books& books = index_.books();
  std::vector<Plan> choices;
  const auto add = [&](std::vector<AccountKey> keys, std::vector<std::uint64_t> seqs = {}) {
    choices.push_back({std::move(keys), std::move(seqs)});
  };
  if (filter.account) {
    std::vector<AccountKey> keys = books.keys_of(*filter.account);
    if (filter.asset) {
      std::erase_if(keys, [&](const AccountKey& key) { return key.asset != *filter.asset; });
    }
    add(std::move(keys));
  }
  if (filter.merchant) {
    std::vector<std::uint64_t> seqs;
    if (wants_merchant_only(filter)) {
      Result<std::vector<std::uint64_t>> about = seqs_about(*filter.merchant);
      if (!about) return about.error();
      seqs = std::move(about).value();
    }
    add(keys_of_merchant(filter, *filter.merchant), std::move(seqs));
  }
  if (filter.counterparty) add(keys_of_merchant(AuditFilter{}, *filter.counterparty));
  const bool is_bank = filter.kind == RecordKind::fund || filter.kind == RecordKind::withdraw;
  if (is_bank || filter.reference) {
    add(books.keys_of(account_number(ExchangeAccount::bank_custody)));
  }
  const bool has_no_legs = filter.kind == RecordKind::open_account ||
                           filter.kind == RecordKind::define_asset ||
                           filter.kind == RecordKind::note;
  if (has_no_legs) {
    Result<std::vector<std::uint64_t>> seqs = index_.seqs_of(word_of(*filter.kind));
    if (!seqs) return seqs.error();
    add({}, std::move(seqs).value());
  }
  if (filter.instrument) {
    auto keys = books.keys_of(asset_of(*filter.instrument), keys_of_asset_max);
    if (keys) add(std::move(*keys));
  }
  if (choices.empty()) return std::optional<Plan>{};
  const auto cost = [&](const Plan& choice) {
    std::uint64_t sum = choice.seqs.size();
    for (const AccountKey& key : choice.keys) sum += books.postings_of(key);
    return sum;
  };
  return std::optional(*std::ranges::min_element(choices, {}, cost));
}

Result<AuditPage> Audit::find(const AuditFilter& filter, const AuditPaging& paging) {
  std::uint64_t begin = filter.from_seq;
  std::uint64_t end = std::min(filter.to_seq, size());
  if (filter.from_time) {
    const Result<std::uint64_t> at = size_before(*filter.from_time);
    if (!at) return at.error();
    begin = std::max(begin, *at);
  }
  if (filter.to_time) {
    const Result<std::uint64_t> at = size_before(*filter.to_time);
    if (!at) return at.error();
    end = std::min(end, *at);
  }
  if (paging.cursor) {
    if (paging.direction == Direction::ascending) {
      begin = std::max(begin, *paging.cursor);
    } else {
      end = std::min(end, *paging.cursor);
    }
  }
  if (paging.limit == 0) return Error{ErrorCode::invalid, "find records", "a limit of 0"};
  if (begin >= end) return AuditPage{{}, std::nullopt, 0, size()};
  const Result<std::optional<Plan>> planned = plan(filter);
  if (!planned) return planned.error();
  return *planned ? find_by_keys(filter, paging, begin, end, **planned)
                  : find_by_scan(filter, paging, begin, end);
}

Result<AuditPage> Audit::find_by_scan(const AuditFilter& filter, const AuditPaging& paging,
                                      std::uint64_t begin, std::uint64_t end) {
  AuditPage page;
  page.as_of = size();
  const bool is_ascending = paging.direction == Direction::ascending;
  // Downwards the log is read in short runs upwards.
  const std::uint64_t run = is_ascending ? end - begin : RecordLog::mark_every * 16;
  while (begin < end) {
    const std::uint64_t first = is_ascending || end - begin <= run ? begin : end - run;
    const std::uint64_t last = end;
    std::vector<Record> found;
    if (Status sought = many_.seek(first); !sought) return sought.error();
    for (std::uint64_t seq = first; seq < last; ++seq) {
      if (is_ascending &&
          (page.records.size() == paging.limit || page.examined == paging.examined_max)) {
        page.cursor = seq;
        return page;
      }
      const Result<RecordView> record = many_.next();
      if (!record) return record.error();
      ++page.examined;
      if (matches(filter, *record)) (is_ascending ? page.records : found).push_back(read(*record));
    }
    if (is_ascending) return page;
    for (std::size_t i = found.size(); i-- > 0;) {
      page.records.push_back(std::move(found[i]));
      if (page.records.size() == paging.limit) {
        const std::uint64_t last_seq = page.records.back().seq;
        if (last_seq > begin) page.cursor = last_seq;
        return page;
      }
    }
    end = first;
    if (page.examined >= paging.examined_max && begin < end) {
      page.cursor = end;
      return page;
    }
  }
  return page;
}

Result<AuditPage> Audit::find_by_keys(const AuditFilter& filter, const AuditPaging& paging,
                                      std::uint64_t begin, std::uint64_t end, const Plan& plan) {
  AuditPage page;
  page.as_of = size();
  const bool is_ascending = paging.direction == Direction::ascending;
  const auto comes_later = [is_ascending](const Head& a, const Head& b) {
    return is_ascending ? a.seq > b.seq : a.seq < b.seq;
  };
  std::vector<PostingCursor> cursors;
  std::priority_queue<Head, std::vector<Head>, decltype(comes_later)> heads(comes_later);
  // The records of the plan are one more cursor, behind those of the keys.
  const std::size_t of_seqs = plan.keys.size();
  auto first = std::ranges::lower_bound(plan.seqs, begin);
  auto last = std::ranges::lower_bound(plan.seqs, end);
  const auto advance = [&](std::size_t cursor) -> Status {
    if (cursor == of_seqs) {
      if (first != last) heads.push({is_ascending ? *first++ : *--last, cursor});
      return {};
    }
    const auto seq = cursors[cursor].next();
    if (!seq) return seq.error();
    if (*seq) heads.push({**seq, cursor});
    return {};
  };
  cursors.reserve(plan.keys.size());
  for (const AccountKey& key : plan.keys) {
    cursors.emplace_back(index_, key, begin, end, paging.direction);
    if (Status advanced = advance(cursors.size() - 1); !advanced) return advanced.error();
  }
  if (Status advanced = advance(of_seqs); !advanced) return advanced.error();
  while (!heads.empty()) {
    const std::uint64_t seq = heads.top().seq;
    if (page.records.size() == paging.limit || page.examined == paging.examined_max) {
      page.cursor = is_ascending ? seq : seq + 1;
      return page;
    }
    while (!heads.empty() && heads.top().seq == seq) {
      const std::size_t cursor = heads.top().cursor;
      heads.pop();
      if (Status advanced = advance(cursor); !advanced) return advanced.error();
    }
    const Result<RecordView> found = record(seq);
    if (!found) return found.error();
    ++page.examined;
    if (matches(filter, *found)) page.records.push_back(read(*found));
  }
  return page;
}

}  // namespace karst
