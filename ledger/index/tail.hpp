// Tail: the postings of one segment per account and asset, in memory until they are indexed.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "ledger/index/balances.hpp"

namespace karst {

/// Some consecutive postings of one key within one segment, with the state at one end of them.
/// A record that touches the key more than once stands here once.
struct PostingBlock {
  std::uint32_t segment = no_segment;
  std::uint32_t previous_segment = no_segment;  ///< The key's last segment before this one.
  bool is_opening = false;  ///< `state` is that before the first posting; else after the last.
  AccountState state;
  std::vector<std::uint32_t> places;  ///< Ascending: seq − the segment's first seq.
};

/// The postings of the records of one segment, in order of arrival. Each key has chunks of
/// growing size, so that small keys cost little and a walk over a large one is short.
///
/// Memory:  4 bytes a posting, about 80 a key, 32 more once sealed.
/// Threads: written by one owner; once sealed, read by any.
class Tail {
 public:
  static constexpr std::size_t block_postings_max = 64;
  static constexpr std::uint32_t no_key = ~std::uint32_t{0};

  Tail(std::uint32_t segment, std::uint32_t records_max);

  [[nodiscard]] std::uint32_t segment() const { return segment_; }

  /// A key seen for the first time in this segment. Returns: its number here.
  [[nodiscard]] std::uint32_t add_key(AccountKey key, std::uint32_t row,
                                      std::uint32_t previous_segment);

  /// A posting of the record at `place`; `before` = the state it finds.
  void add(std::uint32_t key, std::uint32_t place, const AccountState& before) {
    Key& at = keys_[key];
    if (at.count != 0 && at.last_place == place) return;
    if (at.used == at.capacity) open_chunk(at, before);
    arena_[at.chunk + chunk_header_words + at.used++] = place;
    at.last_place = place;
    ++at.count;
  }

  /// No more records come: keeps where every key stands now.
  void seal(const Balances& balances);

  // Of a sealed tail.
  /// The keys' numbers in ascending order of (account, asset).
  [[nodiscard]] const std::vector<std::uint32_t>& sorted_keys() const;
  /// The number of a key, or no_key.
  [[nodiscard]] std::uint32_t find(AccountKey key) const;
  [[nodiscard]] const AccountState& closing(std::uint32_t key) const { return closings_[key]; }

  /// Asks for the memory that add() will touch.
  void prefetch(std::uint32_t key) const {
    if (key < keys_.size()) __builtin_prefetch(&keys_[key], 1);
  }

  [[nodiscard]] std::uint32_t keys() const { return static_cast<std::uint32_t>(keys_.size()); }
  [[nodiscard]] AccountKey key(std::uint32_t index) const { return keys_[index].key; }
  [[nodiscard]] std::uint32_t previous_segment(std::uint32_t index) const {
    return keys_[index].previous_segment;
  }

  /// The blocks of a key, in order. Each but the last ends where the next begins.
  [[nodiscard]] std::vector<PostingBlock> blocks(std::uint32_t key) const;

  /// The last block that begins at or before `place`. Returns: false if there is none.
  [[nodiscard]] bool block_at(std::uint32_t key, std::uint32_t place, PostingBlock& block) const;
  /// The first block that begins after `place` (−1: the first of all). Returns: false if there is
  /// none.
  [[nodiscard]] bool block_after(std::uint32_t key, std::int64_t place, PostingBlock& block) const;

 private:
  static constexpr std::uint32_t chunk_header_words = 10;
  static constexpr std::uint32_t chunk_first = 2;
  static constexpr std::uint32_t no_chunk = ~std::uint32_t{0};

  struct Key {
    AccountKey key;
    std::uint32_t row = 0;  // in the balances
    std::uint32_t previous_segment = no_segment;
    std::uint32_t chunk = no_chunk;  // the newest
    std::uint32_t capacity = 0;      // of the newest chunk
    std::uint32_t used = 0;          // of it
    std::uint32_t count = 0;
    std::uint32_t last_place = 0;
  };

  void open_chunk(Key& key, const AccountState& before);
  [[nodiscard]] PostingBlock block_of(const Key& key, std::uint32_t chunk) const;
  [[nodiscard]] std::uint32_t used_of(const Key& key, std::uint32_t chunk) const;

  std::uint32_t segment_;
  std::vector<Key> keys_;
  std::vector<std::uint32_t> arena_;
  std::vector<AccountState> closings_;  // by key, once sealed
  mutable std::once_flag is_sorted_;
  mutable std::vector<std::uint32_t> sorted_;
};

}  // namespace karst
