#include "gateway/sim/cluster_report.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "gateway/measure/latency_json.hpp"
#include "schemas/words/human_units.hpp"

namespace karst::tool {
namespace {

constexpr const char* reason_names[unmet_reasons] = {"no_model", "sold_out", "too_dear",
                                                     "too_few"};

[[nodiscard]] std::string hex(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016" PRIx64, number);
  return text;
}

template <typename... T>
[[nodiscard]] std::string line(const char* format, T... values) {
  char text[256];
  std::snprintf(text, sizeof text, format, values...);
  return std::string(text) + "\n";
}

[[nodiscard]] double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

[[nodiscard]] double ms(std::int64_t ns) { return static_cast<double>(ns) / 1e6; }

[[nodiscard]] HourDemand sum_of(const std::vector<HourDemand>& hours) {
  HourDemand sum;
  for (const HourDemand& it : hours) {
    sum.requested += it.requested;
    sum.met += it.met;
    for (std::size_t i = 0; i < unmet_reasons; ++i) sum.unmet[i] += it.unmet[i];
  }
  return sum;
}

[[nodiscard]] Json json_of(const HourDemand& demand) {
  Json unmet;
  for (std::size_t i = 0; i < unmet_reasons; ++i) unmet[reason_names[i]] = demand.unmet[i];
  return {{"requested_lots", demand.requested}, {"met_lots", demand.met}, {"unmet_lots", unmet}};
}

[[nodiscard]] Json json_of(const PoolSummary& pool, const std::vector<ContractFigures>& hours) {
  Json all = Json::array();
  for (std::size_t hour = 1; hour < hours.size(); ++hour) {
    const ContractFigures& it = hours[hour];
    all.push_back({{"hour", hour},
                   {"orders", it.orders},
                   {"fills", it.fills},
                   {"sold_lots", it.lots},
                   {"capacity_lots", it.minted},
                   {"turnover", format_money(it.turnover)},
                   {"low_ticks", it.low},
                   {"high_ticks", it.high}});
  }
  return {{"model", pool.model},       {"cards", pool.cards},
          {"list_ticks", pool.list_price}, {"orders", pool.orders},
          {"fills", pool.fills},       {"sold_lot_hours", pool.sold},
          {"capacity_lot_hours", pool.capacity}, {"turnover", format_money(pool.turnover)},
          {"hours", all}};
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string hundredths(std::uint64_t number) {
  const std::uint64_t rest = number % 100;
  return grouped(number / 100) + (rest < 10 ? ".0" : ".") + std::to_string(rest);
}

bool ClusterReport::is_sound() const {
  return std::all_of(checks.begin(), checks.end(),
                     [](const ClusterCheck& it) { return it.failures == 0 && it.looks > 0; });
}

std::uint64_t ClusterReport::met() const { return sum_of(demand).met; }

Json json_of(const ClusterReport& report) {
  const ClusterFigures& figures = report.figures;
  Json json;
  json["hours"] = report.hours;
  json["scale_percent"] = report.scale;
  json["seed"] = report.seed;
  json["tasks"] = report.tasks;
  json["requested_lot_hours"] = report.requested;
  json["capacity_lot_hours"] = report.capacity;
  json["buys"] = figures.buys;
  json["asks"] = figures.asks;
  json["amends"] = figures.amends;
  json["killed"] = figures.killed;
  json["fills"] = figures.fills;
  json["sold_lot_hours"] = figures.lots;
  json["turnover"] = format_money(figures.turnover);
  json["fees"] = format_money(figures.fees);
  json["hours_moved"] = report.hours_moved;
  json["demand"] = json_of(sum_of(report.demand));
  json["market_hash"] = hex(figures.market_hash);
  json["is_sound"] = report.is_sound();
  for (std::size_t i = 0; i < report.pools.size(); ++i) {
    json["pools"].push_back(json_of(report.pools[i], figures.contracts[i]));
  }
  for (std::size_t hour = 1; hour < report.demand.size(); ++hour) {
    json["demand_by_hour"].push_back(json_of(report.demand[hour]));
  }
  // The same in every run that is not disturbed: log-ons have places in the journal.
  json["commands"] = figures.commands;
  json["events"] = figures.events;
  json["event_hash"] = hex(figures.event_hash);
  json["records"] = report.books.records;
  json["records_sha256"] = report.books.sha256;
  for (const ClusterCheck& it : report.checks) {
    json["checks"].push_back({{"name", it.name},
                              {"text", it.text},
                              {"looks", it.looks},
                              {"failures", it.failures},
                              {"first", it.first}});
  }
  json["machine"] = {{"trading_seconds", report.trading_s},
                     {"checking_seconds", report.checking_s},
                     {"kills", report.kills},
                     {"reconnects", report.reconnects},
                     {"latency_us", to_json(report.latency)}};
  return json;
}

std::string text_of(const ClusterReport& report, const Paint& paint) {
  const ClusterFigures& figures = report.figures;
  const HourDemand demand = sum_of(report.demand);
  std::string text = paint(Colour::bold, "The market") + "\n";
  text += line("  %-22s %s", "hours", grouped(report.hours).c_str());
  text += line("  %-22s %s", "tasks", grouped(report.tasks).c_str());
  text += line("  %-22s %s card-hours, %.1f %% of the capacity", "asked for",
               hundredths(report.requested).c_str(), percent(report.requested, report.capacity));
  text += line("  %-22s %s card-hours, %.1f %% of what was asked for", "bought",
               hundredths(demand.met).c_str(), percent(demand.met, demand.requested));
  for (std::size_t i = 0; i < unmet_reasons; ++i) {
    constexpr const char* texts[] = {"no such model", "sold out", "too dear", "too few lots"};
    text += line("    %-20s %s card-hours", texts[i], hundredths(demand.unmet[i]).c_str());
  }
  text += line("  %-22s %s buys, %s asks, %s price changes", "orders",
               grouped(figures.buys).c_str(), grouped(figures.asks).c_str(),
               grouped(figures.amends).c_str());
  text += line("  %-22s %s, turnover %s yuan, fees %s yuan", "trades",
               grouped(figures.fills).c_str(),
               hundredths(static_cast<std::uint64_t>(figures.turnover)).c_str(),
               hundredths(static_cast<std::uint64_t>(figures.fees)).c_str());
  text += "\n" + paint(Colour::bold, "Pools") + "\n";
  text += line("  %-10s %7s %6s %10s %10s %12s %8s %9s", "model", "cards", "list", "orders",
               "fills", "card-hours", "used", "yuan/h");
  for (const PoolSummary& it : report.pools) {
    const double mean = it.sold == 0 ? 0 : static_cast<double>(it.turnover) /
                                               static_cast<double>(it.sold);
    text += line("  %-10s %7s %6lld %10s %10s %12s %6.1f %% %9.2f", it.model.c_str(),
                 grouped(it.cards).c_str(), static_cast<long long>(it.list_price),
                 grouped(it.orders).c_str(), grouped(it.fills).c_str(),
                 hundredths(it.sold).c_str(), percent(it.sold, it.capacity), mean);
  }
  text += "\n" + paint(Colour::bold, "Invariants") + "\n";
  for (const ClusterCheck& it : report.checks) {
    const bool is_good = it.failures == 0 && it.looks > 0;
    const std::string mark = paint(is_good ? Colour::green : Colour::red,
                                             is_good ? "holds" : "FAILS");
    text += line("  %s  %-8s %s (looked at %s times)", mark.c_str(), it.name, it.text,
                 grouped(it.looks).c_str());
    if (it.failures > 0) text += "         " + it.first + "\n";
  }
  const LatencyHistogram& latency = report.latency;
  text += "\n" + paint(Colour::bold, "This run") + "\n";
  text += line("  %-22s %.1f s of trading, %.1f s of checking", "time", report.trading_s,
               report.checking_s);
  text += line("  %-22s p50 %.2f, p90 %.2f, p99 %.2f, p99.9 %.2f, max %.1f ms", "latency",
               ms(latency.percentile_ns(50)), ms(latency.percentile_ns(90)),
               ms(latency.percentile_ns(99)), ms(latency.percentile_ns(99.9)),
               ms(latency.max_ns()));
  text += line("  %-22s %u, reconnected %u times", "kills", report.kills, report.reconnects);
  text += line("  %-22s %s", "event hash", hex(figures.event_hash).c_str());
  text += line("  %-22s %s", "market hash", hex(figures.market_hash).c_str());
  text += line("  %-22s %s (%s records)", "records' SHA-256", report.books.sha256.c_str(),
               grouped(report.books.records).c_str());
  text.pop_back();
  return text;
}

}  // namespace karst::tool
