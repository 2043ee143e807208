// The names merchants give their orders.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace karst {

/// What one may be, in the words of a message.
inline constexpr const char* client_order_id_text =
    "1 to 15 of A-Z a-z 0-9 _ -, or a UUID as 550e8400-e29b-41d4-a716-446655440000";

/// Whether `bytes` name an order as the wire has it: 1 to 15 characters of `A-Z a-z 0-9 _ -`, or
/// the 16 bytes of a UUID of the variant of RFC 9562. So each can be told from the other, shown,
/// and typed.
[[nodiscard]] bool is_client_order_id(std::string_view bytes);

/// What the wire has of the 16 bytes the engine keeps, zeros behind a short one: a UUID may end
/// with zeros of its own, which stay. Empty: none.
[[nodiscard]] std::string client_order_id_of(std::string_view kept);

/// "morning-1", or a UUID with its hyphens, as the wire has it. Returns: nullopt: it is neither.
[[nodiscard]] std::optional<std::string> parse_client_order_id(std::string_view text);

}  // namespace karst
