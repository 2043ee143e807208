// MemoryStore: a derived store that is the test's own memory of everything released.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "ledger/stores/derived_store.hpp"

namespace karst::sim {

/// Keeps every command with its events, for ever: it outlives the simulated process, so whatever
/// it has been given was promised.
///
/// Threads: as DerivedStore.
class MemoryStore final : public DerivedStore {
 public:
  struct Entry {
    Command command;
    std::vector<Event> events;
    std::uint32_t answer = Executed::no_answer;

    [[nodiscard]] Executed executed() const { return {command, events, answer}; }
  };

  [[nodiscard]] const char* name() const override { return "memory"; }
  [[nodiscard]] std::uint64_t durable_sequence() const override {
    return durable_.load(std::memory_order_acquire);
  }
  [[nodiscard]] Status append(const Executed& executed) override {
    KARST_ASSERT(executed.command.sequence == entries_.size() + 1);
    entries_.push_back(
        {executed.command, {executed.events.begin(), executed.events.end()}, executed.answer});
    durable_.store(entries_.size(), std::memory_order_release);
    return {};
  }
  [[nodiscard]] Status sync() override { return {}; }
  [[nodiscard]] Status reset() override { return {}; }

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::atomic<std::uint64_t> durable_{0};
};

}  // namespace karst::sim
