// Merchants: state, limits, open orders, message rates, and their money.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/archive.hpp"
#include "engine/base/lazy_array.hpp"
#include "engine/command/command.hpp"

namespace karst {

/// Money of one merchant in one currency. Cash in the ledger = available + reserved.
struct alignas(32) Balance {
  Money available;
  Money reserved;
  Money escrow;
  std::int64_t zero;
};

/// What a merchant must bring to buy, three bytes compared at once.
namespace level {
[[nodiscard]] constexpr std::uint32_t word(std::uint8_t tier, std::uint8_t clearance, bool home) {
  return static_cast<std::uint32_t>(tier) | static_cast<std::uint32_t>(clearance) << 8 |
         static_cast<std::uint32_t>(home) << 16;
}
/// Whether each byte of `has` is at least that of `needs`. Requires: all bytes below 128.
[[nodiscard]] constexpr bool suffices(std::uint32_t has, std::uint32_t needs) {
  constexpr std::uint32_t guard = 0x808080;
  return (((has | guard) - needs) & guard) == guard;
}
[[nodiscard]] constexpr std::uint8_t tier(std::uint32_t word) { return word & 0xff; }
[[nodiscard]] constexpr std::uint8_t clearance(std::uint32_t word) { return word >> 8 & 0xff; }
[[nodiscard]] constexpr bool is_domestic(std::uint32_t word) { return (word >> 16 & 1) != 0; }
}  // namespace level

/// One cache line: what an order of the merchant touches.
struct Account {
  static constexpr std::uint8_t killed_by_merchant = 1;
  static constexpr std::uint8_t killed_by_operator = 2;

  std::uint32_t group;   ///< 0 = none
  std::uint32_t levels;  ///< tier, clearance, domestic: see level::word
  MerchantState state;   ///< zero = never admitted
  std::uint8_t killed;   ///< bits
  std::uint16_t jobs;    ///< release jobs queued
  std::uint32_t open_orders;
  std::uint64_t event_number;
  std::uint32_t oldest_order;  ///< list of open orders in order of entry
  std::uint32_t newest_order;
  std::int64_t rate_until_ns;  ///< messages are counted down from rate_left until then
  std::uint32_t rate_left;
  std::uint32_t quantity_max;
  std::int64_t notional_max;
  std::uint32_t orders_max;
  std::uint32_t client_ids;

  [[nodiscard]] bool is_admitted() const { return state == MerchantState::admitted; }
  /// Admitted, no kill switch, no release job: nothing stands against its resting orders.
  [[nodiscard]] bool is_plain() const {
    return state == MerchantState::admitted && killed == 0 && jobs == 0;
  }
};
static_assert(sizeof(Account) == 64);

/// Message counts of one merchant in fixed windows of absolute time.
struct RateWindows {
  static constexpr int count = 3;
  static constexpr std::int64_t length_ns[count] = {10 * ns_per_second, ns_per_hour, ns_per_day};

  std::int64_t window[count];  ///< number of the window counted in
  std::uint32_t used[count];
  std::uint32_t max[count];
  std::uint32_t granted;  ///< messages handed to Account::rate_left and not yet in `used`
  std::uint32_t zero;
};

/// Floor division, also below zero.
[[nodiscard]] constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// All merchants and their balances.
class AccountTable {
 public:
  AccountTable(std::uint32_t accounts_max, std::uint32_t currencies_max)
      : accounts_(accounts_max),
        rates_(accounts_max),
        balances_(static_cast<std::size_t>(accounts_max) * currencies_max),
        accounts_max_(accounts_max),
        currencies_max_(currencies_max) {}

  [[nodiscard]] bool is_known(AccountId id) const {
    return id.value() < accounts_max_ && accounts_[id.value()].state != MerchantState{};
  }
  [[nodiscard]] bool is_in_range(AccountId id) const {
    return !id.is_none() && id.value() < accounts_max_;
  }
  [[nodiscard]] Account& operator[](std::uint32_t id) { return accounts_[id]; }
  [[nodiscard]] const Account& operator[](std::uint32_t id) const { return accounts_[id]; }
  [[nodiscard]] Balance& balance(std::uint32_t account, std::uint32_t currency) {
    return balances_[static_cast<std::size_t>(account) * currencies_max_ + currency];
  }
  [[nodiscard]] const Balance& balance(std::uint32_t account, std::uint32_t currency) const {
    return balances_[static_cast<std::size_t>(account) * currencies_max_ + currency];
  }
  [[nodiscard]] std::uint32_t count() const { return high_; }  ///< ids below this may be known

