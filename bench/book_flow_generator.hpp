// Makes messages in the style of the recorded book-flow files, for machines that have none.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "gateway/measure/flow_file.hpp"

namespace karst::bench {

/// New orders (15 % IOC) with scattered ids around a price that wanders by up to `stride` ticks,
/// then cancels of most and modifies of some of them, a few of orders that are gone. The same
/// arguments give the same messages.
[[nodiscard]] inline std::vector<tool::BookMessage> make_book_flow(std::size_t count,
                                                                   std::int64_t stride,
                                                                   std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  std::vector<tool::BookMessage> messages;
  std::vector<tool::BookMessage> alive;
  std::int64_t middle = 32'768;
  std::uint64_t orders = 0;
  while (messages.size() < count) {
    const std::uint64_t roll = below(100);
    if (roll < 45 || alive.empty()) {
      middle +=
          static_cast<std::int64_t>(below(2 * static_cast<std::uint64_t>(stride) + 1)) - stride;
      const auto is_sell = static_cast<std::uint8_t>(below(2));
      const auto away = static_cast<std::int64_t>(below(200)) - 2;
      const std::uint64_t id = ++orders * 0x9E3779B97F4A7C15 >> 24;
      const tool::BookMessage message{tool::BookMessageType::insert,
                                      is_sell,
                                      static_cast<std::uint8_t>(below(100) < 15),
                                      0,
                                      static_cast<std::uint32_t>(1 + below(100)),
                                      id,
                                      is_sell != 0 ? middle + away : middle - away};
      messages.push_back(message);
      alive.push_back(message);
      continue;
    }
    const std::size_t at = below(alive.size());
    tool::BookMessage message = alive[at];
    message.is_ioc = 0;
    if (roll < 90) {
      message.type = tool::BookMessageType::cancel;
      alive[at] = alive.back();
      alive.pop_back();
    } else {
      message.type = tool::BookMessageType::modify;
      message.price += static_cast<std::int64_t>(below(5)) - 2;
    }
    messages.push_back(message);
  }
  return messages;
}

}  // namespace karst::bench
