#include "ledger/books_store.hpp"

namespace karst {

Status BooksStore::sync() {
  const std::uint64_t durable = books_.durable_command();
  if (books_.next_command() - durable <= options_.cover_every_commands) {
    const Result<std::uint64_t> synced = books_.sync();
    return synced ? Status{} : Status{synced.error()};
  }
  const Result<std::uint64_t> covered = books_.cover();
  if (!covered) return covered.error();
  // The covering frame stands behind all frames before it, and has nothing behind itself.
  trim_floor_.store(durable, std::memory_order_release);
  return {};
}

}  // namespace karst
