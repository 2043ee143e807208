#include "gateway/tool/operate/doctor.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/deed.hpp"

namespace karst::tool {
namespace {

const char* word_of(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::warn:
      return "warn";
    case Health::fail:
      return "fail";
  }
  return "";
}

Colour colour_of(Health health) {
  switch (health) {
    case Health::ok:
      return Colour::green;
    case Health::warn:
      return Colour::yellow;
    case Health::fail:
      return Colour::red;
  }
  return Colour::plain;
}

void run(const LinkOptions& options) {
  const Output output(options.is_json);
  const std::vector<Finding> findings = Doctor(options).examine();
  Json json{{"findings", Json::array()}};
  std::string text;
  Health worst = Health::ok;
  for (const Finding& it : findings) {
    json["findings"].push_back({{"check", it.check},
                                {"health", word_of(it.health)},
                                {"text", it.text},
                                {"hint", it.hint}});
    char line[32];
    std::snprintf(line, sizeof line, "%-4s", word_of(it.health));
    text += output.coloured(colour_of(it.health), line);
    std::snprintf(line, sizeof line, "  %-13s ", it.check);
    text += line + it.text + "\n";
    if (!it.hint.empty()) text += "                     → " + it.hint + "\n";
    worst = std::max(worst, it.health);
  }
  json["health"] = word_of(worst);
  text += worst == Health::ok     ? "all is well"
          : worst == Health::warn ? "it works, but look at what is marked"
                                  : "mend what failed, then look again";
  output.answer(json, text);
  if (worst == Health::fail) throw CLI::RuntimeError(exit_failed);
}

}  // namespace

void Doctor::add(const char* check, Health health, const std::string& text,
                 const std::string& hint) {
  findings_.push_back({check, health, text, hint});
}

std::vector<Finding> Doctor::examine() {
  look_at_config();
  look_at_secrets();
  look_at_certificates();
  look_at_disk();
  look_at_limits();
  look_at_capacity();
  look_at_access_log();
  look_at_books();
  look_at_clock();
  look_at_lock();
  look_at_port();
  look_at_exchange();
  return findings_;
}

void add_doctor(CLI::App& app) {
  const auto options = std::make_shared<LinkOptions>();
  CLI::App* const command =
      app.add_subcommand("doctor", "look at all an exchange needs, on the server itself");
  add_link_options(*command, *options, true);
  command->footer("It logs on with --key, else with the folder's monitor.key, else not at all: a "
                  "log-on with\nthe operator's key would end the session the operator is in.\n" +
                  example_text("doctor data/demo"));
  command->callback([options] { run(*options); });
}

}  // namespace karst::tool
