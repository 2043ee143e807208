// karstd: the exchange. Wiring only.
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "gateway/config/config.hpp"
#include "gateway/config/sizes_at_start.hpp"
#include "gateway/config/version.hpp"
#include "gateway/daemon/daemon.hpp"
#include "gateway/daemon/open_files.hpp"
#include "ledger/files/huge_pages.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/files/standard_output.hpp"

namespace {

using karst::gateway::Config;
using karst::gateway::Daemon;

constexpr const char* usage =
    "usage: karstd CONFIG                 run the exchange until Ctrl-C or SIGTERM;\n"
    "                                     SIGHUP reads certificates and limits again\n"
    "       karstd --accept-clock CONFIG  the same, this once with the wall clock believed\n"
    "       karstd --check-config CONFIG  is it sound, what does it cost in memory and on\n"
    "                                     the disk, and what would a start do with it\n"
    "       karstd --version\n"
    "CONFIG: a file like karst.toml, or its folder. karst init DIR makes one and all it needs.\n";

int fail(const karst::Error& error) {
  std::fprintf(stderr, "karstd: %s\n", error.text().c_str());
  if (error.code == karst::ErrorCode::locked) {
    std::fprintf(stderr, "karstd: another karstd runs on these files\n");
  }
  return 1;
}

/// Prints what was asked for. Returns: the exit code; a reader that wants no more is no failure.
int print(const std::string& text) {
  karst::Status written = karst::write_output(text);
  if (written) written = karst::flush_output();
  if (written || karst::is_reader_gone(written.error())) return 0;
  std::fprintf(stderr, "karstd: OUTPUT_LOST: %s\n", written.error().text().c_str());
  return 1;
}

/// The configuration meant: a folder has it as karst.toml.
std::string config_path(const std::string& named) {
  std::error_code none;
  return std::filesystem::is_directory(named, none) ? named + "/karst.toml" : named;
}

/// Blocks the signals that are waited for, in this thread and all that come from it.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

/// The configuration, with as many connections as there may be open files.
karst::Result<Config> load(const std::string& path) {
  karst::Result<Config> config = karst::gateway::load_config(path);
  if (!config) return config;
  const karst::Result<std::string> lowered = karst::gateway::fit_open_files(*config);
  if (!lowered) return lowered.error();
  if (!lowered->empty()) std::fprintf(stderr, "karstd: %s\n", lowered->c_str());
  return config;
}

void reload(Daemon& daemon, const std::string& path) {
  const karst::Result<Config> config = load(path);
  const karst::Result<std::string> left =
      config ? daemon.reload(*config) : karst::Result<std::string>(config.error());
  if (!left) {
    std::fprintf(stderr, "karstd: nothing reloaded: %s\n", left.error().text().c_str());
    return;
  }
  const std::string rest =
      left->empty() ? "" : "karstd: not reloaded, restart karstd for it: " + *left + "\n";
  std::fprintf(stderr, "karstd: certificates and limits reloaded\n%s", rest.c_str());
}

int serve(const Config& config, const std::string& path, const sigset_t& signals) {
  Daemon daemon(config);
  if (const karst::Status started = daemon.start(); !started) return fail(started.error());
  std::fprintf(stderr, "karstd: %s\nkarstd: serving at %s:%u\n", daemon.recovery_text().c_str(),
               config.server.address.c_str(), daemon.port());
  while (true) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) break;
    reload(daemon, path);
  }
  std::fprintf(stderr, "karstd: stopping\n");
  daemon.stop();
  std::fprintf(stderr, "karstd: %s\n", daemon.closing_text().c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // Before anything that takes time: a signal that comes early waits until it can be heeded.
  const sigset_t signals = block_signals();
  karst::prepare_standard_streams();
  karst::use_huge_pages();
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (argc == 2 && (first == "--help" || first == "-h")) return print(usage);
  if (argc == 2 && first == "--version") {
    return print(std::string("karstd ") + karst::gateway::version + "\n");
  }
  const bool is_check = argc == 3 && first == "--check-config";
  const bool is_clock_accepted = argc == 3 && first == "--accept-clock";
  if (!is_check && !is_clock_accepted && (argc != 2 || first.starts_with('-'))) {
    std::fputs(usage, stderr);
    return 2;
  }
  const std::string path = config_path(argv[argc - 1]);
  karst::Result<Config> config = is_check ? karst::gateway::load_config(path) : load(path);
  if (!config) return fail(config.error());
  if (is_check) {
    karst::PosixStorage storage;
    const karst::Result<std::string> sizes = karst::gateway::sizes_at_start(storage, *config);
    if (!sizes) return fail(sizes.error());
    return print(karst::gateway::capacity_table(*config) +
                 karst::gateway::retention_table(*config) + "\n" + *sizes + "\n");
  }
  config->is_wall_clock_accepted = is_clock_accepted;
  return serve(*config, path, signals);
}
