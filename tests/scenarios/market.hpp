// What the names in a scenario stand for: merchants, keys, instruments, orders.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/command/command.hpp"
#include "engine/event/event.hpp"
#include "tests/model/market_text.hpp"

namespace karst::scenarios {

/// Names of one file. Orders are numbered 1, 2, 3 … as they are accepted; contracts are called by
/// their pool and their hour from the start of the scenario: "gy/2".
class Market {
 public:
  Market();

  [[nodiscard]] AccountId account(const std::string& name) const;
  [[nodiscard]] AccountId new_account(const std::string& name);
  [[nodiscard]] bool is_account(std::string_view name) const;
  [[nodiscard]] KeyId key(const std::string& name) const;
  [[nodiscard]] KeyId new_key(const std::string& name);
  [[nodiscard]] PoolId pool(const std::string& name) const;
  [[nodiscard]] PoolId new_pool(const std::string& name, std::int64_t tick_value);
  /// The instrument of this name, or the last one defined if the name is empty.
  [[nodiscard]] InstrumentId instrument(const std::string& name) const;
  void expect_product(const std::string& name, std::int64_t tick_value);
  [[nodiscard]] OrderId order(std::uint64_t number) const;
  /// Ticks of a price in fen on an instrument.
  [[nodiscard]] Price price(InstrumentId instrument, std::int64_t fen) const;

  /// Takes note of new orders and instruments.
  void learn(const Event& event, std::int64_t first_hour);

  [[nodiscard]] const model::Names& names() const { return names_; }
  [[nodiscard]] std::string name_of(AccountId id) const;

 private:
  struct Listing {
    std::string name;
    std::int64_t tick_value;
  };
  [[nodiscard]] std::string text_of(OrderId id) const;

  std::map<std::string, AccountId, std::less<>> accounts_;
  std::map<std::string, KeyId> keys_;
  std::map<std::string, PoolId> pools_;
  std::map<PoolId, std::int64_t> pool_ticks_;
  std::map<InstrumentId, Listing> listings_;
  std::map<std::string, InstrumentId> instruments_;
  InstrumentId last_instrument_{0};
  Listing product_{};  // to be defined next
  std::vector<OrderId> orders_;
  model::Names names_;
};

}  // namespace karst::scenarios
