#include <array>
#include <nlohmann/json.hpp>

#include "gateway/measure/latency_json.hpp"
#include "gateway/measure/latency_plot.hpp"
#include "gateway/measure/load.hpp"
#include "schemas/words/code_text.hpp"
#include "schemas/words/formatted.hpp"

namespace karst::tool {
namespace {

constexpr double ns_per_us = 1'000.0;

struct NamedHistogram {
  const char* key;
  const char* name;
  const LatencyHistogram* histogram;
};

std::array<NamedHistogram, 5> histograms_of(const LoadTally& tally) {
  return {{{"latency_us", "due to reply", &tally.latency},
           {"from_send_us", "sent to reply", &tally.from_send},
           {"before_engine_us", "  gateway in to engine", &tally.before_engine},
           {"after_engine_us", "  engine to gateway out", &tally.after_engine},
           {"outside_us", "  sockets, TLS, client", &tally.outside}}};
}

/// Answers per second of the measured time.
double achieved_rate(const LoadReport& report, const LoadPlan& plan) {
  const double over_s = report.took_s - plan.warm_up_s;
  return over_s > 0 ? static_cast<double>(report.tally.latency.count()) / over_s : 0;
}

std::string plan_text(const LoadPlan& plan, std::size_t sessions) {
  std::string text;
  append_formatted(text, "%u commands/s due over %zu sessions for %g s (%s, seed %llu)", plan.rate,
                   sessions, plan.measured_s, to_text(plan.mix).c_str(),
                   static_cast<unsigned long long>(plan.seed));
  return text;
}

}  // namespace

Json to_json(const LoadReport& report, const LoadPlan& plan, std::size_t sessions) {
  Json json;
  json["rate"] = plan.rate;
  json["sessions"] = sessions;
  json["seconds"] = plan.measured_s;
  json["warm_up_seconds"] = plan.warm_up_s;
  json["mix"] = to_text(plan.mix);
  json["seed"] = plan.seed;
  json["planned"] = report.planned;
  Json answered = Json::object();
  for (std::size_t i = 0; i < load_kind_names.size(); ++i) {
    answered[load_kind_names[i]] = report.tally.answered[i];
  }
  json["answered"] = answered;
  json["achieved_rate"] = achieved_rate(report, plan);
  Json refused = Json::object();
  for (const auto& [code, count] : report.tally.refused) refused[code_name(code)] = count;
  json["refused"] = refused;
  json["resent"] = report.tally.resent;
  json["unanswered"] = report.tally.unanswered;
  json["lost_sessions"] = report.tally.lost_sessions;
  for (const NamedHistogram& it : histograms_of(report.tally)) {
    json[it.key] = to_json(*it.histogram);
  }
  return json;
}

std::string to_text(const LoadReport& report, const LoadPlan& plan, std::size_t sessions) {
  std::string text = plan_text(plan, sessions) + "\n\n";
  append_formatted(text, "%-24s", "microseconds");
  for (const NamedPercentile& it : named_percentiles) append_formatted(text, " %9g%%", it.percent);
  append_formatted(text, " %10s\n", "max");
  for (const NamedHistogram& it : histograms_of(report.tally)) {
    append_formatted(text, "%-24s", it.name);
    for (const NamedPercentile& percentile : named_percentiles) {
      const auto ns = static_cast<double>(it.histogram->percentile_ns(percentile.percent));
      append_formatted(text, " %10.1f", ns / ns_per_us);
    }
    append_formatted(text, " %10.1f\n", static_cast<double>(it.histogram->max_ns()) / ns_per_us);
  }
  text += "\nanswered:";
  for (std::size_t i = 0; i < load_kind_names.size(); ++i) {
    append_formatted(text, " %llu %s,", static_cast<unsigned long long>(report.tally.answered[i]),
                     load_kind_names[i]);
  }
  append_formatted(text, " %.0f/s measured", achieved_rate(report, plan));
  for (const auto& [code, count] : report.tally.refused) {
    append_formatted(text, "\nrefused:  %llu %s", static_cast<unsigned long long>(count),
                     code_name(code).c_str());
  }
  if (report.tally.resent != 0) {
    append_formatted(text, "\nsent again, refused for want of room: %llu",
                     static_cast<unsigned long long>(report.tally.resent));
  }
  if (!report.is_complete()) {
    append_formatted(text, "\nNOT ANSWERED: %llu, in %llu lost sessions or too late",
                     static_cast<unsigned long long>(report.tally.unanswered),
                     static_cast<unsigned long long>(report.tally.lost_sessions));
  }
  return text;
}

std::string to_svg(const LoadReport& report, const LoadPlan& plan, std::size_t sessions) {
  const LoadTally& tally = report.tally;
  return svg({.title = "Order to durable acknowledgement",
              .subtitle = plan_text(plan, sessions),
              .curves = {{"due to reply", &tally.latency},
                         {"sent to reply", &tally.from_send},
                         {"engine to gateway out (durable)", &tally.after_engine}},
              .times = &tally.times,
              .interval_s = static_cast<double>(tally.interval_ns) / 1e9});
}

}  // namespace karst::tool
