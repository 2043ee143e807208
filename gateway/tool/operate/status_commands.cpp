// `karst status`, `access-log`, `clock`: what the exchange is doing, who asked what, its time.
#include <CLI/CLI.hpp>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/deed.hpp"
#include "gateway/tool/exchange_link.hpp"
#include "ledger/exchange/market_clock.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/words/human_units.hpp"

namespace karst::tool {
namespace {

void show_status(const LinkOptions& options) {
  const Output output(options.is_json);
  ExchangeLink link(options, output);
  v1::Request request;
  request.mutable_query_status();
  const v1::Response response = link.ask(request);
  const v1::Status& status = response.status();
  char records_hash[17];
  std::snprintf(records_hash, sizeof records_hash, "%016" PRIx64, status.records_hash());
  Json tables = Json::array();
  for (const v1::TableUse& it : status.tables()) {
    tables.push_back({{"name", it.name()}, {"used", it.used()}, {"max", it.max()}});
  }
  const Json json{{"version", status.version()},
                  {"address", address_of(link.config())},
                  {"started", format_time(status.started_ns())},
                  {"sequence", id_text(status.last_sequence())},
                  {"books_sequence", id_text(status.ledger_sequence())},
                  {"settlement", id_text(status.settlement())},
                  {"records_hash", records_hash},
                  {"sessions", status.sessions()},
                  {"connections", status.connections()},
                  {"commands", status.commands_total()},
                  {"refusals", status.refusals_total()},
                  {"is_disk_full", status.is_disk_full()},
                  {"is_clock_held", status.is_clock_held()},
                  {"clock_ahead_ns", id_text(status.clock_ahead_ns())},
                  {"incarnation", id_text(status.incarnation())},
                  {"incarnation_after", id_text(status.incarnation_after())},
                  {"tables", tables}};
  Table table{{"exchange", address_of(link.config())}, {}};
  const auto row = [&](const char* name, const std::string& value) {
    table.rows.push_back({name, value});
  };
  row("version", status.version());
  row("since", format_time(status.started_ns()));
  row("newest command", std::to_string(status.last_sequence()));
  row("books hold", std::to_string(status.ledger_sequence()));
  row("record log", "settlement " + std::to_string(status.settlement()) + ", hash " + records_hash);
  row("sessions", std::to_string(status.sessions()) + " on " +
                      std::to_string(status.connections()) + " connections");
  row("since the start", std::to_string(status.commands_total()) + " commands, " +
                             std::to_string(status.refusals_total()) + " refused at the gate");
  if (status.incarnation() != 0) {
    row("incarnation", std::to_string(status.incarnation()) + ", restored after command " +
                           std::to_string(status.incarnation_after()));
  }
  if (status.is_disk_full()) {
    row("disk", output.coloured(Colour::red, "full: only cancels are taken; make room"));
  }
  if (status.is_clock_held()) {
    row("clock", output.coloured(Colour::red, wall_ahead_text(status.clock_ahead_ns()) +
                                                  ": only what lessens risk is taken"));
  }
  for (const v1::TableUse& it : status.tables()) {
    constexpr std::uint64_t percent_warned = 80;
    const std::uint64_t percent = it.max() == 0 ? 0 : it.used() * 100 / it.max();
    const std::string text = std::to_string(it.used()) + " of " + std::to_string(it.max()) + ", " +
                             std::to_string(percent) + " %";
    row(it.name().c_str(), percent < percent_warned ? text : output.coloured(Colour::yellow, text));
  }
  output.answer(json, table);
}

void show_access_log(const LinkOptions& options, std::uint64_t before, std::uint32_t limit) {
  const Output output(options.is_json);
  ExchangeLink link(options, output);
  v1::Request request;
  request.mutable_query_access_log()->set_before_number(before);
  request.mutable_query_access_log()->set_limit(limit);
  const v1::Response response = link.ask(request);
  Json json = Json::array();
  Table table{{"number", "time", "key", "about", "question"}, {}, {true, false, true, true, false}};
  for (const v1::Access& it : response.access_log().accesses()) {
    json.push_back({{"number", id_text(it.number())},
                    {"time", format_time(it.time_ns())},
                    {"key", it.key_id()},
                    {"account", it.account_id()},
                    {"question", it.question()}});
    table.rows.push_back(
        {std::to_string(it.number()), format_time(it.time_ns()), std::to_string(it.key_id()),
         it.account_id() == 0 ? "all" : std::to_string(it.account_id()), it.question()});
  }
  output.answer(json, table);
}

/// Says that the wall clock, as far off as the exchange sees it now, is right.
void accept_clock(const LinkOptions& options) {
  const Output output(options.is_json);
  ExchangeLink link(options, output);
  v1::Request request;
  request.mutable_query_status();
  const v1::Response response = link.ask(request);
  const v1::Status& status = response.status();
  if (!status.is_clock_held()) {
    output.fail({exit_refused, "WRONG_STATE", "the exchange's clock is not held",
                 "there is nothing to accept: see karst status"});
  }
  v1::Command command;
  command.mutable_accept_clock()->set_step_ns(status.clock_ahead_ns());
  const v1::Reply reply = link.carry_out(command);
  output.answer(reply_json(command, reply),
                "accepted: " + wall_ahead_text(status.clock_ahead_ns()) + " (command " +
                    std::to_string(reply.sequence()) + ")");
}

void set_clock(const LinkOptions& options, const std::string& text) {
  const Output output(options.is_json);
  const auto time = parse_time(text);
  if (!time) {
    output.fail({exit_usage, "USAGE", text + " is no time like 2026-11-22T13:00+08:00",
                 "see karst clock --help"});
  }
  ExchangeLink link(options, output);
  v1::Request request;
  request.mutable_set_time()->set_time_ns(*time);
  const v1::Response response = link.ask(request);
  output.answer(reply_json("set_time", 0, response.reply()),
                "it is " + format_time(response.reply().engine_ns()));
}

void add_clock(CLI::App& app) {
  struct Options {
    LinkOptions link;
    std::string time;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* const command = app.add_subcommand(
      "clock", "accept a wall clock that is not believed, or move the time of a replay");
  command
      ->add_option("time", options->time,
                   "accept: the wall clock is right, and the exchange is to follow it; a time: "
                   "where one that was started with clock = \"trace\" moves to, never backwards")
      ->type_name("accept|TIME")
      ->required();
  add_link_options(*command, options->link);
  command->footer(example_text("clock accept"));
  command->callback([options] {
    options->time == "accept" ? accept_clock(options->link)
                              : set_clock(options->link, options->time);
  });
}

}  // namespace

void add_status(CLI::App& app) {
  add_clock(app);
  struct Options {
    LinkOptions link;
    std::uint64_t before = 0;
    std::uint32_t limit = 20;
  };
  {
    const auto options = std::make_shared<Options>();
    CLI::App* const command = app.add_subcommand("status", "what the exchange is doing now");
    add_link_options(*command, options->link, true);
    command->footer(example_text("status data/demo"));
    command->callback([options] { show_status(options->link); });
  }
  const auto options = std::make_shared<Options>();
  CLI::App* const command =
      app.add_subcommand("access-log", "who asked what about whom, newest first");
  command->add_option("--before", options->before, "only older ones than this number; 0 = all");
  command->add_option("--limit", options->limit, "so many at most")
      ->check(CLI::Range(1, 500))
      ->capture_default_str();
  add_link_options(*command, options->link);
  command->footer(example_text("access-log --limit 50"));
  command->callback([options] { show_access_log(options->link, options->before, options->limit); });
}

}  // namespace karst::tool
