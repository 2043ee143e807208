#include "gateway/measure/itch_file.hpp"

#include <algorithm>
#include <optional>

#include "engine/book/node_pool.hpp"
#include "gateway/measure/flow_file.hpp"

namespace karst::tool {
namespace {

constexpr std::size_t length_bytes = 2;
constexpr char directory_type = 'R';

/// A message of the format. Unit: bytes
struct MessageLength {
  char type;
  std::size_t length;
};
constexpr MessageLength order_messages[] = {{'A', 36}, {'F', 40}, {'E', 31}, {'C', 36},
                                            {'X', 23}, {'D', 19}, {'U', 35}};
/// What does nothing to an order that rests. A broken trade does not put it back.
constexpr MessageLength other_messages[] = {
    {'S', 12}, {'R', 39}, {'H', 25}, {'Y', 20}, {'L', 26}, {'V', 35}, {'W', 12}, {'K', 28},
    {'J', 35}, {'h', 21}, {'P', 44}, {'Q', 40}, {'B', 19}, {'I', 50}, {'N', 20}, {'O', 48}};

// Where the fields of a message lie. Every message begins with its type, the instrument's locate
// code, a tracking number and the time; those about an order go on with its id.
constexpr std::size_t locate_at = 1;
constexpr std::size_t symbol_at = 11;  // stock directory; padded with spaces
constexpr std::size_t symbol_bytes = 8;
constexpr std::size_t id_at = 11;
constexpr std::size_t add_side_at = 19;
constexpr std::size_t add_quantity_at = 20;
constexpr std::size_t add_price_at = 32;
constexpr std::size_t taken_quantity_at = 19;
constexpr std::size_t replace_id_at = 19;
constexpr std::size_t replace_quantity_at = 27;
constexpr std::size_t replace_price_at = 31;

/// Whether the messages have one of this type and length.
constexpr bool has(std::span<const MessageLength> messages, char type, std::size_t length) {
  return std::ranges::any_of(messages, [&](const MessageLength& it) {
    return it.type == type && it.length == length;
  });
}

/// What the letter of an order message does.
constexpr ItchType type_of(char letter) {
  if (letter == 'F') return ItchType::add;
  if (letter == 'C') return ItchType::execute;
  return static_cast<ItchType>(letter);
}

/// Requires: `at + sizeof(Value)` bytes.
template <class Value>
Value big_endian(std::span<const char> bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (const char byte : bytes.subspan(at, sizeof(Value))) {
    value = value << 8 | static_cast<unsigned char>(byte);
  }
  return static_cast<Value>(value);
}

std::string symbol_of(std::span<const char> message) {
  std::string symbol(message.data() + symbol_at, symbol_bytes);
  symbol.resize(symbol.find_last_not_of(' ') + 1);
  return symbol;
}

bool is_quantity(std::uint32_t lots) { return lots >= 1 && lots <= quantity_max; }

/// Requires: an order message of the length of its type. Returns: whether its fields make sense.
bool decode(std::span<const char> bytes, ItchMessage& message) {
  message = {};
  message.type = type_of(bytes[0]);
  message.id = big_endian<std::uint64_t>(bytes, id_at);
  switch (message.type) {
    case ItchType::add:
      message.side = bytes[add_side_at] == 'B' ? Side::buy : Side::sell;
      message.quantity = big_endian<std::uint32_t>(bytes, add_quantity_at);
      message.price = big_endian<std::uint32_t>(bytes, add_price_at);
      return (bytes[add_side_at] == 'B' || bytes[add_side_at] == 'S') &&
             is_quantity(message.quantity);
    case ItchType::remove:
      return true;
    case ItchType::reduce:
    case ItchType::execute:
      message.quantity = big_endian<std::uint32_t>(bytes, taken_quantity_at);
      return is_quantity(message.quantity);
    case ItchType::replace:
      message.new_id = big_endian<std::uint64_t>(bytes, replace_id_at);
      message.quantity = big_endian<std::uint32_t>(bytes, replace_quantity_at);
      message.price = big_endian<std::uint32_t>(bytes, replace_price_at);
      return is_quantity(message.quantity);
  }
  return false;
}

}  // namespace

Result<ItchFlow> parse_itch(std::span<const char> bytes, const std::string& name) {
  ItchFlow flow;
  std::optional<std::uint16_t> locate;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto corrupt = [&](const char* doing) {
      return Error{ErrorCode::corrupt, doing, name, at, 0};
    };
    const std::span<const char> rest = bytes.subspan(at);
    if (rest.size() < length_bytes) {
      return corrupt("read the length of a message");
    }
    const std::size_t length = big_endian<std::uint16_t>(rest, 0);
    if (length == 0 || length > rest.size() - length_bytes) {
      return corrupt("read a whole message");
    }
    const std::span<const char> message = rest.subspan(length_bytes, length);
    const bool is_order = has(order_messages, message[0], length);
    if (!is_order && !has(other_messages, message[0], length)) {
      return corrupt("check the type and length of a message");
    }
    const auto of = big_endian<std::uint16_t>(message, locate_at);
    const bool is_of_all = !is_order && of == 0;  // of the system, not of an instrument
    if (!is_of_all && of != locate.value_or(of)) {
      return corrupt("read one instrument only");
    }
    if (!is_of_all) locate = of;
    if (message[0] == directory_type) {
      flow.symbol = symbol_of(message);
    } else if (!is_order) {
      ++flow.skipped[message[0]];
    } else {
      if (flow.messages.size() == itch_messages_max) {
        return corrupt("read so many messages");
      }
      if (!decode(message, flow.messages.emplace_back())) {
        return corrupt("check the side and quantity of a message");
      }
    }
    at += length_bytes + length;
  }
  return flow;
}

Result<ItchFlow> read_itch(const std::string& path) {
  const auto bytes = read_unpacked(path);
  if (!bytes.ok()) {
    return bytes.error();
  }
  return parse_itch(*bytes, path);
}

}  // namespace karst::tool
