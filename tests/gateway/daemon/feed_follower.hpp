// FeedFollower: a subscriber over TLS that notes its books; EngineBooks: what they should have
// been.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/seams/random.hpp"
#include "gateway/client/client.hpp"
#include "gateway/client/feed_client.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst::test {

/// The books of the engine after every command, replayed from the journal of a stopped exchange.
class EngineBooks {
 public:
  /// Requires: the exchange does not run. Throws when the journal cannot be read.
  explicit EngineBooks(const std::string& journal_directory);

  [[nodiscard]] std::uint64_t last_sequence() const { return last_sequence_; }
  [[nodiscard]] std::uint64_t trades() const { return trades_; }
  /// The checksum of an instrument's book once command `sequence` was carried out.
  [[nodiscard]] std::uint32_t at(std::uint32_t instrument, bool is_best_only,
                                 std::uint64_t sequence) const;

 private:
  struct Sums {
    std::uint32_t ten = 0;
    std::uint32_t best = 0;
  };
  std::map<std::uint32_t, std::map<std::uint64_t, Sums>> changes_;  // by instrument, sequence
  std::uint64_t last_sequence_ = 0;
  std::uint64_t trades_ = 0;
};

/// One subscriber: a session and the books built from what comes. After each whole update it notes
/// the checksum of the book it has.
class FeedFollower {
 public:
  FeedFollower(const TestExchange& exchange, const TestKey& key, feed::FeedWish wish);

  /// Connects (again) and goes on behind what it has.
  void connect();
  /// Hangs up as a crash would: what was on its way is lost.
  void drop() { client_.reset(); }
  [[nodiscard]] bool is_connected() const { return client_ != nullptr; }
  /// Has the kernel hold so much of what is not read.
  void hold_unread(int bytes);
  /// Asks for something without reading the answer: only what is not read makes it slow.
  void stay_alive();

  /// Takes what has come. Returns: false when the connection is gone.
  bool read();
  /// Reads until everything up to `sequence` is there, or 120 s have passed.
  [[nodiscard]] bool read_up_to(std::uint64_t sequence);

  [[nodiscard]] const feed::FeedClient& feed() const { return feed_; }
  [[nodiscard]] std::size_t misfits() const { return misfits_; }
  [[nodiscard]] std::size_t resumed() const { return resumed_; }
  [[nodiscard]] bool is_conflated() const { return is_conflated_; }
  /// The exchange has said that it hangs up, and why.
  [[nodiscard]] bool is_told() const { return is_told_; }

  /// Expects that every book noted is the engine's at its sequence, that the last ones are the
  /// engine's last and, unless connections were lost, that the books in between were the engine's
  /// at every sequence. Returns: how many were compared.
  std::size_t expect_equal(const EngineBooks& books, bool is_lossless) const;

 private:
  struct Mark {
    std::uint64_t sequence;
    std::uint32_t checksum;
  };
  void take(const v1::MarketData& message);
  void note(const v1::MarketUpdate& update);
  void send(const v1::Subscribe& subscribe);

  const TestExchange& exchange_;
  TestKey key_;
  std::unique_ptr<gateway::Client> client_;
  feed::FeedClient feed_;
  std::map<std::pair<std::uint32_t, feed::Schema>, std::vector<Mark>> marks_;
  std::size_t misfits_ = 0;
  std::size_t resumed_ = 0;
  bool is_conflated_ = false;
  bool is_told_ = false;
};

/// Random orders of alice and bob on all instruments, pipelined: at most `window` unanswered.
class OrderFlow {
 public:
  OrderFlow(const TestExchange& exchange, std::uint32_t instruments, std::uint64_t seed);

  /// Sends `count` commands and, once they are all answered, returns; `between` is called again
  /// and again meanwhile.
  void run(int count, const std::function<void()>& between);
  [[nodiscard]] std::uint64_t last_sequence() const { return last_sequence_; }

 private:
  /// Alice sells, bob buys.
  struct Trader {
    std::unique_ptr<gateway::Client> client;
    v1::Side side = v1::SIDE_SELL;
    std::vector<std::uint64_t> orders;  // accepted; perhaps gone
  };
  static constexpr int window = 256;

  void connect(const TestExchange& exchange, const TestKey& key, Trader& trader);
  void send_one(Trader& trader);
  void read();

  std::uint32_t instruments_;
  Random random_;
  std::array<Trader, 2> traders_;
  int unanswered_ = 0;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace karst::test
