#include "gateway/tool/trade/watch_view.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "schemas/words/instrument_text.hpp"
#include "schemas/words/json.hpp"

namespace karst::tool {
namespace {

using feed::Depth;
using feed::DepthLevel;
using feed::FeedClient;
using feed::FeedInstrument;
using feed::FeedTrade;

constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view plain = "\x1b[0m";
constexpr std::size_t head_lines = 3;       // title, state, column heads
constexpr std::size_t ladder_columns = 43;  // orders, bid lots, price, ask lots, orders
constexpr std::size_t trade_columns_min = 24;
constexpr std::size_t list_columns = 53;  // of the list: all but the name
constexpr std::int64_t ns_per_second = 1'000'000'000;
constexpr std::int64_t seconds_per_day = 86'400;

/// A line under construction: counts columns, not the bytes that colour them.
class Line {
 public:
  Line(std::size_t width, bool is_coloured) : width_(width), is_coloured_(is_coloured) {}

  /// Appends as much of `text` as fits.
  Line& put(std::string_view text, std::string_view colour = {}) {
    const std::string_view shown = text.substr(0, width_ - columns_);
    columns_ += shown.size();
    const bool is_dressed = is_coloured_ && !colour.empty() && !shown.empty();
    if (is_dressed) text_ += colour;
    text_ += shown;
    if (is_dressed) text_ += plain;
    return *this;
  }
  /// Appends `text` at the right end of a field.
  Line& right(std::string_view text, std::size_t columns, std::string_view colour = {}) {
    if (text.size() < columns) put(std::string(columns - text.size(), ' '));
    return put(text, colour);
  }
  Line& left(std::string_view text, std::size_t columns, std::string_view colour = {}) {
    put(text, colour);
    if (text.size() < columns) put(std::string(columns - text.size(), ' '));
    return *this;
  }
  /// Goes on at this column.
  Line& column(std::size_t column) {
    if (columns_ < column) put(std::string(column - columns_, ' '));
    return *this;
  }
  [[nodiscard]] std::string end() {
    while (!text_.empty() && text_.back() == ' ') text_.pop_back();
    return text_ + "\n";
  }

