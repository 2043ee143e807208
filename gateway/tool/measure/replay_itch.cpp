#include "gateway/tool/measure/replay_itch.hpp"

#include <CLI/CLI.hpp>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "gateway/measure/latency_json.hpp"
#include "gateway/sim/itch_gateway.hpp"
#include "gateway/sim/own_exchange.hpp"
#include "gateway/tool/output.hpp"

namespace karst::tool {
namespace {

std::string text_of(const std::optional<std::int64_t>& price) {
  return price ? std::to_string(*price) : std::string("none");
}

std::string to_text(const char* mode, const ItchCounts& counts) {
  char text[1'024];
  std::snprintf(text, sizeof text,
                "%s: %" PRIu64 " adds, %" PRIu64 " deletes, %" PRIu64 " reduces, %" PRIu64
                " executions, %" PRIu64 " replaces\n  %" PRIu64 " unknown, %" PRIu64
                " gone, %" PRIu64 " duplicates, %" PRIu64 " reduced by too much, %" PRIu64
                " refused\n  %" PRIu64 " trades, %" PRIu64 " lots, hash %016" PRIx64
                "\n  bid %s, ask %s, %" PRIu64 " open orders",
                mode, counts.adds, counts.deletes, counts.reduces, counts.executions,
                counts.replaces, counts.unknown, counts.gone, counts.duplicates, counts.excess,
                counts.refused, counts.trades.trades, counts.trades.quantity, counts.trades.hash,
                text_of(counts.best_bid).c_str(), text_of(counts.best_ask).c_str(),
                counts.open_orders);
  return text;
}

Json to_json(const ItchCounts& counts) {
  const auto price = [](const std::optional<std::int64_t>& it) { return it ? Json(*it) : Json(); };
  char hash[17];
  std::snprintf(hash, sizeof hash, "%016" PRIx64, counts.trades.hash);
  return {{"adds", counts.adds},
          {"deletes", counts.deletes},
          {"reduces", counts.reduces},
          {"executions", counts.executions},
          {"replaces", counts.replaces},
          {"unknown", counts.unknown},
          {"gone", counts.gone},
          {"duplicates", counts.duplicates},
          {"excess", counts.excess},
          {"refused", counts.refused},
          {"trades", counts.trades.trades},
          {"quantity", counts.trades.quantity},
          {"hash", hash},
          {"best_bid", price(counts.best_bid)},
          {"best_ask", price(counts.best_ask)},
          {"open_orders", counts.open_orders}};
}

/// Plays through an exchange: that of the options, or one made for it.
Result<ItchGatewayReport> play_through(const ReplayItchOptions& options, const ItchFlow& flow,
                                       const Output& output) {
  if (options.is_running) {
    ExchangeLink link(options.link, output);
    return match_itch_through(link.client(), flow);
  }
  const ScratchFolder scratch;
  const std::string folder = options.keep.empty() ? scratch.path() + "/itch" : options.keep;
  Result<OwnExchange> exchange = OwnExchange::make(
      folder, {{"commands_per_second", "10000000"}, {"commands_burst", "10000000"}});
  if (!exchange) return exchange.error();
  if (Status started = exchange->start(); !started) return started.error();
  const Result<gateway::ClientConfig> config = exchange->client_config();
  if (!config) return config.error();
  const Result<std::unique_ptr<gateway::Client>> client = gateway::Client::connect(*config);
  if (!client) return client.error();
  Result<ItchGatewayReport> report = match_itch_through(**client, flow);
  if (const Result<std::string> stopped = exchange->stop(); !stopped) return stopped.error();
  return report;
}

std::string rate_text(const ItchGatewayReport& report) {
  char text[256];
  std::snprintf(text, sizeof text,
                "\n  %" PRIu64 " commands in %.2f s, %.0f/s, answers p50 %.0f us, p99 %.0f us",
                report.commands, report.seconds,
                static_cast<double>(report.commands) / report.seconds,
                static_cast<double>(report.latency.percentile_ns(50)) / 1'000,
                static_cast<double>(report.latency.percentile_ns(99)) / 1'000);
  return text;
}

}  // namespace

void run_replay_itch(const ReplayItchOptions& options) {
  const Output output(options.link.is_json);
  const auto flow = read_itch(options.file);
  if (!flow) output.fail(failure_of(flow.error()));
  Json json = Json::object();
  std::string text;
  bool is_sound = true;
  const auto report = [&](const char* mode, const ItchCounts& counts) {
    is_sound = is_sound && counts.is_sound();
    json[mode] = to_json(counts);
    text += (text.empty() ? "" : "\n") + to_text(mode, counts);
  };
  if (options.mode != "match" && !options.is_gateway) report("build", build_itch(*flow));
  const auto matched = match_itch(*flow);
  if (!matched) output.fail(failure_of(matched.error()));
  if (options.mode != "build" || options.is_gateway) report("match", *matched);
  bool agrees = true;
  if (options.is_gateway) {
    const auto played = play_through(options, *flow, output);
    if (!played) output.fail(failure_of(played.error()));
    report("gateway", played->counts);
    agrees = played->counts == *matched;
    json["gateway"]["commands"] = played->commands;
    json["gateway"]["seconds"] = played->seconds;
    json["gateway"]["latency_us"] = to_json(played->latency);
    json["gateway"]["agrees"] = agrees;
    text += rate_text(*played) + (agrees ? "\n  agrees with" : "\n  DIFFERS from");
    text += " the book in process";
  }
  json["skipped"] = Json::object();
  std::string skipped;
  for (const auto& [letter, times] : flow->skipped) {
    json["skipped"][std::string(1, letter)] = times;
    skipped += (skipped.empty() ? "\nnot played: " : ", ") + std::to_string(times) + " " + letter;
  }
  output.answer(json, text + skipped);
  if (is_sound && agrees) return;
  std::fprintf(stderr, "karst: %s\n",
               is_sound ? "the exchange comes to something else than the book in process"
                        : (options.file + " is not consistent").c_str());
  throw CLI::RuntimeError(exit_damaged);
}

}  // namespace karst::tool
