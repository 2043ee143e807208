// The whole pipeline in one thread on a disk that fails, with clients who remember everything.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/seams/random.hpp"
#include "ledger/books/books_store.hpp"
#include "ledger/events/event_log.hpp"
#include "ledger/exchange/exchange_core.hpp"
#include "ledger/journal/file_log.hpp"
#include "tests/support/machine/client_ack.hpp"
#include "tests/support/machine/memory_store.hpp"
#include "tests/support/machine/sim_clock.hpp"
#include "tests/support/machine/sim_log.hpp"
#include "tests/support/machine/sim_storage.hpp"

namespace karst::sim {

/// Marks that a run came by what it is there to test.
struct ExchangeCoverage {
  std::uint64_t lives = 0;
  std::uint64_t crashes = 0;
  std::uint64_t failed_syncs = 0;
  std::uint64_t torn_tails_cut = 0;
  std::uint64_t recoveries_from_snapshot = 0;
  std::uint64_t snapshots_made = 0;
  std::uint64_t store_catch_ups = 0;
  std::uint64_t stores_left = 0;
  std::uint64_t stores_brought_back = 0;
  std::uint64_t acks = 0;
  std::uint64_t acks_repeated = 0;
  std::uint64_t refused_disk_full = 0;
  std::uint64_t refused_clock_held = 0;
  std::uint64_t refused_busy = 0;
  std::uint64_t ticks = 0;
  std::uint64_t trades = 0;
  std::uint64_t segments_indexed = 0;
  std::uint64_t audit_stores_rebuilt = 0;
  std::uint64_t leaders_fenced = 0;

  void add(const ExchangeCoverage& other);
};

/// One key's owner: sends its commands in order, a few ahead of the answers, keeps every answer,
/// and after a break sends again what was not answered, and some of what was.
class SimClient {
 public:
  SimClient(std::vector<Command> commands, std::uint64_t window)
      : commands_(std::move(commands)),
        acks_(commands_.size()),
        is_acked_(commands_.size()),
        window_(window) {}

  /// The next command to send, or null: all sent, or `window` are in flight.
  [[nodiscard]] const Command* next() const;
  [[nodiscard]] std::uint64_t next_index() const { return next_; }
  void sent() { ++next_; }
  /// The connection broke: what was in flight may have happened or not.
  void reconnect(std::uint64_t resend_acked);
  /// The command was not taken; it and what follows is sent again.
  void refused(std::uint64_t index);
  /// Returns: what is wrong with the answer, or "".
  [[nodiscard]] std::string answered(std::uint64_t index, const Event& answer);

  [[nodiscard]] bool is_done() const { return acked_ == commands_.size(); }
  [[nodiscard]] std::uint64_t acked() const { return acked_; }
  [[nodiscard]] const std::vector<Command>& commands() const { return commands_; }
  [[nodiscard]] const ClientAck& ack(std::uint64_t index) const { return acks_[index]; }

 private:
  std::vector<Command> commands_;
  std::vector<ClientAck> acks_;
  std::vector<bool> is_acked_;
  std::uint64_t acked_ = 0;  // the first so many are answered
  std::uint64_t next_ = 0;
  std::uint64_t window_;
};

struct ExchangeSimulationOptions {
  std::uint32_t merchants = 4;
  std::uint32_t commands_per_merchant = 46;
  std::uint64_t script_seed = 1;
  std::uint64_t snapshot_every = 40;
  std::uint32_t batch_commands_max = 16;
  std::uint64_t client_window = 2;
  std::uint64_t segment_bytes = 16 * journal_block_bytes;
  std::uint64_t event_segment_bytes = std::uint64_t{1} << 14U;
  /// The command log is a replicated one, which outlives every process and executes after_commit.
  bool is_replicated = false;
};

/// One exchange through many lives: clients, sequencer, journal, engine, stores and snapshots, all
/// product code, on a SimStorage. Every way in which an answer is lost, changed or given twice, or
/// in which what is derived differs from a replay, is a line in violations().
class ExchangeSimulation {
 public:
  ExchangeSimulation(std::uint64_t seed, const ExchangeSimulationOptions& options);
  ~ExchangeSimulation();

