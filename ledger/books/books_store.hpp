// BooksStore: the books as one of the stores the pipeline feeds.
#pragma once

#include <atomic>
#include <cstdint>

#include "ledger/books/books.hpp"
#include "ledger/stores/derived_store.hpp"

namespace karst {

/// Feeds the books. When their disk is full or too slow the exchange goes on without them and
/// brings them back later. A failure of their disk is for ever: they come back with the next start.
///
/// Threads: as DerivedStore.
class BooksStore : public DerivedStore {
 public:
  struct Options {
    /// Commands without a record leave no trace until a frame covers them.
    std::uint64_t cover_every_commands = 16'384;
  };

  explicit BooksStore(Books& books) : BooksStore(books, Options()) {}
  BooksStore(Books& books, const Options& options)
      : books_(books), options_(options), trim_floor_(books.durable_command()) {}

  [[nodiscard]] const char* name() const override { return "books"; }
  [[nodiscard]] std::uint64_t durable_sequence() const override { return books_.durable_command(); }
  [[nodiscard]] Status append(const Executed& executed) override {
    return books_.append(executed.command, executed.events);
  }
  [[nodiscard]] Status sync() override;
  [[nodiscard]] Status compare(const Executed& executed) override { return append(executed); }
  /// A last frame stands behind all records: damage to one can never look like a torn tail.
  [[nodiscard]] Status finish() override;
  /// What was appended stays; whatever is appended again is compared with it.
  [[nodiscard]] Status reset() override {
    return books_.poisoned() ? Status(*books_.poisoned()) : Status();
  }
  [[nodiscard]] Result<bool> work() override { return books_.work(); }
  [[nodiscard]] std::uint64_t trim_floor() const override {
    return trim_floor_.load(std::memory_order_acquire);
  }
  /// A frame takes whole blocks, however few records it holds.
  [[nodiscard]] std::uint64_t patience_ns() const override { return 500'000'000; }

 private:
  Books& books_;
  const Options options_;
  std::atomic<std::uint64_t> trim_floor_;
};

}  // namespace karst
