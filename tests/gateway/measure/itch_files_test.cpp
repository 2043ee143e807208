// Recorded ITCH flow tells one story, and matches as a naive book does; what is malformed is
// refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "gateway/measure/itch_match.hpp"
#include "tests/gateway/measure/flow_data.hpp"

namespace karst::test {
namespace {

/// Matching as a newcomer would write it: a map of queues a side, orders found by looking.
class NaiveMatching {
 public:
  tool::TradeHash trades;
  std::uint64_t gone = 0;
  std::uint64_t unknown = 0;

  void apply(const tool::ItchMessage& message) {
    if (message.type == tool::ItchType::add) {
      known_[message.id] = {message.side, message.price};
      return enter(message.id, message.side, message.price, message.quantity);
    }
    if (!known_.contains(message.id)) {
      ++unknown;
      return;
    }
    const Known known = known_.at(message.id);
    const std::uint32_t lots =
        tool::takes_off(message.type) ? message.quantity : 0xffffffff;
    const bool was_resting = take(message.id, known, lots);
    gone += was_resting ? 0 : 1;
    if (tool::takes_off(message.type)) {
      return;
    }
    known_.erase(message.id);
    if (message.type == tool::ItchType::replace) {
      known_[message.new_id] = {known.side, message.price};
      if (was_resting) {
        enter(message.new_id, known.side, message.price, message.quantity);
      }
    }
  }

  [[nodiscard]] std::size_t open_orders() const {
    std::size_t orders = 0;
    for (const Queues* queues : {&bids_, &asks_}) {
      for (const auto& [price, queue] : *queues) {
        orders += queue.size();
      }
    }
    return orders;
  }
  [[nodiscard]] std::int64_t best_bid() const { return bids_.rbegin()->first; }
  [[nodiscard]] std::int64_t best_ask() const { return asks_.begin()->first; }

 private:
  struct Known {
    Side side;
    std::int64_t price;
  };
  struct Resting {
    std::uint64_t id;
    std::uint32_t lots;
  };
  using Queues = std::map<std::int64_t, std::deque<Resting>>;

  /// Returns: false if the order does not rest.
  bool take(std::uint64_t id, const Known& known, std::uint32_t lots) {
    Queues& queues = known.side == Side::buy ? bids_ : asks_;
    const auto at = queues.find(known.price);
    if (at == queues.end()) {
      return false;
    }
    auto& queue = at->second;
    const auto order = std::find_if(queue.begin(), queue.end(),
                                    [id](const Resting& resting) { return resting.id == id; });
    if (order == queue.end()) {
      return false;
    }
    order->lots -= std::min(lots, order->lots);
    if (order->lots == 0) {
      queue.erase(order);
    }
    if (queue.empty()) {
      queues.erase(at);
    }
    return true;
  }

  void enter(std::uint64_t id, Side side, std::int64_t price, std::uint32_t lots) {
    Queues& others = side == Side::buy ? asks_ : bids_;
    while (lots != 0 && !others.empty()) {
      const auto best = side == Side::buy ? others.begin() : std::prev(others.end());
      if (side == Side::buy ? best->first > price : best->first < price) {
        break;
      }
      Resting& maker = best->second.front();
      const std::uint32_t traded = std::min(lots, maker.lots);
      trades.add({id, maker.id, best->first, traded});
      lots -= traded;
      maker.lots -= traded;
      if (maker.lots == 0) {
        best->second.pop_front();
      }
      if (best->second.empty()) {
        others.erase(best);
      }
    }
    if (lots != 0) {
      (side == Side::buy ? bids_ : asks_)[price].push_back({id, lots});
    }
  }

