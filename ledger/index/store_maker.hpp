// StoreMaker: makes the audit store again from the record log, beside the running ledger.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "ledger/index/balances.hpp"
#include "ledger/index/store.hpp"
#include "ledger/record/record_reader.hpp"

namespace karst {

/// Reads the durable records from the first on and gives a store one segment after the other, as
/// the ledger did when they were new.
///
/// Memory:  the balances of all accounts, and one segment.
/// Threads: one owner; beside the log's writer.
class StoreMaker {
 public:
  StoreMaker(const RecordLog& log, std::uint32_t segment_records, std::size_t keys_expected)
      : log_(log), reader_(log), segment_records_(segment_records), balances_(keys_expected) {}

  /// Gathers a segment, unless it is at hand. They come one behind the other, from 0 on.
  ///
  /// Requires: all its records are durable.
  /// Errors:   those of RecordReader; invalid, when a balance does not follow: this object is of
  ///           no more use then.
  [[nodiscard]] Status gather(std::uint32_t segment);
  /// What was gathered. Requires: gather() was good.
  [[nodiscard]] SegmentInput input() const;

 private:
  [[nodiscard]] Status take(const RecordView& record, Tail& tail);

  const RecordLog& log_;
  RecordReader reader_;
  std::uint32_t segment_records_;
  Balances balances_;
  std::unique_ptr<Tail> tail_;  // the segment at hand
  std::vector<Definition> definitions_;
  std::vector<WordAt> words_;
};

}  // namespace karst
