// Makes operations in the style of the recorded flow files, for machines that have none.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "bench/naive_book.hpp"
#include "gateway/measure/flow_file.hpp"

namespace karst::bench {

/// 49 % limit orders that rest, 41 % cancels of a random live order, 10 % immediate-or-cancel
/// orders that trade, on instruments drawn evenly, around a price that wanders. The same arguments
/// give the same flow.
class FlowGenerator {
 public:
  FlowGenerator(std::uint32_t instruments, std::uint32_t live, std::uint64_t seed)
      : random_(seed), books_(instruments), middles_(instruments, price_limit / 2), live_(live) {}

  tool::Flow make(std::size_t operations) {
    tool::Flow flow{static_cast<std::uint32_t>(middles_.size()), price_limit, 0, 0, live_, {}};
    flow.commands.reserve(live_ + operations);
    while (flow.commands.size() < live_) {
      flow.commands.push_back(add());
    }
    while (flow.commands.size() < live_ + operations) {
      flow.commands.push_back(next());
    }
    flow.live_max = live_max_;
    flow.orders = orders_;
    return flow;
  }

 private:
  static constexpr std::uint32_t price_limit = 65536;
  static constexpr std::int64_t half_spread = 3;  // Unit: ticks

  struct Live {
    std::uint64_t order;
    std::uint16_t instrument;
    Side side;
  };

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  tool::FlowCommand next() {
    const std::uint64_t roll = below(100);
    // More cancels above the wanted number of live orders, fewer below.
    const std::uint64_t cancels = alive_.size() > live_ ? 44 : 38;
    if (roll < 10) {
      return take();
    }
    tool::FlowCommand command{};
    return roll < 10 + cancels && cancel(command) ? command : add();
  }

  tool::FlowCommand draw(tool::FlowType type) {
    const Side side = below(2) == 0 ? Side::buy : Side::sell;
    const auto instrument = static_cast<std::uint16_t>(below(middles_.size()));
    const auto quantity = static_cast<std::uint32_t>(1 + below(50));
    return {0, quantity, instrument, type, side};
  }

  tool::FlowCommand add() {
    tool::FlowCommand command = draw(tool::FlowType::add);
    std::int64_t& middle = middles_[command.instrument];
    if (below(64) == 0) {
      middle += below(2) == 0 ? 1 : -1;
    }
    // Dense at the touch, thinning out: the distance is a geometric number of ticks.
    std::int64_t distance = half_spread;
    while (below(24) != 0 && distance < 400) {
      ++distance;
    }
    const Side other = opposite(command.side);
    std::int64_t price = command.side == Side::buy ? middle - distance : middle + distance;
    std::int64_t best;
    if (books_.best(command.instrument, other, best)) {
      price = command.side == Side::buy ? std::min(price, best - 1) : std::max(price, best + 1);
    }
    command.value = static_cast<std::uint64_t>(price);
    books_.add(++orders_, command.instrument, command.side, price, command.quantity);
    alive_.push_back({orders_, command.instrument, command.side});
    live_max_ = std::max(live_max_, static_cast<std::uint32_t>(alive_.size()));
    return command;
  }

  /// Returns: false if the order drawn has traded meanwhile; it is forgotten.
  bool cancel(tool::FlowCommand& command) {
    if (alive_.empty()) {
      return false;
    }
    const std::size_t at = below(alive_.size());
    const Live live = alive_[at];
    alive_[at] = alive_.back();
    alive_.pop_back();
    command = {live.order, 0, live.instrument, tool::FlowType::cancel, live.side};
    return books_.cancel(live.order);
  }

  tool::FlowCommand take() {
    tool::FlowCommand command = draw(tool::FlowType::take);
    command.quantity *= 2;
    const Side other = opposite(command.side);
    std::int64_t touch = middles_[command.instrument];
    books_.best(command.instrument, other, touch);
    const std::int64_t price = touch + (command.side == Side::buy ? 2 : -2);
    command.value = static_cast<std::uint64_t>(price);
    books_.take(command.instrument, command.side, price, command.quantity,
                [](std::uint64_t, std::int64_t, std::uint32_t) {});
    ++orders_;
    return command;
  }

  std::mt19937_64 random_;
  NaiveBooks books_;
  std::vector<std::int64_t> middles_;
  std::vector<Live> alive_;
  std::uint32_t live_;
  std::uint32_t live_max_ = 0;
  std::uint64_t orders_ = 0;
};

}  // namespace karst::bench
