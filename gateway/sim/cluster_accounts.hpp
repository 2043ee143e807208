// The replay's own account of its merchants: what they have, by their event logs and nothing else.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/result.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {

/// A pool and an hour of it. Hours are counted from the beginning of the trace.
struct PoolHour {
  std::uint32_t pool = 0;  ///< 1 .. models
  std::uint32_t hour = 0;
  friend auto operator<=>(const PoolHour&, const PoolHour&) = default;
};

/// An ask of a provider.
struct OpenAsk {
  PoolHour contract;
  std::uint32_t account = 0;
  std::uint64_t order = 0;
  std::int64_t price = 0;
  std::uint32_t leaves = 0;
  std::uint32_t total = 0;  ///< what it was entered with
  std::uint32_t rung = 0;   ///< its tag: place on the ladder of its provider
};

/// Naive on purpose: sums, as a merchant would keep them. It is compared with what the exchange
/// says about the same merchants.
class ClusterAccounts {
 public:
  explicit ClusterAccounts(std::int64_t first_hour) : first_hour_(first_hour) {}

  /// Takes the next event of the log of its account.
  ///
  /// Errors: corrupt: it is not the next one.
  [[nodiscard]] Status take(const v1::Event& event);

  /// The newest event number taken of the account.
  [[nodiscard]] std::uint64_t last_event(std::uint32_t account) const;

  /// 0 = not known.
  [[nodiscard]] std::uint32_t instrument(PoolHour contract) const;
  /// The best ask; 0 = none.
  [[nodiscard]] std::int64_t best_ask(PoolHour contract) const;
  /// The asks of a contract, in the order in which they were entered.
  [[nodiscard]] std::vector<OpenAsk> asks(PoolHour contract) const;

  /// Lots an order has been filled with; forgotten by this.
  [[nodiscard]] std::uint32_t take_filled(std::uint64_t order);

  /// Compares with what the exchange says about the account, nothing of which is in motion.
  ///
  /// Returns: what differs, in words; empty: nothing.
  [[nodiscard]] std::string compare(std::uint32_t account, const v1::Balances& balances) const;
  /// The same of its lots; `holdings`: all pages.
  [[nodiscard]] std::string compare(std::uint32_t account,
                                    const std::vector<v1::Holding>& holdings) const;
  /// Whether what all merchants have, and the fees they paid, is what was paid in.
  [[nodiscard]] bool is_zero_sum() const;
  /// Whether nothing is reserved, in escrow, or held any more.
  [[nodiscard]] bool is_at_rest() const;

  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::uint64_t fills() const { return fills_; }

 private:
  struct Merchant {
    std::uint64_t last_event = 0;
    std::int64_t cash = 0;  // available and reserved. Unit: fen
    std::int64_t escrow = 0;
    std::map<std::uint32_t, std::int64_t> capacity;  // minted, not sold, by instrument
    std::map<std::uint32_t, std::int64_t> bought;
  };

  void take(const v1::Event& event, const v1::OrderChange& change);
  void take(const v1::Event& event, const v1::Fill& fill, Merchant& merchant);
  void take(const v1::Event& event, const v1::UnitsMoved& units, Merchant& merchant);
  void forget(std::uint64_t order);
  void add_depth(PoolHour contract, std::int64_t price, std::int64_t lots);

  std::int64_t first_hour_;
  std::map<std::uint32_t, Merchant> merchants_;
  std::unordered_map<std::uint32_t, PoolHour> contracts_;  // by instrument
  std::map<PoolHour, std::uint32_t> instruments_;
  std::unordered_map<std::uint64_t, OpenAsk> asks_;                 // by order
  std::map<PoolHour, std::vector<std::uint64_t>> asks_of_;          // open ones, as entered
  std::map<PoolHour, std::map<std::int64_t, std::int64_t>> depth_;  // lots by price
  std::unordered_map<std::uint64_t, std::uint32_t> filled_;         // of buys
  std::int64_t paid_in_ = 0;
  std::int64_t fees_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t fills_ = 0;
};

}  // namespace karst::tool
