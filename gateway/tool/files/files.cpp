#include "gateway/tool/files/files.hpp"

#include <cinttypes>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/command/codec.hpp"
#include "gateway/tool/output.hpp"
#include "gateway/tool/progress.hpp"
#include "ledger/exchange/sequencer.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/files/system_clock.hpp"
#include "ledger/journal/journal_reader.hpp"
#include "ledger/offline/backup.hpp"
#include "ledger/offline/offline.hpp"
#include "schemas/words/human_units.hpp"

namespace karst::tool {
namespace {

std::string hex_text(std::uint64_t hash) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016" PRIx64, hash);
  return digits;
}

int fail(const Error& error, bool is_json) {
  Failure failure = failure_of(error);
  if (error.code == ErrorCode::locked) {
    failure.hint = "stop the karstd that runs on it; backup, audit and state-hash run beside it";
  }
  if (error.code == ErrorCode::already_exists) {
    failure.hint = "nothing is ever overwritten: choose another folder";
  }
  return Output(is_json).failed(failure);
}

void print_state(const StateAt& state, bool is_json) {
  const std::string time = format_time(state.time.value());
  const std::string events = hex_text(state.event_hash);
  const std::string hash = hex_text(state.state_hash);
  Output(is_json).answer({{"sequence", id_text(state.sequence)},
                          {"time", time},
                          {"event_hash", events},
                          {"state_hash", hash},
                          {"snapshot_sequence", id_text(state.snapshot_sequence)},
                          {"commands_replayed", state.commands_replayed}},
                         "command " + std::to_string(state.sequence) + "  " + time + "\nevents  " +
                             events + "\nstate   " + hash + "\nfrom snapshot " +
                             std::to_string(state.snapshot_sequence) + ", " +
                             std::to_string(state.commands_replayed) + " commands replayed");
}

void print_command(const Command& command, std::uint64_t batch, const Output& output) {
  std::uint8_t bytes[encoded_command_bytes_max];
  const std::size_t length = encode_command(command, bytes);
  std::string hex;
  for (std::size_t i = 0; i < length; ++i) {
    hex += "0123456789abcdef"[bytes[i] >> 4U];
    hex += "0123456789abcdef"[bytes[i] & 15U];
  }
  const std::string time = format_time(command.time.value());
  const auto type = static_cast<unsigned>(command.type);
  if (output.is_json()) {
    return output.line({{"sequence", id_text(command.sequence)},
                        {"batch", id_text(batch)},
                        {"time", time},
                        {"type", type},
                        {"key", command.key.value()},
                        {"client_seq", id_text(command.client_seq)},
                        {"epoch", command.epoch},
                        {"account", command.account.value()},
                        {"bytes", hex}},
                       {});
  }
  output.line({}, "command " + std::to_string(command.sequence) + " batch " +
                      std::to_string(batch) + "  " + time + "  type " + std::to_string(type) +
                      " key " + std::to_string(command.key.value()) + " number " +
                      std::to_string(command.client_seq) + " epoch " +
                      std::to_string(command.epoch) + " account " +
                      std::to_string(command.account.value()) + "  " + hex);
}

// The commands of one batch, stamped. Returns: the last stamp.
Result<Stamp> dump_batch(const LoggedBatch& batch, Stamp last, const FilesOptions& options) {
  const Output output(options.is_json);
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
      print_command(command, batch.seq, output);
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

int print_copy(const Result<BackupReport>& report, const std::string& into, bool is_json) {
  if (!report) return fail(report.error(), is_json);
  const std::string events = hex_text(report->state.event_hash);
  const std::string hash = hex_text(report->state.state_hash);
  Output(is_json).answer({{"files", report->files},
                          {"bytes", report->bytes},
                          {"sequence", id_text(report->state.sequence)},
                          {"event_hash", events},
                          {"state_hash", hash}},
                         into + ": " + std::to_string(report->files) + " files, " +
                             std::to_string(report->bytes) + " bytes\ncommand " +
                             std::to_string(report->state.sequence) + "\nevents  " + events +
                             "\nstate   " + hash);
  return exit_ok;
}

}  // namespace

std::optional<int> refuse_other_shard(const FilesOptions& options) {
  PosixStorage storage;
  Result<JournalReader> reader = JournalReader::open(
      storage, ExchangeDirectory(options.directory).journal(), JournalReader::earliest);
  if (!reader) return std::nullopt;
  const Result<bool> more = reader->next();
  if (!more || !*more || reader->header().shard == options.shard) return std::nullopt;
  const std::string shard = std::to_string(reader->header().shard);
  return Output(options.is_json)
      .failed({exit_usage, "OTHER_SHARD",
               "the journal of " + options.directory + " is of shard " + shard + ", not " +
                   std::to_string(options.shard),
               "--shard " + shard});
}

int run_journal_verify(const FilesOptions& options) {
  MeteredStorage storage = journal_meter("verify", options);
  const std::string journal = ExchangeDirectory(options.directory).journal();
  if (const auto found = storage.list(journal); !found) return fail(found.error(), options.is_json);
  const JournalReport report = verify_journal(storage, journal);
  std::string text = std::to_string(report.segments) + " segments, " +
                     std::to_string(report.frames) + " frames, " + std::to_string(report.commands) +
                     " commands (" + std::to_string(report.first_command) + " to " +
                     std::to_string(report.last_command) + "), " + std::to_string(report.bytes) +
                     " bytes\n";
  if (report.torn_tail) text += "torn tail, to be cut: " + report.torn_tail->text() + "\n";
  text += report.is_sound() ? "sound" : report.fault->text();
  Output(options.is_json)
      .answer({{"is_sound", report.is_sound()},
               {"segments", report.segments},
               {"frames", report.frames},
               {"commands", report.commands},
               {"bytes", report.bytes},
               {"first_seq", id_text(report.first_seq)},
               {"last_seq", id_text(report.last_seq)},
               {"first_command", id_text(report.first_command)},
               {"last_command", id_text(report.last_command)},
               {"torn_tail", report.torn_tail ? Json(report.torn_tail->text()) : Json()},
               {"fault", report.fault ? Json(report.fault->text()) : Json()}},
              text);
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
  const std::string hash = hex_text(rebuilt->records.hash);
  std::string text = "command " + std::to_string(rebuilt->sequence) + ", settlement " +
                     std::to_string(rebuilt->records.records) + ", hash of the record log " + hash +
                     ", " + std::to_string(rebuilt->event_segments) + " segments of events";
  if (rebuilt->behind_command != 0) {
    text += "\nthe journal begins behind command " + std::to_string(rebuilt->behind_command) +
            ": what was settled before is a copy of the record log";
  }
  Output(options.is_json)
      .answer({{"sequence", id_text(rebuilt->sequence)},
               {"journal_begins_behind", id_text(rebuilt->behind_command)},
               {"settlement", id_text(rebuilt->records.records)},
               {"records_hash", hash},
               {"event_segments", rebuilt->event_segments}},
              text);
  return exit_ok;
}

int run_backup(const FilesOptions& options) {
  MeteredStorage storage = copy_meter("back up", options);
  return print_copy(back_up(storage, ExchangeDirectory(options.directory),
                            ExchangeDirectory(options.into), options.shard),
                    options.into, options.is_json);
}

int run_restore(const FilesOptions& options) {
  MeteredStorage storage = copy_meter("restore", options);
  return print_copy(restore(storage, ExchangeDirectory(options.directory),
                            ExchangeDirectory(options.into), options.shard),
                    options.into, options.is_json);
}

}  // namespace karst::tool
