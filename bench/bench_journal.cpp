// What a durable batch costs: the raw disk, the journal at several batch sizes, and reading back.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "bench/bench_folder.hpp"
#include "bench/registered.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/files/system_clock.hpp"
#include "ledger/journal/file_log.hpp"

namespace {

using namespace karst;
using bench::BenchFolder;
using bench::is_small;

constexpr std::size_t command_bytes = 128;
const std::uint64_t segment_bytes = std::uint64_t{is_small ? 4U : 64U} << 20U;

// Stops the benchmark with the error's text. Returns: whether it was ok.
template <typename T>
bool check(benchmark::State& state, const Result<T>& result) {
  if (!result) state.SkipWithError(result.error().text().c_str());
  return result.ok();
}

// Times each round itself, for the percentiles beside the mean.
class Latencies {
 public:
  explicit Latencies(const Clock& clock) : clock_(clock) {}
  void begin() { began_ns_ = clock_.steady_ns(); }
  void end() { rounds_ns_.push_back(clock_.steady_ns() - began_ns_); }
  void report(benchmark::State& state) {
    if (rounds_ns_.empty()) return;
    std::sort(rounds_ns_.begin(), rounds_ns_.end());
    state.counters["p50_us"] = static_cast<double>(rounds_ns_[rounds_ns_.size() / 2]) / 1000.0;
    state.counters["p99_us"] =
        static_cast<double>(rounds_ns_[rounds_ns_.size() * 99 / 100]) / 1000.0;
  }

 private:
  const Clock& clock_;
  std::uint64_t began_ns_ = 0;
  std::vector<std::uint64_t> rounds_ns_;
};

// The baseline: one write of `bytes` and its sync, on a zero-filled file of one segment.
void raw_write(benchmark::State& state, OpenMode mode) {
  const BenchFolder folder("journal_bench");
  PosixStorage storage;
  const SystemClock clock;
  const std::string path = folder.path() + "/raw";
  const auto bytes = static_cast<std::size_t>(state.range(0));
  {
    const Result<OpenFile> made = OpenFile::open(storage, path, OpenMode::create);
    if (!check(state, made)) return;
    if (!check(state, storage.preallocate(made->handle(), segment_bytes))) return;
    if (!check(state, storage.sync(made->handle()))) return;
  }
  const Result<OpenFile> file = OpenFile::open(storage, path, mode);
  if (!check(state, file)) return;
  auto* block = static_cast<std::byte*>(std::aligned_alloc(Storage::block_bytes, bytes));
  std::fill_n(block, bytes, std::byte{7});
  Latencies latencies(clock);
  std::uint64_t offset = 0;
  for ([[maybe_unused]] auto _ : state) {
    latencies.begin();
    if (!check(state, storage.write_through(file->handle(), offset, {block, bytes}))) break;
    latencies.end();
    offset = (offset + bytes) % segment_bytes;
  }
  std::free(block);
  latencies.report(state);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void raw_fdatasync(benchmark::State& state) { raw_write(state, OpenMode::write); }
void raw_direct(benchmark::State& state) { raw_write(state, OpenMode::write_direct); }

struct Log {
  BenchFolder folder{"journal_bench"};
  PosixStorage storage;
  SystemClock clock;
  std::unique_ptr<FileLog> log;
  Leadership leadership;
  std::uint64_t next_command = 1;

  bool open(benchmark::State& state) {
    FileLogOptions options;
    options.directory = folder.path() + "/journal";
    options.segment_bytes = segment_bytes;
    Result<std::unique_ptr<FileLog>> opened = FileLog::open(storage, clock, options);
    if (!check(state, opened)) return false;
    log = std::move(opened).value();
    const Result<Leadership> acquired = log->acquire(0);
    if (!check(state, acquired)) return false;
    leadership = *acquired;
    return true;
  }
};

// Stages one batch and syncs it: the time until it may be acknowledged.
void log_append(benchmark::State& state) {
  Log journal;
  if (!journal.open(state)) return;
  const auto count = static_cast<std::uint32_t>(state.range(0));
  const std::vector<std::byte> payload(count * command_bytes, std::byte{42});
  Latencies latencies(journal.clock);
  for ([[maybe_unused]] auto _ : state) {
    latencies.begin();
    const Result<Appended> done = journal.log->append(
        journal.leadership,
        {journal.next_command, count, journal.clock.wall_ns(), payload});
    if (!check(state, done)) break;
    latencies.end();
    journal.next_command += count;
    // The next segment is made by another thread in the exchange, and not timed here either.
    if (journal.log->space_left() < segment_bytes / 2) {
      state.PauseTiming();
      if (!check(state, journal.log->prepare())) break;
      if (!check(state, journal.log->trim(done->seq))) break;
      state.ResumeTiming();
    }
  }
  latencies.report(state);
  state.SetItemsProcessed(state.iterations() * count);
  state.SetBytesProcessed(state.iterations() * count * static_cast<std::int64_t>(command_bytes));
}

// Reads and verifies a journal of 4 segments, as recovery does before it replays.
void log_scan(benchmark::State& state) {
  Log journal;
  if (!journal.open(state)) return;
  const auto count = static_cast<std::uint32_t>(state.range(0));
  const std::vector<std::byte> payload(count * command_bytes, std::byte{42});
  const std::uint64_t journal_bytes = 4 * segment_bytes;
  std::uint64_t bytes = 0;
  while (bytes < journal_bytes) {
    const Result<std::uint64_t> seq =
        journal.log->stage(journal.leadership, {journal.next_command, count, 0, payload});
    if (!seq && seq.error().code != ErrorCode::busy && !check(state, seq)) return;
    if (!seq && !check(state, journal.log->sync())) return;
    if (!seq) continue;
    bytes += journal_frame_bytes(payload.size());
    journal.next_command += count;
  }
  if (!check(state, journal.log->sync())) return;
  JournalReport report;
  for ([[maybe_unused]] auto _ : state) {
    report = verify_journal(journal.storage, journal.folder.path() + "/journal");
    if (!report.is_sound()) {
      state.SkipWithError(report.fault->text().c_str());
      break;
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(report.bytes));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(report.commands));
}

// Arguments: bytes of one write; commands in one batch.
BENCHMARK(raw_fdatasync)->Arg(4096)->Arg(36864)->Arg(135168)->UseRealTime();
BENCHMARK(raw_direct)->Arg(4096)->Arg(36864)->Arg(135168)->UseRealTime();
BENCHMARK(log_append)->Arg(1)->Arg(16)->Arg(256)->Arg(1024)->UseRealTime();
BENCHMARK(log_scan)->Arg(16)->Arg(256)->Arg(1024)->UseRealTime();

}  // namespace

int main(int argc, char** argv) { return karst::bench::run_registered(argc, argv); }
