#include "gateway/tool/measure/replay_cluster.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/client/stopwatch.hpp"
#include "gateway/sim/cluster_report.hpp"
#include "gateway/sim/cluster_settings.hpp"
#include "gateway/tool/progress.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/offline/offline.hpp"

namespace karst::tool {
namespace {

// What stands behind the bar: the hour of the trace, and what it has come to so far.
std::string note_of(const ClusterProgress& progress) {
  const std::uint64_t hour = progress.step * cluster_step_s / seconds_per_hour;
  return "hour " + std::to_string(hour) + ", " + grouped(progress.commands) + " commands, " +
         grouped(progress.fills) + " fills";
}

/// Replays the journal beside the auditor. What the exchange said when it stopped must come out
/// again.
Status audit_journal(const OwnExchange& exchange, std::uint64_t end_sequence,
                     const std::string& closing_line, ClusterAuditor& auditor) {
  PosixStorage storage;
  Replay replay;
  const std::string journal = ExchangeDirectory(exchange.data()).journal();
  const CommandSink sink = [&](const Executed& executed) {
    auditor.take(executed, replay.engine());
    return Status{};
  };
  if (Status done = replay_files(storage, journal, replay, end_sequence, sink); !done) return done;
  if (!replay.has_engine() || replay.last().sequence != end_sequence) {
    return Error{ErrorCode::corrupt, "find command " + std::to_string(end_sequence), journal};
  }
  auditor.end(replay.engine());
  // Behind the market the session has ended; that too must come out the same.
  const Result<StateAt> newest =
      state_at(storage, ExchangeDirectory(exchange.data()), 0, newest_sequence);
  if (!newest) return newest.error();
  char text[128];
  std::snprintf(text, sizeof text, "stopped at command %" PRIu64 ", event hash %016" PRIx64,
                newest->sequence, newest->event_hash);
  auditor.check(ClusterAuditor::same_replay)
      .expect(closing_line.ends_with(text),
              "the journal says " + std::string(text) + ", the exchange: " + closing_line);
  return {};
}

void summarize(const ClusterTrace& trace, ClusterReport& report) {
  for (std::uint32_t i = 0; i < trace.models.size(); ++i) {
    PoolSummary pool;
    pool.model = trace.models[i];
    pool.cards = trace.cards(i);
    pool.list_price = list_price_of(pool.model);
    for (const ContractFigures& it : report.figures.contracts[i]) {
      pool.orders += it.orders;
      pool.fills += it.fills;
      pool.capacity += it.minted;
      pool.sold += it.lots;
      pool.turnover += it.turnover;
    }
    report.pools.push_back(pool);
  }
}

/// What the replay saw through the gateway belongs to the same invariants.
void add_course(const ClusterCourse& course, ClusterAuditor& auditor) {
  ClusterCheck& money = auditor.check(ClusterAuditor::zero_sum);
  money.looks += course.compared - std::min<std::uint64_t>(course.compared, course.wrong.size());
  for (const std::string& wrong : course.wrong) money.expect(false, wrong);
}

class Replayer {
 public:
  Replayer(const ReplayClusterOptions& options, const Output& output)
      : options_(options), output_(output) {}

  void run() {
    read();
    play();
    check();
    write_page();
    output_.answer(json_of(report_), text_of(report_, output_.paint()) + "\n\n  " + page_path());
    if (!report_.is_sound()) {
      throw CLI::RuntimeError(exit_damaged);
    }
  }

 private:
  template <typename T>
  T need(Result<T> result) {
    if (!result) output_.fail(failure_of(result.error()));
    return std::move(result).value();
  }
  void need(const Status& status) {
    if (!status) output_.fail(failure_of(status.error()));
  }
  [[nodiscard]] std::string page_path() const {
    return options_.page.empty() ? options_.directory + "/report.html" : options_.page;
  }

  void read() {
    trace_ = need(read_cluster_trace(options_.nodes, options_.tasks));
    const auto whole = static_cast<std::uint32_t>(trace_.end_s / seconds_per_hour);
    report_.hours = options_.hours == 0 ? std::max(whole, 1U) : options_.hours;
    demand_ = need(cluster_demand(
        trace_, {.hours = report_.hours, .scale = options_.scale, .seed = options_.seed}));
    report_.nodes_file = std::filesystem::path(options_.nodes).filename().string();
    report_.tasks_file = std::filesystem::path(options_.tasks).filename().string();
    report_.scale = options_.scale;
    report_.seed = options_.seed;
    report_.tasks = demand_.wishes.size();
    report_.requested = demand_.requested;
    report_.capacity = demand_.capacity;
  }

