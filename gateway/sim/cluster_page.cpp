// The report of a cluster replay as one HTML page: no script, no font, no picture from elsewhere.
#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "gateway/sim/cluster_report.hpp"
#include "gateway/sim/cluster_svg.hpp"

namespace karst::tool {
namespace {

constexpr std::size_t columns_max = 280;
constexpr const char* palette[] = {"#3b7dd8", "#e08a2b", "#2f9e7a", "#b5569b",
                                   "#8a6fd1", "#c9544d", "#6b8a2f", "#4aa3b8"};
constexpr const char* met_colour = "#2f9e7a";
constexpr const char* reason_colours[] = {"#8b8f98", "#c9544d", "#e9b44c", "#e08a2b"};
constexpr const char* reason_texts[] = {"no such model", "sold out", "too dear", "too few lots"};

constexpr const char* style = R"(
:root{--ink:#1d2430;--soft:#667085;--line:#e4e7ec;--card:#fff;--page:#f5f6f8;--good:#2f9e7a;
--bad:#c9544d}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaf0;--soft:#98a1b3;--line:#2c3340;--card:#1a2029;
--page:#11151b}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 20px 60px}
h1{font-size:26px;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:17px;margin:0 0 2px}
.sub,.note{color:var(--soft);margin:0 0 14px;max-width:80ch}
.note{font-size:13px}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;
padding:18px 20px;margin-top:18px}
.tiles{display:grid;grid-template-columns:repeat(4,1fr);gap:12px;margin-top:20px}
@media(max-width:640px){.tiles{grid-template-columns:repeat(2,1fr)}}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:12px 16px}
.tile b{display:block;font-size:22px;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.tile span{color:var(--soft);font-size:13px}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:6px 24px}
.grid2 h3{font-size:14px;margin:8px 0 0;font-weight:600}
svg{display:block;width:100%;height:auto}
svg text.axis{font-size:11px;fill:var(--soft)}
svg text.value{font-size:12px;fill:var(--ink)}
svg .grid{stroke:var(--line);stroke-width:1}
svg .level{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 4}
svg .line{fill:none;stroke-width:2;stroke-linejoin:round}
.legend{margin:4px 0 6px;font-size:13px;color:var(--soft)}
.legend span{margin-right:16px;white-space:nowrap}
.legend i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:6px 10px;border-bottom:1px solid var(--line);text-align:right}
th{color:var(--soft);font-weight:500}
td:first-child,th:first-child,.left{text-align:left}
tr:last-child td{border-bottom:0}
.good{color:var(--good);font-weight:600}.bad{color:var(--bad);font-weight:600}
code{font:13px ui-monospace,SFMono-Regular,Menlo,monospace;word-break:break-all}
)";

[[nodiscard]] std::string fixed(double value, const char* format) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

[[nodiscard]] double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

[[nodiscard]] std::string hex(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, number);
  return text;
}

/// Lots as cards, grouped: "268,358".
[[nodiscard]] std::string cards(std::uint64_t lots) { return grouped(lots / lots_per_card); }

/// The hours of a market in columns.
class Columns {
 public:
  explicit Columns(std::uint32_t hours)
      : hours_(hours),
        per_column_(static_cast<std::uint32_t>((hours + columns_max - 1) / columns_max)) {}

  [[nodiscard]] std::uint32_t per_column() const { return per_column_; }

  /// `value(hour)` summed over the hours of each column.
  template <typename Value>
  [[nodiscard]] std::vector<double> sums(const Value& value) const {
    std::vector<double> columns((hours_ + per_column_ - 1) / per_column_, 0);
    for (std::uint32_t hour = 1; hour <= hours_; ++hour) {
      columns[(hour - 1) / per_column_] += static_cast<double>(value(hour));
    }
    return columns;
  }
  /// The mean of `value(hour)` in each column.
  template <typename Value>
  [[nodiscard]] std::vector<double> means(const Value& value) const {
    std::vector<double> columns = sums(value);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const std::uint32_t left = hours_ - static_cast<std::uint32_t>(i) * per_column_;
      columns[i] /= std::min(left, per_column_);
    }
    return columns;
  }

 private:
  std::uint32_t hours_;
  std::uint32_t per_column_;
};

