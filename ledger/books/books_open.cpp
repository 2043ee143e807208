#include <array>

#include "ledger/books/books.hpp"
#include "ledger/files/big_endian.hpp"
#include "ledger/record/record_reader.hpp"

namespace karst {
namespace {

Error broken(const char* doing, std::uint64_t seq) {
  return Error{ErrorCode::invalid, doing, "record " + std::to_string(seq), Error::no_offset, 0};
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string(".") : path.substr(0, slash);
}

}  // namespace

Books::Books(Storage& storage, BooksOptions options)
    : storage_(storage),
      options_(std::move(options)),
      saved_(storage_, options_.directory, {options_.shard, options_.segment_records}),
      posting_(options_.shard),
      balances_(options_.keys_expected) {}

Result<std::unique_ptr<Books>> Books::open(Storage& storage, BooksOptions options) {
  std::unique_ptr<Books> books(new Books(storage, std::move(options)));
  if (Status opened = books->open_all(); !opened) return opened.error();
  return books;
}

Status Books::open_all() {
  if (!options_.read_only) {
    if (Status made = storage_.create_directory(options_.directory); !made) return made;
    const std::string path = options_.directory + "/lock";
    const Result<FileHandle> lock = storage_.lock(path);
    if (!lock) return lock.error();
    lock_ = OpenFile(storage_, *lock, path);
  }
  forget();
  std::vector<RecordMark> marks;
  if (!options_.store_path.empty()) {
    if (Status opened = open_store(); !opened) return opened;
    if (Status loaded = load_store(marks); !loaded) {
      const bool is_damaged = loaded.error().code == ErrorCode::corrupt;
      if (Status dropped = drop_store(loaded.error().text(), is_damaged); !dropped) return dropped;
      marks.clear();
    }
  }
  Status opened = open_log(marks);
  const bool has_more =
      opened && log_->records() < std::uint64_t{indexed_} * options_.segment_records;
  const bool is_strange = !opened && indexed_ > 0 && opened.error().code == ErrorCode::invalid;
  if (has_more || is_strange) {
    // The store knows records that the log does not have, or others: the log is the truth.
    if (Status dropped = drop_store("it does not belong to the log", false); !dropped) {
      return dropped;
    }
    opened = open_log({});
  }
  if (!opened) return opened;
  opened_.log = log_->opened();
  say_repairs();
  command_fed_ = log_->command();
  if (log_->settled() != next_seq_) {
    return Error{ErrorCode::corrupt, "check the last settlement number", options_.directory};
  }
  if (next_seq_ == 0 || last_time_ns_ != 0) return {};
  RecordReader reader(*log_, RecordReader::window_for_one);
  const Result<RecordView> last = reader.at(next_seq_ - 1);
  if (!last) return last.error();
  last_time_ns_ = last->time().value();
  return {};
}

// Nothing is known: as before the first record.
void Books::forget() {
  balances_ = Balances(options_.keys_expected);
  posting_ = Posting(options_.shard);
  definitions_.clear();
  currency_codes_.clear();
  tails_.clear();
  words_.assign(1, {});
  indexed_ = 0;
  next_seq_ = 0;
  last_time_ns_ = 0;
  tails_.push_back(std::make_shared<Tail>(0, options_.segment_records));
}

// After a failed sync memory may hold pages of the store that the device never got.
Status Books::forget_cached_store() {
  for (const char* suffix : {"", "-wal"}) {
    const Result<OpenFile> file =
        OpenFile::open(storage_, options_.store_path + suffix, OpenMode::write);
    if (!file && file.error().code == ErrorCode::not_found) continue;
    if (!file) return file.error();
    if (Status dropped = storage_.drop_cache(file->handle()); !dropped) return dropped;
  }
  return {};
}

Status Books::open_store() {
  if (!options_.read_only) {
    if (Status forgotten = forget_cached_store(); !forgotten) return forgotten;
  }
  const StoreIdentity identity{options_.shard, options_.segment_records};
  Result<Store> store = options_.read_only ? Store::open_read_only(options_.store(), identity)
                                           : Store::open(options_.store(), identity);
  if (store) {
    store_.emplace(std::move(store).value());
    return {};
  }
  const ErrorCode code = store.error().code;
  const bool is_useless = code == ErrorCode::corrupt || code == ErrorCode::invalid ||
                          (options_.read_only && code == ErrorCode::not_found);
  if (!is_useless) return store.error();
  if (is_store_old()) return drop_store("it is of an older version", false);
  return drop_store(store.error().text(), code == ErrorCode::corrupt);
}

// A store of version 1 has no checksums: to this build each of its pages is damaged. One of version
// 2 has no words.
bool Books::is_store_old() {
  constexpr std::size_t header_bytes = 100;
  constexpr std::size_t version_at = 60;
  const Result<OpenFile> file = OpenFile::open(storage_, options_.store_path, OpenMode::read);
  if (!file) return false;
  std::array<std::byte, header_bytes> bytes{};
  const Result<std::size_t> got = storage_.read(file->handle(), 0, bytes);
  if (!got || *got != bytes.size()) return false;
  const auto version = load_be<std::uint32_t>(bytes.data() + version_at);
  return version != 0 && version < Store::version;
}

// All that is in the store can be made again.
Status Books::drop_store(const std::string& why, bool is_kept) {
  store_.reset();
  forget();
  opened_.was_store_rebuilt = true;
  opened_.why_rebuilt = why;
  if (options_.read_only) {
    options_.store_path.clear();
    return {};
  }
  return replace_store(is_kept);
}

// An empty store takes the place of the one there is, which is kept beside it if it may tell
// something about the damage.
Status Books::replace_store(bool is_kept) {
  if (Status removed = saved_.remove(); !removed) return removed;
  const std::string& path = options_.store_path;
  // The file goes first: without it what waits in the write-ahead log is nothing.
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const bool is_moved = is_kept && *suffix == '\0';
    const Status gone =
        is_moved ? storage_.rename(path, path + ".damaged") : storage_.unlink(path + suffix);
    if (!gone && gone.error().code == ErrorCode::not_found) continue;
    if (!gone) return gone;
    const Status synced = storage_.sync_directory(directory_of(path));
    if (!synced) return synced;
  }
  Result<Store> store = Store::open(options_.store(), {options_.shard, options_.segment_records});
  if (!store) return store.error();
  store_.emplace(std::move(store).value());
  return {};
}

