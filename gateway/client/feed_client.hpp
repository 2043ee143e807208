// The subscriber's end of the feed: instruments, books, trades, gaps and how to mend them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/client/feed_client_book.hpp"
#include "gateway/feed/feed_schema.hpp"
#include "gateway/feed/subscriber.hpp"
#include "schemas/karst/v1/market_data.pb.h"

namespace karst::feed {

/// What a client wants of the feed.
struct FeedWish {
  SchemaMask schemas = 0;
  std::vector<std::uint32_t> instruments;  ///< none = all
  OnSlow on_slow = OnSlow::disconnect;
};

/// One trade as it was told.
struct FeedTrade {
  std::uint64_t sequence;
  std::int64_t time_ns;
  std::uint32_t match_index;
  std::int64_t price;      ///< Unit: ticks per lot.
  std::uint32_t quantity;  ///< Unit: lots.
  Side taker_side;
  bool is_from_offer;
};

/// What is known of one instrument.
struct FeedInstrument {
  static constexpr std::size_t trades_kept = 256;

  std::optional<v1::Definition> definition;
  std::optional<v1::InstrumentStatus> status;
  std::array<std::optional<FeedClientBook>, 3> books;  ///< mbo, mbp-10, mbp-1
  std::deque<FeedTrade> trades;                        ///< the latest, newest last
  std::uint64_t trades_count = 0;                      ///< all that were received
  std::uint64_t trade_gaps = 0;                        ///< how often trades were lost
  bool is_ended = false;                               ///< retired: nothing more will come
  std::array<FeedChain, schemas_count> chains;  ///< positions of definition, status and trades

  /// The most detailed valid book, or nullptr.
  [[nodiscard]] const FeedClientBook* book() const;
  [[nodiscard]] const FeedClientBook* book(Schema schema) const;
};

/// Follows the feed over any number of connections. It is given messages and says what to send;
/// sockets are its owner's.
///
/// Threads: owned by one.
class FeedClient {
 public:
  explicit FeedClient(FeedWish wish) : wish_(std::move(wish)) {}

  /// What to send on a new connection: goes on where the last one ended, if that is certain.
  [[nodiscard]] v1::Subscribe connected();

  /// Takes the next message. Returns: what became of it; `applied` for all that concerns no
  /// channel.
  Received receive(const v1::MarketData& message);

  /// What to send to mend the channels found broken since the last call; nothing if none were.
  /// After a restore of the exchange that is all of them, from snapshots.
  [[nodiscard]] std::optional<v1::Subscribe> recover();

  /// Everything up to this sequence has been received; 0 while that is not certain.
  [[nodiscard]] std::uint64_t position() const { return is_settled_ ? position_ : 0; }
  /// The exchange refused or ended the subscription; its last words.
  [[nodiscard]] const std::optional<v1::SubscribeReply>& refusal() const { return refusal_; }
  [[nodiscard]] bool is_cut() const { return is_cut_; }

  [[nodiscard]] const FeedInstrument* find(std::uint32_t instrument) const;
  /// All that were heard of, by id.
  [[nodiscard]] const std::map<std::uint32_t, FeedInstrument>& instruments() const {
    return instruments_;
  }

 private:
  void receive(const v1::SubscribeReply& reply);
  /// The exchange has lost the history that all this is from.
  void start_anew();
  [[nodiscard]] v1::Subscribe everything() const;
  [[nodiscard]] Received receive(const v1::MarketUpdate& update);
  [[nodiscard]] Received apply(FeedInstrument& instrument, const v1::MarketUpdate& update);
  void receive(const v1::FeedNotice& notice);
  [[nodiscard]] v1::Subscribe request(SchemaMask schemas) const;

  FeedWish wish_;
  std::map<std::uint32_t, FeedInstrument> instruments_;
  std::uint64_t position_ = 0;
  bool is_settled_ = false;                   // every channel has been brought up to position_
  std::optional<std::uint64_t> incarnation_;  // of the exchange, as of position_
  bool is_anew_due_ = false;                  // a subscription from snapshots is to be sent
  bool is_cut_ = false;
  std::optional<v1::SubscribeReply> refusal_;
  std::map<std::uint32_t, SchemaMask> broken_;  // by instrument: channels to be mended
};

}  // namespace karst::feed
