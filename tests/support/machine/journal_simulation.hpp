// A client, a file log and a disk that fails: the oracle of what must still be there afterwards.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/seams/random.hpp"
#include "ledger/journal/file_log.hpp"
#include "tests/support/machine/sim_clock.hpp"
#include "tests/support/machine/sim_storage.hpp"

namespace karst::sim {

/// Marks that a run came by what it is there to test.
struct JournalCoverage {
  std::uint64_t recoveries = 0;
  std::uint64_t crashes = 0;
  std::uint64_t crashes_in_recovery = 0;
  std::uint64_t torn_tails_cut = 0;
  std::uint64_t batches_acked = 0;
  std::uint64_t batches_lost_unacked = 0;
  std::uint64_t batches_kept_unacked = 0;
  std::uint64_t damage_refused = 0;
  std::uint64_t disk_full = 0;
  std::uint64_t failed_syncs = 0;
  std::uint64_t segments_trimmed = 0;

  void add(const JournalCoverage& other);
};

/// One journal through many lives. The client keeps what it asked for and what it was told was
/// durable; after every recovery the journal must hold each acknowledged batch once, in order and
/// byte for byte, and of the others a prefix, each wholly there or wholly absent.
///
/// Every way to lose, repeat, mix or invent a batch is a line in violations().
class JournalSimulation {
 public:
  explicit JournalSimulation(std::uint64_t seed);

  [[nodiscard]] SimStorage& storage() { return storage_; }
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] const JournalCoverage& coverage() const { return coverage_; }
  [[nodiscard]] std::uint64_t commands_staged() const { return next_command_ - 1; }

  /// Starts a process: opens the journal, compares it with what the client knows, leads it.
  ///
  /// Returns: false if the process died of a fault.
  bool start();
  /// One random step of the process's work. Returns: false if it died of a fault.
  bool step();
  /// Steps until that many commands were staged since the beginning. Returns: false if it died.
  bool run_until(std::uint64_t commands_total);
  /// The process ends, and the machine with it unless `loss` is kept.
  void die(Loss loss);
  /// While no process runs: turns over a bit of a frame that a later one covers, and expects that
  /// the journal is refused, with the place. Then turns it back.
  void damage_covered_frame();

 private:
  struct Asked {
    std::uint64_t seq = 0;
    std::uint64_t first_command = 0;
    std::uint32_t count = 0;
    std::vector<std::byte> payload;
  };

  bool stage();
  bool sync();
  bool survives(const Error& error);
  void observe_acks();
  void compare();
  void compare_batches();
  [[nodiscard]] Result<std::uint64_t> read_against_asked();
  void violation(const std::string& what);

  SimStorage storage_;
  SimClock clock_;
  Random random_;
  FileLogOptions options_;
  std::unique_ptr<FileLog> log_;
  Leadership leadership_;
  std::uint64_t last_epoch_ = 0;
  std::uint64_t led_from_seq_ = 0;  // the frame that says so
  std::uint64_t next_command_ = 1;
  std::vector<Asked> asked_;        // ascending; those that may still be in the journal
  std::uint64_t acked_seq_ = 0;     // the client was told that all up to here is durable
  std::uint64_t trimmed_seq_ = 0;   // the client let go of all up to here
  std::vector<std::string> violations_;
  JournalCoverage coverage_;
};

/// One seeded schedule of crashes, failing calls, failing syncs, full disks and flipped bits.
///
/// Returns: its violations; adds to `coverage`.
[[nodiscard]] std::vector<std::string> run_journal_schedule(std::uint64_t seed,
                                                            JournalCoverage& coverage);

/// A script of `commands` commands, stopped at its n-th change of the disk with that loss, then
/// recovered and gone on with.
///
/// Returns: its violations; sets `was_reached` to whether the script has an n-th change.
[[nodiscard]] std::vector<std::string> run_journal_crash(std::uint64_t n, Loss loss,
                                                         std::uint64_t commands,
                                                         JournalCoverage& coverage,
                                                         bool& was_reached);

/// The same script with its n-th call failing with `code` (and `more` after it).
[[nodiscard]] std::vector<std::string> run_journal_failure(std::uint64_t n, std::uint64_t more,
                                                           ErrorCode code, Loss loss,
                                                           std::uint64_t commands,
                                                           JournalCoverage& coverage,
                                                           bool& was_reached);

}  // namespace karst::sim
