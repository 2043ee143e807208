#include "ledger/books_store.hpp"

namespace karst {

Status BooksStore::sync() {
  const std::uint64_t durable = books_.durable_command();
  const bool is_covering = books_.next_command() - durable > options_.cover_every_commands;
  const Result<std::uint64_t> synced = is_covering ? books_.cover() : books_.sync();
  if (!synced) return synced.error();
  // A new frame stands behind all frames before it, and has nothing behind itself.
  if (books_.durable_command() > durable) trim_floor_.store(durable, std::memory_order_release);
  return {};
}

}  // namespace karst
