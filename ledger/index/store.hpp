// Store: ledger.db, the sorted audit store. All of it can be made again from the record log.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ledger/index/database.hpp"
#include "ledger/index/posting_block.hpp"
#include "ledger/index/tail.hpp"
#include "ledger/index/words.hpp"
#include "ledger/record/record.hpp"
#include "ledger/record/record_log.hpp"

namespace karst {

/// Where ledger.db stands.
struct StorePlace {
  std::string path;
  std::string vfs;  ///< As Database::open().
};

/// What a store is of; a store of anything else is not this ledger's.
struct StoreIdentity {
  std::uint16_t shard = 0;
  std::uint32_t segment_records = 0;
  friend bool operator==(const StoreIdentity&, const StoreIdentity&) = default;
};

/// An account or asset as its record defines it, kept for search and for the words of reports.
struct Definition {
  std::uint64_t seq = 0;
  std::optional<AccountDetails> account;
  std::optional<AssetDetails> asset;
};

/// One segment on its way into the store.
struct SegmentInput {
  const Tail& tail;  ///< sealed
  std::vector<RecordMark> marks;
  std::vector<Definition> definitions;
  std::vector<WordAt> words;
};

/// The writer of ledger.db: adds whole segments, one transaction each, and nothing else.
///
/// Errors:  as Database.
/// Threads: one owner at a time.
class Store {
 public:
  static constexpr std::uint32_t version = 3;

  /// Opens the file or makes it.
  ///
  /// Errors: corrupt, when it is no store; unknown_format, when a newer build has made it;
  ///         invalid, when it is the store of another ledger.
  [[nodiscard]] static Result<Store> open(const StorePlace& place, const StoreIdentity& identity);
  /// The same for load() alone: changes nothing and makes nothing.
  [[nodiscard]] static Result<Store> open_read_only(const StorePlace& place,
                                                    const StoreIdentity& identity);

  /// How many segments there are.
  [[nodiscard]] std::uint32_t segments() const { return segments_; }

  [[nodiscard]] Status add_segment(const SegmentInput& input);

  using StateSink = std::function<void(AccountKey, std::uint32_t segment, const AccountState&)>;

  /// The states of every key at its blocks' ends, from that segment on, in order: the last one of a
  /// key counts.
  [[nodiscard]] Status load_states(std::uint32_t from_segment, const StateSink& sink);

  /// What else the ledger needs to go on: marks, and definitions in order.
  struct Sink {
    std::vector<RecordMark>& marks;
    std::function<void(const Definition&)> definition;
  };
  [[nodiscard]] Status load(const Sink& sink);

 private:
  explicit Store(Database database) : database_(std::move(database)) {}

  [[nodiscard]] Status make_tables(const StoreIdentity& identity);
  [[nodiscard]] Status check_identity(const StoreIdentity& identity);
  [[nodiscard]] Status prepare_statements();
  [[nodiscard]] Status add_blocks(const Tail& tail);
  [[nodiscard]] Status add_block(AccountKey key, const PostingBlock& block);
  [[nodiscard]] Status add_definition(const Definition& definition);
  [[nodiscard]] Status add_words(const std::vector<WordAt>& words);

  Database database_;
  Statement insert_segment_;
  Statement insert_posting_;
  Statement insert_account_;
  Statement insert_asset_;
  Statement insert_word_;
  // What load() and load_states() read ends with the segments counted when it was opened, or added
  // by this object: whoever reads beside the writer sees one state of it.
  std::uint32_t segments_ = 0;
  std::uint32_t segment_records_ = 0;
  std::vector<std::byte> blob_;
};

/// Reads every page of the file and looks at how they hang together.
///
/// Errors: corrupt; those of Database::open().
[[nodiscard]] Status check_store(const StorePlace& place);

/// A reader of ledger.db; sees each segment wholly or not at all.
///
/// Threads: one owner; any number of readers beside the writer.
class StoreReader {
 public:
  [[nodiscard]] static Result<StoreReader> open(const StorePlace& place);

  /// The last block of the key in the segment that begins at or before `place`; none if none.
  [[nodiscard]] Result<std::optional<PostingBlock>> block_at(std::uint32_t segment, AccountKey key,
                                                             std::uint32_t place);
  /// The first block of the key in the segment that begins after `place`.
  [[nodiscard]] Result<std::optional<PostingBlock>> block_after(std::uint32_t segment,
                                                                AccountKey key, std::int64_t place);

  /// Accounts and assets whose name or text contains `text`, byte for byte.
  [[nodiscard]] Result<std::vector<Definition>> search(std::string_view text, std::size_t max);

  /// Appends the records before `seq_end` that the word leads to, ascending.
  [[nodiscard]] Status add_seqs_of(std::string_view word, std::uint64_t seq_end,
                                   std::vector<std::uint64_t>& seqs);

 private:
  explicit StoreReader(Database database) : database_(std::move(database)) {}

  [[nodiscard]] Result<std::optional<PostingBlock>> block(Statement& statement,
                                                          std::uint32_t segment, AccountKey key,
                                                          std::int64_t place);

  Database database_;
  Statement at_;
  Statement after_;
  Statement accounts_;
  Statement assets_;
  Statement words_;
};

}  // namespace karst
