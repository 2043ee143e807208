#include "gateway/feed/instrument_search.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "schemas/translate/text.hpp"
#include "schemas/words/instrument_text.hpp"

namespace karst::feed {
namespace {

constexpr int states_max = 16;
constexpr std::size_t prefix_max = 64;

/// What an instrument is asked about.
struct Candidate {
  const InstrumentTerms& terms;
  InstrumentState state;
  Price reference;
  bool is_retired;
};

[[nodiscard]] std::string name_of(const InstrumentTerms& terms) {
  std::string symbol = schemas::text_of(terms.symbol);
  return terms.is_contract ? tool::hour_contract_name(std::move(symbol), terms.hour.value())
                           : symbol;
}

/// A name begins with its symbol: most others are passed over by it.
[[nodiscard]] bool has_prefix(const InstrumentTerms& terms, std::string_view prefix) {
  const std::string symbol = schemas::text_of(terms.symbol);
  const std::size_t common = std::min(symbol.size(), prefix.size());
  if (std::string_view(symbol).substr(0, common) != prefix.substr(0, common)) return false;
  return prefix.size() <= symbol.size() || name_of(terms).starts_with(prefix);
}

[[nodiscard]] bool is_delivered_within(const InstrumentTerms& terms, std::int64_t from,
                                       std::int64_t to) {
  if (from == 0 && to == 0) return true;
  const std::int64_t hour = terms.hour.value();
  return terms.is_contract && hour >= from && (to == 0 || hour < to);
}

class Search {
 public:
  Search(const FeedPublisher& feed, const v1::QueryInstruments& query, v1::Instruments& out)
      : feed_(feed),
        query_(query),
        out_(out),
        limit_(query.limit() == 0 ? found_max : query.limit()) {}

  void take(const Candidate& it) {
    if (!is_meant(it)) return;
    v1::InstrumentFound& found = *out_.add_instruments();
    found.set_instrument_id(it.terms.instrument.value());
    found.set_name(name_of(it.terms));
    write(it.terms, *found.mutable_definition());
    write(StatusMark{it.state, 0, it.reference, it.is_retired}, *found.mutable_status());
    found.set_provider_account_id(provider(it.terms));
  }
  [[nodiscard]] bool is_full() const {
    return static_cast<std::uint32_t>(out_.instruments_size()) == limit_;
  }

 private:
  [[nodiscard]] std::uint32_t provider(const InstrumentTerms& terms) const {
    return feed_.reference().provider(terms).value();
  }

  [[nodiscard]] bool is_meant(const Candidate& it) const {
    const InstrumentTerms& terms = it.terms;
    const auto kind =
        terms.is_contract ? v1::Definition::KIND_HOUR_CONTRACT : v1::Definition::KIND_DATA_PRODUCT;
    if (query_.kind() != v1::Definition::KIND_UNSPECIFIED && query_.kind() != kind) return false;
    const auto is_state = [&](int state) { return state == static_cast<int>(it.state); };
    if (query_.states_size() != 0 && !std::ranges::any_of(query_.states(), is_state)) return false;
    const auto is_any_or = [](std::uint32_t asked, std::uint32_t is) {
      return asked == 0 || asked == is;
    };
    return is_any_or(query_.instrument_id(), terms.instrument.value()) &&
           is_any_or(query_.pool_id(), terms.is_contract ? terms.pool.value() : 0) &&
           is_any_or(query_.provider_account_id(), provider(terms)) &&
           is_delivered_within(terms, query_.delivery_from_hour(), query_.delivery_to_hour()) &&
           has_prefix(terms, query_.name_prefix());
  }

  const FeedPublisher& feed_;
  const v1::QueryInstruments& query_;
  v1::Instruments& out_;
  std::uint32_t limit_;
};

void find_listed(const FeedPublisher& feed, const v1::QueryInstruments& query, Search& search,
                 v1::Instruments& out) {
  const FeedBook& book = feed.book();
  const std::uint64_t end = book.slots_max();
  std::uint64_t slot = query.cursor();
  for (std::uint32_t looks = 0; slot < end; ++slot) {
    if (looks++ == looked_at_max || search.is_full()) break;
    const auto at = static_cast<std::uint32_t>(slot);
    if (book.instrument(at).is_none()) continue;
    search.take({feed.reference().terms(at), book.state(at), book.reference(at), false});
  }
  out.set_next_cursor(slot < end ? slot : 0);
}

void find_retired(const FeedPublisher& feed, const v1::QueryInstruments& query, Search& search,
                  v1::Instruments& out) {
  const FeedReference& reference = feed.reference();
  const std::uint64_t end = reference.retired_end();
  std::uint64_t number = std::max(query.cursor(), reference.retired_begin());
  for (std::uint32_t looks = 0; number < end; ++number) {
    if (looks++ == looked_at_max || search.is_full()) break;
    const RetiredInstrument& it = reference.retired(number);
    search.take({it.terms, it.state, it.reference, true});
  }
  out.set_next_cursor(number < end ? number : 0);
}

}  // namespace

const char* misfit(const v1::QueryInstruments& query) {
  if (!v1::Definition::Kind_IsValid(query.kind())) return "kind";
  if (query.states_size() > states_max) return "states";
  for (const int state : query.states()) {
    if (state == 0 || !v1::InstrumentState_IsValid(state)) return "states";
  }
  if (query.name_prefix().size() > prefix_max) return "name_prefix";
  if (query.delivery_from_hour() < 0) return "delivery_from_hour";
  if (query.delivery_to_hour() < 0) return "delivery_to_hour";
  return query.limit() > found_max ? "limit" : nullptr;
}

void find_instruments(const FeedPublisher& feed, const v1::QueryInstruments& query,
                      v1::Instruments& out) {
  out.set_as_of_sequence(feed.sequence());
  Search search(feed, query, out);
  if (query.retired()) return find_retired(feed, query, search, out);
  find_listed(feed, query, search, out);
}

}  // namespace karst::feed
