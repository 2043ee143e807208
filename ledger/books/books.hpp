// Books: the ledger as the pipeline feeds it and the auditor reads it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/command/command.hpp"
#include "engine/event/event.hpp"
#include "engine/seams/storage.hpp"
#include "ledger/books/balances_file.hpp"
#include "ledger/files/open_file.hpp"
#include "ledger/index/balances.hpp"
#include "ledger/index/store.hpp"
#include "ledger/index/store_maker.hpp"
#include "ledger/index/tail.hpp"
#include "ledger/record/posting.hpp"
#include "ledger/record/record_log.hpp"
#include "ledger/record/record_reader.hpp"

namespace karst {

struct BooksOptions {
  std::string directory;    ///< Holds log/ and a lock file.
  std::string store_path;   ///< Of ledger.db; "" = no store, every posting stays in memory.
  std::string store_vfs{};  ///< How SQLite reaches it; "" = the system's own way.
  std::uint16_t shard = 0;
  std::uint32_t segment_records = 1U << 18U;  ///< Records indexed at once; fixed for a ledger.
  std::uint64_t file_bytes = std::uint64_t{256} << 20U;
  std::size_t staged_bytes_max = std::size_t{8} << 20U;  ///< append() is busy beyond it.
  std::uint32_t tails_max = 8;  ///< append() is busy when so many segments wait for the store.
  std::size_t keys_expected = 1U << 16U;
  bool read_only = false;
  /// What was repaired, in words for the operator; by any thread. May be null.
  std::function<void(const std::string&)> notice{};

  [[nodiscard]] StorePlace store() const { return {store_path, store_vfs}; }
};

/// What opening did, for the operator.
struct BooksOpened {
  RecordLogOpened log;
  bool was_store_rebuilt = false;  ///< ledger.db was missing, damaged or another ledger's.
  std::string why_rebuilt;
  bool were_balances_healed = false;  ///< Those saved were damaged.
  std::uint32_t saved_segments = 0;   ///< Segments whose balances were saved, and not gathered.
};

/// The record log, the balances and the index of one shard.
///
/// The pipeline's side: append() each durable command in order, sync() when nothing more is at
/// hand: one frame, one wait. When append() answers `busy`, or sync() `no_space`, nothing was
/// taken or lost: the caller goes on without the ledger, tries sync() and work() again, and comes
/// back with command next_command(), which it reads from the journal if its queue has moved on.
/// Trading never waits. After a restart the caller begins anywhere at or before next_command():
/// what is in the log already is compared with it, byte for byte, and not written again.
///
/// The auditor's side (class Audit) sees durable records only.
///
/// Invariants, checked when a record is appended and when it is read back at opening: 1. amounts
/// sum to 0 per asset. 2. seq is dense, source_seq = seq + 1. 3. Time never decreases.
/// 4. balance_after = balance + amount, and no account but the contra accounts is below zero.
/// 5. account_seq = the one before + 1. 6. The index never says what the log does not have.
///
/// Threads: append(), sync(), cover() by one owner; work() by one other; the rest by any.
class Books {
 public:
  /// Errors: locked; corrupt, unknown_format (log or store); invalid, when a record of the log
  ///         breaks an invariant; those of the Storage and of the store.
  [[nodiscard]] static Result<std::unique_ptr<Books>> open(Storage& storage, BooksOptions options);

  [[nodiscard]] const BooksOpened& opened() const { return opened_; }

  // The pipeline's side.

  /// Takes in what one command came to. Not durable before sync().
  ///
  /// Errors: busy: come back, nothing was taken. invalid: not next_command() or one before it, or
  ///         events that cannot be posted; corrupt: a record comes out differently than it stands
  ///         in the log. After these two every later call answers `poisoned`.
  [[nodiscard]] Status append(const Command& command, std::span<const Event> events);

  /// Makes everything appended durable. Does nothing if there are no new records.
  ///
  /// Returns: the number of durable records.
  /// Errors:  as RecordLog::commit().
  [[nodiscard]] Result<std::uint64_t> sync();

  /// As sync(), but writes a frame even without records, so that durable_command() names the
  /// last command appended and the frame before is proven. To be called before the command
  /// journal is trimmed, and at the end.
  [[nodiscard]] Result<std::uint64_t> cover();

  /// One step of what may happen in the background: makes a portion of the next file, makes a
  /// segment of a damaged store again, indexes a new one, or saves the balances.
  ///
  /// Returns: whether there was anything to do.
  /// Errors:  no_space and busy may pass: call again later. What else is wrong with log or store is
  ///          final, and the next append() says so.
  [[nodiscard]] Result<bool> work();

  /// Why append() will never work again, if so. By append()'s owner.
  [[nodiscard]] const std::optional<Error>& poisoned() const { return poisoned_; }

  [[nodiscard]] std::uint64_t next_command() const { return command_fed_ + 1; }
  /// Everything up to it is in the log for good: the journal may be trimmed up to it.
  [[nodiscard]] std::uint64_t durable_command() const { return log_->command(); }
  [[nodiscard]] std::uint64_t durable_source_seq() const { return log_->settled(); }

  // The auditor's side.

