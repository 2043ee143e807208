// The demo's market: merchants, pools in several hubs, data products; made through the gateway.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/seams/random.hpp"
#include "gateway/client/client.hpp"
#include "gateway/client/feed_client.hpp"

namespace karst::tool {

/// What the demo's traders have done since it started.
struct DemoCounts {
  std::uint64_t orders = 0;
  std::uint64_t cancels = 0;
  std::uint64_t refusals = 0;
};

/// Makes a small market like the compute and data exchanges of today and trades in it. The flow is
/// its own, from a seed. One session with the operator's key speaks for all merchants.
///
/// Threads: one owner.
class DemoMarket {
 public:
  DemoMarket(gateway::Client& client, const feed::FeedClient& feed, std::uint64_t seed)
      : client_(client), feed_(feed), random_(seed) {}

  /// Makes what is not there yet: a second start goes on where the first stopped.
  /// Errors: what the client says; invalid: the exchange refused a part of the market.
  [[nodiscard]] Status make();

  /// Lists the next hours of every pool and gives their operators the capacity to sell.
  /// `now_ns`: wall time.
  [[nodiscard]] Status list_hours(std::int64_t now_ns);

  /// One thing that one of the merchants does: quote, take, cancel, post an offer.
  [[nodiscard]] Status step();

  /// The instrument worth watching: the one with most trades so far; 0 before any is known.
  [[nodiscard]] std::uint32_t featured() const;
  [[nodiscard]] const DemoCounts& counts() const { return counts_; }

 private:
  struct OpenOrder {
    std::uint64_t order;
    std::uint32_t account;
  };

  [[nodiscard]] Status make_money();
  [[nodiscard]] Status make_merchants();
  [[nodiscard]] Status make_pools();
  [[nodiscard]] Status make_products();
  [[nodiscard]] Status must(const v1::Command& command);
  [[nodiscard]] Result<v1::Reply> say(const v1::Command& command);
  [[nodiscard]] std::int64_t fair_price(std::uint32_t id, const v1::Definition& definition);
  [[nodiscard]] Status trade(std::uint32_t id, const v1::Definition& definition);
  [[nodiscard]] Status cancel_oldest();

  gateway::Client& client_;
  const feed::FeedClient& feed_;
  Random random_;
  DemoCounts counts_;
  std::vector<OpenOrder> open_;
  std::set<std::uint32_t> offered_;              // products whose issuer has posted an offer
  std::set<std::uint32_t> sold_out_;             // instruments: the provider has no more to sell
  std::map<std::uint32_t, std::int64_t> drift_;  // by instrument: random walk. Unit: ticks
};

}  // namespace karst::tool
