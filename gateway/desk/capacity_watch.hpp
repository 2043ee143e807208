// CapacityWatch: how full the tables of the engine are.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "engine/engine.hpp"

namespace karst::v1 {
class Status;
}

namespace karst::gateway {

/// Threads: look() is called in the engine's, the rest in one other.
class CapacityWatch {
 public:
  /// Looks at what has a count, and at some of the merchants and keys, which are counted in turns.
  ///
  /// Complexity: O(ids_per_look).
  void look(const Engine& engine);

  /// One line for each table that has come to be fuller than `percent_warned` since the last call.
  [[nodiscard]] std::vector<std::string> take_warnings();
  void fill(v1::Status& status) const;

  static constexpr std::uint64_t percent_warned = 80;

 private:
  static constexpr std::uint32_t ids_per_look = 2'048;

  struct Row {
    const char* name = "";
    std::uint64_t used = 0;
    std::uint64_t max = 0;
    bool is_warned = false;
  };
  /// Counts numbers that are known, from 1 to an end, a piece at a time.
  struct Count {
    std::uint32_t next = 1;
    std::uint64_t found = 0;  // so far in this turn
    std::uint64_t whole = 0;  // in the last whole turn
    template <class IsKnown>
    void go_on(std::uint32_t end, IsKnown&& is_known);
  };

  Count accounts_;
  Count keys_;
  mutable std::mutex lock_;
  std::array<Row, 7> rows_;  // under lock_
};

}  // namespace karst::gateway
