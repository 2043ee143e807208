#include "ledger/books_store.hpp"

#include "ledger/bell.hpp"

namespace karst {
namespace {

constexpr std::uint64_t ns_per_ms = 1'000'000;

}  // namespace

Status BooksStore::append(const Executed& executed) {
  Status appended = books_.append(executed.command, executed.events);
  Bell nobody;
  for (std::uint32_t waited = 0; !appended; ++waited) {
    if (appended.error().code != ErrorCode::busy) return appended;
    const Result<std::uint64_t> synced = books_.sync();
    if (!synced) return synced.error();
    appended = books_.append(executed.command, executed.events);
    if (waited >= options_.patience_ms) return appended;
    if (!appended) nobody.wait(nobody.signals(), ns_per_ms);
  }
  return appended;
}

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
