// What the tests of the feed share: reading frames, requests, a client on a publisher.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <span>
#include <utility>
#include <vector>

#include "gateway/client/feed_client.hpp"
#include "gateway/feed/feed_publisher.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::feed::test {

inline constexpr std::size_t write_bytes = 64 * 1'024;

/// The message in a frame, read as a client would: length, then a Response.
inline v1::MarketData read_frame(const Frame& frame) {
  const auto bytes = frame.bytes();
  EXPECT_GE(bytes.size(), 4U);
  const std::size_t length = std::size_t{bytes[0]} << 24 | std::size_t{bytes[1]} << 16 |
                             std::size_t{bytes[2]} << 8 | std::size_t{bytes[3]};
  EXPECT_EQ(length, bytes.size() - 4);
  v1::Response response;
  EXPECT_TRUE(response.ParseFromArray(bytes.data() + 4, static_cast<int>(length)));
  EXPECT_EQ(response.body_case(), v1::Response::kMarketData);
  return response.market_data();
}

inline v1::Subscribe subscribe_to(std::initializer_list<Schema> wanted,
                                  std::initializer_list<InstrumentId> instruments = {},
                                  OnSlow on_slow = OnSlow::disconnect) {
  v1::Subscribe request;
  for (const Schema schema : wanted) request.add_schemas(static_cast<v1::FeedSchema>(schema));
  for (const InstrumentId id : instruments) request.add_instrument_ids(id.value());
  request.set_on_slow(static_cast<v1::OnSlow>(on_slow));
  return request;
}

/// Everything a subscriber has to take now, as messages.
inline std::vector<v1::MarketData> take_all(FeedPublisher& publisher, Subscriber& subscriber) {
  std::vector<v1::MarketData> messages;
  std::vector<FramePtr> frames;
  do {
    frames.clear();
    publisher.take(subscriber, write_bytes, frames);
    for (const FramePtr& frame : frames) messages.push_back(read_frame(*frame));
  } while (!frames.empty());
  return messages;
}

/// The updates among the messages.
inline std::vector<v1::MarketUpdate> updates_of(const std::vector<v1::MarketData>& messages) {
  std::vector<v1::MarketUpdate> updates;
  for (const v1::MarketData& message : messages) {
    if (message.has_update()) updates.push_back(message.update());
  }
  return updates;
}

/// The bytes of all snapshots of a publisher, instrument by instrument.
inline std::vector<std::uint8_t> all_snapshots(FeedPublisher& publisher) {
  std::vector<std::uint8_t> bytes;
  for (std::uint32_t slot = 0; slot < publisher.book().slots_max(); ++slot) {
    const InstrumentId instrument = publisher.book().instrument(slot);
    if (instrument.is_none()) continue;
    std::vector<FramePtr> frames;
    for (const Schema schema : schemas) publisher.snapshot(schema, instrument, frames);
    for (const FramePtr& frame : frames) {
      bytes.insert(bytes.end(), frame->bytes().begin(), frame->bytes().end());
    }
  }
  return bytes;
}

/// A client on a lossless connection to a publisher, which may break and come back.
class ConnectedClient {
 public:
  ConnectedClient(FeedPublisher& publisher, FeedWish wish)
      : publisher_(publisher), client_(std::move(wish)) {}
  ~ConnectedClient() { disconnect(); }

  void connect() {
    subscriber_ = &publisher_.attach();
    publisher_.subscribe(*subscriber_, client_.connected());
  }
  void disconnect() {
    if (subscriber_ != nullptr) publisher_.detach(*std::exchange(subscriber_, nullptr));
  }
  [[nodiscard]] bool is_connected() const { return subscriber_ != nullptr; }

  /// Reads at most `frames_max` frames. Returns: how many there were.
  std::size_t read(std::size_t frames_max = SIZE_MAX) {
    std::size_t count = 0;
    std::vector<FramePtr> frames;
    while (count < frames_max && subscriber_ != nullptr) {
      frames.clear();
      publisher_.take(*subscriber_, 1, frames);  // one frame at a time
      if (frames.empty()) break;
      ++count;
      const v1::MarketData message = read_frame(*frames.front());
      received_.push_back(client_.receive(message));
      if (received_.back() == Received::gap || received_.back() == Received::mismatch) {
        std::printf("does not fit: %s\n", message.ShortDebugString().c_str());
      }
      if (const auto mend = client_.recover()) publisher_.subscribe(*subscriber_, *mend);
    }
    return count;
  }

  [[nodiscard]] const FeedClient& client() const { return client_; }
  [[nodiscard]] Subscriber& subscriber() { return *subscriber_; }
  /// How many of the messages so far came to that.
  [[nodiscard]] std::size_t count(Received what) const {
    std::size_t count = 0;
    for (const Received received : received_) count += received == what ? 1 : 0;
    return count;
  }
  [[nodiscard]] const FeedClientBook* book(InstrumentId instrument, Schema schema) const {
    const FeedInstrument* known = client_.find(instrument.value());
    return known == nullptr ? nullptr : known->book(schema);
  }

 private:
  FeedPublisher& publisher_;
  FeedClient client_;
  Subscriber* subscriber_ = nullptr;
  std::vector<Received> received_;
};

/// Expects that a client's valid book shows `expected` (mbp-1: its best level).
inline void expect_depth(const FeedClientBook* book, const Depth& expected) {
  ASSERT_NE(book, nullptr);
  const std::size_t levels = book->schema() == Schema::mbp_1 ? 1 : Depth::levels_max;
  EXPECT_EQ(checksum(book->depth(), levels), checksum(expected, levels));
}

}  // namespace karst::feed::test