  [[nodiscard]] SimStorage& storage() { return storage_; }
  [[nodiscard]] SimClock& clock() { return clock_; }
  /// The command log, if it is replicated.
  [[nodiscard]] SimLog& replicated() { return replicated_; }
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] const ExchangeCoverage& coverage() const { return coverage_; }
  /// Every client has every answer.
  [[nodiscard]] bool is_done() const;
  /// From here on the machine may fail a call without crashing, and a process may die of it.
  void expect_faults(bool are_expected) { are_faults_expected_ = are_expected; }

  /// A process starts: opens and recovers. Returns: false if it died of a fault.
  bool start();
  /// One step of everybody, in a fixed order. Returns: false if the process died of a fault.
  bool turn();
  /// One step of somebody, by chance. Returns: false if the process died of a fault.
  bool random_step();
  /// The process ends, and the machine with it unless `loss` is kept.
  void die(Loss loss);
  /// Without further faults: runs until every client has every answer, lets everything come to
  /// rest, and compares journal, engine, answers and stores.
  void finish();

 private:
  struct Process;
  enum class Actor : std::uint8_t {
    clients,
    sequencer,
    committer,
    port,
    stores,
    housekeeper,
    shadow
  };
  static constexpr Actor every_actor[] = {Actor::clients, Actor::sequencer, Actor::committer,
                                          Actor::port,    Actor::stores,    Actor::housekeeper,
                                          Actor::shadow};

  bool act(Actor actor);
  void send();
  void receive();
  void answered(const Delivery& delivery);
  void work_for_books();
  void bring_back_stores();
  void make_snapshots();
  bool survives(const Status& status);
  [[nodiscard]] bool is_at_rest() const;
  void check();
  void check_replay();
  void check_history();
  void check_answers();
  void check_event_log();
  void check_books();
  void check_account(std::uint32_t account, const std::vector<AccountEntry>& expected);
  void violation(const std::string& what);

  const ExchangeSimulationOptions options_;
  SimStorage storage_;
  SimClock clock_;
  SimLog replicated_;
  Random random_;
  MemoryStore memory_;
  std::vector<SimClient> clients_;  // [0] = the operator
  bool has_operator_key_ = false;
  bool is_key_in_flight_ = false;
  bool are_faults_expected_ = false;
  std::unique_ptr<Process> process_;
  std::vector<std::string> violations_;
  ExchangeCoverage coverage_;
};

/// The script of about 200 commands, stopped at its n-th change of the disk with that loss, then
/// recovered and finished.
///
/// Returns: its violations; sets `was_reached` to whether the script has an n-th change.
[[nodiscard]] std::vector<std::string> run_exchange_crash(std::uint64_t n, Loss loss,
                                                          ExchangeCoverage& coverage,
                                                          bool& was_reached);

/// The same with a replicated log: the n-th append meets that fate, or, for a loss, the disk of
/// the leader stops at its n-th change.
[[nodiscard]] std::vector<std::string> run_replicated_fate(std::uint64_t n, Fate fate,
                                                           ExchangeCoverage& coverage,
                                                           bool& was_reached);
[[nodiscard]] std::vector<std::string> run_replicated_crash(std::uint64_t n, Loss loss,
                                                            ExchangeCoverage& coverage,
                                                            bool& was_reached);

/// One seeded schedule: random order of steps, crashes, failing calls and syncs, full disks, jumps
/// of the clock; with a replicated log also its fates.
///
/// Returns: its violations; adds to `coverage`.
[[nodiscard]] std::vector<std::string> run_exchange_schedule(std::uint64_t seed,
                                                             ExchangeCoverage& coverage,
                                                             bool is_replicated = false);

}  // namespace karst::sim
