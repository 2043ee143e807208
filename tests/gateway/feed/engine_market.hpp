// A small exchange for the tests and the benchmark of the feed: the real engine under a stream of
// random commands that lists, trades, halts, closes and retires.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "engine/engine.hpp"
#include "engine/event/event_ring.hpp"
#include "gateway/feed/depth.hpp"

namespace karst::feed::test {

/// Threads: owned by one.
class EngineMarket {
 public:
  explicit EngineMarket(std::uint64_t seed);

  [[nodiscard]] static Configure sizes();

  /// Applies the next command. What it was and came to stands until the next call.
  void next();
  [[nodiscard]] const Command& command() const { return command_; }
  [[nodiscard]] std::span<const Event> events() const { return events_; }
  [[nodiscard]] const Engine& engine() const { return engine_; }

  /// The best levels of the engine's own book.
  [[nodiscard]] Depth depth(InstrumentId instrument) const;
  /// What is listed now, in order of slot.
  [[nodiscard]] std::vector<InstrumentId> listed() const;

 private:
  [[nodiscard]] std::uint32_t random(std::uint32_t below) {
    return static_cast<std::uint32_t>(generator_() % below);
  }
  Command& ask(CommandType type, std::uint32_t account = 0);
  void queue_set_up();
  void queue_products();
  void queue_contracts();
  void act();
  void place();
  void change();
  void operate();
  void remember(const Event& event);

  std::mt19937_64 generator_;
  Engine engine_;
  std::vector<Event> ring_memory_;
  EventRing ring_;
  Command command_;
  std::vector<Event> events_;
  std::vector<Command> script_;  // taken from the front before anything random
  std::size_t script_at_ = 0;
  std::int64_t next_hour_;
  struct Order {
    OrderId id;
    AccountId account;
    std::uint32_t quantity;
  };
  std::vector<Order> orders_;  // accepted lately, perhaps gone
};

}  // namespace karst::feed::test
