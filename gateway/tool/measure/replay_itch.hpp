// `karst replay itch`: recorded order flow through a book and through an exchange.
#pragma once

#include <string>

#include "gateway/tool/exchange_link.hpp"

namespace karst::tool {

struct ReplayItchOptions {
  std::string file;
  std::string mode = "both";  ///< build, match or both
  bool is_gateway = false;    ///< match through an exchange made for it too, and compare
  bool is_running = false;    ///< through that of `link` instead
  std::string keep;           ///< folder for our own; empty: a temporary one
  LinkOptions link;
};

/// Plays the file and prints the figures. A file that is not consistent, or an exchange that comes
/// to something else than the book in process, ends the program with exit_damaged.
void run_replay_itch(const ReplayItchOptions& options);

}  // namespace karst::tool
