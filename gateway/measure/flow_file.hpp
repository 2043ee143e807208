// Reads the flow files: synthetic operations and book messages, plain or packed with xz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/side.hpp"

namespace karst::tool {

enum class FlowType : std::uint8_t {
  add = 0,     // a limit order that rests
  cancel = 1,  // of an earlier order
  take = 2,    // an immediate-or-cancel limit order
};

/// One operation of a flow file, as a client would hand it to a book.
struct FlowCommand {
  std::uint64_t value;     // add, take: price in ticks; cancel: an order's number
  std::uint32_t quantity;  // Unit: lots
  std::uint16_t instrument;
  FlowType type;
  Side side;
};
static_assert(sizeof(FlowCommand) == 16);

/// A flow file. Orders have numbers 1, 2, 3 …: the adds and takes in file order.
struct Flow {
  std::uint32_t instruments = 0;
  std::uint32_t price_limit = 0;  // every price is below. Unit: ticks
  std::uint32_t live_max = 0;     // most orders that rest at one time
  std::uint64_t orders = 0;
  std::size_t prefill = 0;  // the first operations, which are adds and not timed
  std::vector<FlowCommand> commands;
};

enum class BookMessageType : std::uint8_t { insert = 0, cancel = 1, modify = 2 };

/// One message of a book-flow file, laid out as in the file.
struct BookMessage {
  BookMessageType type;
  std::uint8_t is_sell;
  std::uint8_t is_ioc;
  std::uint8_t zero;
  std::uint32_t quantity;  // Unit: lots
  std::uint64_t order_id;  // the client's
  std::int64_t price;      // Unit: ticks

  [[nodiscard]] Side side() const { return is_sell != 0 ? Side::sell : Side::buy; }
};
static_assert(sizeof(BookMessage) == 24);

/// The whole content of a file, unpacked if it is an xz file.
[[nodiscard]] Result<std::vector<char>> read_unpacked(const std::string& path);

/// Errors: not_found, io, unknown_format, corrupt (a length, type, side or reference is wrong).
[[nodiscard]] Result<Flow> read_flow(const std::string& path);
[[nodiscard]] Result<std::vector<BookMessage>> read_book_flow(const std::string& path);

}  // namespace karst::tool
