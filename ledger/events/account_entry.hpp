// AccountEntry: one line of a merchant's own event log, and its bytes on disk.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "engine/command/command.hpp"
#include "engine/event/codec.hpp"
#include "engine/event/event.hpp"
#include "ledger/events/order_names.hpp"
#include "ledger/replay/executed.hpp"

namespace karst {

/// One event of one merchant, with what a reply to it needs.
struct AccountEntry {
  AccountId account{0};
  std::uint64_t number = 0;  ///< In the merchant's log: 1, 2, 3 … without a gap.
  Time time{0};              ///< Of the command.
  KeyId key{0};              ///< Who gave the command.
  CommandType command = CommandType::tick;
  bool is_own_command = false;      ///< The command was about this account.
  bool is_answer = false;           ///< To that command.
  /// Of the order the event is about, or of the merchant's command it answers; else zero.
  ClientOrderId client_order_id{};
  Event event{};                 ///< With its (sequence, index).
  std::optional<Event> trade;    ///< Of a settlement: the trade it settles.
  std::optional<Text<64>> name;  ///< Of an admission or a new name: what the merchant is called.
};

/// Which merchants' logs an event stands in, and its number in each.
struct AccountPlaces {
  std::array<AccountPlace, 2> items;
  std::uint32_t count = 0;
};

/// The number behind `number`; behind the greatest there is none, and it stays where it is.
[[nodiscard]] constexpr std::uint64_t number_after(std::uint64_t number) {
  return number == std::numeric_limits<std::uint64_t>::max() ? number : number + 1;
}

/// Source: docs/ENGINE.md, "Event numbers".
[[nodiscard]] AccountPlaces account_places(const Event& event);

/// Bytes of an entry, and of one with a trade or a name behind it. Drawn in docs/FORMATS.md,
/// "Account event log".
inline constexpr std::size_t entry_bytes = 116;
inline constexpr std::size_t entry_bytes_max = entry_bytes + encoded_event_bytes;

/// What the log of `place` says of event `index`. `names` has noted the names of the command, and
/// not yet what ended by it.
[[nodiscard]] AccountEntry make_entry(const Executed& executed, std::uint32_t index,
                                      AccountPlace place, const OrderNames& names);

/// Appends the entry to `bytes`.
void encode_entry(const AccountEntry& entry, std::vector<std::byte>& bytes);

/// Reads the entry that begins at the front of `bytes`.
///
/// Returns: its length; 0 when the bytes are not those of an entry.
[[nodiscard]] std::size_t decode_entry(std::span<const std::byte> bytes, AccountEntry& entry);

}  // namespace karst
