#include <CLI/CLI.hpp>
#include <memory>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/measure/replay_cluster.hpp"
#include "gateway/tool/measure/replay_itch.hpp"

namespace karst::tool {

void add_replay(CLI::App& app) {
  CLI::App* replay = app.add_subcommand("replay", "play recorded markets");
  replay->require_subcommand(1);
  auto options = std::make_shared<ReplayItchOptions>();
  CLI::App* itch = replay->add_subcommand("itch", "play an ITCH 5.0 file of one instrument");
  itch->add_option("file", options->file, "ITCH file, plain or .xz")->required();
  itch->add_option("--mode", options->mode, "build the source's book, match its orders, or both")
      ->check(CLI::IsMember({"build", "match", "both"}))
      ->capture_default_str();
  CLI::Option* gateway = itch->add_flag(
      "--gateway", options->is_gateway,
      "match through TLS too, in a karstd started for it, and compare");
  itch->add_flag("--running", options->is_running, "in the exchange of the options below instead")
      ->needs(gateway);
  itch->add_option("--keep", options->keep, "folder to start it in and leave as it is")
      ->type_name("DIR")
      ->needs(gateway);
  add_link_options(*itch, options->link);
  itch->final_callback([options] { run_replay_itch(*options); });
  add_replay_cluster(*replay);
}

}  // namespace karst::tool
