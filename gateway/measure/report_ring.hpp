// Reports from one thread to another, written in place.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <thread>
#include <vector>

#include "engine/base/assert.hpp"

namespace karst::tool {

/// Waiting for another thread: briefly in place, then by leaving the processor to others.
class Patience {
 public:
  void wait() {
    if (++waits_ % spins != 0) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    } else {
      std::this_thread::yield();
    }
  }

 private:
  static constexpr std::uint32_t spins = 1024;
  std::uint32_t waits_ = 0;
};

/// A bounded ring of records from one producer thread to one consumer thread. Each side keeps its
/// own place and a copy of the other's in a cache line of its own, and looks at the shared places
/// only when its copy says full or empty.
///
/// Threads: next() and publish() belong to the producer, read() and release() to the consumer.
template <class Record>
class ReportRing {
 public:
  /// Requires: `capacity` is a power of two.
  explicit ReportRing(std::size_t capacity) : records_(capacity), mask_(capacity - 1) {
    KARST_ASSERT(std::has_single_bit(capacity));
  }

  /// The next record to fill in; waits while the ring is full.
  [[nodiscard]] Record& next() {
    if (producer_.at - producer_.other == records_.size()) [[unlikely]] {
      wait_for_room();
    }
    Record* const records = records_.data();
    __builtin_prefetch(&records[(producer_.at + fetch_ahead) & mask_], 1);
    return records[producer_.at++ & mask_];
  }

  /// Shows the consumer all records filled in so far.
  void publish() { written_.store(producer_.at, std::memory_order_release); }

  /// Records to read, in order; empty if there are none now. Good until release().
  [[nodiscard]] std::span<const Record> read() {
    if (consumer_.other == consumer_.at) {
      consumer_.other = written_.load(std::memory_order_acquire);
    }
    const std::size_t first = consumer_.at & mask_;
    const std::size_t count = std::min(consumer_.other - consumer_.at, records_.size() - first);
    return {records_.data() + first, count};
  }

  /// Gives `count` records of the last read() back to the producer.
  void release(std::size_t count) {
    consumer_.at += count;
    read_.store(consumer_.at, std::memory_order_release);
  }

 private:
  static constexpr std::size_t fetch_ahead = 512 / sizeof(Record);

  struct alignas(64) Own {
    std::uint64_t at = 0;     // records this side is done with, ever
    std::uint64_t other = 0;  // the other side's, as last seen
  };

  [[gnu::noinline, gnu::cold]] void wait_for_room() {
    publish();
    Patience patience;
    while ((producer_.other = read_.load(std::memory_order_acquire)),
           producer_.at - producer_.other == records_.size()) {
      patience.wait();
    }
  }

  std::vector<Record> records_;
  std::size_t mask_;
  Own producer_;
  Own consumer_;
  alignas(64) std::atomic<std::uint64_t> written_{0};
  alignas(64) std::atomic<std::uint64_t> read_{0};
};

}  // namespace karst::tool