void Books::say_repairs() const {
  if (opened_.was_store_rebuilt) {
    say(options_.read_only
            ? "ledger.db is of no use (" + opened_.why_rebuilt + "): the record log answers alone"
            : "ledger.db is made again from the record log: " + opened_.why_rebuilt);
  }
  if (opened_.log.was_cut) {
    say("the last frame of " + opened_.log.cut_file + " was not whole: cut at " +
        std::to_string(opened_.log.cut_offset) + ", its records come again from the journal");
  }
  if (opened_.were_balances_healed) {
    say(options_.directory + "/balances was damaged: gathered again from ledger.db");
  }
}

void Books::put_balance(const SavedBalance& saved) {
  BalanceRow& row = balances_.row(balances_.find_or_add(saved.key));
  row.state = saved.state;
  row.last_segment = saved.last_segment;
}

// Returns: of how many segments they tell; the states of the others are in the store only.
std::uint32_t Books::load_saved_balances() {
  const Result<std::uint32_t> saved =
      saved_.load([this](const SavedBalance& row) { put_balance(row); });
  if (saved && *saved <= store_->segments()) return *saved;
  opened_.were_balances_healed = !saved && saved.error().code == ErrorCode::corrupt;
  balances_ = Balances(options_.keys_expected);
  saved_.forget();
  return 0;
}

