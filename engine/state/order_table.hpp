// Open orders: what matching touches, what it does not, and each merchant's list of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/base/lazy_array.hpp"
#include "engine/book/order_book.hpp"
#include "engine/command/command.hpp"
#include "engine/state/account_table.hpp"

namespace karst {

enum class OrderState : std::uint8_t { booked = 1, pending = 2, hibernated = 3 };

/// What is known of an order beside its place and its leaves: one cache line together with them.
struct OrderHot {
  std::uint32_t generation;  // kept by NodePool
  std::uint32_t account;
  std::uint32_t row;  ///< holding row it buys into or sells from
  std::uint16_t fee_remainder;
  Side side : 2;
  OrderKind kind : 2;
  TimeInForce time_in_force : 3;
  bool expires : 1;  ///< its OrderCold says when
  SelfMatch self_match : 3;
  Draw draw : 2;
  OrderState state : 2;
  std::int64_t limit;
  std::uint64_t entered;  ///< sequence of the command that placed it
  std::uint32_t total;    ///< lots, what has been filled included
  std::uint32_t key;
  std::uint32_t tag;
  std::uint32_t instrument;  ///< slot

  /// The fields that share two bytes, set at once: one by one each would be masked in.
  void set_kind(Side its_side, OrderKind its_kind, TimeInForce time, bool does_expire,
                SelfMatch mode, Draw from, OrderState its_state) {
    const auto bits = [](auto value, unsigned at) { return static_cast<unsigned>(value) << at; };
    const auto word = static_cast<std::uint16_t>(
        bits(its_side, 0) | bits(its_kind, 2) | bits(time, 4) | bits(does_expire, 7) |
        bits(mode, 8) | bits(from, 11) | bits(its_state, 13));
    constexpr std::size_t at = offsetof(OrderHot, fee_remainder) + sizeof fee_remainder;
    std::memcpy(reinterpret_cast<char*>(this) + at, &word, sizeof word);
  }
};
static_assert(sizeof(OrderHot) == 48);

/// What few orders have.
struct OrderCold {
  std::int64_t expiry_ns;  ///< of orders that expire
};

using OrderPools = BookPools<OrderHot, OrderCold>;
using Book = OrderBook<OrderHot, OrderCold>;

/// Neighbours in the merchant's list of open orders, in order of entry. Apart from the orders, so
/// that linking touches little memory.
struct AccountLink {
  Slot older;
  Slot newer;
};

class AccountLinks {
 public:
  explicit AccountLinks(std::uint32_t orders_max) : links_(orders_max) {}

  [[nodiscard]] Slot newer(Slot slot) const { return links_[slot].newer; }

  void append(Account& account, Slot slot) {
    links_[slot] = {account.newest_order, no_slot};
    (account.newest_order == no_slot ? account.oldest_order : links_[account.newest_order].newer) =
        slot;
    account.newest_order = slot;
    ++account.open_orders;
  }
  void remove(Account& account, Slot slot) {
    const AccountLink link = links_[slot];
    (link.older == no_slot ? account.oldest_order : links_[link.older].newer) = link.newer;
    (link.newer == no_slot ? account.newest_order : links_[link.newer].older) = link.older;
    --account.open_orders;
  }
  void prefetch(Slot slot) const { __builtin_prefetch(links_.data() + slot, 1); }
  /// The next step: what prefetch() asked for has come.
  void prefetch_neighbours(Slot slot) const {
    const AccountLink link = links_[slot];
    __builtin_prefetch(links_.data() + link.older, 1);
    __builtin_prefetch(links_.data() + link.newer, 1);
  }

  template <class Archive>
  void save(Archive& out, std::uint32_t touched) const {
    out.array(Section::account_links, links_.data(), touched);
  }
  template <class Archive>
  void load(Archive& in, std::uint32_t orders_max) {
    (void)in.array(Section::account_links, links_.data(), orders_max);
  }

 private:
  LazyArray<AccountLink> links_;
};

}  // namespace karst
