#include "gateway/feed/feed_writer.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <string_view>

#include "schemas/karst/v1/gateway.pb.h"

namespace karst::feed {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedOutputStream;

constexpr std::uint32_t length_bytes = 4;

/// The field's number on the wire, for a field that holds a message.
constexpr std::uint32_t tag(int field) {
  return static_cast<std::uint32_t>(field) << 3 | WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
}

/// Length (4 bytes, big-endian), then `inner` as the field `field` of MarketData in a Response:
/// the two levels around it are written by hand, so that `inner` is sized and copied only once.
template <class Message>
FramePtr wrap(const Frame::About& about, int field, const Message& inner) {
  const auto inner_size = static_cast<std::uint32_t>(inner.ByteSizeLong());
  const std::uint32_t inner_tag = tag(field);
  const std::uint32_t outer_tag = tag(v1::Response::kMarketDataFieldNumber);
  const auto data_size =
      static_cast<std::uint32_t>(CodedOutputStream::VarintSize32(inner_tag) +
                                 CodedOutputStream::VarintSize32(inner_size) + inner_size);
  const auto body_size =
      static_cast<std::uint32_t>(CodedOutputStream::VarintSize32(outer_tag) +
                                 CodedOutputStream::VarintSize32(data_size) + data_size);
  return FramePtr::make(about, length_bytes + body_size, [&](std::uint8_t* to) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      *to++ = static_cast<std::uint8_t>(body_size >> shift);
    }
    to = CodedOutputStream::WriteVarint32ToArray(outer_tag, to);
    to = CodedOutputStream::WriteVarint32ToArray(data_size, to);
    to = CodedOutputStream::WriteVarint32ToArray(inner_tag, to);
    to = CodedOutputStream::WriteVarint32ToArray(inner_size, to);
    inner.SerializeWithCachedSizesToArray(to);
  });
}

template <std::size_t N>
std::string_view text_of(const Text<N>& text) {
  const std::string_view all(text.data(), text.size());
  return all.substr(0, all.find('\0'));
}

}  // namespace

FramePtr make_frame(const v1::SubscribeReply& reply) {
  return wrap({}, v1::MarketData::kSubscribedFieldNumber, reply);
}

FramePtr make_frame(const v1::FeedNotice& notice) {
  return wrap({}, v1::MarketData::kNoticeFieldNumber, notice);
}

FramePtr make_frame(const v1::FeedHeartbeat& heartbeat) {
  Frame::About about;
  about.kind = Frame::Kind::heartbeat;
  about.sequence = heartbeat.sequence();
  return wrap(about, v1::MarketData::kHeartbeatFieldNumber, heartbeat);
}

void FeedWriter::begin(const Head& head, std::vector<FramePtr>& out) {
  head_ = head;
  out_ = &out;
  entries_ = 0;
  update_.Clear();
  update_.set_schema(static_cast<v1::FeedSchema>(head.schema));
  update_.set_instrument_id(head.instrument.value());
  update_.set_sequence(head.sequence);
  update_.set_prev_seq(head.prev_seq);
  update_.set_time_ns(head.time.value());
  update_.set_snapshot(head.is_snapshot);
}

void FeedWriter::add(const OrderStep& step) {
  reserve_entry();
  v1::OrderUpdate& order = *update_.add_orders();
  order.set_action(static_cast<v1::OrderUpdate::Action>(step.action));
  order.set_order_id(step.order.value());
  order.set_side(static_cast<v1::Side>(step.side));
  order.set_price_ticks(step.price.value());
  order.set_quantity_lots(step.quantity.value());
}

void FeedWriter::add(Side side, const DepthLevel& level) {
  reserve_entry();
  v1::PriceLevel& to = side == Side::buy ? *update_.add_bids() : *update_.add_asks();
  to.set_price_ticks(level.price);
  to.set_quantity_lots(level.quantity);
  to.set_orders(level.orders);
}

void FeedWriter::add(const TradeMark& trade) {
  reserve_entry();
  v1::TradePrint& to = *update_.add_trades();
  to.set_match_index(trade.match_index);
  to.set_price_ticks(trade.price.value());
  to.set_quantity_lots(trade.quantity.value());
  to.set_taker_side(static_cast<v1::Side>(trade.taker_side));
  to.set_from_offer(trade.is_from_offer);
  to.set_settlement(trade.settlement);
}

void FeedWriter::set(const StatusMark& status) { write(status, *update_.mutable_status()); }

void FeedWriter::set(const InstrumentTerms& terms) { write(terms, *update_.mutable_definition()); }

void write(const StatusMark& status, v1::InstrumentStatus& to) {
  to.set_state(static_cast<v1::InstrumentState>(status.state));
  to.set_reason(static_cast<v1::InstrumentStatus::Reason>(status.reason));
  to.set_reference_ticks(status.reference.value());
  to.set_retired(status.is_retired);
}

void write(const InstrumentTerms& terms, v1::Definition& to) {
  to.set_kind(terms.is_contract ? v1::Definition::KIND_HOUR_CONTRACT
                                : v1::Definition::KIND_DATA_PRODUCT);
  to.set_symbol(std::string(text_of(terms.symbol)));
  to.set_currency(std::string(text_of(terms.currency)));
  to.set_unit(static_cast<v1::Unit>(terms.unit));
  to.set_tick_value_fen(terms.tick_value.value());
  to.set_price_min_ticks(terms.price_min.value());
  to.set_price_max_ticks(terms.price_max.value());
  to.set_list_price_ticks(terms.list_price.value());
  to.set_quantity_lots_max(terms.quantity_max.value());
  to.set_band_bps(terms.band_bps);
  to.set_tier_min(terms.tier_min);
  to.set_clearance_min(terms.clearance_min);
  to.set_domestic_only(terms.domestic_only);
  if (terms.is_contract) {
    to.set_pool_id(terms.pool.value());
    to.set_delivery_hour(terms.hour.value());
    to.set_gate_open_time_ns(terms.gate_open.value());
    to.set_gate_close_time_ns(terms.gate_close.value());
    to.set_grade(static_cast<v1::Grade>(terms.grade));
    to.set_penalty_bps(terms.penalty_bps);
    to.set_hub(terms.hub);
    to.set_cluster(terms.cluster);
  } else {
    to.set_supply(static_cast<v1::Supply>(terms.supply));
    to.set_resale(static_cast<v1::Resale>(terms.resale));
    to.set_issuer(terms.issuer.value());
    to.set_seats(terms.seats.value());
    to.set_certificate_expiry_time_ns(terms.certificate_expiry.value());
    to.set_terms_version(terms.version);
  }
}

void FeedWriter::end(std::optional<std::uint32_t> checksum) {
  update_.set_checksum(checksum.value_or(0));
  finish_part(true);
}

void FeedWriter::reserve_entry() {
  if (entries_ == entries_per_frame_max) {
    finish_part(false);
    update_.clear_orders();
    update_.clear_bids();
    update_.clear_asks();
    update_.clear_trades();
    update_.set_part(update_.part() + 1);
    entries_ = 0;
  }
  ++entries_;
}

void FeedWriter::finish_part(bool is_last) {
  update_.set_end_of_event(is_last);
  const Frame::About about{Frame::Kind::update, head_.schema, head_.instrument, head_.sequence};
  out_->push_back(wrap(about, v1::MarketData::kUpdateFieldNumber, update_));
}

}  // namespace karst::feed
