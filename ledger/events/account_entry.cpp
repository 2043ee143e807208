#include "ledger/events/account_entry.hpp"

#include <cstring>

#include "engine/command/fields.hpp"
#include "engine/event/codec.hpp"
#include "ledger/files/crc32c.hpp"
#include "ledger/files/little_endian.hpp"

namespace karst {
namespace {

// Offsets in an entry.
constexpr std::size_t at_crc = 0;
constexpr std::size_t at_account = 4;
constexpr std::size_t at_number = 8;
constexpr std::size_t at_time = 16;
constexpr std::size_t at_client_order_id = 24;
constexpr std::size_t at_key = 40;
constexpr std::size_t at_command = 44;
constexpr std::size_t at_flags = 45;
constexpr std::size_t at_reserved = 46;
constexpr std::size_t at_event = 52;
static_assert(at_event + encoded_event_bytes == entry_bytes);

constexpr std::uint8_t flag_own_command = 1;
constexpr std::uint8_t flag_trade = 2;
constexpr std::uint8_t flag_answer = 4;
constexpr std::uint8_t flags_known = flag_own_command | flag_trade | flag_answer;

ClientOrderId client_order_id_of(const Command& command) {
  ClientOrderId id{};
  (void)visit_body(command, [&](const auto& body) {
    if constexpr (requires { body.client_order_id; }) id = body.client_order_id;
  });
  return id;
}

/// Where an encoded event lies that begins at `at`.
template <class Byte>
std::span<Byte, encoded_event_bytes> encoded_at(Byte* at) {
  return std::span<Byte, encoded_event_bytes>(at, encoded_event_bytes);
}

void add(AccountPlaces& places, AccountPlace place) {
  if (place.number != 0 && !place.account.is_none()) places.items[places.count++] = place;
}

}  // namespace

AccountPlaces account_places(const Event& event) {
  AccountPlaces places{};
  switch (traits_of(event.type).log) {
    case InLog::none:
      break;
    case InLog::of_account:
      visit_event_body(event, [&](const auto& body) { add(places, place_in_log(body)); });
      break;
    case InLog::of_both:
      add(places, {event.settlement.buyer, event.settlement.buyer_event});
      add(places, {event.settlement.seller, event.settlement.seller_event});
      break;
  }
  return places;
}

void encode_entry(const Executed& executed, std::uint32_t index, AccountPlace place,
                  std::vector<std::byte>& bytes) {
  const Command& command = executed.command;
  const std::span<const Event> events = executed.events;
  const Event& event = events[index];
  const bool has_trade = event.type == EventType::settlement && index > 0 &&
                         events[index - 1].type == EventType::trade;
  const std::size_t length = has_trade ? entry_with_trade_bytes : entry_bytes;
  const std::size_t begin = bytes.size();
  bytes.resize(begin + length);
  std::byte* entry = bytes.data() + begin;
  const bool is_own = command.account == place.account;
  store_le<std::uint32_t>(entry + at_account, place.account.value());
  store_le<std::uint64_t>(entry + at_number, place.number);
  store_le<std::uint64_t>(entry + at_time, static_cast<std::uint64_t>(command.time.value()));
  const ClientOrderId id = is_own ? client_order_id_of(command) : ClientOrderId{};
  store_le<std::uint64_t>(entry + at_client_order_id, id[0]);
  store_le<std::uint64_t>(entry + at_client_order_id + 8, id[1]);
  store_le<std::uint32_t>(entry + at_key, command.key.value());
  entry[at_command] = std::byte{static_cast<std::uint8_t>(command.type)};
  const unsigned flags = (is_own ? flag_own_command : 0U) | (has_trade ? flag_trade : 0U) |
                         (executed.answer == index ? flag_answer : 0U);
  entry[at_flags] = std::byte{static_cast<std::uint8_t>(flags)};
  std::memset(entry + at_reserved, 0, at_event - at_reserved);
  encode_event(event, encoded_at(entry + at_event));
  if (has_trade) encode_event(events[index - 1], encoded_at(entry + entry_bytes));
  store_le<std::uint32_t>(entry + at_crc, crc32c({entry + at_account, length - at_account}));
}

std::size_t decode_entry(std::span<const std::byte> bytes, AccountEntry& entry) {
  if (bytes.size() < entry_bytes) return 0;
  const auto flags = std::to_integer<std::uint8_t>(bytes[at_flags]);
  if ((flags & ~flags_known) != 0) return 0;
  const bool has_trade = (flags & flag_trade) != 0;
  const std::size_t length = has_trade ? entry_with_trade_bytes : entry_bytes;
  if (bytes.size() < length) return 0;
  const std::uint32_t crc = crc32c(bytes.subspan(at_account, length - at_account));
  if (load_le<std::uint32_t>(&bytes[at_crc]) != crc) return 0;
  entry.account = AccountId{load_le<std::uint32_t>(&bytes[at_account])};
  entry.number = load_le<std::uint64_t>(&bytes[at_number]);
  entry.time = Time{static_cast<std::int64_t>(load_le<std::uint64_t>(&bytes[at_time]))};
  entry.client_order_id = {load_le<std::uint64_t>(&bytes[at_client_order_id]),
                           load_le<std::uint64_t>(&bytes[at_client_order_id + 8])};
  entry.key = KeyId{load_le<std::uint32_t>(&bytes[at_key])};
  entry.command = CommandType{std::to_integer<std::uint8_t>(bytes[at_command])};
  entry.is_own_command = (flags & flag_own_command) != 0;
  if (!decode_event(encoded_at(&bytes[at_event]), entry.event)) return 0;
  entry.is_answer = (flags & flag_answer) != 0;
  entry.trade.reset();
  if (has_trade) {
    entry.trade.emplace();
    if (!decode_event(encoded_at(&bytes[entry_bytes]), *entry.trade)) return 0;
  }
  return length;
}

}  // namespace karst
