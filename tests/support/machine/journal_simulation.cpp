#include "tests/support/machine/journal_simulation.hpp"

#include <algorithm>

namespace karst::sim {
namespace {

const std::string directory = "journal";
constexpr std::uint64_t script_seed = 20150414;

Loss random_loss(Random& random) { return every_loss[random.below(std::size(every_loss))]; }

}  // namespace

void JournalCoverage::add(const JournalCoverage& other) {
  recoveries += other.recoveries;
  crashes += other.crashes;
  crashes_in_recovery += other.crashes_in_recovery;
  torn_tails_cut += other.torn_tails_cut;
  batches_acked += other.batches_acked;
  batches_lost_unacked += other.batches_lost_unacked;
  batches_kept_unacked += other.batches_kept_unacked;
  damage_refused += other.damage_refused;
  disk_full += other.disk_full;
  failed_syncs += other.failed_syncs;
  segments_trimmed += other.segments_trimmed;
}

JournalSimulation::JournalSimulation(std::uint64_t seed) : storage_(seed ^ 0x5eedU), random_(seed) {
  options_.directory = directory;
  options_.shard = 3;
  options_.segment_bytes = 6 * journal_block_bytes;
  options_.staging_bytes = 8 * journal_block_bytes;
  options_.reserve_bytes = 2 * journal_block_bytes;
}

void JournalSimulation::violation(const std::string& what) { violations_.push_back(what); }

// Whether the process goes on after the error. It does so only when nothing was changed.
bool JournalSimulation::survives(const Error& error) {
  if (error.code == ErrorCode::no_space) coverage_.disk_full += 1;
  if (error.code == ErrorCode::busy || error.code == ErrorCode::no_space) return true;
  if (error.code == ErrorCode::corrupt || error.code == ErrorCode::unknown_format) {
    violation("a journal that only saw crashes is refused: " + error.text());
  }
  return false;
}

bool JournalSimulation::start() {
  clock_.advance(1'000'000'000);
  Result<std::unique_ptr<FileLog>> opened = FileLog::open(storage_, clock_, options_);
  if (!opened) {
    coverage_.crashes_in_recovery += storage_.has_crashed() ? 1 : 0;
    return survives(opened.error()) && false;
  }
  log_ = std::move(opened).value();
  coverage_.recoveries += 1;
  coverage_.torn_tails_cut += log_->recovery().torn_tail.has_value() ? 1 : 0;
  compare();
  const Result<Leadership> acquired = log_->acquire(options_.shard);
  if (!acquired) return survives(acquired.error()) && false;
  leadership_ = *acquired;
  // On a full disk an epoch in which nobody has written may be led in again.
  const bool is_unused = log_->recovery().last_seq == led_from_seq_;
  if (leadership_.epoch < last_epoch_ + (is_unused ? 0 : 1)) violation("the epoch did not grow");
  last_epoch_ = leadership_.epoch;
  led_from_seq_ = log_->durable_seq();
  observe_acks();
  return true;
}

// The journal as it is now against what the client knows. What is there counts from now on.
void JournalSimulation::compare() {
  const std::uint64_t last = log_->recovery().last_seq;
  if (last < acked_seq_) {
    violation("acknowledged up to frame " + std::to_string(acked_seq_) + ", found up to " +
              std::to_string(last));
  }
  while (!asked_.empty() && asked_.back().seq > last) {
    coverage_.batches_lost_unacked += 1;
    asked_.pop_back();
  }
  for (const Asked& batch : asked_) {
    if (batch.seq > acked_seq_) coverage_.batches_kept_unacked += 1;
  }
  compare_batches();
  next_command_ = asked_.empty() ? std::max<std::uint64_t>(log_->recovery().next_command, 1)
                                 : asked_.back().first_command + asked_.back().count;
  if (log_->recovery().next_command != next_command_) violation("the next command is another");
  observe_acks();
}

void JournalSimulation::compare_batches() {
  storage_.pause_faults(true);
  const Result<std::uint64_t> missing = read_against_asked();
  storage_.pause_faults(false);
  if (!missing) return violation("the recovered journal does not read: " + missing.error().text());
  if (*missing != 0) violation("frame " + std::to_string(*missing) + " is not what was asked");
}

// Returns: the first frame that is not the one the client asked for; 0 when all are.
Result<std::uint64_t> JournalSimulation::read_against_asked() {
  auto expected = asked_.begin();
  bool is_first = true;
  Result<JournalReader> reader = JournalReader::open(storage_, directory, JournalReader::earliest);
  if (!reader) return reader.error();
  for (;;) {
    const Result<bool> more = reader->next();
    if (!more) return more.error();
    if (!*more) break;
    const FrameHeader& header = reader->header();
    if (is_first && header.seq > trimmed_seq_ + 1) violation("more was trimmed than let go");
    while (is_first && expected != asked_.end() && expected->seq < header.seq) ++expected;
    is_first = false;
    if (header.kind != FrameKind::batch) continue;
    const auto payload = reader->payload();
    const bool is_same =
        expected != asked_.end() && expected->seq == header.seq &&
        expected->first_command == header.first_command && expected->count == header.count &&
        std::equal(payload.begin(), payload.end(), expected->payload.begin(),
                   expected->payload.end());
    if (!is_same) return header.seq;
    ++expected;
  }
  return expected == asked_.end() ? 0 : expected->seq;
}

void JournalSimulation::observe_acks() {
  const std::uint64_t durable = log_->durable_seq();
  for (const Asked& batch : asked_) {
    coverage_.batches_acked += batch.seq > acked_seq_ && batch.seq <= durable ? 1 : 0;
  }
  acked_seq_ = std::max(acked_seq_, durable);
}

bool JournalSimulation::stage() {
  const auto count = static_cast<std::uint32_t>(random_.between(1, 5));
  const std::uint64_t bytes = random_.chance(1, 8) ? random_.between(4000, 9000) : 0;
  Asked batch{0, next_command_, count, std::vector<std::byte>(count * 24 + bytes)};
  for (std::byte& byte : batch.payload) byte = static_cast<std::byte>(random_.next());
  const Result<std::uint64_t> seq =
      log_->stage(leadership_, {next_command_, count, clock_.wall_ns(), batch.payload});
  if (!seq) {
    if (!survives(seq.error())) return false;
    return sync();
  }
  batch.seq = *seq;
  next_command_ += count;
  asked_.push_back(std::move(batch));
  return true;
}

bool JournalSimulation::sync() {
  const std::uint64_t before = storage_.syncs();
  const Result<std::uint64_t> synced = log_->sync();
  observe_acks();  // acknowledgements go by durable_seq(), whatever the call says
  if (synced.ok()) return true;
  coverage_.failed_syncs += storage_.syncs() > before ? 1 : 0;
  const std::uint64_t acked = acked_seq_;
  static_cast<void>(log_->sync());
  observe_acks();
  if (acked_seq_ != acked) violation("acknowledged after a failed sync");
  return survives(synced.error());
}

bool JournalSimulation::step() {
  const std::uint64_t dice = random_.below(100);
  if (dice < 55) return stage();
  if (dice < 85) return sync();
  if (dice < 92) {
    clock_.advance(1'500'000);
    const Result<bool> covered = log_->cover_if_idle();
    observe_acks();
    return covered.ok() || survives(covered.error());
  }
  if (dice < 97) {
    const Status prepared = log_->prepare();
    return prepared.ok() || survives(prepared.error());
  }
  const std::uint64_t up_to = random_.below(log_->durable_seq() + 1);
  trimmed_seq_ = std::max(trimmed_seq_, up_to);
  const Status trimmed = log_->trim(up_to);
  coverage_.segments_trimmed += trimmed.ok() ? 1 : 0;
  return trimmed.ok() || survives(trimmed.error());
}

bool JournalSimulation::run_until(std::uint64_t commands_total) {
  const std::uint64_t steps_max = 20 * commands_total + 100;
  for (std::uint64_t i = 0; i < steps_max && commands_staged() < commands_total; ++i) {
    if (!step()) return false;
  }
  return true;
}

void JournalSimulation::die(Loss loss) {
  coverage_.crashes += storage_.has_crashed() ? 1 : 0;
  log_.reset();
  storage_.restart(loss);
}

void JournalSimulation::damage_covered_frame() {
  const JournalReport report = verify_journal(storage_, directory);
  if (!report.is_sound() || report.durable_through == 0) return;
  const std::uint64_t floor = report.first_seq;
  if (report.durable_through < floor) return;
  const std::uint64_t seq = random_.between(floor, report.durable_through);
  Result<JournalReader> reader = JournalReader::open(storage_, directory, seq, seq);
  if (!reader || !reader->next().ok()) return violation("a covered frame cannot be read");
  const std::string file = reader->file();
  const std::uint64_t offset = reader->offset();
  const std::uint64_t byte = offset + random_.below(reader->header().frame_bytes());
  const auto bit = static_cast<unsigned>(random_.below(8));

  storage_.flip_bit(file, byte, bit);
  Result<std::unique_ptr<FileLog>> opened = FileLog::open(storage_, clock_, options_);
  const JournalReport damaged = verify_journal(storage_, directory);
  const TornTail none{"", 0, ~std::uint64_t{0}, FrameFault::none};
  if (opened.ok() &&
      (*opened)->recovery().torn_tail.value_or(none).seq <= report.durable_through) {
    violation("a damaged covered frame was cut as a torn tail");
  } else if (damaged.is_sound()) {
    violation("a damaged covered frame was not found");
  } else if (damaged.fault->what != file || damaged.fault->offset != offset) {
    violation("damage at " + file + ":" + std::to_string(offset) + " was reported as " +
              damaged.fault->text());
  } else {
    coverage_.damage_refused += 1;
  }
  opened = Error{};
  storage_.flip_bit(file, byte, bit);
}

std::vector<std::string> run_journal_schedule(std::uint64_t seed, JournalCoverage& coverage) {
  Random random(seed);
  JournalSimulation simulation(seed);
  constexpr int lives = 6;
  for (int life = 0; life < lives && simulation.violations().empty(); ++life) {
    SimStorage& storage = simulation.storage();
    switch (random.below(6)) {
      case 0: storage.crash_at_change(random.between(1, 12)); break;  // often inside recovery
      case 1:
      case 2: storage.crash_at_change(random.between(1, 120)); break;
      case 3: storage.fail_call(random.between(1, 150), ErrorCode::io, random.below(3)); break;
      case 4: storage.fail_syncs_from(random.between(1, 40)); break;
      default: storage.set_capacity(random.between(1, 8) * 6 * journal_block_bytes); break;
    }
    if (simulation.start()) {
      static_cast<void>(simulation.run_until(simulation.commands_staged() +
                                             random.between(10, 120)));
    }
    const Loss loss = random_loss(random);
    simulation.die(loss);
    storage.set_capacity(~std::uint64_t{0});
    // Where only the process died, what is seen need not be what the device has.
    if (loss != Loss::kept && random.chance(1, 3)) simulation.damage_covered_frame();
  }
  // With the faults over, the journal opens and goes on.
  if (simulation.violations().empty() &&
      !(simulation.start() && simulation.run_until(simulation.commands_staged() + 20))) {
    coverage.add(simulation.coverage());
    return {"the journal does not go on once the faults are over"};
  }
  coverage.add(simulation.coverage());
  return simulation.violations();
}

namespace {

// What stands behind both: recover from what happened, go on, and lose power once more.
std::vector<std::string> finish(JournalSimulation& simulation, Loss loss, std::uint64_t commands,
                                JournalCoverage& coverage) {
  simulation.die(loss);
  bool goes_on = simulation.start() && simulation.run_until(commands + 20);
  simulation.die(Loss::lost);
  goes_on = goes_on && simulation.start();
  coverage.add(simulation.coverage());
  std::vector<std::string> violations = simulation.violations();
  if (!goes_on && violations.empty()) violations.emplace_back("the journal does not go on");
  return violations;
}

}  // namespace

std::vector<std::string> run_journal_crash(std::uint64_t n, Loss loss, std::uint64_t commands,
                                           JournalCoverage& coverage, bool& was_reached) {
  JournalSimulation simulation(script_seed);
  simulation.storage().crash_at_change(n);
  if (simulation.start()) static_cast<void>(simulation.run_until(commands));
  was_reached = simulation.storage().has_crashed();
  return finish(simulation, loss, commands, coverage);
}

std::vector<std::string> run_journal_failure(std::uint64_t n, std::uint64_t more, ErrorCode code,
                                             Loss loss, std::uint64_t commands,
                                             JournalCoverage& coverage, bool& was_reached) {
  JournalSimulation simulation(script_seed);
  simulation.storage().fail_call(n, code, more);
  if (simulation.start()) static_cast<void>(simulation.run_until(commands));
  was_reached = simulation.storage().calls() >= n;
  return finish(simulation, loss, commands, coverage);
}

}  // namespace karst::sim