Status Books::load_store(std::vector<RecordMark>& marks) {
  if (!store_) return {};
  const Store::Sink sink{marks, [this](const Definition& definition) {
                           if (definition.asset) learn(*definition.asset);
                         }};
  if (Status loaded = store_->load(sink); !loaded) return loaded;
  opened_.saved_segments = load_saved_balances();
  const Status loaded =
      store_->load_states(opened_.saved_segments,
                          [this](AccountKey key, std::uint32_t segment, const AccountState& state) {
                            put_balance({key, state, segment});
                          });
  if (!loaded) return loaded;
  indexed_ = store_->segments();
  next_seq_ = std::uint64_t{indexed_} * options_.segment_records;
  tails_.front() = std::make_shared<Tail>(indexed_, options_.segment_records);
  return {};
}

Status Books::open_log(std::vector<RecordMark> marks) {
  log_.reset();
  const RecordLog::Options options{options_.directory + "/log", options_.file_bytes,
                                   options_.read_only};
  Result<std::unique_ptr<RecordLog>> log =
      RecordLog::open(storage_, options, std::move(marks),
                      [this](const RecordView& record) { return admit(record); });
  if (!log) return log.error();
  log_ = std::move(log).value();
  if (log_->knows_hash() || options_.read_only) return {};
  RecordReader reader(*log_);
  std::uint64_t hash = 0;
  for (std::uint64_t seq = 0; seq < log_->records(); ++seq) {
    const Result<RecordView> record = reader.at(seq);
    if (!record) return record.error();
    hash = mix_record(hash, record->bytes());
  }
  log_->set_hash(hash);
  return {};
}

// A record read back from the log.
Status Books::admit(const RecordView& record) {
  const std::uint64_t seq = record.seq();
  if (seq < next_seq_) return {};  // of a frame that the store knows in part
  if (record.source() != options_.shard || record.source_seq() != seq + 1) {
    return broken("check a settlement number", seq);
  }
  if (record.time().value() < last_time_ns_) return broken("check the order of time", seq);
  if (!is_balanced(record)) return broken("check that a record is balanced", seq);
  for (std::size_t i = 0; i < record.legs(); ++i) {
    const Leg leg = record.leg(i);
    const std::uint32_t row = balances_.find_or_add({leg.account, leg.asset});
    if (!post_leg(row, leg.amount)) return broken("check a balance", seq);
    const AccountState& state = balances_.row(row).state;
    if (is_overdrawn(leg.account, state.balance)) return broken("check a merchant's limit", seq);
    if (state.balance != leg.balance_after) return broken("check a balance", seq);
    if (state.account_seq != leg.account_seq) return broken("check the number of a posting", seq);
  }
  if (record.legs() == 0) define(record);
  last_time_ns_ = record.time().value();
  end_record();
  return {};
}

// The auditor's side ------------------------------------------------------------------------------

std::uint32_t Books::indexed_segments() const {
  const std::lock_guard guard(mutex_);
  return indexed_;
}

std::uint32_t Books::last_segment_of(AccountKey key) const {
  const std::lock_guard guard(mutex_);
  const std::uint32_t row = balances_.find(key);
  return row == Balances::none ? no_segment : balances_.row(row).last_segment;
}

std::uint64_t Books::postings_of(AccountKey key) const {
  const std::lock_guard guard(mutex_);
  const std::uint32_t row = balances_.find(key);
  return row == Balances::none ? 0 : balances_.row(row).state.account_seq;
}

std::vector<AccountKey> Books::keys_of(AccountNumber account) const {
  std::vector<AccountKey> found;
  const std::lock_guard guard(mutex_);
  for (std::uint32_t row = balances_.first_of(account); row != Balances::none;
       row = balances_.row(row).next_of_account - 1) {
    found.push_back(balances_.row(row).key);
  }
  return found;
}

std::vector<AccountKey> Books::keys() const {
  std::vector<AccountKey> all;
  const std::lock_guard guard(mutex_);
  all.reserve(balances_.rows());
  for (std::uint32_t row = 0; row < balances_.rows(); ++row) {
    all.push_back(balances_.row(row).key);
  }
  return all;
}

