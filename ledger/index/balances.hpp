// Balances: the newest state of every (account, asset), in memory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "ledger/record/accounts.hpp"

namespace karst {

__extension__ using Total = unsigned __int128;  ///< A sum of amounts over all time.

/// One account in one asset.
struct AccountKey {
  AccountNumber account{};
  AssetNumber asset{};
  friend auto operator<=>(const AccountKey&, const AccountKey&) = default;
};

/// Where an account in one asset stands. Credits are balance + debits.
struct AccountState {
  std::int64_t balance = 0;
  std::uint64_t account_seq = 0;  ///< Postings so far.
  Total debits = 0;               ///< Sum of the amounts below zero, as a positive number.

  [[nodiscard]] Total credits() const {
    return debits + static_cast<Total>(balance);  // modulo 2^128: the sum is never below zero
  }
  /// Takes one posting in.
  ///
  /// Returns: false, with nothing changed, when the balance would leave 64 bits.
  [[nodiscard]] bool post(std::int64_t amount) {
    std::int64_t after = 0;
    if (__builtin_add_overflow(balance, amount, &after)) return false;
    balance = after;
    ++account_seq;
    if (amount < 0) debits += static_cast<Total>(0) - static_cast<Total>(amount);
    return true;
  }
  /// Takes the last posting back.
  void unpost(std::int64_t amount) {
    balance -= amount;
    --account_seq;
    if (amount < 0) debits -= static_cast<Total>(0) - static_cast<Total>(amount);
  }
  friend bool operator==(const AccountState&, const AccountState&) = default;
};

inline constexpr std::uint32_t no_segment = ~std::uint32_t{0};

/// A row: 64 bytes, one cache line.
struct alignas(64) BalanceRow {
  AccountKey key;
  AccountState state;
  std::uint32_t last_segment = no_segment;  ///< The newest segment with a posting of the key.
  std::uint32_t tail_key = 0;               ///< Its key in that segment's tail, while it has one.
  std::uint32_t next_of_account = 0;        ///< Row + 1 of the next asset of this account.
};
static_assert(sizeof(BalanceRow) == 64);

/// Rows never move and never go; they are numbered in the order in which keys came.
///
/// Complexity: one probe of an open-addressing table and one row per look-up.
/// Memory:     64 bytes a row and 16 to 32 of table.
/// Threads:    one owner.
class Balances {
 public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  explicit Balances(std::size_t rows_expected = 1024);

  [[nodiscard]] std::uint32_t find(AccountKey key) const;
  /// The row of the key, made with a state of zero if there is none.
  [[nodiscard]] std::uint32_t find_or_add(AccountKey key);
  /// Asks for the memory a look-up of the key will touch first.
  void prefetch(AccountKey key) const { __builtin_prefetch(&slots_[home(key)]); }
  /// Then for the row it will most likely find there.
  void prefetch_row(AccountKey key) const {
    const Slot slot = slots_[home(key)];
    if (slot.row != 0) __builtin_prefetch(&row(slot.row - 1), 1);
  }

  [[nodiscard]] BalanceRow& row(std::uint32_t index) {
    return (*pages_[index / page_rows])[index % page_rows];
  }
  [[nodiscard]] const BalanceRow& row(std::uint32_t index) const {
    return (*pages_[index / page_rows])[index % page_rows];
  }
  [[nodiscard]] std::uint32_t rows() const { return rows_; }
  /// The first row of an account; follow next_of_account − 1 from there.
  [[nodiscard]] std::uint32_t first_of(AccountNumber account) const;
  /// Account numbers from here on have no row.
  [[nodiscard]] std::uint32_t accounts_end() const {
    return static_cast<std::uint32_t>(first_of_account_.size());
  }

 private:
  static constexpr std::uint32_t page_rows = 4096;
  using Page = std::array<BalanceRow, page_rows>;
  struct Slot {
    std::uint32_t row = 0;  // + 1; 0 = empty
    std::uint32_t hash = 0;
  };

  [[nodiscard]] static std::uint64_t hash(AccountKey key) {
    const std::uint64_t both =
        std::uint64_t{key.account.value()} << 32U | std::uint64_t{key.asset.value()};
    std::uint64_t mixed = both * 0x9e3779b97f4a7c15U;
    mixed ^= mixed >> 32U;
    return mixed * 0xd6e8feb86659fd93U;
  }
  [[nodiscard]] std::size_t home(AccountKey key) const { return hash(key) >> shift_; }
  void grow();

  std::vector<Slot> slots_;
  unsigned shift_ = 0;
  std::uint32_t rows_ = 0;
  std::vector<std::unique_ptr<Page>> pages_;
  std::vector<std::uint32_t> first_of_account_;  // row + 1, by account number
};

}  // namespace karst