/// a / b where b is not 0.
[[nodiscard]] std::vector<double> ratio(const std::vector<double>& a,
                                        const std::vector<double>& b) {
  std::vector<double> columns(a.size(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) columns[i] = b[i] == 0 ? 0 : a[i] / b[i];
  return columns;
}

[[nodiscard]] std::string tile(const std::string& value, const std::string& what) {
  return "<div class=\"tile\"><b>" + value + "</b><span>" + what + "</span></div>";
}

[[nodiscard]] std::string section(const std::string& title, const std::string& note,
                                  const std::string& body) {
  return "<section><h2>" + title + "</h2><p class=\"note\">" + note + "</p>" + body +
         "</section>\n";
}

[[nodiscard]] std::string tiles(const ClusterReport& report) {
  const ClusterFigures& figures = report.figures;
  std::string html = "<div class=\"tiles\">";
  html += tile(grouped(report.tasks), "tasks");
  html += tile(grouped(figures.buys), "buy orders");
  html += tile(grouped(figures.fills), "fills");
  html += tile(cards(figures.lots), "card-hours sold");
  html += tile(fixed(100 * share(figures.lots, report.capacity), "%.1f %%"), "of the capacity");
  html += tile(grouped(static_cast<std::uint64_t>(figures.turnover) / 100), "yuan turnover");
  html += tile(fixed(100 * share(report.met(), report.requested), "%.1f %%"),
               "of the demand met");
  html += tile(fixed(static_cast<double>(report.latency.percentile_ns(50)) / 1e6, "%.2f ms"),
               "median latency");
  return html + "</div>";
}

[[nodiscard]] std::string demand_section(const ClusterReport& report, const Columns& columns) {
  const std::vector<HourDemand>& demand = report.demand;
  const double lots = lots_per_card;
  std::vector<PlotSeries> series{
      {"bought", met_colour,
       columns.means([&](std::uint32_t hour) { return demand[hour].met / lots; })}};
  for (std::size_t i = 0; i < unmet_reasons; ++i) {
    series.push_back({reason_texts[i], reason_colours[i],
                      columns.means([&](std::uint32_t hour) {
                        return static_cast<double>(demand[hour].unmet[i]) / lots;
                      })});
  }
  const PlotSeries capacity{"capacity", "var(--ink)",
                            columns.means([&](std::uint32_t hour) {
                              double sum = 0;
                              for (const auto& pool : report.figures.contracts) {
                                sum += static_cast<double>(pool[hour].minted) / lots;
                              }
                              return sum;
                            })};
  const PlotFrame frame{.title = "Demand by hour, met and unmet",
                        .unit = "",
                        .hours_per_column = columns.per_column()};
  return section("Demand, met and unmet",
                 "Cards asked for in each delivery hour, and what stood in the way of those not "
                 "bought. Dashed: all cards of the cluster.",
                 legend(series) + stacked_bars(frame, series, capacity));
}

[[nodiscard]] std::string use_section(const ClusterReport& report, const Columns& columns) {
  std::vector<PlotSeries> rows;
  for (std::size_t i = 0; i < report.pools.size(); ++i) {
    const std::vector<ContractFigures>& hours = report.figures.contracts[i];
    rows.push_back({report.pools[i].model, palette[i % std::size(palette)],
                    columns.means([&](std::uint32_t hour) {
                      return share(hours[hour].lots, hours[hour].minted);
                    })});
  }
  const PlotFrame frame{.title = "Utilisation by pool and hour",
                        .unit = "",
                        .height = 40 + 26.0 * static_cast<double>(rows.size()),
                        .hours_per_column = columns.per_column()};
  return section("Utilisation by pool and hour",
                 "The darker, the more of the pool's cards are sold in that hour; a full cell is "
                 "sold out.",
                 heat_map(frame, rows));
}

[[nodiscard]] std::string price_section(const ClusterReport& report, const Columns& columns) {
  std::string body = "<div class=\"grid2\">";
  for (std::size_t i = 0; i < report.pools.size(); ++i) {
    const std::vector<ContractFigures>& hours = report.figures.contracts[i];
    const auto lots = columns.sums([&](std::uint32_t hour) { return hours[hour].lots; });
    const auto money = columns.sums([&](std::uint32_t hour) { return hours[hour].turnover; });
    const auto traded = columns.sums([&](std::uint32_t hour) { return hours[hour].lots > 0; });
    const auto low = columns.sums([&](std::uint32_t hour) { return hours[hour].low; });
    const auto high = columns.sums([&](std::uint32_t hour) { return hours[hour].high; });
    const PlotSeries line{report.pools[i].model, palette[i % std::size(palette)],
                          ratio(money, lots)};
    const PlotFrame frame{.title = "Price of " + report.pools[i].model,
                          .unit = " ¥",
                          .width = 520,
                          .height = 170,
                          .hours_per_column = columns.per_column()};
    body += "<div><h3>" + escaped(report.pools[i].model) + "</h3>" +
            band_line(frame, line, ratio(low, traded), ratio(high, traded),
                      static_cast<double>(report.pools[i].list_price)) +
            "</div>";
  }
  return section("Price by pool and hour",
                 "Yuan per card-hour: the mean of the trades, the band from the lowest to the "
                 "highest, and the list price (dotted).",
                 body + "</div>");
}

/// Bars by pool of whatever `value(figures)` says of a contract.
template <typename Value>
[[nodiscard]] std::string pool_bars(const ClusterReport& report, const Columns& columns,
                                    const std::string& title, const Value& value) {
  std::vector<PlotSeries> series;
  for (std::size_t i = 0; i < report.pools.size(); ++i) {
    const std::vector<ContractFigures>& hours = report.figures.contracts[i];
    series.push_back({report.pools[i].model, palette[i % std::size(palette)],
                      columns.means([&](std::uint32_t hour) { return value(hours[hour]); })});
  }
  const PlotFrame frame{.title = title,
                        .unit = "",
                        .width = 520,
                        .height = 200,
                        .hours_per_column = columns.per_column()};
  return "<div><h3>" + title + "</h3>" + stacked_bars(frame, series, {}) + "</div>";
}

[[nodiscard]] std::string trade_section(const ClusterReport& report, const Columns& columns) {
  std::vector<PlotSeries> names;
  for (std::size_t i = 0; i < report.pools.size(); ++i) {
    names.push_back({report.pools[i].model, palette[i % std::size(palette)], {}});
  }
  std::string body = legend(names) + "<div class=\"grid2\">";
  body += pool_bars(report, columns, "Buy orders", [](const ContractFigures& it) {
    return static_cast<double>(it.orders);
  });
  body += pool_bars(report, columns, "Fills", [](const ContractFigures& it) {
    return static_cast<double>(it.fills);
  });
  body += pool_bars(report, columns, "Card-hours sold", [](const ContractFigures& it) {
    return static_cast<double>(it.lots) / lots_per_card;
  });
  body += pool_bars(report, columns, "Turnover, yuan", [](const ContractFigures& it) {
    return static_cast<double>(it.turnover) / 100;
  });
  return section("Orders, fills and turnover", "By delivery hour and pool.", body + "</div>");
}

[[nodiscard]] std::string latency_section(const ClusterReport& report) {
  const LatencyHistogram& latency = report.latency;
  PlotSeries bars{"latency", palette[0], {}};
  for (const double percentile : {50.0, 90.0, 99.0, 99.9}) {
    bars.values.push_back(static_cast<double>(latency.percentile_ns(percentile)) / 1e3);
  }
  bars.values.push_back(static_cast<double>(latency.max_ns()) / 1e3);
  const PlotFrame frame{.title = "Latency percentiles", .unit = " µs", .height = 190};
  return section("Latency",
                 "From the write of a command to the reading of its answer, over TLS, journaled "
                 "and synced; up to 512 commands are on their way at once, so most of it is "
                 "waiting. " + grouped(latency.count()) + " commands.",
                 log_bars(frame, bars, {"p50", "p90", "p99", "p99.9", "max"}));
}

[[nodiscard]] std::string pool_table(const ClusterReport& report) {
  std::string html =
      "<table><tr><th>model</th><th>cards</th><th>list ¥/h</th><th>mean ¥/h</th><th>buy "
      "orders</th><th>fills</th><th>card-hours sold</th><th>used</th><th>turnover ¥</th></tr>";
  for (const PoolSummary& it : report.pools) {
    const double mean = it.sold == 0 ? 0
                                     : static_cast<double>(it.turnover) /
                                           static_cast<double>(it.sold);
    html += "<tr><td>" + escaped(it.model) + "</td><td>" + grouped(it.cards) + "</td><td>" +
            std::to_string(it.list_price) + "</td><td>" + fixed(mean, "%.2f") + "</td><td>" +
            grouped(it.orders) + "</td><td>" + grouped(it.fills) + "</td><td>" + cards(it.sold) +
            "</td><td>" + fixed(100 * share(it.sold, it.capacity), "%.1f %%") + "</td><td>" +
            hundredths(static_cast<std::uint64_t>(it.turnover)) + "</td></tr>";
  }
  return section("Pools", "One pool per model of card; a lot is a hundredth of a card.",
                 html + "</table>");
}

[[nodiscard]] std::string check_table(const ClusterReport& report) {
  std::string html =
      "<table><tr><th>invariant</th><th class=\"left\">what must hold</th><th>looked at</th>"
      "<th>result</th></tr>";
  for (const ClusterCheck& it : report.checks) {
    const bool is_good = it.failures == 0 && it.looks > 0;
    html += std::string("<tr><td>") + it.name + "</td><td class=\"left\">" + escaped(it.text);
    if (it.failures > 0) html += "<br><span class=\"bad\">" + escaped(it.first) + "</span>";
    html += "</td><td>" + grouped(it.looks) + "</td><td class=\"" + (is_good ? "good" : "bad") +
            "\">" + (is_good ? "✓ holds" : grouped(it.failures) + " ✗") + "</td></tr>";
  }
  html += "</table>";
  html += "<p class=\"note\" style=\"margin-top:14px\">Event hash <code>" +
          hex(report.figures.event_hash) + "</code>, market hash <code>" +
          hex(report.figures.market_hash) + "</code>, SHA-256 of the " +
          grouped(report.books.records) + " records <code>" + report.books.sha256 +
          "</code></p>";
  return section("Invariants",
                 "Checked after each of the " + grouped(report.figures.commands) +
                     " commands by replaying the journal, and against the books.",
                 html);
}

}  // namespace

std::string page_of(const ClusterReport& report) {
  const Columns columns(report.hours);
  std::string html =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<title>Karst: cluster replay</title><style>";
  html += style;
  html += "</style></head><body><main>\n<h1>A GPU cluster on the exchange</h1><p class=\"sub\">";
  html += grouped(report.hours) + " hours of " + escaped(report.tasks_file) + " on " +
          escaped(report.nodes_file) + ", ";
  html += report.scale == 0 ? "as traced" : "drawn to " + std::to_string(report.scale) +
                                                " % of the capacity, seed " +
                                                std::to_string(report.seed);
  html += ". " + grouped(report.figures.commands) + " commands in " +
          fixed(report.trading_s, "%.1f s");
  if (report.kills > 0) {
    html += "; the exchange was killed " + std::to_string(report.kills) + " times on the way";
  }
  html += ".</p>" + tiles(report) + demand_section(report, columns) +
          use_section(report, columns) + price_section(report, columns) +
          trade_section(report, columns) + pool_table(report) + check_table(report) +
          latency_section(report);
  return html + "</main></body></html>\n";
}

}  // namespace karst::tool
