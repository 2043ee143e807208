#include "ledger/audit/posting_index.hpp"

#include <algorithm>

namespace karst {
namespace {

constexpr std::uint32_t probes_max = 8;
constexpr std::uint32_t any_place = ~std::uint32_t{0};

}  // namespace

Result<PostingIndex> PostingIndex::open(const Books& books) {
  PostingIndex index(books);
  if (books.options().store_path.empty()) return index;
  const Result<StoreReader*> opened = index.reader();
  const bool comes_later = !opened && (opened.error().code == ErrorCode::corrupt ||
                                       opened.error().code == ErrorCode::busy);
  if (!opened && !comes_later) return opened.error();
  return index;
}

// The store as it is now: after damage it is another file.
Result<StoreReader*> PostingIndex::reader() {
  const Result<std::uint32_t> generation = books_->store_generation();
  if (!generation || generation_ != *generation) store_.reset();
  if (!generation) return generation.error();
  if (store_) return &*store_;
  Result<StoreReader> opened = StoreReader::open(books_->options().store());
  if (!opened) {
    if (opened.error().code == ErrorCode::corrupt) books_->report_damage(opened.error());
    return opened.error();
  }
  store_.emplace(std::move(opened).value());
  generation_ = *generation;
  return &*store_;
}

// Whoever meets damage tells the books.
PostingIndex::Found PostingIndex::told(Found found) {
  if (!found && found.error().code == ErrorCode::corrupt) books_->report_damage(found.error());
  return found;
}

PostingIndex::Found PostingIndex::in_segment_at(std::uint32_t segment, AccountKey key,
                                                std::uint32_t place) {
  PostingBlock block;
  switch (books_->tail_block_at(segment, key, place, block)) {
    case Books::TailLook::found:
      return std::optional(std::move(block));
    case Books::TailLook::nothing:
      return std::optional<PostingBlock>{};
    case Books::TailLook::indexed:
      break;
  }
  const Result<StoreReader*> store = reader();
  return store ? told((*store)->block_at(segment, key, place)) : Found(store.error());
}

PostingIndex::Found PostingIndex::in_segment_after(std::uint32_t segment, AccountKey key,
                                                   std::int64_t place) {
  PostingBlock block;
  switch (books_->tail_block_after(segment, key, place, block)) {
    case Books::TailLook::found:
      return std::optional(std::move(block));
    case Books::TailLook::nothing:
      return std::optional<PostingBlock>{};
    case Books::TailLook::indexed:
      break;
  }
  const Result<StoreReader*> store = reader();
  return store ? told((*store)->block_after(segment, key, place)) : Found(store.error());
}

PostingIndex::Found PostingIndex::block_at(AccountKey key, std::uint64_t seq) {
  const std::uint32_t newest = books_->last_segment_of(key);
  if (newest == no_segment) return std::optional<PostingBlock>{};
  const std::uint64_t records = books_->options().segment_records;
  auto segment = static_cast<std::uint32_t>(std::min<std::uint64_t>(seq / records, newest));
  const auto place = seq / records > newest ? any_place : static_cast<std::uint32_t>(seq % records);
  Found found = in_segment_at(segment, key, place);
  if (!found || *found) return found;
  for (std::uint32_t i = 0; i < probes_max && segment > 0; ++i) {
    found = in_segment_at(--segment, key, any_place);
    if (!found || *found) return found;
  }
  for (std::uint32_t walk = newest; walk != no_segment;) {
    found = in_segment_at(walk, key, any_place);
    if (!found) return found;
    if (!*found || (*found)->segment != walk) {
      return told(Error{ErrorCode::corrupt, "find the postings of an account",
                        "segment " + std::to_string(walk)});
    }
    if (walk < segment) return found;
    walk = (*found)->previous_segment;
  }
  return std::optional<PostingBlock>{};
}

PostingIndex::Found PostingIndex::block_before(AccountKey key, const PostingBlock& block) {
  if (block.places.front() > 0) {
    Found found = in_segment_at(block.segment, key, block.places.front() - 1);
    if (!found || *found) return found;
  }
  if (block.previous_segment == no_segment) return std::optional<PostingBlock>{};
  Found found = in_segment_at(block.previous_segment, key, any_place);
  if (!found || *found) return found;
  return told(Error{ErrorCode::corrupt, "find the postings of an account",
                    "segment " + std::to_string(block.previous_segment)});
}

PostingIndex::Found PostingIndex::block_after(AccountKey key, const PostingBlock& block) {
  Found found = in_segment_after(block.segment, key, block.places.back());
  if (!found || *found) return found;
  return next_segment(block.segment + 1, key);
}

PostingIndex::Found PostingIndex::block_from_segment_of(AccountKey key, std::uint64_t seq) {
  return next_segment(static_cast<std::uint32_t>(seq / books_->options().segment_records), key);
}

PostingIndex::Found PostingIndex::next_segment(std::uint32_t first, AccountKey key) {
  const std::uint32_t newest = books_->last_segment_of(key);
  if (newest == no_segment) return std::optional<PostingBlock>{};
  for (std::uint32_t segment = first; segment <= newest; ++segment) {
    Found found = in_segment_after(segment, key, -1);
    if (!found || *found) return found;
  }
  return std::optional<PostingBlock>{};
}

Result<std::vector<std::uint64_t>> PostingIndex::seqs_of(const std::string& word) {
  std::vector<std::uint64_t> newest;
  const std::uint64_t begin = books_->add_seqs_of(word, newest);
  std::vector<std::uint64_t> seqs;
  if (begin != 0) {
    const Result<StoreReader*> store = reader();
    if (!store) return store.error();
    if (Status added = (*store)->add_seqs_of(word, begin, seqs); !added) {
      if (added.error().code == ErrorCode::corrupt) books_->report_damage(added.error());
      return added.error();
    }
  }
  seqs.insert(seqs.end(), newest.begin(), newest.end());
  const std::uint64_t durable = books_->records();
  while (!seqs.empty() && seqs.back() >= durable) seqs.pop_back();
  return seqs;
}

// The cursor --------------------------------------------------------------------------------------

Status PostingCursor::enter() {
  is_begun_ = true;
  if (begin_ >= end_) return {};
  const std::uint64_t seq = direction_ == Direction::ascending ? begin_ : end_ - 1;
  PostingIndex::Found found = index_->block_at(key_, seq);
  if (found && !*found && direction_ == Direction::ascending) {
    found = index_->block_from_segment_of(key_, seq);
  }
  if (!found) return found.error();
  block_ = *found;
  if (!block_) return {};
  // Where in the block to begin: the first place at or after `seq`, or one behind the last before.
  std::size_t at = 0;
  const std::size_t count = block_->places.size();
  if (direction_ == Direction::ascending) {
    while (at < count && index_->seq_of(*block_, at) < seq) ++at;
  } else {
    at = count;
    while (at > 0 && index_->seq_of(*block_, at - 1) > seq) --at;
  }
  at_ = at;
  return {};
}

// From a block that is used up to the one next to it.
Status PostingCursor::leave() {
  PostingIndex::Found found = direction_ == Direction::ascending
                                  ? index_->block_after(key_, *block_)
                                  : index_->block_before(key_, *block_);
  if (!found) return found.error();
  block_ = *found;
  if (block_) at_ = direction_ == Direction::ascending ? 0 : block_->places.size();
  return {};
}

Result<std::optional<std::uint64_t>> PostingCursor::next() {
  if (!is_begun_) {
    if (Status entered = enter(); !entered) return entered.error();
  }
  const bool is_ascending = direction_ == Direction::ascending;
  while (block_ && (is_ascending ? at_ == block_->places.size() : at_ == 0)) {
    if (Status left = leave(); !left) return left.error();
  }
  if (!block_) return std::optional<std::uint64_t>{};
  const std::uint64_t seq = index_->seq_of(*block_, is_ascending ? at_++ : --at_);
  if (seq < begin_ || seq >= end_) {
    block_.reset();
    return std::optional<std::uint64_t>{};
  }
  return std::optional(seq);
}

}  // namespace karst
