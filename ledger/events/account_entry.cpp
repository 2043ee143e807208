#include "ledger/events/account_entry.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/assert.hpp"
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
constexpr std::size_t at_names = 46;
constexpr std::size_t at_event = 52;
static_assert(at_event + encoded_event_bytes == entry_bytes);
static_assert(sizeof(Text<64>) == encoded_event_bytes);

constexpr std::uint8_t flag_own_command = 1;
constexpr std::uint8_t flag_trade = 2;
constexpr std::uint8_t flag_answer = 4;
constexpr std::uint8_t flag_name = 8;
constexpr std::uint8_t flags_known = flag_own_command | flag_trade | flag_answer | flag_name;

// What client_order_id says: by frames of format 1 that of the merchant's own place or cancel,
// whatever the event is about; since then as AccountEntry says.
constexpr std::uint8_t names_of_commands = 0;
constexpr std::uint8_t names_of_orders = 1;

ClientOrderId client_order_id_of(const Command& command) {
  ClientOrderId id{};
  (void)visit_body(command, [&](const auto& body) {
    if constexpr (requires { body.client_order_id; }) id = body.client_order_id;
  });
  return id;
}

/// The order of the account that the event is about, if it is about one.
OrderId order_of(const Event& event, const Event* trade, AccountId account) {
  if (event.type == EventType::self_match_prevented) return event.self_match.taker;
  if (event.type == EventType::settlement) {
    KARST_ASSERT(trade != nullptr);
    const bool is_buyer = event.settlement.buyer == account;
    const bool is_taker = (static_cast<Side>(trade->detail) == Side::buy) == is_buyer;
    return is_taker ? trade->trade.taker : trade->trade.maker;
  }
  switch (event.type) {
    case EventType::order_accepted:
    case EventType::order_booked:
    case EventType::order_amended:
    case EventType::order_cancelled:
    case EventType::order_hibernated:
    case EventType::order_reactivated:
      return event.order.order;
    default:
      return OrderId{0};
  }
}

std::optional<Text<64>> merchant_name(const Command& command, const Event& event) {
  Text<64> name{};
  if (event.type == EventType::merchant_renamed) return command.rename_merchant.name;
  if (event.type != EventType::merchant_admitted) return std::nullopt;
  std::ranges::copy(command.admit_merchant.name, name.begin());
  return name;
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

AccountEntry make_entry(const Executed& executed, std::uint32_t index, AccountPlace place,
                        const OrderNames& names) {
  const Command& command = executed.command;
  const Event& event = executed.events[index];
  AccountEntry entry;
  entry.account = place.account;
  entry.number = place.number;
  entry.time = command.time;
  entry.key = command.key;
  entry.command = command.type;
  entry.is_own_command = command.account == place.account;
  entry.is_answer = executed.answer == index;
  entry.event = event;
  const Event* before = index > 0 ? &executed.events[index - 1] : nullptr;
  const bool has_trade =
      event.type == EventType::settlement && before != nullptr && before->type == EventType::trade;
  if (has_trade) entry.trade = *before;
  if (has_trade || event.type != EventType::settlement) {
    entry.client_order_id = names.find(order_of(event, before, place.account));
  }
  const bool has_name = (entry.client_order_id[0] | entry.client_order_id[1]) != 0;
  if (!has_name && entry.is_answer && entry.is_own_command) {
    entry.client_order_id = client_order_id_of(command);
  }
  entry.name = merchant_name(command, event);
  return entry;
}

void encode_entry(const AccountEntry& entry, std::vector<std::byte>& bytes) {
  KARST_ASSERT(!entry.trade || !entry.name);
  const bool has_more = entry.trade || entry.name;
  const std::size_t length = has_more ? entry_bytes_max : entry_bytes;
  const std::size_t begin = bytes.size();
  bytes.resize(begin + length);
  std::byte* at = bytes.data() + begin;
  store_le<std::uint32_t>(at + at_account, entry.account.value());
  store_le<std::uint64_t>(at + at_number, entry.number);
  store_le<std::uint64_t>(at + at_time, static_cast<std::uint64_t>(entry.time.value()));
  store_le<std::uint64_t>(at + at_client_order_id, entry.client_order_id[0]);
  store_le<std::uint64_t>(at + at_client_order_id + 8, entry.client_order_id[1]);
  store_le<std::uint32_t>(at + at_key, entry.key.value());
  at[at_command] = std::byte{static_cast<std::uint8_t>(entry.command)};
  const unsigned flags = (entry.is_own_command ? flag_own_command : 0U) |
                         (entry.trade ? flag_trade : 0U) | (entry.is_answer ? flag_answer : 0U) |
                         (entry.name ? flag_name : 0U);
  at[at_flags] = std::byte{static_cast<std::uint8_t>(flags)};
  std::memset(at + at_names, 0, at_event - at_names);
  at[at_names] = std::byte{names_of_orders};
  encode_event(entry.event, encoded_at(at + at_event));
  if (entry.trade) encode_event(*entry.trade, encoded_at(at + entry_bytes));
  if (entry.name) std::memcpy(at + entry_bytes, entry.name->data(), entry.name->size());
  store_le<std::uint32_t>(at + at_crc, crc32c({at + at_account, length - at_account}));
}

std::size_t decode_entry(std::span<const std::byte> bytes, AccountEntry& entry) {
  if (bytes.size() < entry_bytes) return 0;
  const auto flags = std::to_integer<std::uint8_t>(bytes[at_flags]);
  const auto names = std::to_integer<std::uint8_t>(bytes[at_names]);
  if ((flags & ~flags_known) != 0 || names > names_of_orders) return 0;
  const bool has_trade = (flags & flag_trade) != 0;
  const bool has_name = (flags & flag_name) != 0;
  if (has_trade && has_name) return 0;
  const std::size_t length = has_trade || has_name ? entry_bytes_max : entry_bytes;
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
  entry.is_answer = (flags & flag_answer) != 0;
  if (names == names_of_commands && !entry.is_answer) entry.client_order_id = {};
  if (!decode_event(encoded_at(&bytes[at_event]), entry.event)) return 0;
  entry.trade.reset();
  entry.name.reset();
  if (has_trade) {
    entry.trade.emplace();
    if (!decode_event(encoded_at(&bytes[entry_bytes]), *entry.trade)) return 0;
  }
  if (has_name) std::memcpy(entry.name.emplace().data(), &bytes[entry_bytes], sizeof *entry.name);
  return length;
}

}  // namespace karst
