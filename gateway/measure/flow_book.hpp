// Many order books on shared pools, driven by flow commands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "engine/base/lazy_array.hpp"
#include "engine/book/order_book.hpp"
#include "gateway/measure/flow_file.hpp"
#include "gateway/measure/trade_hash.hpp"

namespace karst::tool {

/// One order book per instrument of a flow, on shared pools. Trades go to a buffer the caller made
/// large enough.
class FlowBooks {
 public:
  struct Hot {
    std::uint64_t order;  // its number in the flow
    std::uint32_t generation;
    std::uint32_t zero;
  };
  using Book = OrderBook<Hot, NoCold>;
  using Pools = Book::Context;

  explicit FlowBooks(const Flow& flow, FlowTrade* trades)
      : pools_(flow.live_max + spare_orders, pages_for(flow)),
        books_(flow.instruments),
        books_count_(flow.instruments),
        trades_begin_(trades),
        trades_end_(trades) {
    for (std::uint32_t i = 0; i < books_count_; ++i) {
      books_[i].open(pools_, 0, std::int64_t{flow.price_limit} - 1);
    }
  }

  /// A limit order that rests. Returns: its exchange-assigned id, 0 if there is no room.
  std::uint64_t add(const FlowCommand& command) {
    ++orders_;
    const Slot slot = pools_.nodes.try_allocate();
    if (slot == no_slot) [[unlikely]] {
      return refuse();
    }
    Book::Node& node = pools_.nodes.node(slot);
    node.quantity = command.quantity;
    node.hot.order = orders_;
    const auto price = static_cast<std::int64_t>(command.value);
    if (!books_[command.instrument].try_insert(pools_, slot, command.side, price)) [[unlikely]] {
      pools_.nodes.release(slot);
      return refuse();
    }
    return pools_.nodes.id(slot);
  }

  /// `command.value` is an exchange-assigned id.
  void cancel(const FlowCommand& command) {
    const Slot slot = pools_.nodes.find(command.value);
    if (slot == no_slot) [[unlikely]] {
      refuse();
      return;
    }
    books_[command.instrument].remove(pools_, slot);
    pools_.nodes.release(slot);
  }

  /// An immediate-or-cancel order: what does not trade at once is gone.
  void take(const FlowCommand& command) {
    Policy policy{*this, ++orders_};
    std::uint32_t quantity = command.quantity;
    books_[command.instrument].match(pools_, command.side, static_cast<std::int64_t>(command.value),
                                     quantity, std::numeric_limits<std::uint32_t>::max(), policy);
  }

  /// What `command` will touch, asked for in three steps, the first the furthest ahead. The same
  /// for all types, because branching on the type would cost more than the fetches it spares.
  void prefetch_first(const FlowCommand& command) const {
    Book::prefetch(pools_, static_cast<Slot>(command.value));
    __builtin_prefetch(&books_[command.instrument], 1);
  }
  [[nodiscard]] std::uint32_t prefetch_second(const FlowCommand& command) const {
    const bool is_cancel = command.type == FlowType::cancel;
    // A price is no slot; where it stands for one, take the first.
    const Slot slot = static_cast<Slot>(command.value) & (0U - std::uint32_t{is_cancel});
    const std::uint32_t of_order = Book::prefetch_neighbours(pools_, slot);
    const std::uint32_t of_price = books_[command.instrument].prefetch_level(
        pools_, command.side, static_cast<std::int64_t>(command.value));
    return is_cancel ? of_order : of_price;
  }
  void prefetch_third(std::uint32_t level) const { Book::prefetch_back(pools_, level); }

  [[nodiscard]] std::uint32_t count() const { return books_count_; }
  [[nodiscard]] std::size_t trades() const {
    return static_cast<std::size_t>(trades_end_ - trades_begin_);
  }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::uint64_t orders_resting() const { return pools_.nodes.used(); }

  void check_invariants() const {
    pools_.nodes.check_invariants();
    for (std::uint32_t i = 0; i < books_count_; ++i) {
      books_[i].check_invariants(pools_);
    }
  }

 private:
  static constexpr std::uint32_t spare_orders = 64;

  struct Policy {
    FlowBooks& books;
    std::uint64_t taker;

    Verdict operator()(Slot, std::int64_t) const { return Verdict::trade; }
    void on_trade(Slot maker, std::int64_t price, std::uint32_t lots, bool is_filled) const {
      *books.trades_end_++ = {taker, books.pools_.nodes.node(maker).hot.order, price, lots};
      if (is_filled) {
        books.pools_.nodes.release(maker);
      }
    }
  };

  /// A page for each order, or for each possible price: whichever is less always suffices.
  static std::uint32_t pages_for(const Flow& flow) {
    const std::uint64_t possible =
        (std::uint64_t{flow.price_limit} / LevelPages::fan_out + 1) * 2 * flow.instruments;
    return static_cast<std::uint32_t>(
        std::min<std::uint64_t>(possible, flow.live_max + spare_orders));
  }

  std::uint64_t refuse() {
    ++refused_;
    return 0;
  }

  Pools pools_;
  LazyArray<Book> books_;
  std::uint32_t books_count_;
  std::uint64_t orders_ = 0;
  std::uint64_t refused_ = 0;
  FlowTrade* trades_begin_;
  FlowTrade* trades_end_;
};

/// Plays commands through the books; cancels name exchange-assigned ids. The timed part of the
/// book layer is one call of this function (bench/callgrind.sh counts its instructions).
[[gnu::noinline]] void play_timed(FlowBooks& books, const FlowCommand* begin,
                                  const FlowCommand* end);

}  // namespace karst::tool
