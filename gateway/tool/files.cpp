#include "gateway/tool/files.hpp"

#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/command_codec.hpp"
#include "gateway/tool/output.hpp"
#include "gateway/tool/progress.hpp"
#include "ledger/backup.hpp"
#include "ledger/journal_reader.hpp"
#include "ledger/offline.hpp"
#include "ledger/posix_storage.hpp"
#include "ledger/sequencer.hpp"
#include "ledger/system_clock.hpp"

namespace karst::tool {
namespace {

// Text as a JSON string, quotes included.
std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

int fail(const Error& error, bool is_json) { return Output(is_json).failed(failure_of(error)); }

void print_state(const StateAt& state, bool is_json) {
  const char* format =
      is_json ? "{\"sequence\":%" PRIu64 ",\"time_ns\":%" PRId64 ",\"event_hash\":\"%016" PRIx64
                "\",\"state_hash\":\"%016" PRIx64 "\",\"snapshot_sequence\":%" PRIu64
                ",\"commands_replayed\":%" PRIu64 "}\n"
              : "command %" PRIu64 "  time %" PRId64 "\nevents  %016" PRIx64 "\nstate   %016" PRIx64
                "\nfrom snapshot %" PRIu64 ", %" PRIu64 " commands replayed\n";
  std::printf(format, state.sequence, state.time.value(), state.event_hash, state.state_hash,
              state.snapshot_sequence, state.commands_replayed);
}

void print_command(const Command& command, std::uint64_t batch, bool is_json) {
  std::uint8_t bytes[encoded_command_bytes_max];
  const std::size_t length = encode_command(command, bytes);
  std::string hex;
  for (std::size_t i = 0; i < length; ++i) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", bytes[i]);
    hex += digits;
  }
  const char* format = is_json ? "{\"sequence\":%" PRIu64 ",\"batch\":%" PRIu64
                                 ",\"time_ns\":%" PRId64
                                 ",\"type\":%u,\"key\":%u,\"client_seq\":%" PRIu64
                                 ",\"epoch\":%u,\"account\":%u,\"bytes\":\"%s\"}\n"
                               : "%" PRIu64 " batch %" PRIu64 " time %" PRId64
                                 " type %u key %u number %" PRIu64 " epoch %u account %u %s\n";
  std::printf(format, command.sequence, batch, command.time.value(),
              static_cast<unsigned>(command.type), command.key.value(), command.client_seq,
              command.epoch, command.account.value(), hex.c_str());
}

// The commands of one batch, stamped. Returns: the last stamp.
Result<Stamp> dump_batch(const LoggedBatch& batch, Stamp last, const FilesOptions& options) {
  std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(batch.payload.data()),
                                      batch.payload.size());
  last.sequence = batch.first_command - 1;
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    Command command;
    if (!decode_command(bytes, command)) {
      return Error{ErrorCode::corrupt, "decode a command", "batch " + std::to_string(batch.seq)};
    }
    last = next_stamp(last, batch.leader_time_ns, i);
    command.sequence = last.sequence;
    command.time = last.time;
    if (last.sequence >= options.from && last.sequence <= options.to) {
      print_command(command, batch.seq, options.is_json);
    }
  }
  return last;
}

// The files of an exchange, with a bar for the bytes that work on its journal reads.
MeteredStorage journal_meter(const char* what, const FilesOptions& options) {
  return {what, bytes_below(ExchangeDirectory(options.directory).journal())};
}

// The same for work that copies all of them and then replays the journal of the copy.
MeteredStorage copy_meter(const char* what, const FilesOptions& options) {
  return {what, bytes_below(options.directory) +
                    bytes_below(ExchangeDirectory(options.directory).journal())};
}

// Beside a running exchange the end of its journal moves under the reader, and a frame that is just
// being written looks like a fault. A second look that comes further shows that it was none.
JournalReport verified(Storage& storage, const std::string& journal) {
  const JournalReport first = verify_journal(storage, journal);
  if (first.is_sound()) return first;
  JournalReport second = verify_journal(storage, journal);
  const bool is_end = second.frames > first.frames;
  if (is_end) second.fault.reset();
  return second;
}

int print_copy(const Result<BackupReport>& report, bool is_json) {
  if (!report) return fail(report.error(), is_json);
  const BackupReport& it = report.value();
  const char* format = is_json ? "{\"files\":%" PRIu64 ",\"bytes\":%" PRIu64
                                 ",\"sequence\":%" PRIu64 ",\"event_hash\":\"%016" PRIx64
                                 "\",\"state_hash\":\"%016" PRIx64 "\"}\n"
                               : "%" PRIu64 " files, %" PRIu64 " bytes\ncommand %" PRIu64
                                 "\nevents  %016" PRIx64 "\nstate   %016" PRIx64 "\n";
  std::printf(format, it.files, it.bytes, it.state.sequence, it.state.event_hash,
              it.state.state_hash);
  return exit_ok;
}

}  // namespace