  void play() {
    const ClusterSizes sizes{.models = static_cast<std::uint32_t>(trace_.models.size()),
                             .providers = cluster_providers,
                             .hours_listed = std::min(cluster_window_hours, report_.hours)};
    exchange_.emplace(
        need(OwnExchange::make(options_.directory, cluster_settings(sizes), options_.program)));
    ClusterLink link(*exchange_);
    ClusterAccounts accounts(cluster_first_hour);
    ClusterDesk desk(link, accounts);
    ClusterMarket market(desk, trace_, report_.hours);
    ClusterRun course(desk, market, demand_, report_.hours);
    const std::int64_t begun_ns = monotonic_ns();
    need(link.open());
    ProgressBar bar("replay", course.steps());
    need(course.play(options_.kills, options_.seed, [&](const ClusterProgress& progress) {
      bar.show(progress.step, note_of(progress));
    }));
    report_.trading_s = static_cast<double>(monotonic_ns() - begun_ns) / 1e9;
    end_sequence_ = link.last_sequence();
    closing_line_ = need(exchange_->stop());
    report_.latency = link.latency();
    report_.kills = link.kills();
    report_.reconnects = link.reconnects();
    report_.demand = course.course().demand;
    report_.hours_moved = course.course().hours_moved;
    report_.compared = course.course().compared;
    course_ = course.course();
  }

  void check() {
    const std::int64_t begun_ns = monotonic_ns();
    ClusterAuditor auditor(static_cast<std::uint32_t>(trace_.models.size()), report_.hours);
    need(audit_journal(*exchange_, end_sequence_, closing_line_, auditor));
    add_course(course_, auditor);
    report_.books =
        need(check_books(exchange_->data(), options_.directory + "/replayed", auditor));
    std::error_code ignored;  // the copy has done its work
    std::filesystem::remove_all(options_.directory + "/replayed", ignored);
    report_.figures = auditor.figures();
    report_.checks.assign(auditor.checks().begin(), auditor.checks().end());
    summarize(trace_, report_);
    report_.checking_s = static_cast<double>(monotonic_ns() - begun_ns) / 1e9;
  }

  void write_page() {
    std::ofstream stream(page_path(), std::ios::binary | std::ios::trunc);
    stream << page_of(report_);
    stream.close();
    if (!stream) need(Status(Error{ErrorCode::io, "write the page", page_path()}));
  }

  const ReplayClusterOptions& options_;
  const Output& output_;
  ClusterTrace trace_;
  ClusterDemand demand_;
  std::optional<OwnExchange> exchange_;
  std::uint64_t end_sequence_ = 0;
  std::string closing_line_;
  ClusterCourse course_;
  ClusterReport report_;
};

}  // namespace

void run_replay_cluster(const ReplayClusterOptions& options, const Output& output) {
  Replayer(options, output).run();
}

void add_replay_cluster(CLI::App& replay) {
  const auto options = std::make_shared<ReplayClusterOptions>();
  CLI::App* command = replay.add_subcommand(
      "cluster", "tasks of a GPU cluster buy their hours on an exchange of their own");
  command->add_option("--nodes", options->nodes, "CSV file: the machines and their cards")
      ->required();
  command->add_option("--tasks", options->tasks, "CSV file: what was asked of them")->required();
  command
      ->add_option("--data", options->directory,
                   "a new folder: the exchange, its journal and books, the report")
      ->required();
  command->add_option("--hours", options->hours, "delivery hours; 0 = to the end of the trace")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command
      ->add_option("--scale", options->scale,
                   "draw tasks until so many percent of the capacity are asked for; 0 = as traced")
      ->check(CLI::Range(0, 1'000))
      ->capture_default_str();
  command->add_option("--seed", options->seed, "of the draws")->capture_default_str();
  command
      ->add_option("--kills", options->kills,
                   "kill -9 the exchange so many times on the way; the market must not notice")
      ->capture_default_str();
  command->add_option("--page", options->page, "the HTML report; without it DATA/report.html");
  command->add_option("--karstd", options->program,
                      "the exchange's program; without it the one beside this one");
  command->add_flag("--json", options->is_json, "print one JSON object");
  command->final_callback([options] {
    const Output output(options->is_json);
    run_replay_cluster(*options, output);
  });
}

}  // namespace karst::tool
