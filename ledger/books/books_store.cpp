#include "ledger/books/books_store.hpp"

namespace karst {

Status BooksStore::sync() {
  const std::uint64_t durable = books_.durable_command();
  const std::uint64_t taken = books_.next_command() - 1;
  const bool is_covering = taken > durable + options_.cover_every_commands ||
                           is_durable_wanted(taken) || is_trim_floor_wanted(taken);
  const Result<std::uint64_t> synced = is_covering ? books_.cover() : books_.sync();
  if (!synced) return synced.error();
  // A new frame stands behind all frames before it, and has nothing behind itself.
  if (is_covering || books_.durable_command() > durable) {
    trim_floor_.store(durable, std::memory_order_release);
  }
  return {};
}

Status BooksStore::finish() {
  if (Status synced = sync(); !synced) return synced;
  const Result<std::uint64_t> covered = books_.cover();
  return covered ? Status() : covered.error();
}

}  // namespace karst
