#include "ledger/index/store_maker.hpp"

namespace karst {

Status StoreMaker::take(const RecordView& record, Tail& tail) {
  const auto place = static_cast<std::uint32_t>(record.seq() % segment_records_);
  for (std::size_t i = 0; i < record.legs(); ++i) {
    const Leg leg = record.leg(i);
    const std::uint32_t row = balances_.find_or_add({leg.account, leg.asset});
    BalanceRow& at = balances_.row(row);
    if (at.last_segment != tail.segment()) {
      at.tail_key = tail.add_key(at.key, row, at.last_segment);
      at.last_segment = tail.segment();
    }
    tail.add(at.tail_key, place, at.state);
    if (!at.state.post(leg.amount) || at.state.balance != leg.balance_after) {
      return Error{ErrorCode::invalid, "check a balance", "record " + std::to_string(record.seq())};
    }
  }
  if (record.kind() == RecordKind::open_account || record.kind() == RecordKind::define_asset) {
    definitions_.push_back({record.seq(), record.account(), record.asset()});
  }
  words_of(record, words_);
  return {};
}

Status StoreMaker::gather(std::uint32_t segment) {
  if (tail_ != nullptr && tail_->segment() == segment) return {};
  definitions_.clear();
  words_.clear();
  auto tail = std::make_unique<Tail>(segment, segment_records_);
  const std::uint64_t begin = std::uint64_t{segment} * segment_records_;
  for (std::uint64_t seq = begin; seq < begin + segment_records_; ++seq) {
    const Result<RecordView> record = reader_.at(seq);
    if (!record) return record.error();
    if (Status taken = take(*record, *tail); !taken) return taken;
  }
  tail->seal(balances_);
  tail_ = std::move(tail);
  return {};
}

SegmentInput StoreMaker::input() const {
  const std::uint64_t begin = std::uint64_t{tail_->segment()} * segment_records_;
  return {*tail_, log_.marks(begin, begin + segment_records_), definitions_, words_};
}

}  // namespace karst
