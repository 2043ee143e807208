#include "ledger/exchange/exchange.hpp"

#include <cerrno>  // program_invocation_short_name
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "ledger/exchange/thread_name.hpp"

namespace karst {
namespace {

constexpr int exit_code_fatal = 74;  // EX_IOERR

void end_process(const Error& error) {
  std::fprintf(stderr, "%s: fatal: %s\n", program_invocation_short_name, error.text().c_str());
  std::fflush(stderr);
  std::_Exit(exit_code_fatal);
}

}  // namespace

Exchange::Exchange(ExchangeConfig config, const Clock& clock, CommandLog& log,
                   SnapshotStore* snapshots)
    : config_(std::move(config)), clock_(clock), core_(config_, clock, log, snapshots) {
  if (config_.on_fatal == nullptr) config_.on_fatal = end_process;
}

Exchange::~Exchange() { stop(); }

void Exchange::add_store(DerivedStore& store) {
  KARST_ASSERT(!engine_thread_.joinable());
  stores_.push_back(std::make_unique<StoreRunner>(core_, store, clock_, config_.on_store));
}

Port& Exchange::open_port(std::string name, std::function<void()> wake) {
  KARST_ASSERT(!engine_thread_.joinable());
  return core_.open_port(std::move(name), std::move(wake));
}

Result<RecoveryReport> Exchange::start() {
  KARST_ASSERT(!engine_thread_.joinable());
  Result<RecoveryReport> report = core_.begin();
  if (!report) return report;
  engine_thread_ = std::thread([this] { run_engine(); });
  for (const auto& store : stores_) store->start();
  if (core_.snapshotter() != nullptr) {
    snapshots_thread_ = std::thread([this] { run_snapshots(); });
  }
  if (core_.committer() != nullptr) {
    sync_thread_ = std::thread([this] { run_sync(); });
    housekeeper_thread_ = std::thread([this] { run_housekeeper(); });
  }
  return report;
}

void Exchange::stop() {
  core_.pipeline().stop_accepting();
  is_stopping_.store(true, std::memory_order_release);
  for (Bell* bell : {&core_.pipeline().sequencer_bell(), &core_.pipeline().housekeeper_bell(),
                     &snapshots_bell_}) {
    bell->ring();
  }
  if (engine_thread_.joinable()) engine_thread_.join();
  is_engine_done_.store(true, std::memory_order_release);
  if (core_.committer() != nullptr) core_.committer()->bell().ring();
  if (sync_thread_.joinable()) sync_thread_.join();
  if (housekeeper_thread_.joinable()) housekeeper_thread_.join();
  if (snapshots_thread_.joinable()) snapshots_thread_.join();
  for (const auto& store : stores_) has_failed() ? store->abandon() : store->finish();
}

void Exchange::fail(const Error& error) {
  core_.pipeline().stop_accepting();
  if (has_failed_.exchange(true, std::memory_order_acq_rel)) return;
  config_.on_fatal(error);
  core_.pipeline().sequencer_bell().ring();
  if (core_.committer() != nullptr) core_.committer()->bell().ring();
  core_.pipeline().housekeeper_bell().ring();
  snapshots_bell_.ring();
  for (const auto& store : stores_) store->give_up();
}

void Exchange::run_engine() {
  name_thread("engine");
  Bell& bell = core_.pipeline().sequencer_bell();
  while (!has_failed()) {
    const std::uint32_t seen = bell.signals();
    const bool has_more_questions = answer_questions();
    if (is_stopping_.load(std::memory_order_acquire)) {
      core_.sequencer().refuse_waiting();
      if (core_.sequencer().is_idle()) return;
    }
    const Result<bool> did = core_.sequencer().step();
    if (!did) return fail(did.error());
    if (core_.sequencer().staged_count() != 0) {
      if (const Status committed = commit_staged(); !committed) return fail(committed.error());
    }
    if (!*did && !has_more_questions) {
      bell.wait(seen, core_.sequencer().wait_ns(), config_.spins);
    }
  }
}

/// A command that comes alone, while no sync is on its way, is synced by this thread: there is
/// nothing to do beside it, and waking another takes longer than the engine takes for it.
Status Exchange::commit_staged() {
  Committer& committer = *core_.committer();
  const bool is_alone =
      core_.sequencer().staged_count() == 1 && !core_.pipeline().has_submissions();
  bool is_sync_thread_asleep = true;
  if (std::unique_lock guard(sync_side_, std::defer_lock); is_alone && guard.try_lock()) {
    is_sync_thread_asleep = committer.wait_ns() == Bell::for_ever;
    if (const Result<bool> did = committer.step(); !did) return did.error();
  }
  // Also afterwards: it covers the last batch when nothing follows.
  if (is_sync_thread_asleep) committer.bell().ring();
  return {};
}

void Exchange::run_sync() {
  name_thread("sync");
  Bell& bell = core_.committer()->bell();
  while (!has_failed()) {
    const std::uint32_t seen = bell.signals();
    const bool is_last = is_engine_done_.load(std::memory_order_acquire);
    std::unique_lock guard(sync_side_);
    const Result<bool> did = core_.committer()->step();
    const std::uint64_t wait_ns = core_.committer()->wait_ns();
    guard.unlock();
    if (!did) return fail(did.error());
    if (*did) continue;
    if (is_last) return;
    bell.wait(seen, wait_ns, config_.spins);
  }
}

void Exchange::run_housekeeper() {
  name_thread("housekeeper");
  Bell& bell = core_.pipeline().housekeeper_bell();
  while (!has_failed() && !is_stopping_.load(std::memory_order_acquire)) {
    const std::uint32_t seen = bell.signals();
    const Status prepared = prepare_log(core_.pipeline(), *core_.overlapped_log());
    if (!prepared) return fail(prepared.error());
    bell.wait(seen, housekeeping_interval_ns);
  }
}

void Exchange::run_snapshots() {
  name_thread("snapshots");
  be_nice();
  while (!has_failed() && !is_stopping_.load(std::memory_order_acquire)) {
    const std::uint32_t seen = snapshots_bell_.signals();
    // One snapshot less does no harm; a shadow that differs says that nothing can be trusted.
    const Status made = core_.snapshotter()->step();
    if (!made && made.error().code == ErrorCode::invalid) return fail(made.error());
    snapshots_bell_.wait(seen, snapshots_interval_ns);
  }
}

bool Exchange::request_snapshot() {
  if (core_.snapshotter() == nullptr) return false;
  core_.snapshotter()->request();
  snapshots_bell_.ring();
  return true;
}

bool Exchange::ask(Question question, std::uint32_t steps) {
  KARST_ASSERT(steps <= question_steps_per_turn);
  if (!engine_thread_.joinable() || core_.pipeline().is_stopped()) return false;
  {
    const std::lock_guard guard(questions_lock_);
    if (questions_.size() == questions_max) return false;
    questions_.push_back({std::move(question), steps});
    has_questions_.store(true, std::memory_order_release);
  }
  core_.pipeline().sequencer_bell().ring();
  return true;
}

bool Exchange::answer_questions() {
  if (!has_questions_.load(std::memory_order_acquire)) return false;
  std::vector<Question> questions;
  bool has_more = false;
  {
    const std::lock_guard guard(questions_lock_);
    std::uint32_t steps_left = question_steps_per_turn;
    while (!questions_.empty() && questions_.front().steps <= steps_left) {
      steps_left -= questions_.front().steps;
      questions.push_back(std::move(questions_.front().question));
      questions_.pop_front();
    }
    has_more = !questions_.empty();
    has_questions_.store(has_more, std::memory_order_release);
  }
  for (const Question& question : questions)
    question(core_.engine(), core_.pipeline().last_applied());
  return has_more;
}

}  // namespace karst
