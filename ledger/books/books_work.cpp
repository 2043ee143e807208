// The work of the books in the background.
#include "ledger/books/books.hpp"

#include <algorithm>

namespace karst {

// After a write or sync that failed nothing is known about the store's file: it is used no more.
// What is damaged can be made again.
Error Books::store_error(const Error& error) {
  if (error.code == ErrorCode::no_space || error.code == ErrorCode::busy) return error;
  if (error.code == ErrorCode::corrupt) {
    report_damage(error);
    return error;
  }
  const std::lock_guard guard(mutex_);
  store_failed_ = error;
  return error;
}

Result<bool> Books::work() {
  KARST_ASSERT(!options_.read_only);
  const Result<bool> prepared = log_->prepare();
  if (!prepared || *prepared || options_.store_path.empty()) return prepared;
  const Result<bool> mended = mend_store();
  if (!mended || *mended) return mended;
  const Result<bool> indexed = index_segment();
  if (!indexed || *indexed) return indexed;
  return save_balances();
}

Result<bool> Books::index_segment() {
  std::shared_ptr<Tail> tail;
  std::vector<Definition> definitions;
  std::vector<WordAt> words;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  {
    const std::lock_guard guard(mutex_);
    if (store_failed_) return *store_failed_;
    begin = std::uint64_t{indexed_} * options_.segment_records;
    end = begin + options_.segment_records;
    if (tails_.size() < 2 || log_->records() < end) return false;
    tail = tails_.front();
    const auto after = std::ranges::lower_bound(definitions_, end, {}, &Definition::seq);
    definitions.assign(definitions_.begin(), after);
    words.assign(words_.front().begin(), words_.front().end());
  }
  const SegmentInput input{*tail, log_->marks(begin, end), definitions, words};
  if (Status added = store_->add_segment(input); !added) return store_error(added.error());
  const std::lock_guard guard(mutex_);
  words_.pop_front();
  tails_.pop_front();  // `tail` keeps it until the lock is let go
  definitions_.erase(definitions_.begin(),
                     definitions_.begin() + static_cast<std::ptrdiff_t>(definitions.size()));
  ++indexed_;
  return true;
}

// Once for as many new records as there are balances: a record costs one row written at the most.
Result<bool> Books::save_balances() {
  const std::uint32_t segments = store_->segments();
  const std::uint64_t wait = saved_.rows() / options_.segment_records + 1;
  if (segments < saved_.segments() + wait || segments == save_tried_) return false;
  save_tried_ = segments;
  NewerBalances newer;
  const Status loaded = store_->load_states(
      saved_.segments(), [&](AccountKey key, std::uint32_t segment, const AccountState& state) {
        newer[key] = {key, state, segment};
      });
  if (!loaded) return store_error(loaded.error());
  const Status merged = saved_.merge(newer, segments);
  if (merged) return true;
  // The file is of no use: the next one is made of the store alone.
  if (merged.error().code == ErrorCode::corrupt) saved_.forget();
  return merged.error();
}

// The store again ---------------------------------------------------------------------------------

void Books::say(const std::string& words) const {
  if (options_.notice != nullptr) options_.notice(words);
}

void Books::report_damage(const Error& error) const {
  {
    const std::lock_guard guard(mutex_);
    if (damage_) return;
    damage_ = error;
  }
  say(options_.store_path + " is damaged (" + error.text() + ")" +
      (options_.read_only ? "" : ": it is made again from the record log"));
}

Result<std::uint32_t> Books::store_generation() const {
  const std::lock_guard guard(mutex_);
  if (!damage_) return generation_;
  if (options_.read_only) return *damage_;
  return Error{ErrorCode::busy, "read the audit store: it is being made again",
               options_.store_path};
}

// Nothing of what was derived from the damaged file stays.
Status Books::begin_mending() {
  maker_.reset();
  store_.reset();
  save_tried_ = 0;
  if (Status replaced = replace_store(true); !replaced) return replaced;
  maker_ = std::make_unique<StoreMaker>(*log_, options_.segment_records, options_.keys_expected);
  return {};
}

Result<bool> Books::mend_store() {
  std::uint32_t wanted = 0;
  {
    const std::lock_guard guard(mutex_);
    if (!damage_) return false;
    if (store_failed_) return *store_failed_;
    wanted = indexed_;
  }
  if (maker_ == nullptr) {
    if (Status begun = begin_mending(); !begun) return store_error(begun.error());
    return true;
  }
  if (store_->segments() < wanted) {
    if (Status gathered = maker_->gather(store_->segments()); !gathered) {
      // The record log is the truth: without it there is nothing to make the store of.
      const std::lock_guard guard(mutex_);
      store_failed_ = gathered.error();
      return gathered.error();
    }
    if (Status added = store_->add_segment(maker_->input()); !added) {
      if (added.error().code == ErrorCode::corrupt) maker_.reset();
      return store_error(added.error());
    }
    return true;
  }
  maker_.reset();
  {
    const std::lock_guard guard(mutex_);
    damage_.reset();
    ++generation_;
  }
  say(options_.store_path + " has been made again, " + std::to_string(wanted) + " segments");
  return true;
}

}  // namespace karst
