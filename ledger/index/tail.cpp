#include "ledger/index/tail.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace karst {
namespace {

// A chunk in the arena: previous chunk, capacity, opening state, places.
constexpr std::uint32_t previous_at = 0;
constexpr std::uint32_t capacity_at = 1;
constexpr std::uint32_t balance_at = 2;
constexpr std::uint32_t account_seq_at = 4;
constexpr std::uint32_t debits_at = 6;
constexpr std::uint32_t growth = 4;

}  // namespace

Tail::Tail(std::uint32_t segment, std::uint32_t records_max) : segment_(segment) {
  arena_.reserve(std::size_t{records_max} * 8);
}

std::uint32_t Tail::add_key(AccountKey key, std::uint32_t row, std::uint32_t previous_segment) {
  Key made;
  made.key = key;
  made.row = row;
  made.previous_segment = previous_segment;
  keys_.push_back(made);
  return static_cast<std::uint32_t>(keys_.size() - 1);
}

void Tail::seal(const Balances& balances) {
  closings_.reserve(keys_.size());
  for (const Key& key : keys_) closings_.push_back(balances.row(key.row).state);
}

// Not by the thread that seals: it must not wait for a sort.
const std::vector<std::uint32_t>& Tail::sorted_keys() const {
  std::call_once(is_sorted_, [this] {
    sorted_.resize(keys_.size());
    std::iota(sorted_.begin(), sorted_.end(), 0U);
    std::ranges::sort(sorted_, {}, [this](std::uint32_t key) { return keys_[key].key; });
  });
  return sorted_;
}

std::uint32_t Tail::find(AccountKey key) const {
  const std::vector<std::uint32_t>& sorted = sorted_keys();
  const auto found = std::ranges::lower_bound(
      sorted, key, {}, [this](std::uint32_t index) { return keys_[index].key; });
  return found != sorted.end() && keys_[*found].key == key ? *found : no_key;
}

void Tail::open_chunk(Key& key, const AccountState& before) {
  const std::uint32_t wanted = key.capacity == 0 ? chunk_first : key.capacity * growth;
  const std::uint32_t capacity =
      std::min<std::uint32_t>(wanted, static_cast<std::uint32_t>(block_postings_max));
  const auto chunk = static_cast<std::uint32_t>(arena_.size());
  arena_.resize(arena_.size() + chunk_header_words + capacity);
  std::uint32_t* at = arena_.data() + chunk;
  at[previous_at] = key.chunk;
  at[capacity_at] = capacity;
  std::memcpy(at + balance_at, &before.balance, sizeof before.balance);
  std::memcpy(at + account_seq_at, &before.account_seq, sizeof before.account_seq);
  std::memcpy(at + debits_at, &before.debits, sizeof before.debits);
  key.chunk = chunk;
  key.capacity = capacity;
  key.used = 0;
}

std::uint32_t Tail::used_of(const Key& key, std::uint32_t chunk) const {
  return chunk == key.chunk ? key.used : arena_[chunk + capacity_at];
}

PostingBlock Tail::block_of(const Key& key, std::uint32_t chunk) const {
  const std::uint32_t* at = arena_.data() + chunk;
  PostingBlock block;
  block.segment = segment_;
  block.previous_segment = key.previous_segment;
  block.is_opening = true;
  std::memcpy(&block.state.balance, at + balance_at, sizeof block.state.balance);
  std::memcpy(&block.state.account_seq, at + account_seq_at, sizeof block.state.account_seq);
  std::memcpy(&block.state.debits, at + debits_at, sizeof block.state.debits);
  block.places.assign(at + chunk_header_words, at + chunk_header_words + used_of(key, chunk));
  return block;
}

std::vector<PostingBlock> Tail::blocks(std::uint32_t key) const {
  std::vector<PostingBlock> all;
  const Key& of = keys_[key];
  for (std::uint32_t chunk = of.chunk; chunk != no_chunk; chunk = arena_[chunk + previous_at]) {
    all.push_back(block_of(of, chunk));
  }
  std::ranges::reverse(all);
  return all;
}

bool Tail::block_at(std::uint32_t key, std::uint32_t place, PostingBlock& block) const {
  const Key& of = keys_[key];
  for (std::uint32_t chunk = of.chunk; chunk != no_chunk; chunk = arena_[chunk + previous_at]) {
    if (arena_[chunk + chunk_header_words] > place) continue;
    block = block_of(of, chunk);
    return true;
  }
  return false;
}

bool Tail::block_after(std::uint32_t key, std::int64_t place, PostingBlock& block) const {
  const Key& of = keys_[key];
  std::uint32_t found = no_chunk;
  for (std::uint32_t chunk = of.chunk; chunk != no_chunk; chunk = arena_[chunk + previous_at]) {
    if (std::int64_t{arena_[chunk + chunk_header_words]} <= place) break;
    found = chunk;
  }
  if (found == no_chunk) return false;
  block = block_of(of, found);
  return true;
}

}  // namespace karst
