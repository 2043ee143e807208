#include "gateway/client/feed_client.hpp"

#include <algorithm>
#include <utility>

namespace karst::feed {
namespace {

/// Place among FeedInstrument::books.
[[nodiscard]] std::size_t book_index(Schema schema) {
  return index_of(schema) - index_of(Schema::mbo);
}

}  // namespace

const FeedClientBook* FeedInstrument::book(Schema schema) const {
  const auto& book = books[book_index(schema)];
  return book && book->is_valid() ? &*book : nullptr;
}

const FeedClientBook* FeedInstrument::book() const {
  for (const Schema schema : {Schema::mbo, Schema::mbp_10, Schema::mbp_1}) {
    if (const FeedClientBook* found = book(schema)) return found;
  }
  return nullptr;
}

v1::Subscribe FeedClient::request(SchemaMask mask) const {
  v1::Subscribe request;
  for (const Schema schema : schemas) {
    if (contains(mask, schema)) request.add_schemas(static_cast<v1::FeedSchema>(schema));
  }
  request.set_on_slow(static_cast<v1::OnSlow>(wish_.on_slow));
  return request;
}

v1::Subscribe FeedClient::everything() const {
  v1::Subscribe wanted = request(wish_.schemas);
  for (const std::uint32_t id : wish_.instruments) {
    const FeedInstrument* known = find(id);
    if (known == nullptr || !known->is_ended) wanted.add_instrument_ids(id);
  }
  return wanted;
}

v1::Subscribe FeedClient::connected() {
  v1::Subscribe wanted = everything();
  wanted.set_resume_after(broken_.empty() ? position() : 0);
  if (incarnation_) wanted.set_incarnation(*incarnation_);
  is_anew_due_ = false;
  broken_.clear();
  is_settled_ = false;
  is_cut_ = false;
  return wanted;
}

Received FeedClient::receive(const v1::MarketData& message) {
  switch (message.kind_case()) {
    case v1::MarketData::kSubscribed:
      receive(message.subscribed());
      return Received::applied;
    case v1::MarketData::kUpdate:
      position_ = std::max(position_ + 1, message.update().sequence()) - 1;
      return receive(message.update());
    case v1::MarketData::kHeartbeat:
      position_ = std::max(position_, message.heartbeat().sequence());
      is_settled_ = broken_.empty();
      return Received::applied;
    case v1::MarketData::kNotice:
      receive(message.notice());
      return Received::applied;
    default:
      return Received::ignored;
  }
}

void FeedClient::receive(const v1::SubscribeReply& reply) {
  if (reply.code() == v1::CODE_RESUME_TOO_OLD) {
    start_anew();
    is_anew_due_ = true;
    return;
  }
  if (reply.code() != v1::CODE_OK) {
    refusal_ = reply;
    return;
  }
  // What is resumed is shared by both lives of the exchange; all else is of the other one.
  const bool is_other = incarnation_ && *incarnation_ != reply.incarnation();
  if (is_other && !reply.resumed()) start_anew();
  incarnation_ = reply.incarnation();
  if (reply.resumed()) is_settled_ = true;
  for (auto& [id, instrument] : instruments_) {
    for (FeedChain& chain : instrument.chains) chain.answered();
    for (auto& book : instrument.books) {
      if (book) book->answered();
    }
  }
}

void FeedClient::start_anew() {
  instruments_.clear();
  broken_.clear();
  incarnation_.reset();
  position_ = 0;
  is_settled_ = false;
}

Received FeedClient::receive(const v1::MarketUpdate& update) {
  if (update.schema() < 1 || update.schema() > static_cast<int>(schemas_count)) {
    return Received::ignored;
  }
  const Received received = apply(instruments_[update.instrument_id()], update);
  if (received == Received::gap || received == Received::mismatch) {
    broken_[update.instrument_id()] |= mask_of(static_cast<Schema>(update.schema()));
    is_settled_ = false;
  }
  return received;
}

Received FeedClient::apply(FeedInstrument& instrument, const v1::MarketUpdate& update) {
  const auto schema = static_cast<Schema>(update.schema());
  if (contains(depth_schemas, schema)) {
    auto& book = instrument.books[book_index(schema)];
    if (!book) book.emplace(schema);
    return book->apply(update);
  }
  FeedChain& chain = instrument.chains[index_of(schema)];
  const Received received = chain.accept(update);
  if (received != Received::applied) return received;
  if (schema == Schema::definition) instrument.definition = update.definition();
  if (schema == Schema::status) instrument.status = update.status();
  if (schema != Schema::trades) return received;
  for (const v1::MarketUpdate& part : chain.parts()) {
    for (const v1::TradePrint& trade : part.trades()) {
      instrument.trades.push_back({part.sequence(), part.time_ns(), trade.match_index(),
                                   trade.price_ticks(), trade.quantity_lots(),
                                   static_cast<Side>(trade.taker_side()), trade.from_offer()});
      ++instrument.trades_count;
      if (instrument.trades.size() > FeedInstrument::trades_kept) instrument.trades.pop_front();
    }
  }
  return received;
}

void FeedClient::receive(const v1::FeedNotice& notice) {
  switch (notice.kind()) {
    case v1::FeedNotice::KIND_DISCONNECTED:
      is_cut_ = true;
      break;
    case v1::FeedNotice::KIND_CONFLATED:
      is_settled_ = false;
      break;
    case v1::FeedNotice::KIND_GAP:
      ++instruments_[notice.instrument_id()].trade_gaps;
      break;
    case v1::FeedNotice::KIND_ENDED:
      instruments_[notice.instrument_id()].is_ended = true;
      broken_.erase(notice.instrument_id());
      break;
    default:
      break;
  }
}

std::optional<v1::Subscribe> FeedClient::recover() {
  if (std::exchange(is_anew_due_, false)) return everything();
  if (broken_.empty()) return std::nullopt;
  SchemaMask mask = 0;
  for (const auto& [instrument, schemas_broken] : broken_) mask |= schemas_broken;
  v1::Subscribe wanted = request(mask);
  constexpr int instruments_per_request_max = 1'024;
  for (const auto& [instrument, schemas_broken] : broken_) {
    if (wanted.instrument_ids_size() == instruments_per_request_max) break;
    wanted.add_instrument_ids(instrument);
  }
  for (const std::uint32_t id : wanted.instrument_ids()) broken_.erase(id);
  return wanted;
}

const FeedInstrument* FeedClient::find(std::uint32_t instrument) const {
  const auto found = instruments_.find(instrument);
  return found == instruments_.end() ? nullptr : &found->second;
}

}  // namespace karst::feed