int run_journal_verify(const FilesOptions& options) {
  MeteredStorage storage = journal_meter("verify", options);
  const std::string journal = ExchangeDirectory(options.directory).journal();
  if (const auto found = storage.list(journal); !found) return fail(found.error(), options.is_json);
  const JournalReport report = verified(storage, journal);
  const std::string torn = report.torn_tail ? report.torn_tail->text() : "";
  if (options.is_json) {
    std::printf("{\"is_sound\":%s,\"segments\":%" PRIu64 ",\"frames\":%" PRIu64
                ",\"commands\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"first_seq\":%" PRIu64
                ",\"last_seq\":%" PRIu64 ",\"first_command\":%" PRIu64 ",\"last_command\":%" PRIu64
                ",\"torn_tail\":%s,\"fault\":%s}\n",
                report.is_sound() ? "true" : "false", report.segments, report.frames,
                report.commands, report.bytes, report.first_seq, report.last_seq,
                report.first_command, report.last_command,
                report.torn_tail ? quoted(torn).c_str() : "null",
                report.fault ? quoted(report.fault->text()).c_str() : "null");
  } else {
    std::printf("%" PRIu64 " segments, %" PRIu64 " frames, %" PRIu64 " commands (%" PRIu64
                " to %" PRIu64 "), %" PRIu64 " bytes\n",
                report.segments, report.frames, report.commands, report.first_command,
                report.last_command, report.bytes);
    if (report.torn_tail) std::printf("torn tail, to be cut: %s\n", torn.c_str());
    std::printf("%s\n", report.is_sound() ? "sound" : report.fault->text().c_str());
  }
  return report.is_sound() ? exit_ok : exit_code_of(*report.fault);
}

int run_journal_dump(const FilesOptions& options) {
  PosixStorage storage;
  Result<JournalReader> reader = JournalReader::open(
      storage, ExchangeDirectory(options.directory).journal(), JournalReader::earliest);
  if (!reader) return fail(reader.error(), options.is_json);
  Stamp last;
  while (true) {
    const Result<bool> more = reader->next();
    if (!more) return fail(more.error(), options.is_json);
    if (!*more || last.sequence >= options.to) return exit_ok;
    const Result<Stamp> dumped = dump_batch(reader->batch(), last, options);
    if (!dumped) return fail(dumped.error(), options.is_json);
    last = *dumped;
  }
}

int run_snapshot(const FilesOptions& options) {
  MeteredStorage storage = journal_meter("replay", options);
  SystemClock clock;
  const Result<StateAt> made =
      make_snapshot(storage, clock, ExchangeDirectory(options.directory), options.shard);
  if (!made) return fail(made.error(), options.is_json);
  print_state(*made, options.is_json);
  return exit_ok;
}

int run_state_hash(const FilesOptions& options) {
  MeteredStorage storage = journal_meter("replay", options);
  const Result<StateAt> state =
      state_at(storage, ExchangeDirectory(options.directory), options.shard, options.at);
  if (!state) return fail(state.error(), options.is_json);
  print_state(*state, options.is_json);
  return exit_ok;
}

int run_rebuild(const FilesOptions& options) {
  MeteredStorage storage = journal_meter("rebuild", options);
  const Result<Rebuilt> rebuilt =
      rebuild_stores(storage, ExchangeDirectory(options.directory), ExchangeDirectory(options.into),
                     static_cast<std::uint16_t>(options.shard));
  if (!rebuilt) return fail(rebuilt.error(), options.is_json);
  std::printf(options.is_json ? "{\"sequence\":%" PRIu64 ",\"records\":%" PRIu64
                                ",\"event_segments\":%" PRIu64 "}\n"
                              : "command %" PRIu64 ": %" PRIu64 " records, %" PRIu64
                                " segments of events\n",
              rebuilt->sequence, rebuilt->records, rebuilt->event_segments);
  return exit_ok;
}

int run_backup(const FilesOptions& options) {
  MeteredStorage storage = copy_meter("back up", options);
  return print_copy(back_up(storage, ExchangeDirectory(options.directory),
                            ExchangeDirectory(options.into), options.shard),
                    options.is_json);
}

int run_restore(const FilesOptions& options) {
  MeteredStorage storage = copy_meter("restore", options);
  return print_copy(restore(storage, ExchangeDirectory(options.directory),
                            ExchangeDirectory(options.into), options.shard),
                    options.is_json);
}

}  // namespace karst::tool
