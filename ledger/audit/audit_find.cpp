#include <algorithm>
#include <limits>
#include <queue>

#include "ledger/audit/audit.hpp"

namespace karst {
namespace {

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
  if (filter.instrument &&
      !any_leg(record, [&](const Leg& leg) { return leg.asset == asset_of(*filter.instrument); })) {
    return false;
  }
  if (filter.counterparty && !any_leg(record, [&](const Leg& leg) {
        return merchant_of(leg.account) == *filter.counterparty;
      })) {
    return false;
  }
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

// The fewest postings that hold every record looked for; none = only a scan does.
std::optional<std::vector<AccountKey>> Audit::plan(const AuditFilter& filter) const {
  std::vector<std::vector<AccountKey>> choices;
  if (filter.account) {
    std::vector<AccountKey> keys = index_.books().keys_of(*filter.account);
    if (filter.asset) {
      std::erase_if(keys, [&](const AccountKey& key) { return key.asset != *filter.asset; });
    }
    choices.push_back(std::move(keys));
  }
  if (filter.merchant) choices.push_back(keys_of_merchant(filter, *filter.merchant));
  if (filter.counterparty) {
    AuditFilter only;
    choices.push_back(keys_of_merchant(only, *filter.counterparty));
  }
  if (choices.empty()) return std::nullopt;
  const auto postings = [&](const std::vector<AccountKey>& keys) {
    std::uint64_t sum = 0;
    for (const AccountKey& key : keys) sum += index_.books().postings_of(key);
    return sum;
  };
  return *std::ranges::min_element(choices, {}, postings);
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
  const std::optional<std::vector<AccountKey>> keys = plan(filter);
  return keys ? find_by_keys(filter, paging, begin, end, *keys)
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
      if (is_ascending && (page.records.size() == paging.limit || page.examined == examined_max)) {
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
        page.cursor = page.records.back().seq;
        return page;
      }
    }
    end = first;
    if (page.examined >= examined_max && begin < end) {
      page.cursor = end;
      return page;
    }
  }
  return page;
}

Result<AuditPage> Audit::find_by_keys(const AuditFilter& filter, const AuditPaging& paging,
                                      std::uint64_t begin, std::uint64_t end,
                                      const std::vector<AccountKey>& keys) {
  AuditPage page;
  page.as_of = size();
  const bool is_ascending = paging.direction == Direction::ascending;
  const auto comes_later = [is_ascending](const Head& a, const Head& b) {
    return is_ascending ? a.seq > b.seq : a.seq < b.seq;
  };
  std::vector<PostingCursor> cursors;
  std::priority_queue<Head, std::vector<Head>, decltype(comes_later)> heads(comes_later);
  const auto advance = [&](std::size_t cursor) -> Status {
    const auto seq = cursors[cursor].next();
    if (!seq) return seq.error();
    if (*seq) heads.push({**seq, cursor});
    return {};
  };
  for (const AccountKey& key : keys) {
    cursors.emplace_back(index_, key, begin, end, paging.direction);
    if (Status advanced = advance(cursors.size() - 1); !advanced) return advanced.error();
  }
  while (!heads.empty()) {
    const std::uint64_t seq = heads.top().seq;
    if (page.records.size() == paging.limit || page.examined == examined_max) {
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