std::optional<std::vector<AccountKey>> Books::keys_of(AssetNumber asset,
                                                      std::size_t keys_max) const {
  constexpr std::uint32_t rows_per_lock = 4096;  // the writer wants its turn
  std::vector<AccountKey> found;
  for (std::uint32_t row = 0;;) {
    const std::lock_guard guard(mutex_);
    const std::uint32_t end = std::min(balances_.rows(), row + rows_per_lock);
    for (; row < end; ++row) {
      if (balances_.row(row).key.asset != asset) continue;
      if (found.size() == keys_max) return std::nullopt;
      found.push_back(balances_.row(row).key);
    }
    if (row == balances_.rows()) return found;
  }
}

std::vector<AccountKey> Books::keys_after(AccountKey after, std::size_t keys_max) const {
  constexpr std::uint32_t accounts_per_lock = 1024;
  std::vector<AccountKey> found;
  for (std::uint32_t account = after.account.value();;) {
    const std::lock_guard guard(mutex_);
    const std::uint32_t end = std::min(balances_.accounts_end(), account + accounts_per_lock);
    for (; account < end; ++account) {
      const std::size_t before = found.size();
      for (std::uint32_t row = balances_.first_of(AccountNumber{account}); row != Balances::none;
           row = balances_.row(row).next_of_account - 1) {
        if (balances_.row(row).key > after) found.push_back(balances_.row(row).key);
      }
      std::sort(found.begin() + static_cast<std::ptrdiff_t>(before), found.end());
      if (found.size() < keys_max) continue;
      found.resize(keys_max);
      return found;
    }
    if (account >= balances_.accounts_end()) return found;
  }
}

std::uint64_t Books::add_seqs_of(const std::string& word, std::vector<std::uint64_t>& seqs) const {
  const std::lock_guard guard(mutex_);
  for (const auto& words : words_) {
    const auto [first, last] = words.equal_range(word);
    for (auto it = first; it != last; ++it) seqs.push_back(it->second);
  }
  return std::uint64_t{indexed_} * options_.segment_records;
}

std::string Books::currency_code(AssetNumber asset) const {
  const std::lock_guard guard(mutex_);
  const auto found = currency_codes_.find(asset);
  return found == currency_codes_.end() ? std::string() : found->second;
}

// The sealed tail of a segment, and the key's number in it. With the lock held.
std::shared_ptr<const Tail> Books::tail_of(std::uint32_t segment, AccountKey key,
                                           std::uint32_t& number) const {
  const std::uint32_t index = segment - indexed_;
  if (index + 1 < tails_.size()) return tails_[index];
  const std::uint32_t row = balances_.find(key);
  number = Tail::no_key;
  if (index < tails_.size() && row != Balances::none &&
      balances_.row(row).last_segment == segment) {
    number = balances_.row(row).tail_key;
  }
  return nullptr;
}

Books::TailLook Books::tail_block_at(std::uint32_t segment, AccountKey key, std::uint32_t place,
                                     PostingBlock& block) const {
  std::unique_lock lock(mutex_);
  if (segment < indexed_) return TailLook::indexed;
  std::uint32_t number = Tail::no_key;
  const std::shared_ptr<const Tail> sealed = tail_of(segment, key, number);
  if (sealed == nullptr) {
    return number != Tail::no_key && tails_.back()->block_at(number, place, block)
               ? TailLook::found
               : TailLook::nothing;
  }
  lock.unlock();
  number = sealed->find(key);
  return number != Tail::no_key && sealed->block_at(number, place, block) ? TailLook::found
                                                                          : TailLook::nothing;
}

Books::TailLook Books::tail_block_after(std::uint32_t segment, AccountKey key, std::int64_t place,
                                        PostingBlock& block) const {
  std::unique_lock lock(mutex_);
  if (segment < indexed_) return TailLook::indexed;
  std::uint32_t number = Tail::no_key;
  const std::shared_ptr<const Tail> sealed = tail_of(segment, key, number);
  if (sealed == nullptr) {
    return number != Tail::no_key && tails_.back()->block_after(number, place, block)
               ? TailLook::found
               : TailLook::nothing;
  }
  lock.unlock();
  number = sealed->find(key);
  return number != Tail::no_key && sealed->block_after(number, place, block) ? TailLook::found
                                                                             : TailLook::nothing;
}

}  // namespace karst
