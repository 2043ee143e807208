#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/replay_itch.hpp"

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
  itch->add_flag("--json", options->is_json, "print one JSON object");
  itch->final_callback([options] { std::exit(run_replay_itch(*options)); });
}

}  // namespace karst::tool
