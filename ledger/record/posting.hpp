// Posting: what the engine's events come to, as balanced legs. Pure: no files, no clock.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/command/command.hpp"
#include "engine/event/event.hpp"
#include "ledger/record/record_draft.hpp"

namespace karst {

/// The event's settlement number: 0 = it is no matter of the ledger.
[[nodiscard]] std::uint64_t settlement_number(const Event& event);

/// Translates the engine's events into records. Every event with a settlement number becomes
/// exactly one record, `source_seq` being that number; docs/LEDGER.md shows the legs of each.
///
/// All it remembers is what an instrument is paid in. It learns that from the events that define
/// instruments and, after a restart, from the records those became: never from a command, which
/// may have been trimmed away.
///
/// Threads: one owner.
class Posting {
 public:
  explicit Posting(std::uint16_t shard) : shard_(shard) {}

  /// Appends the drafts of one command's events, in order.
  ///
  /// Requires: `events` are all the events of `command`, in order.
  /// Errors:   invalid, when they are not what docs/ENGINE.md promises (a settlement without its
  ///           trade, an instrument never defined); nothing is appended then.
  [[nodiscard]] Status translate(const Command& command, std::span<const Event> events,
                                 std::vector<RecordDraft>& drafts);

  /// Learns what a define_asset record says.
  void learn(const AssetDetails& asset);
  /// Learns what an instrument was paid in.
  void learn(InstrumentId instrument, CurrencyId currency);

 private:
  struct Denomination {
    InstrumentId instrument{};
    CurrencyId currency{};
  };

  [[nodiscard]] Status translate_event(const Command& command, std::span<const Event> events,
                                       std::size_t index, RecordDraft& draft);
  [[nodiscard]] Status settle(std::span<const Event> events, std::size_t index,
                              RecordDraft& draft) const;
  [[nodiscard]] CurrencyId currency_of_instrument(InstrumentId instrument) const;

  std::uint16_t shard_;
  std::vector<Denomination> denominations_;  // by the instrument's slot: the newest there
};

}  // namespace karst
