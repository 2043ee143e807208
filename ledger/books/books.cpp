#include "ledger/books/books.hpp"

#include <algorithm>
#include <cstring>

#include "ledger/record/record_reader.hpp"

namespace karst {
namespace {

Error wrong(const char* doing, std::string what) {
  return Error{ErrorCode::invalid, doing, std::move(what), Error::no_offset, 0};
}

// Whether the record says what the draft does. Its balances follow from those before.
bool is_same(const RecordDraft& draft, const RecordView& record) {
  if (record.kind() != draft.kind || record.time() != draft.time ||
      record.ext_id() != draft.ext_id || record.source() != draft.source ||
      record.source_seq() != draft.source_seq || record.legs() != draft.legs_count) {
    return false;
  }
  for (std::size_t i = 0; i < draft.legs_count; ++i) {
    const Leg there = record.leg(i);
    const DraftLeg& here = draft.legs[i];
    if (there.account != here.account || there.asset != here.asset || there.amount != here.amount ||
        there.role != here.role) {
      return false;
    }
  }
  const auto there = record.bytes().subspan(record_header_bytes + record.legs() * leg_bytes);
  auto here = std::span(draft.extensions).first(draft.extension_bytes);
  // Records of before orders were told are the same without: they would stand last.
  if (record.kind() == RecordKind::settle && record.extension(TradeOrders::type).empty()) {
    here = here.first(here.size() - extension_header_bytes - TradeOrders::bytes);
  }
  return std::ranges::equal(there, here);
}

}  // namespace

Status Books::poison(Error error) {
  if (!poisoned_) poisoned_ = error;
  return error;
}

// Takes one posting of the record being added into balances and tail.
bool Books::post_leg(std::uint32_t row, std::int64_t amount) {
  BalanceRow& at = balances_.row(row);
  Tail& tail = *tails_.back();
  if (at.last_segment != tail.segment()) {
    at.tail_key = tail.add_key(at.key, row, at.last_segment);
    at.last_segment = tail.segment();
  }
  const auto place = static_cast<std::uint32_t>(next_seq_ - std::uint64_t{tail.segment()} *
                                                                options_.segment_records);
  tail.add(at.tail_key, place, at.state);
  return at.state.post(amount);
}

// What moves nothing says what things mean: it is found by its words.
void Books::define(const RecordView& record) {
  if (record.kind() == RecordKind::open_account || record.kind() == RecordKind::define_asset) {
    definitions_.push_back({record.seq(), record.account(), record.asset()});
    if (const auto asset = record.asset()) learn(*asset);
  }
  std::vector<WordAt> words;
  words_of(record, words);
  for (WordAt& word : words) words_.back().insert(std::move(word));
}

void Books::learn(const AssetDetails& asset) {
  posting_.learn(asset);
  if (asset.what != AssetClass::currency) return;
  const auto end = std::ranges::find(asset.text, '\0');
  currency_codes_[asset.asset] = std::string(asset.text.begin(), end);
}

void Books::end_record() {
  ++next_seq_;
  if (next_seq_ % options_.segment_records != 0) return;
  tails_.back()->seal(balances_);
  const std::uint32_t segment = tails_.back()->segment() + 1;
  tails_.push_back(std::make_shared<Tail>(segment, options_.segment_records));
  words_.emplace_back();
}

Status Books::post(const RecordDraft& draft) {
  const std::uint64_t seq = next_seq_;
  if (draft.source_seq != seq + 1) {
    return wrong("append a record: its settlement number is not the next",
                 std::to_string(draft.source_seq) + ", wanted " + std::to_string(seq + 1));
  }
  if (draft.time.value() < last_time_ns_) {
    return wrong("append a record: it is older than the one before", std::to_string(seq));
  }
  __extension__ __int128 sums[RecordDraft::legs_max] = {};
  std::array<std::uint32_t, RecordDraft::legs_max> rows;
  std::array<Leg, RecordDraft::legs_max> legs;
  for (std::size_t i = 0; i < draft.legs_count; ++i) {
    const DraftLeg& leg = draft.legs[i];
    balances_.prefetch({leg.account, leg.asset});
    std::size_t asset = 0;
    while (draft.legs[asset].asset != leg.asset) ++asset;
    sums[asset] += leg.amount;
  }
  for (const auto& sum : sums) {
    if (sum != 0) return wrong("append a record: it is not balanced", std::to_string(seq));
  }
  for (std::size_t i = 0; i < draft.legs_count; ++i) {
    balances_.prefetch_row({draft.legs[i].account, draft.legs[i].asset});
  }
  for (std::size_t i = 0; i < draft.legs_count; ++i) {
    rows[i] = balances_.find_or_add({draft.legs[i].account, draft.legs[i].asset});
    tails_.back()->prefetch(balances_.row(rows[i]).tail_key);
  }
  for (std::size_t i = 0; i < draft.legs_count; ++i) {
    const DraftLeg& leg = draft.legs[i];
    if (!post_leg(rows[i], leg.amount)) {
      return wrong("append a record: a balance overflows", std::to_string(seq));
    }
    const AccountState& state = balances_.row(rows[i]).state;
    if (is_overdrawn(leg.account, state.balance)) {
      return wrong("append a record: a merchant's balance falls below zero", std::to_string(seq));
    }
    legs[i] = {leg.account, leg.asset, leg.amount, state.balance, state.account_seq, leg.role};
  }
  std::byte* at = log_->stage(RecordDraft::bytes_max);
  const std::size_t bytes = encode(draft, seq, std::span(legs).first(draft.legs_count), at);
  if (draft.legs_count == 0) define(trusted_view({at, bytes}));
  log_->staged(bytes, draft.time);
  last_time_ns_ = draft.time.value();
  end_record();
  return {};
}

Status Books::append(const Command& command, std::span<const Event> events) {
  if (poisoned_) return Error{ErrorCode::poisoned, "append to the books", poisoned_->text()};
  if (command.sequence > command_fed_ + 1) {
    return poison(
        wrong("append a command that is not the next",
              std::to_string(command.sequence) + ", wanted " + std::to_string(command_fed_ + 1)));
  }
  if (command.sequence <= command_fed_) return compare(command, events);
  if (log_->staged_bytes() >= options_.staged_bytes_max) {
    return Error{ErrorCode::busy, "append to the books: sync() first", options_.directory};
  }
  drafts_.clear();
  const std::lock_guard guard(mutex_);
  if (store_failed_) return poison(*store_failed_);
  if (!options_.store_path.empty() && tails_.size() > options_.tails_max) {
    return Error{ErrorCode::busy, "append to the books: work() first", options_.directory};
  }
  if (Status posted = posting_.translate(command, events, drafts_); !posted) {
    return poison(posted.error());
  }
  for (const RecordDraft& draft : drafts_) {
    if (Status posted = post(draft); !posted) return poison(posted.error());
  }
  command_fed_ = command.sequence;
  return {};
}

// A command that is in the log already: its records must come out as they stand there. Its
// instruments may have left the exchange since, so what they are paid in is read from the records.
Status Books::compare(const Command& command, std::span<const Event> events) {
  if (!compared_) compared_.emplace(*log_);
  for (const Event& event : events) {
    const std::uint64_t number = settlement_number(event);
    if (number == 0 || number > log_->records()) continue;
    const Result<RecordView> record = compared_->at(number - 1);
    if (!record) return poison(record.error());
    const std::optional<TradeDetails> trade = record->trade();
    if (trade && record->legs() > 0)
      posting_.learn(trade->instrument, currency_of(record->leg(0).asset));
  }
  drafts_.clear();
  if (Status posted = posting_.translate(command, events, drafts_); !posted) {
    return poison(posted.error());
  }
  for (const RecordDraft& draft : drafts_) {
    const std::uint64_t seq = draft.source_seq - 1;
    if (seq >= log_->records()) continue;  // appended and not durable yet
    const Result<RecordView> record = compared_->at(seq);
    if (!record) return poison(record.error());
    if (is_same(draft, *record)) continue;
    return poison(Error{ErrorCode::corrupt, "make a record again: it comes out differently",
                        "record " + std::to_string(seq) + " of " + options_.directory,
                        Error::no_offset, 0});
  }
  return {};
}

Result<std::uint64_t> Books::sync() {
  if (poisoned_) return Error{ErrorCode::poisoned, "sync the books", poisoned_->text()};
  if (log_->staged_count() == 0 && !log_->poisoned()) return log_->records();
  return cover();
}

Result<std::uint64_t> Books::cover() {
  if (poisoned_) return Error{ErrorCode::poisoned, "sync the books", poisoned_->text()};
  if (Status committed = log_->commit(command_fed_, next_seq_); !committed) {
    if (committed.error().code != ErrorCode::no_space) return poison(committed.error()).error();
    return committed.error();
  }
  return log_->records();
}

}  // namespace karst