  [[nodiscard]] const BooksOptions& options() const { return options_; }
  [[nodiscard]] const RecordLog& log() const { return *log_; }
  [[nodiscard]] std::uint64_t records() const { return log_->records(); }
  /// As RecordLog::hashed(). Requires: not opened read-only.
  [[nodiscard]] HashedRecords hashed() const { return log_->hashed(); }
  /// How many segments stand in the store.
  [[nodiscard]] std::uint32_t indexed_segments() const;
  /// Which making of the store is to be read; another number is another file.
  ///
  /// Errors: busy, while work() makes it again; where nothing may be written, the damage itself.
  [[nodiscard]] Result<std::uint32_t> store_generation() const;
  /// Damage was met in the store. It is read no more: work() puts it aside and makes it again.
  void report_damage(const Error& error) const;

  /// The newest segment with a posting of the key; no_segment if there is none.
  [[nodiscard]] std::uint32_t last_segment_of(AccountKey key) const;
  [[nodiscard]] std::vector<AccountKey> keys_of(AccountNumber account) const;
  [[nodiscard]] std::vector<AccountKey> keys() const;
  /// "CNY"; empty if the asset was never defined, or is no currency.
  [[nodiscard]] std::string currency_code(AssetNumber asset) const;
  /// The keys of an asset; none if they are more than `keys_max`.
  [[nodiscard]] std::optional<std::vector<AccountKey>> keys_of(AssetNumber asset,
                                                               std::size_t keys_max) const;
  /// At most `keys_max` keys of the accounts behind that of `after` (or of its further assets),
  /// ascending by account and asset; fewer only at the end.
  [[nodiscard]] std::vector<AccountKey> keys_after(AccountKey after, std::size_t keys_max) const;
  /// Appends the records that the word leads to and the store does not know yet, ascending.
  ///
  /// Returns: where they begin: earlier records are the store's to tell.
  [[nodiscard]] std::uint64_t add_seqs_of(const std::string& word,
                                          std::vector<std::uint64_t>& seqs) const;
  /// How many postings the key has, durable or not.
  [[nodiscard]] std::uint64_t postings_of(AccountKey key) const;

  enum class TailLook : std::uint8_t { found, nothing, indexed };
  /// As Tail::block_at(), in a segment that is not indexed yet; `indexed` = ask the store.
  [[nodiscard]] TailLook tail_block_at(std::uint32_t segment, AccountKey key, std::uint32_t place,
                                       PostingBlock& block) const;
  /// As Tail::block_after(); `place` = −1 for the first block.
  [[nodiscard]] TailLook tail_block_after(std::uint32_t segment, AccountKey key, std::int64_t place,
                                          PostingBlock& block) const;

 private:
  Books(Storage& storage, BooksOptions options);

  [[nodiscard]] Status open_all();
  [[nodiscard]] Status open_store();
  [[nodiscard]] Status forget_cached_store();
  [[nodiscard]] Status load_store(std::vector<RecordMark>& marks);
  [[nodiscard]] std::uint32_t load_saved_balances();
  void put_balance(const SavedBalance& saved);
  [[nodiscard]] Result<bool> index_segment();
  [[nodiscard]] Result<bool> save_balances();
  [[nodiscard]] Status open_log(std::vector<RecordMark> marks);
  [[nodiscard]] Status drop_store(const std::string& why, bool is_kept);
  [[nodiscard]] bool is_store_old();
  [[nodiscard]] Status replace_store(bool is_kept);
  [[nodiscard]] Result<bool> mend_store();
  [[nodiscard]] Status begin_mending();
  void say(const std::string& words) const;
  void say_repairs() const;
  void forget();
  [[nodiscard]] Status admit(const RecordView& record);
  [[nodiscard]] Status post(const RecordDraft& draft);
  [[nodiscard]] Status compare(const Command& command, std::span<const Event> events);
  [[nodiscard]] bool post_leg(std::uint32_t row, std::int64_t amount);
  void define(const RecordView& record);
  void learn(const AssetDetails& asset);
  void end_record();
  [[nodiscard]] Status poison(Error error);
  [[nodiscard]] Error store_error(const Error& error);
  [[nodiscard]] std::shared_ptr<const Tail> tail_of(std::uint32_t segment, AccountKey key,
                                                    std::uint32_t& number) const;

  Storage& storage_;
  BooksOptions options_;
  BooksOpened opened_;
  OpenFile lock_;
  std::optional<Store> store_;
  BalancesFile saved_;
  std::uint32_t save_tried_ = 0;       // with how many segments it was tried last
  std::unique_ptr<StoreMaker> maker_;  // while the store is made again
  std::unique_ptr<RecordLog> log_;
  std::optional<RecordReader> compared_;  // what is given again is compared with
  Posting posting_;
  std::vector<RecordDraft> drafts_;
  std::uint64_t command_fed_ = 0;
  std::uint64_t next_seq_ = 0;
  std::int64_t last_time_ns_ = 0;
  std::optional<Error> poisoned_;

  mutable std::mutex mutex_;  // of what follows
  Balances balances_;
  std::deque<std::shared_ptr<Tail>> tails_;  // oldest first; the last one is being written
  std::deque<Definition> definitions_;       // of segments not indexed
  std::deque<std::multimap<std::string, std::uint64_t>> words_;  // by tail
  std::map<AssetNumber, std::string> currency_codes_;
  std::uint32_t indexed_ = 0;
  std::optional<Error> store_failed_;
  mutable std::optional<Error> damage_;  // of the store; until it has been made again
  std::uint32_t generation_ = 0;
};

}  // namespace karst
