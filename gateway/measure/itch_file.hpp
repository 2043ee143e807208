// Reads ITCH 5.0 files of one instrument: the order-by-order messages, plain or packed with xz.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/side.hpp"

namespace karst::tool {

/// What an order message does, by its letter in the file: A and F (which names a participant) both
/// add, E and C (which names a price) both execute.
enum class ItchType : char {
  add = 'A',
  remove = 'D',
  reduce = 'X',
  execute = 'E',
  replace = 'U'
};

/// Whether a message takes lots off an order that stays known. What executed it is an order that
/// the file never shows.
[[nodiscard]] constexpr bool takes_off(ItchType type) {
  return type == ItchType::reduce || type == ItchType::execute;
}

/// One order message. What its type does not carry is zero.
struct ItchMessage {
  std::uint64_t id;        // the order it is about
  std::uint64_t new_id;    // replace: the order that takes its place
  std::uint32_t price;     // add, replace. Unit: as in the file, 1/10,000 by the specification
  std::uint32_t quantity;  // add, replace: the order's; else what is taken off. Unit: lots
  ItchType type;
  Side side;  // add
};

struct ItchFlow {
  std::string symbol;  // of the stock directory message, if there is one
  std::vector<ItchMessage> messages;
  /// Messages that do nothing to an order (of the system, crosses, broken trades, …), by letter.
  std::map<char, std::uint64_t> skipped;
};

/// Most messages a file may hold.
inline constexpr std::size_t itch_messages_max = std::size_t{1} << 24;

/// Reads frames of {big-endian u16 length, message}; `name` is what errors call them.
///
/// Errors: corrupt, with the frame's offset: a frame that is cut off, a type that the format does
///         not have or of another length, a second instrument, a side other than B and S, a
///         quantity out of 1 .. quantity_max, more than itch_messages_max.
/// Source: Nasdaq TotalView-ITCH 5.0.
[[nodiscard]] Result<ItchFlow> parse_itch(std::span<const char> bytes, const std::string& name);

/// The same of a file. Errors: also not_found and io.
[[nodiscard]] Result<ItchFlow> read_itch(const std::string& path);

}  // namespace karst::tool
