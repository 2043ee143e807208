// Reads ITCH 5.0 files of one instrument: the order-by-order messages, plain or packed with xz.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/side.hpp"

namespace karst::tool {

/// The order messages, by their letters in the file.
enum class ItchType : char { add = 'A', remove = 'D', reduce = 'X', replace = 'U' };

/// One order message. What its type does not carry is zero.
struct ItchMessage {
  std::uint64_t id;        // the order it is about
  std::uint64_t new_id;    // replace: the order that takes its place
  std::uint32_t price;     // add, replace. Unit: as in the file, 1/10,000 by the specification
  std::uint32_t quantity;  // add, replace: the order's; reduce: what is taken off. Unit: lots
  ItchType type;
  Side side;  // add
};

struct ItchFlow {
  std::string symbol;  // of the stock directory message, if there is one
  std::vector<ItchMessage> messages;
};

/// Most messages a file may hold.
inline constexpr std::size_t itch_messages_max = std::size_t{1} << 24;

/// Reads frames of {big-endian u16 length, message}; `name` is what errors call them.
///
/// Errors: corrupt, with the frame's offset: a frame that is cut off, a type other than R, A, D, X
///         and U or of another length, a second instrument, a side other than B and S, a quantity
///         out of 1 .. quantity_max, more than itch_messages_max.
/// Source: Nasdaq TotalView-ITCH 5.0.
[[nodiscard]] Result<ItchFlow> parse_itch(std::span<const char> bytes, const std::string& name);

/// The same of a file. Errors: also not_found and io.
[[nodiscard]] Result<ItchFlow> read_itch(const std::string& path);

}  // namespace karst::tool