 private:
  std::size_t width_;
  bool is_coloured_;
  std::size_t columns_ = 0;
  std::string text_;
};

std::string price_text(const FeedInstrument& instrument, std::int64_t ticks) {
  if (!instrument.definition) return std::to_string(ticks);
  return tool::price_text(*instrument.definition, ticks);
}

/// UTC, hours to seconds.
std::string clock_text(std::int64_t time_ns) {
  const std::int64_t second = time_ns / ns_per_second % seconds_per_day;
  char text[16];
  std::snprintf(text, sizeof text, "%02d:%02d:%02d", static_cast<int>(second / 3'600),
                static_cast<int>(second / 60 % 60), static_cast<int>(second % 60));
  return text;
}

std::string state_text(const FeedInstrument& instrument) {
  if (instrument.is_ended) return "retired";
  if (!instrument.status) return "unknown";
  return plain_name("INSTRUMENT_STATE_", v1::InstrumentState_Name(instrument.status->state()));
}

std::string name_text(const FeedInstrument& instrument) {
  return instrument.definition ? instrument_name(*instrument.definition) : "?";
}

std::string unit_text(const FeedInstrument& instrument) {
  return instrument.definition ? price_unit_text(*instrument.definition) : "ticks";
}

/// The price of the last trade seen, else the reference price.
std::string last_text(const FeedInstrument& instrument) {
  if (!instrument.trades.empty()) return price_text(instrument, instrument.trades.back().price);
  if (instrument.status) return price_text(instrument, instrument.status->reference_ticks());
  return "-";
}

Depth depth_of(const FeedInstrument& instrument) {
  const feed::FeedClientBook* book = instrument.book();
  return book == nullptr ? Depth() : book->depth();
}

void put_level(Line& line, const FeedInstrument& instrument, Side side, const DepthLevel& level) {
  const std::string orders = std::to_string(level.orders);
  const std::string price = price_text(instrument, level.price);
  if (side == Side::buy) {
    line.right(orders, 5).right(quantity_text(level.quantity), 11, green).right(price, 11, green);
  } else {
    line.column(16).right(price, 11, red).right(quantity_text(level.quantity), 11, red);
    line.right(orders, 5);
  }
}

void put_trade(Line& line, const FeedInstrument& instrument, const FeedTrade& trade) {
  const bool is_buy = trade.taker_side == Side::buy;
  line.column(ladder_columns + 2).put(clock_text(trade.time_ns));
  line.right(price_text(instrument, trade.price), 10, is_buy ? green : red);
  line.right(std::to_string(trade.quantity), 8).put(is_buy ? " buy" : " sell");
}

/// The lines of the ladder from top to bottom: asks, worst first, then bids.
struct Rung {
  Side side;
  std::optional<DepthLevel> level;
};
std::vector<Rung> rungs_of(const Depth& depth, std::size_t lines) {
  const std::size_t asks = lines / 2;
  std::vector<Rung> rungs;
  for (std::size_t i = 0; i < lines; ++i) {
    const Side side = i < asks ? Side::sell : Side::buy;
    const std::size_t at = i < asks ? asks - 1 - i : i - asks;
    const auto levels = depth.side(side);
    rungs.push_back({side, at < levels.size() ? std::optional(levels[at]) : std::nullopt});
  }
  return rungs;
}

std::string json_levels(std::span<const DepthLevel> levels) {
  std::string text = "[";
  for (const DepthLevel& level : levels) {
    if (text.size() > 1) text += ',';
    const bool is_unlimited = level.quantity == quantity_unlimited;
    text += '[' + std::to_string(level.price) + ',' +
            (is_unlimited ? std::string("null") : std::to_string(level.quantity)) + ',' +
            std::to_string(level.orders) + ']';
  }
  return text + ']';
}

/// Text in quotes. Symbols are printable ASCII, so only two characters need care.
std::string json_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

const FeedInstrument& known(const FeedClient& client, std::uint32_t instrument) {
  static const FeedInstrument nothing;
  const FeedInstrument* found = client.find(instrument);
  return found == nullptr ? nothing : *found;
}

}  // namespace

std::string watch_frame(const FeedClient& client, std::uint32_t id, const WatchStyle& style) {
  const FeedInstrument& instrument = known(client, id);
  const auto line = [&] { return Line(style.width, style.is_coloured); };
  const std::string name = name_text(instrument) + " (" + std::to_string(id) + ")";
  std::string frame = line().put(name, bold).put("  " + unit_text(instrument)).end();
  const feed::FeedClientBook* book = instrument.book();
  std::string state = state_text(instrument) + ", last " + last_text(instrument);
  if (book != nullptr) state += ", sequence " + std::to_string(book->sequence());
  if (book == nullptr) state += ", waiting for the book";
  frame += line().put(state).end();

  const bool has_trades = style.width >= ladder_columns + 2 + trade_columns_min;
  Line heads = line();
  heads.right("n", 5).right("bid", 11).right("price", 11).right("ask", 11).right("n", 5);
  if (has_trades) heads.column(ladder_columns + 2).put("trades");
  frame += heads.end();

  const std::size_t lines = style.height - head_lines;
  const std::vector<Rung> rungs = rungs_of(depth_of(instrument), lines);
  for (std::size_t i = 0; i < lines; ++i) {
    Line rung = line();
    if (rungs[i].level) put_level(rung, instrument, rungs[i].side, *rungs[i].level);
    const auto& trades = instrument.trades;
    if (has_trades && i < trades.size()) put_trade(rung, instrument, trades[trades.size() - 1 - i]);
    frame += rung.end();
  }
  return frame;
}

std::string watch_list(const FeedClient& client, const WatchStyle& style) {
  const auto line = [&] { return Line(style.width, style.is_coloured); };
  const std::size_t name_columns =
      std::clamp(style.width, list_columns + 24, list_columns + 34) - list_columns;
  std::string frame = line()
                          .right("id", 8)
                          .put("  ")
                          .left("name", name_columns)
                          .left("state", 9)
                          .right("bid", 9)
                          .right("ask", 9)
                          .right("last", 9)
                          .right("trades", 7)
                          .end();
  std::size_t lines = 1;
  for (const auto& [id, instrument] : client.instruments()) {
    if (instrument.is_ended) continue;
    if (++lines > style.height) break;
    const Depth depth = depth_of(instrument);
    const auto best = [&, &shown = instrument](Side side) {
      const auto levels = depth.side(side);
      return levels.empty() ? std::string("-") : price_text(shown, levels[0].price);
    };
    frame += line()
                 .right(std::to_string(id), 8)
                 .put("  ")
                 .left(name_text(instrument), name_columns)
                 .left(state_text(instrument), 9)
                 .right(best(Side::buy), 9, green)
                 .right(best(Side::sell), 9, red)
                 .right(last_text(instrument), 9)
                 .right(std::to_string(instrument.trades_count), 7)
                 .end();
  }
  return frame;
}

std::string watch_json(const FeedClient& client, std::uint32_t id) {
  const FeedInstrument& instrument = known(client, id);
  const feed::FeedClientBook* book = instrument.book();
  const Depth depth = depth_of(instrument);
  const std::int64_t reference = instrument.status ? instrument.status->reference_ticks() : 0;
  std::string text = "{\"instrument\":" + std::to_string(id);
  text += ",\"symbol\":" + json_text(instrument.definition ? instrument.definition->symbol() : "");
  text += ",\"state\":" + json_text(state_text(instrument));
  text += ",\"sequence\":" + json_text(id_text(book == nullptr ? 0 : book->sequence()));
  text += ",\"reference_ticks\":" + std::to_string(reference);
  text += ",\"bids\":" + json_levels(depth.side(Side::buy));
  text += ",\"asks\":" + json_levels(depth.side(Side::sell));
  text += ",\"trades\":[";
  for (const FeedTrade& trade : instrument.trades) {
    if (text.back() != '[') text += ',';
    text += "{\"sequence\":" + json_text(id_text(trade.sequence)) +
            ",\"match_index\":" + std::to_string(trade.match_index) +
            ",\"time_ns\":" + json_text(id_text(trade.time_ns)) +
            ",\"price_ticks\":" + std::to_string(trade.price) +
            ",\"quantity_lots\":" + std::to_string(trade.quantity) +
            ",\"taker_side\":" + json_text(trade.taker_side == Side::buy ? "buy" : "sell") + '}';
  }
  return text + "]}\n";
}

}  // namespace karst::tool
