// The subcommands of `karst`: one function per file adds each family to the command line.
#pragma once

namespace CLI {
class App;
}

namespace karst::tool {

/// Runs `karst` with its arguments. Returns: the exit code (ExitCode).
[[nodiscard]] int run(int argc, const char* const* argv);

/// Adds every subcommand.
void add_commands(CLI::App& app);

/// `karst audit …`: transactions, balances, trial balance, reconciliation.
void add_audit(CLI::App& app);

/// `karst bench …`: measures the layers of the engine on recorded flow.
void add_bench(CLI::App& app);

/// `karst completion`: scripts for shells.
void add_completion(CLI::App& app);

/// `karst doctor`: is all as an exchange needs it?
void add_doctor(CLI::App& app);

/// `karst keys create`.
void add_keys(CLI::App& app);
/// `karst proposals`, `karst confirm`.
void add_four_eyes(CLI::App& app);

/// `karst status`, `karst access-log`, `karst clock`.
void add_status(CLI::App& app);

/// `karst demo`: merchants that trade by themselves on a running exchange.
void add_demo(CLI::App& app);

/// `karst init`, `karst keygen`: certificates, keys and the configuration of a new exchange.
void add_init(CLI::App& app);
/// `karst journal verify|dump`, `snapshot`, `state-hash`, `rebuild`, `backup`, `restore`: works on
/// the files of an exchange.
void add_files(CLI::App& app);

/// `karst load`: sends commands by the clock and measures the answers.
void add_load(CLI::App& app);
/// `karst merchant …`, `pool`, `product`, `fund`, `halt` …: the operator's commands.
void add_operate(CLI::App& app);
/// `karst buy`, `karst sell`: an order, and what came of it.
void add_place(CLI::App& app);
/// `karst amend`, `cancel`, `mass-cancel`, `hibernate`, `reactivate`: what is done to orders.
void add_change_orders(CLI::App& app);
/// `karst offers …`: data products sold by posted offer.
void add_offers(CLI::App& app);
/// `karst orders`, `holdings`, `balance`, `instruments`: how things stand.
void add_views(CLI::App& app);
/// `karst events`: the event log of a merchant.
void add_events(CLI::App& app);

/// `karst replay …`: plays recorded markets.
void add_replay(CLI::App& app);

/// `karst watch`: the live market on the terminal, or as JSON.
void add_watch(CLI::App& app);

}  // namespace karst::tool
