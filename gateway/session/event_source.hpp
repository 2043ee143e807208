// EventSource: the event logs of the accounts, as sessions and questions ask for them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/state/incarnation.hpp"
#include "ledger/events/account_entry.hpp"

namespace karst::gateway {

/// Why there is nothing to go on after.
inline constexpr const char* lost_history_text =
    "your number is of a history that this exchange does not have, as after the restore of a "
    "backup";
inline constexpr const char* let_go_text = "what came after your number is no longer kept";
inline constexpr const char* unreadable_text =
    "what came after your number cannot be read where it is kept";

/// The events of `account` behind number `after`, or, where that is 0, of `from_time` or later; at
/// most `limit`.
struct EventQuestion {
  AccountId account{0};
  std::uint64_t after = 0;
  Time from_time{0};
  std::uint32_t limit = 0;
  /// Event `after` has to be of this command or one before it; else it is of another history.
  std::uint64_t shared_through = all_shared;
};

struct EventAnswer {
  const char* refusal = nullptr;      ///< one of the texts above; null: there is an answer
  std::uint64_t begun_after = 0;      ///< the number before the first that was looked at
  std::vector<AccountEntry> entries;  ///< in order; none: there is nothing there yet
};

/// The logs may lag behind what was delivered, and their disk may hang: so they are read elsewhere.
class EventSource {
 public:
  virtual ~EventSource() = default;
  using Then = std::function<void(const EventAnswer&)>;

  /// Has `then` called with the answer, later, in the thread of who asks; questions are answered in
  /// the order in which they were asked.
  ///
  /// Returns: false when too many wait.
  [[nodiscard]] virtual bool ask(const EventQuestion& question, Then then) = 0;
};

}  // namespace karst::gateway
