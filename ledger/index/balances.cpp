#include "ledger/index/balances.hpp"

#include <bit>

#include "engine/base/assert.hpp"

namespace karst {

Balances::Balances(std::size_t rows_expected) {
  const std::size_t slots = std::bit_ceil(rows_expected * 2 + 2);
  slots_.resize(slots);
  shift_ = 64U - static_cast<unsigned>(std::bit_width(slots) - 1);
}

std::uint32_t Balances::find(AccountKey key) const {
  const std::uint64_t hashed = hash(key);
  const auto tag = static_cast<std::uint32_t>(hashed);
  for (std::size_t at = hashed >> shift_;; at = (at + 1) & (slots_.size() - 1)) {
    const Slot slot = slots_[at];
    if (slot.row == 0) return none;
    if (slot.hash == tag && row(slot.row - 1).key == key) return slot.row - 1;
  }
}

std::uint32_t Balances::find_or_add(AccountKey key) {
  const std::uint64_t hashed = hash(key);
  const auto tag = static_cast<std::uint32_t>(hashed);
  std::size_t at = hashed >> shift_;
  for (;; at = (at + 1) & (slots_.size() - 1)) {
    const Slot slot = slots_[at];
    if (slot.row == 0) break;
    if (slot.hash == tag && row(slot.row - 1).key == key) return slot.row - 1;
  }
  KARST_ASSERT(rows_ < none - 1);
  slots_[at] = {rows_ + 1, tag};
  if (rows_ % page_rows == 0) pages_.push_back(std::make_unique<Page>());
  const std::uint32_t index = rows_++;
  BalanceRow& made = row(index);
  made.key = key;
  const std::uint32_t account = key.account.value();
  if (account >= first_of_account_.size()) first_of_account_.resize(account + 1);
  made.next_of_account = first_of_account_[account];
  first_of_account_[account] = index + 1;
  if (std::size_t{rows_} * 2 > slots_.size()) grow();
  return index;
}

void Balances::grow() {
  slots_.assign(slots_.size() * 2, Slot{});
  --shift_;
  for (std::uint32_t index = 0; index < rows_; ++index) {
    const std::uint64_t hashed = hash(row(index).key);
    std::size_t at = hashed >> shift_;
    while (slots_[at].row != 0) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = {index + 1, static_cast<std::uint32_t>(hashed)};
  }
}

std::uint32_t Balances::first_of(AccountNumber account) const {
  if (account.value() >= first_of_account_.size()) return none;
  return first_of_account_[account.value()] - 1;  // 0 wraps to none
}

}  // namespace karst