  std::map<std::uint64_t, Known> known_;
  Queues bids_;
  Queues asks_;
};

struct ItchFigures {
  const char* file;
  const char* symbol;
  std::uint64_t adds;
  std::uint64_t deletes;
  std::uint64_t reduces;
  std::uint64_t replaces;
  std::uint64_t open_orders;  // known to the source at the end
};

class RecordedItch : public ::testing::TestWithParam<ItchFigures> {};

void expect_messages(const tool::ItchCounts& counts, const ItchFigures& expected) {
  EXPECT_EQ(counts.adds, expected.adds);
  EXPECT_EQ(counts.deletes, expected.deletes);
  EXPECT_EQ(counts.reduces, expected.reduces);
  EXPECT_EQ(counts.replaces, expected.replaces);
  EXPECT_EQ(counts.unknown, 0U);
  EXPECT_TRUE(counts.is_sound());
}

TEST_P(RecordedItch, builds_without_an_unknown_reference) {
  const ItchFigures& expected = GetParam();
  if (!has_data(expected.file)) {
    GTEST_SKIP() << "no " << data_file(expected.file);
  }
  const auto flow = tool::read_itch(data_file(expected.file));
  ASSERT_TRUE(flow.ok()) << flow.error().text();
  EXPECT_EQ((*flow).symbol, expected.symbol);
  const tool::ItchCounts counts = tool::build_itch(*flow);
  expect_messages(counts, expected);
  EXPECT_EQ(counts.gone, 0U);
  EXPECT_EQ(counts.trades, tool::TradeHash{});
  EXPECT_EQ(counts.open_orders, expected.open_orders);
}

TEST_P(RecordedItch, matches_as_the_naive_book_does) {
  const ItchFigures& expected = GetParam();
  if (!has_data(expected.file)) {
    GTEST_SKIP() << "no " << data_file(expected.file);
  }
  const auto flow = tool::read_itch(data_file(expected.file));
  ASSERT_TRUE(flow.ok()) << flow.error().text();
  const auto counts = tool::match_itch(*flow);
  ASSERT_TRUE(counts.ok()) << counts.error().text();
  expect_messages(*counts, expected);
  NaiveMatching naive;
  for (const tool::ItchMessage& message : (*flow).messages) {
    naive.apply(message);
  }
  EXPECT_GT(naive.trades.trades, 100U);
  EXPECT_GT(naive.gone, 100U);
  EXPECT_EQ(naive.unknown, 0U);
  EXPECT_EQ((*counts).trades, naive.trades);
  EXPECT_EQ((*counts).gone, naive.gone);
  EXPECT_EQ((*counts).open_orders, naive.open_orders());
  EXPECT_EQ((*counts).best_bid, naive.best_bid());
  EXPECT_EQ((*counts).best_ask, naive.best_ask());
}

INSTANTIATE_TEST_SUITE_P(tool, RecordedItch,
                         ::testing::Values(ItchFigures{"cme_esh4_20231225.itch50.xz", "ESH4",
                                                       29'216, 17'999, 2'251, 9'982, 11'217},
                                           ItchFigures{"bitstamp_btcusd_20150501.itch50.xz",
                                                       "BTCUSD", 24'894, 24'710, 574, 0, 184}));

std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    text += static_cast<char>(value >> shift & 0xff);
  }
  return text;
}

/// A frame of one message: type, locate 1, tracking number and time of zero, then its fields.
std::string frame(char type, const std::string& fields, int locate = 1) {
  const std::string message =
      type + big_endian(static_cast<std::uint64_t>(locate), 2) + std::string(8, '\0') + fields;
  return big_endian(message.size(), 2) + message;
}
std::string add(std::uint64_t id, char side, std::uint32_t lots, std::uint32_t price) {
  return frame('A',
               big_endian(id, 8) + side + big_endian(lots, 4) + "KARST   " + big_endian(price, 4));
}
std::string remove(std::uint64_t id) { return frame('D', big_endian(id, 8)); }
std::string reduce(std::uint64_t id, std::uint32_t lots) {
  return frame('X', big_endian(id, 8) + big_endian(lots, 4));
}
std::string replace(std::uint64_t id, std::uint64_t new_id, std::uint32_t lots,
                    std::uint32_t price) {
  return frame(
      'U', big_endian(id, 8) + big_endian(new_id, 8) + big_endian(lots, 4) + big_endian(price, 4));
}

tool::ItchFlow flow_of(const std::string& bytes) {
  const auto flow = tool::parse_itch(bytes, "test");
  EXPECT_TRUE(flow.ok()) << flow.error().text();
  return flow.ok() ? *flow : tool::ItchFlow{};
}

TEST(Itch, An_order_at_zero_is_known_to_the_source_and_gone_from_our_book) {
  const tool::ItchFlow flow = flow_of(add(1, 'B', 5, 100) + add(2, 'B', 5, 90) + reduce(1, 5) +
                                      add(3, 'S', 1, 95) + remove(1) + remove(1));
  const tool::ItchCounts built = tool::build_itch(flow);
  EXPECT_EQ(built.unknown, 1U);
  EXPECT_EQ(built.gone, 0U);
  EXPECT_EQ(built.best_bid, 90);
  EXPECT_EQ(built.best_ask, 95);
  EXPECT_EQ(built.open_orders, 2U);
  const auto matched = tool::match_itch(flow);
  ASSERT_TRUE(matched.ok());
  EXPECT_EQ((*matched).unknown, 1U);
  EXPECT_EQ((*matched).gone, 1U);
  EXPECT_EQ((*matched).trades.trades, 0U);
}

TEST(Itch, A_replace_that_crosses_trades_and_what_would_replace_a_filled_order_is_gone) {
  const tool::ItchFlow flow =
      flow_of(add(1, 'B', 5, 100) + add(2, 'S', 8, 110) + replace(2, 3, 7, 100) +
              replace(1, 4, 9, 120) + reduce(4, 1) + remove(4) + remove(3) + remove(2));
  const auto matched = tool::match_itch(flow);
  ASSERT_TRUE(matched.ok());
  tool::TradeHash trades;
  trades.add({3, 1, 100, 5});
  EXPECT_EQ((*matched).trades, trades);
  EXPECT_EQ((*matched).gone, 3U);
  EXPECT_EQ((*matched).unknown, 1U);
  EXPECT_EQ((*matched).open_orders, 0U);
  EXPECT_EQ(tool::build_itch(flow).unknown, 1U);
}

TEST(Itch, A_second_order_of_one_id_and_a_reduce_by_too_much_are_counted) {
  const tool::ItchFlow flow = flow_of(add(1, 'B', 5, 100) + add(1, 'S', 5, 100) + reduce(1, 6));
  const tool::ItchCounts built = tool::build_itch(flow);
  EXPECT_EQ(built.duplicates, 1U);
  EXPECT_EQ(built.excess, 1U);
  EXPECT_FALSE(built.is_sound());
  const auto matched = tool::match_itch(flow);
  ASSERT_TRUE(matched.ok());
  EXPECT_EQ((*matched).duplicates, 1U);
  EXPECT_EQ((*matched).trades.trades, 0U);
}

TEST(Itch, An_empty_file_leaves_an_empty_book_and_prices_too_far_apart_are_refused) {
  const auto empty = tool::match_itch(flow_of(""));
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ((*empty).open_orders, 0U);
  EXPECT_FALSE((*empty).best_bid.has_value());
  const auto wide = tool::match_itch(flow_of(add(1, 'B', 1, 0) + add(2, 'S', 1, 0xffffffff)));
  ASSERT_FALSE(wide.ok());
  EXPECT_EQ(wide.error().code, ErrorCode::invalid);
}

TEST(Itch, An_execution_reduces_its_order_and_what_touches_none_is_skipped_and_counted) {
  const std::string attributed = frame('F', big_endian(2, 8) + 'S' + big_endian(4, 4) +
                                                "KARST   " + big_endian(110, 4) + "MAKR");
  const std::string executed =
      frame('E', big_endian(1, 8) + big_endian(2, 4) + big_endian(7, 8));
  const std::string executed_at = frame('C', big_endian(2, 8) + big_endian(4, 4) +
                                                 big_endian(8, 8) + 'Y' + big_endian(109, 4));
  const tool::ItchFlow flow =
      flow_of(frame('S', "O", 0) + frame('R', "KARST   " + std::string(20, ' ')) +
              frame('H', "KARST   T     ") + add(1, 'B', 5, 100) + attributed + executed +
              executed_at + frame('P', std::string(33, '\0')) + frame('Q', std::string(29, '\0')) +
              frame('B', big_endian(7, 8)) + frame('S', "C", 0));
  EXPECT_EQ(flow.skipped,
            (std::map<char, std::uint64_t>{{'B', 1}, {'H', 1}, {'P', 1}, {'Q', 1}, {'S', 2}}));
  const tool::ItchCounts built = tool::build_itch(flow);
  const auto matched = tool::match_itch(flow);
  ASSERT_TRUE(matched.ok());
  for (const tool::ItchCounts* counts : {&built, &*matched}) {
    EXPECT_TRUE(counts->is_sound());
    EXPECT_EQ(counts->adds, 2U);
    EXPECT_EQ(counts->executions, 2U);
    EXPECT_EQ(counts->open_orders, 1U);  // three lots of the first
    EXPECT_EQ(counts->best_bid, 100);
    EXPECT_FALSE(counts->best_ask.has_value());
    EXPECT_EQ(counts->trades.trades, 0U);  // who took them is not in the file
  }
  const auto over = tool::build_itch(flow_of(add(1, 'B', 1, 100) + executed));
  EXPECT_EQ(over.excess, 1U);
}

TEST(Itch, What_is_malformed_is_refused_at_its_offset) {
  const std::string good = add(1, 'B', 5, 100);
  const std::vector<std::string> bad = {
      std::string(1, '\0'),                // half a length
      std::string(2, '\0'),                // no message
      good.substr(0, good.size() - 1),     // cut off
      frame('A', std::string(24, 'B')),    // an add one byte short
      frame('E', std::string(19, '\0')),   // an execution one byte short
      frame('Z', std::string(20, '\0')),   // the format has none
      frame('H', std::string(14, ' '), 2),  // of another instrument
      frame('D', big_endian(1, 8), 2),     // another instrument
      add(2, 'C', 5, 100),                 // no such side
      add(2, 'B', 0, 100),                 // nothing to add
      add(2, 'B', 0x80000000, 100),        // too much
      reduce(1, 0),                        // nothing to take off
      replace(1, 2, 0, 100),               // nothing to put there
      frame('R', std::string(27, ' ')),    // a directory one byte short
      "\xFF\xFF" + std::string(100, 'A'),  // longer than the file
  };
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const auto flow = tool::parse_itch(good + bad[i], "test");
    ASSERT_FALSE(flow.ok()) << "input " << i;
    EXPECT_EQ(flow.error().code, ErrorCode::corrupt) << "input " << i;
    EXPECT_EQ(flow.error().offset, good.size()) << "input " << i;
  }
  EXPECT_EQ(tool::read_itch("/nowhere/at/all").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace karst::test
