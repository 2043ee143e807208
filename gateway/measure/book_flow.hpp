// A stand-alone book fed with recorded messages, every report handed to a consumer thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "gateway/measure/flow_file.hpp"
#include "gateway/measure/trade_hash.hpp"

namespace karst::tool {

/// What the consumer of all reports saw.
struct BookFlowCounts {
  TradeHash trades;
  std::uint64_t accepts = 0;
  std::uint64_t cancel_acks = 0;
  std::uint64_t modify_acks = 0;
  std::uint64_t new_rejects = 0;
  std::uint64_t cancel_rejects = 0;
  std::uint64_t modify_rejects = 0;

  friend bool operator==(const BookFlowCounts&, const BookFlowCounts&) = default;
};

struct BookFlowPlay {
  std::int64_t elapsed_ns = 0;  // first message in to last report consumed
  BookFlowCounts counts;
};

/// Plays the messages, `batch` at a time, through a new book on this thread, while another thread
/// reads every report from a ring. Requires: batch >= 1.
[[nodiscard]] BookFlowPlay play_book_flow(std::span<const BookMessage> messages, std::size_t batch);

}  // namespace karst::tool