  void admit(std::uint32_t id, std::uint32_t group, std::uint32_t levels) {
    Account& account = accounts_[id];
    account = Account{};
    account.group = group;
    account.levels = levels;
    account.state = MerchantState::admitted;
    account.oldest_order = account.newest_order = 0xffffffff;
    account.quantity_max = 0x7fffffff;
    account.notional_max = std::int64_t{1} << 62;
    account.orders_max = 0xffffffff;
    for (std::uint32_t& max : rates_[id].max) max = 0xffffffff;
    high_ = std::max(high_, id + 1);
  }

  /// Whether one more message at `now` is within the merchant's limits.
  [[nodiscard]] bool has_message_left(std::uint32_t id, std::int64_t now) const {
    const Account& account = accounts_[id];
    if (account.rate_left != 0 && now < account.rate_until_ns) [[likely]] return true;
    return has_message_left_slow(id, now);
  }
  /// Counts one message at `now`. Returns: false, and counts nothing, if a limit is reached.
  bool count_message(std::uint32_t id, std::int64_t now) {
    Account& account = accounts_[id];
    if (account.rate_left != 0 && now < account.rate_until_ns) [[likely]] {
      --account.rate_left;
      return true;
    }
    return count_message_slow(id, now);
  }
  void set_rates(std::uint32_t id, const std::uint32_t (&max)[RateWindows::count]) {
    settle_rates(id);
    for (int i = 0; i < RateWindows::count; ++i) rates_[id].max[i] = max[i];
  }

  /// Asks for a merchant and its balance; neither need exist.
  void prefetch(std::uint32_t id, std::uint32_t currency) const {
    __builtin_prefetch(accounts_.data() + id, 1);
    __builtin_prefetch(&balance(id, currency), 1);
  }

  template <class Archive>
  void save(Archive& out) const {
    out.rows(Section::accounts_end, &high_, 1);
    out.rows(Section::accounts, accounts_.data(), high_);
    out.rows(Section::message_rates, rates_.data(), high_);
    out.rows(Section::balances, balances_.data(), std::size_t{high_} * currencies_max_);
  }
  /// Of a table that had no more merchants and currencies than this one.
  template <class Archive>
  [[nodiscard]] bool load(Archive& in, std::uint32_t currencies_max) {
    in.rows(Section::accounts_end, &high_, 1);
    if (high_ > accounts_max_) return false;
    in.rows(Section::accounts, accounts_.data(), high_);
    in.rows(Section::message_rates, rates_.data(), high_);
    in.template begin<Balance>(Section::balances, std::uint64_t{high_} * currencies_max);
    for (std::uint32_t id = 0; id < high_; ++id) in.more(&balance(id, 0), currencies_max);
    return true;
  }

 private:
  /// Books the messages counted down so far and stops counting down.
  void settle_rates(std::uint32_t id) {
    Account& account = accounts_[id];
    RateWindows& rates = rates_[id];
    for (std::uint32_t& used : rates.used) used += rates.granted - account.rate_left;
    rates.granted = account.rate_left = 0;
    account.rate_until_ns = 0;
  }

  [[gnu::cold, gnu::noinline]] bool has_message_left_slow(std::uint32_t id,
                                                          std::int64_t now) const {
    const RateWindows& rates = rates_[id];
    const std::uint32_t unsettled = rates.granted - accounts_[id].rate_left;
    for (int i = 0; i < RateWindows::count; ++i) {
      const bool is_new = floor_div(now, RateWindows::length_ns[i]) != rates.window[i];
      if (rates.max[i] <= (is_new ? 0 : rates.used[i] + unsettled)) return false;
    }
    return true;
  }

  [[gnu::cold, gnu::noinline]] bool count_message_slow(std::uint32_t id, std::int64_t now) {
    settle_rates(id);
    Account& account = accounts_[id];
    RateWindows& rates = rates_[id];
    std::uint32_t left = 0xffffffff;
    std::int64_t until = INT64_MAX;
    for (int i = 0; i < RateWindows::count; ++i) {
      const std::int64_t window = floor_div(now, RateWindows::length_ns[i]);
      if (window != rates.window[i]) {
        rates.window[i] = window;
        rates.used[i] = 0;
      }
      left = std::min(left, rates.max[i] > rates.used[i] ? rates.max[i] - rates.used[i] : 0);
      until = std::min(until, (window + 1) * RateWindows::length_ns[i]);
    }
    if (left == 0) return false;
    rates.granted = left;
    account.rate_left = left - 1;
    account.rate_until_ns = until;
    return true;
  }

  LazyArray<Account> accounts_;
  LazyArray<RateWindows> rates_;
  LazyArray<Balance> balances_;
  std::uint32_t accounts_max_;
  std::uint32_t currencies_max_;
  std::uint32_t high_ = 0;
};

}  // namespace karst
