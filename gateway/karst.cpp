// The one tool of the house: every subcommand lives in gateway/tool/.
#include <CLI/CLI.hpp>

#include "gateway/tool/commands.hpp"

int main(int argc, char** argv) {
  CLI::App app{"karst: the tool of the Karst exchange", "karst"};
  app.require_subcommand(1);
  karst::tool::add_audit(app);
  karst::tool::add_bench(app);
  karst::tool::add_demo(app);
  karst::tool::add_init(app);
  karst::tool::add_replay(app);
  karst::tool::add_watch(app);
  karst::tool::add_files(app);
  CLI11_PARSE(app, argc, argv);
  return 0;
}
