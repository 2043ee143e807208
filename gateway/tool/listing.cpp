#include "gateway/tool/listing.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "gateway/client/feed_client.hpp"
#include "gateway/client/stopwatch.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/words/human_units.hpp"
#include "schemas/words/instrument_text.hpp"

namespace karst::tool {
namespace {

constexpr int listing_poll_ms = 50;
constexpr std::size_t examples_max = 3;

bool is_same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_hour(const Listed& listed) {
  return listed.definition.kind() == v1::Definition::KIND_HOUR_CONTRACT;
}

void send(gateway::Client& client, v1::Request request, const Output& output,
          const gateway::ClientConfig& config) {
  client.queue(request);
  if (const Status sent = client.flush(); !sent) output.fail(failure_of(sent.error(), config));
}

void subscribe(gateway::Client& client, const v1::Subscribe& wish, const Output& output,
               const gateway::ClientConfig& config) {
  v1::Request request;
  *request.mutable_subscribe() = wish;
  send(client, request, output, config);
}

std::optional<feed::DepthLevel> best(const feed::FeedInstrument& instrument, Side side) {
  const feed::FeedClientBook* book = instrument.book();
  if (book == nullptr) return std::nullopt;
  const feed::Depth depth = book->depth();
  const auto levels = depth.side(side);
  return levels.empty() ? std::nullopt : std::optional(levels[0]);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

Listing Listing::read(ExchangeLink& link, const Output& output, bool with_prices) {
  feed::FeedWish wish;
  wish.schemas = feed::mask_of(feed::Schema::definition) | feed::mask_of(feed::Schema::status);
  if (with_prices) wish.schemas |= feed::mask_of(feed::Schema::mbp_1);
  wish.on_slow = feed::OnSlow::conflate;
  feed::FeedClient market(wish);
  gateway::Client& client = link.client();
  const auto former = std::exchange(client.handlers().on_market_data,
                                    [&](const v1::MarketData& message) {
                                      static_cast<void>(market.receive(message));
                                    });
  subscribe(client, market.connected(), output, link.config());
  const std::int64_t deadline = monotonic_ns() + std::int64_t{link.config().timeout_ms} * 1'000'000;
  // The first heartbeat says that every snapshot has come.
  while (market.position() == 0) {
    if (market.refusal()) {
      v1::Reply refusal;
      refusal.set_code(market.refusal()->code());
      output.fail(failure_of(refusal));
    }
    if (monotonic_ns() > deadline) {
      output.fail({exit_not_connected, "NO_ANSWER",
                   "the exchange did not say in time what is listed",
                   "wait longer: --timeout SECONDS"});
    }
    if (const auto came = client.poll(listing_poll_ms); !came) {
      output.fail(failure_of(came.error(), link.config()));
    }
    if (const auto broken = market.recover()) subscribe(client, *broken, output, link.config());
  }
  v1::Request enough;
  *enough.mutable_unsubscribe()->mutable_schemas() = market.connected().schemas();
  send(client, enough, output, link.config());
  client.handlers().on_market_data = former;
  Listing listing;
  for (const auto& [id, instrument] : market.instruments()) {
    if (!instrument.definition || instrument.is_ended) continue;
    Listed listed{id, *instrument.definition, {}, best(instrument, Side::buy),
                  best(instrument, Side::sell)};
    if (instrument.status) listed.status = *instrument.status;
    listing.add(listed);
  }
  return listing;
}

const Listed* Listing::find(std::uint32_t id) const {
  const auto found = instruments_.find(id);
  return found == instruments_.end() ? nullptr : &found->second;
}

std::variant<const Listed*, Failure> Listing::resolve(std::string_view name) const {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error == std::errc() && end == name.data() + name.size()) {
    if (const Listed* listed = find(id)) return listed;
    return unknown(name);
  }
  const std::size_t at = name.find('@');
  if (at == std::string_view::npos) return resolve_symbol(name);
  return resolve_hour(name.substr(0, at), name.substr(at + 1));
}

std::variant<const Listed*, Failure> Listing::resolve_symbol(std::string_view symbol) const {
  const Listed* found = nullptr;
  for (const auto& [id, listed] : instruments_) {
    if (!is_same_word(listed.definition.symbol(), symbol)) continue;
    if (is_hour(listed)) {
      return Failure{exit_usage, "POOL_NEEDS_HOUR",
                     std::string(symbol) + " is a pool: say which of its hours",
                     "for example " + instrument_name(listed.definition) + ", or " +
                         listed.definition.symbol() + "@next for the nearest that is open"};
    }
    if (found != nullptr) {
      return Failure{exit_usage, "AMBIGUOUS_INSTRUMENT",
                     std::string(symbol) + " is the name of more than one product",
                     "say the number: " + std::to_string(found->id) + ", " + std::to_string(id)};
    }
    found = &listed;
  }
  if (found == nullptr) return unknown(symbol);
  return found;
}

std::variant<const Listed*, Failure> Listing::resolve_hour(std::string_view symbol,
                                                           std::string_view hour) const {
  const bool is_next = hour == "next";
  const std::optional<std::int64_t> wanted = parse_hour(hour);
  if (!is_next && !wanted) {
    return Failure{exit_usage, "BAD_HOUR", std::string(hour) + " is no hour",
                   "a whole hour with its zone, as 2026-11-22T09Z or 2026-11-22T17+08, or next"};
  }
  const Listed* found = nullptr;
  std::vector<std::string> others;
  for (const auto& [id, listed] : instruments_) {
    if (!is_hour(listed) || !is_same_word(listed.definition.symbol(), symbol)) continue;
    const std::int64_t begins = listed.definition.delivery_hour();
    if (!is_next && begins == *wanted) return &listed;
    if (others.size() < examples_max) others.push_back(instrument_name(listed.definition));
    const bool is_nearer = found == nullptr || begins < found->definition.delivery_hour();
    if (is_next && listed.is_open() && is_nearer) found = &listed;
  }
  if (found != nullptr) return found;
  if (others.empty()) return unknown(symbol);
  const std::string pool(symbol);
  return Failure{exit_not_there, is_next ? "NO_OPEN_HOUR" : "HOUR_NOT_LISTED",
                 is_next ? "no hour of " + pool + " is open for trading"
                         : "that hour of " + pool + " is not listed",
                 "listed are for example " + joined(others) + "; all: karst instruments " + pool};
}

Failure Listing::unknown(std::string_view name) const {
  std::vector<std::string> others;
  for (const auto& [id, listed] : instruments_) {
    const std::string& symbol = listed.definition.symbol();
    const bool is_new = std::ranges::find(others, symbol) == others.end();
    if (is_new && others.size() < examples_max) others.push_back(symbol);
  }
  return {exit_not_there, "UNKNOWN_INSTRUMENT", "nothing is listed as " + std::string(name),
          others.empty() ? "nothing at all is listed yet; an operator lists pools and products"
                         : "what is listed: karst instruments (" + joined(others) + " …)"};
}

const Listed& Listing::must(std::string_view name, const Output& output) const {
  const auto found = resolve(name);
  if (const Failure* failure = std::get_if<Failure>(&found)) output.fail(*failure);
  return **std::get_if<const Listed*>(&found);
}

std::string Listing::name(std::uint32_t id) const {
  const Listed* listed = find(id);
  return listed == nullptr ? "instrument " + std::to_string(id)
                           : instrument_name(listed->definition);
}

std::string Listing::price(std::uint32_t id, std::int64_t ticks) const {
  const Listed* listed = find(id);
  return listed == nullptr ? std::to_string(ticks) + " ticks"
                           : price_text(listed->definition, ticks);
}

}  // namespace karst::tool
