// PostingIndex: where the postings of an account are, over memory and store alike.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/books/books.hpp"

namespace karst {

enum class Direction : std::uint8_t { ascending, descending };

/// Finds the blocks of postings of a key, whether their segment is in the store or not yet.
///
/// Complexity: block_at() is one look-up where the key has postings in that segment or one of the
///             eight before it, else a walk from its newest segment down.
/// Threads:    one owner; beside the writer.
class PostingIndex {
 public:
  /// A damaged store is no error here: answers that need it are.
  [[nodiscard]] static Result<PostingIndex> open(const Books& books);

  using Found = Result<std::optional<PostingBlock>>;

  /// The last block that begins at or before `seq`.
  [[nodiscard]] Found block_at(AccountKey key, std::uint64_t seq);
  /// The block before this one, or after it.
  [[nodiscard]] Found block_before(AccountKey key, const PostingBlock& block);
  [[nodiscard]] Found block_after(AccountKey key, const PostingBlock& block);
  /// The first block of all that begins at or after the segment of `seq`.
  [[nodiscard]] Found block_from_segment_of(AccountKey key, std::uint64_t seq);

  /// The durable records that a word (ledger/index/words.hpp) leads to, ascending.
  [[nodiscard]] Result<std::vector<std::uint64_t>> seqs_of(const std::string& word);

  [[nodiscard]] const Books& books() const { return *books_; }
  [[nodiscard]] std::uint64_t seq_of(const PostingBlock& block, std::size_t index) const {
    return std::uint64_t{block.segment} * books_->options().segment_records + block.places[index];
  }

 private:
  explicit PostingIndex(const Books& books) : books_(&books) {}

  [[nodiscard]] Result<StoreReader*> reader();
  [[nodiscard]] Found told(Found found);
  [[nodiscard]] Found in_segment_at(std::uint32_t segment, AccountKey key, std::uint32_t place);
  [[nodiscard]] Found in_segment_after(std::uint32_t segment, AccountKey key, std::int64_t place);
  [[nodiscard]] Found next_segment(std::uint32_t first, AccountKey key);

  const Books* books_;
  std::optional<StoreReader> store_;
  std::uint32_t generation_ = 0;  // of what store_ reads
};

/// Walks over the postings of one key within [begin, end), in either direction.
class PostingCursor {
 public:
  PostingCursor(PostingIndex& index, AccountKey key, std::uint64_t begin, std::uint64_t end,
                Direction direction)
      : index_(&index), key_(key), begin_(begin), end_(end), direction_(direction) {}

  /// The seq of the next record that touches the key; none at the end.
  [[nodiscard]] Result<std::optional<std::uint64_t>> next();

 private:
  [[nodiscard]] Status enter();
  [[nodiscard]] Status leave();

  PostingIndex* index_;
  AccountKey key_;
  std::uint64_t begin_;
  std::uint64_t end_;
  Direction direction_;
  bool is_begun_ = false;
  std::optional<PostingBlock> block_;
  std::size_t at_ = 0;  // ascending: the next place; descending: one behind it
};

}  // namespace karst
