// `karst load`: the command line of the load generator.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gateway/measure/load.hpp"
#include "gateway/tool/commands.hpp"
#include "gateway/tool/exchange_link.hpp"
#include "gateway/trust/key_file.hpp"

namespace karst::tool {
namespace {

struct LoadOptions {
  LinkOptions link;
  LoadPlan plan;
  std::string mix = to_text(LoadMix{});
  LoadMarketPlan market;
  std::vector<std::string> session_keys;
  std::vector<std::uint32_t> instrument_ids;
  std::int64_t middle_ticks = LoadMarket{}.middle_ticks;
  std::string histogram_file;
  std::string plot_file;
};

/// Sessions of merchants and instruments that were given, on an exchange that is not ours.
LoadSetting given_setting(const LoadOptions& options, const gateway::ClientConfig& config,
                          const Output& output) {
  if (options.instrument_ids.empty()) {
    output.fail({exit_usage, "USAGE", "--session-key needs --instrument",
                 "say which instruments these merchants trade: --instrument ID …"});
  }
  LoadSetting setting;
  setting.market.instruments = options.instrument_ids;
  for (const std::string& path : options.session_keys) {
    const Result<KeyFile> key = read_key_file(path);
    if (!key) output.fail(failure_of(key.error()));
    gateway::ClientConfig session = config;
    session.key = KeyId{key->key};
    session.secret = key->secret;
    setting.sessions.push_back(std::move(session));
  }
  return setting;
}

LoadSetting setting_of(const LoadOptions& options, const Output& output) {
  LinkOptions link = options.link;
  const bool is_given = !options.session_keys.empty();
  if (is_given) link.key = options.session_keys.front();
  const gateway::ClientConfig config = client_config(link, output);
  if (is_given) {
    LoadSetting setting = given_setting(options, config, output);
    setting.market.middle_ticks = options.middle_ticks;
    return setting;
  }
  Result<LoadSetting> made = make_load_market(config, link.home + "/load", options.market);
  if (made) return std::move(made).value();
  const Error& error = made.error();
  if (error.code == ErrorCode::already_exists) {
    output.fail({exit_in_the_way, "ALREADY_EXISTS", error.text(),
                 "say other numbers: --first-account N --first-key N --pool N"});
  }
  if (error.code != ErrorCode::invalid || !error.doing.starts_with("make the market")) {
    output.fail(failure_of(error, config));
  }
  output.fail({exit_refused, "REFUSED", error.text(),
               "it takes an operator's key and accounts, keys and pools below karst.toml's "
               "[capacity]: --first-account, --first-key, --pool"});
}

void write_file(const std::string& path, const std::string& text, const Output& output) {
  if (path.empty()) return;
  std::ofstream stream(path, std::ios::binary);
  stream << text;
  if (!stream.flush()) output.fail(failure_of(Error{ErrorCode::io, "write the file", path}));
}

void run(const LoadOptions& options) {
  const Output output(options.link.is_json);
  LoadPlan plan = options.plan;
  const Result<LoadMix> mix = parse_load_mix(options.mix);
  if (!mix) {
    output.fail({exit_usage, "USAGE", mix.error().text(), "for example --mix place=1,cancel=1"});
  }
  plan.mix = *mix;
  const LoadSetting setting = setting_of(options, output);
  const Result<LoadReport> ran = run_load(setting, plan);
  if (!ran) output.fail(failure_of(ran.error(), setting.sessions.front()));
  const std::size_t sessions = setting.sessions.size();
  write_file(options.histogram_file, ran->tally.latency.percentile_text(), output);
  write_file(options.plot_file, to_svg(*ran, plan, sessions), output);
  output.answer(to_json(*ran, plan, sessions), to_text(*ran, plan, sessions));
  if (!ran->is_complete()) throw CLI::RuntimeError(exit_not_connected);
}

void add_flow_options(CLI::App& command, LoadOptions& options) {
  const char* const group = "Load";
  command.add_option("--rate", options.plan.rate, "commands due per second, over all sessions")
      ->check(CLI::Range(1, 5'000'000))
      ->capture_default_str()
      ->group(group);
  command.add_option("--seconds", options.plan.measured_s, "measured")
      ->check(CLI::Range(0.1, 86'400.0))
      ->capture_default_str()
      ->group(group);
  command.add_option("--warm-up", options.plan.warm_up_s, "seconds before that, not measured")
      ->check(CLI::Range(0.0, 3'600.0))
      ->capture_default_str()
      ->group(group);
  command.add_option("--sessions", options.market.sessions, "merchants, one session each")
      ->check(CLI::Range(1, 999))
      ->capture_default_str()
      ->group(group);
  command.add_option("--instruments", options.market.instruments, "delivery hours they trade")
      ->check(CLI::Range(1, 256))
      ->capture_default_str()
      ->group(group);
  command.add_option("--mix", options.mix, "weights of place, cancel, ioc and amend")
      ->capture_default_str()
      ->group(group);
  command.add_option("--seed", options.plan.seed, "of the commands")
      ->capture_default_str()
      ->group(group);
  command.add_option("--threads", options.plan.threads, "of the generator")
      ->check(CLI::Range(1, 64))
      ->capture_default_str()
      ->group(group);
  command.add_flag("--poisson", options.plan.is_poisson, "random gaps instead of all alike")
      ->group(group);
}

}  // namespace

void add_load(CLI::App& app) {
  const auto options = std::make_shared<LoadOptions>();
  CLI::App* command = app.add_subcommand(
      "load", "send commands by the clock, answered or not, and measure the answers");
  add_link_options(*command, options->link, true);
  add_flow_options(*command, *options);
  const char* const made = "What is made on an exchange of one's own";
  command->add_option("--first-account", options->market.first_account, "number of a merchant")
      ->capture_default_str()
      ->group(made);
  command->add_option("--first-key", options->market.first_key, "number of its key")
      ->capture_default_str()
      ->group(made);
  command->add_option("--pool", options->market.pool, "number of the pool they trade")
      ->capture_default_str()
      ->group(made);
  const char* const given = "An exchange of others: its merchants' keys instead of an operator's";
  command
      ->add_option("--session-key", options->session_keys,
                   "key file of a merchant: one session each; nothing is made then")
      ->type_name("FILE")
      ->group(given);
  command->add_option("--instrument", options->instrument_ids, "what they trade")->group(given);
  command->add_option("--price", options->middle_ticks, "ticks in the middle of their orders")
      ->check(CLI::Range(std::int64_t{51}, std::int64_t{1} << 40U))
      ->capture_default_str()
      ->group(given);
  command
      ->add_option("--histogram", options->histogram_file,
                   "write the percentiles as HdrHistogram's tools do")
      ->type_name("FILE");
  command->add_option("--plot", options->plot_file, "write a picture (SVG)")->type_name("FILE");
  command->footer(
      "With a folder of karst init or ./run demo and its running karstd nothing else is needed:\n"
      "  karst load data/demo --rate 20000 --plot load.svg\n"
      "Its merchants' keys are kept in data/demo/load. They and what they trade stay there for\n"
      "ever: measure an exchange of its own, not one that is in earnest.");
  command->callback([options] { run(*options); });
}

}  // namespace karst::tool
