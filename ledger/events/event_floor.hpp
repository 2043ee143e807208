// EventFloor: how far each merchant's own log was let go of.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "engine/seams/storage.hpp"
#include "ledger/events/event_segment.hpp"

namespace karst {

/// The newest number of every account in the segments that are gone, so that a merchant of whom
/// nothing is kept is told whether something was. One small file, replaced before a segment goes.
///
/// Invariant: an account not named had no entry in [since_sequence_, before_sequence_).
/// Threads:   as the EventLog that owns it.
class EventFloor {
 public:
  /// Reads the file of a log whose oldest kept command is `oldest_sequence`. One that is missing or
  /// damaged is an empty one: nothing is known of what has gone before.
  ///
  /// Errors: those of the Storage.
  [[nodiscard]] static Result<EventFloor> load(Storage& storage, const std::string& directory,
                                               std::uint64_t oldest_sequence);

  /// The entries of `segment`, which follows what went before, are to go: makes that durable.
  [[nodiscard]] Status let_go(Storage& storage, const std::string& directory,
                              const SealedEventSegment& segment);

  /// Whether entry `number` of an account of which nothing is kept was let go of, as far as is
  /// known: of what went before this file began, nothing is.
  [[nodiscard]] bool has_let_go(AccountId account, std::uint64_t number) const;

 private:
  std::uint64_t since_sequence_ = 1;   // everything from this command ...
  std::uint64_t before_sequence_ = 1;  // ... to before this one has gone and is counted here
  std::unordered_map<std::uint32_t, std::uint64_t> last_numbers_;
};

}  // namespace karst
