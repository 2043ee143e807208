// What docs/OPERATIONS.md tells an operator to do, done with the programs themselves.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <sstream>
#include <thread>

#include "ledger/files/posix_storage.hpp"
#include "ledger/snapshot/snapshot_file.hpp"
#include "tests/gateway/tool/tool_exchange.hpp"

namespace karst::test {
namespace {

using namespace tool;

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// Whether it holds within so many minutes.
bool comes_true(const std::function<bool()>& it, int minutes = 1) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(minutes);
  while (!it()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

/// A program that runs beside the test, what it says in a file; killed if it does not end before.
class Program {
 public:
  Program(const std::vector<std::string>& words, const std::string& log) {
    process_ = ::fork();
    if (process_ == 0) {
      const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      ::dup2(fd, STDERR_FILENO);
      ::dup2(fd, STDOUT_FILENO);
      ::setenv("ASAN_OPTIONS", "detect_leaks=0", 1);  // it cannot look while strace does
      std::vector<char*> raw;
      for (const std::string& it : words) raw.push_back(const_cast<char*>(it.c_str()));
      raw.push_back(nullptr);
      ::execvp(raw[0], raw.data());
      ::_exit(127);
    }
  }
  ~Program() { end(SIGKILL); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] std::string id() const { return std::to_string(process_); }
  void signal(int number) const { ::kill(process_, number); }
  [[nodiscard]] bool is_over() {
    if (process_ != 0 && ::waitpid(process_, &status_, WNOHANG) == process_) process_ = 0;
    return process_ == 0;
  }
  /// Returns: its exit code, or 128 + the signal.
  int end(int number) {
    if (!is_over()) {
      signal(number);
      ::waitpid(process_, &status_, 0);
      process_ = 0;
    }
    return exit_code();
  }
  [[nodiscard]] int exit_code() const {
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  }

 private:
  pid_t process_ = 0;
  int status_ = 0;
};

/// An exchange as `karst init` makes it, on any free port, and its karstd.
class Operations : public testing::Test {
 protected:
  Operations() {
    EXPECT_EQ(run_tool({"init", folder()}, ".").exit, exit_ok);
    configure("port", "0");
    configure("journal_segment_mib", "32");
  }

  [[nodiscard]] std::string folder() const { return room.path() + "/x"; }
  [[nodiscard]] std::string data() const { return folder() + "/data"; }
  [[nodiscard]] std::string log() const { return read_file(folder() + "/karstd.log"); }

  void configure(const std::string& key, const std::string& value) const {
    const std::string line = "s/^" + key + " = .*/" + key + " = " + value + "/";
    Program sed({"sed", "-i", line, folder() + "/karst.toml"}, room.path() + "/sed.log");
    ASSERT_TRUE(comes_true([&] { return sed.is_over(); }));
  }

  void run_karstd() {
    std::filesystem::remove(folder() + "/karstd.log");
    karstd = std::make_unique<Program>(
        std::vector<std::string>{std::string(KARST_BINARY_DIR) + "/karstd",
                                 folder() + "/karst.toml"},
        folder() + "/karstd.log");
  }
  /// It does not start, and says why.
  void expect_no_start(const std::string& words) {
    run_karstd();
    ASSERT_TRUE(comes_true([&] { return karstd->is_over(); }));
    EXPECT_NE(karstd->exit_code(), 0);
    EXPECT_NE(log().find(words), std::string::npos) << log();
  }
  void start() {
    run_karstd();
    const std::string mark = "serving at 127.0.0.1:";
    const auto is_serving = [&] {
      const std::size_t at = log().find(mark);
      return at != std::string::npos && log().find('\n', at) != std::string::npos;
    };
    ASSERT_TRUE(comes_true([&] { return karstd->is_over() || is_serving(); }));
    ASSERT_TRUE(is_serving()) << log();
    port = log().substr(log().find(mark) + mark.size());
    port.resize(port.find('\n'));
  }
  int stop(int signal = SIGINT) { return karstd->end(signal); }

  /// `karst` with these words, at this exchange.
  [[nodiscard]] ToolRun karst(std::vector<std::string> words) const {
    words.insert(words.end(), {"--home", folder(), "--port", port});
    return run_tool(words, ".");
  }
  ToolRun good(const std::vector<std::string>& words) const {
    const ToolRun run = karst(words);
    EXPECT_EQ(run.exit, exit_ok) << words[0] << ": " << run.out << run.err;
    return run;
  }
  /// A merchant with money.
  void make_merchant() const {
    good({"currency", "1", "CNY"});
    good({"merchant", "admit", "51", "--name", "First Steps"});
    good({"fund", "51", "1000", "--reference", "first"});
  }

  TemporaryFolder room;
  std::unique_ptr<Program> karstd;
  std::string port;
};

/// What the blocks of a page's section say.
std::string blocks_of(const std::string& page, const std::string& section) {
  std::istringstream lines(read_file(KARST_SOURCE_DIR + ("/docs/" + page)));
  std::string blocks;
  bool is_in_section = false;
  bool is_in_block = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) is_in_section = line == "## " + section;
    if (line.starts_with("```")) {
      is_in_block = !is_in_block;
    } else if (is_in_section && is_in_block) {
      blocks += line + "\n";
    }
  }
  return blocks;
}

TEST_F(Operations, the_first_market_of_the_page_is_made_and_traded) {
  start();
  configure("port", port);
  const std::string script = room.path() + "/first_market.sh";
  std::ofstream(script) << "set -e\nexport PATH=" KARST_BINARY_DIR ":$PATH KARST_HOME=" << folder()
                        << "\n" << blocks_of("OPERATIONS.md", "The first market");
  const std::string said = room.path() + "/said";
  Program shell({"sh", script}, said);
  ASSERT_TRUE(comes_true([&] { return shell.is_over(); }, 10));
  EXPECT_EQ(shell.exit_code(), 0) << read_file(said);
  EXPECT_NE(read_file(said).find("bought 4 GUIAN-P@"), std::string::npos) << read_file(said);
  EXPECT_NE(read_file(said).find("  settle  "), std::string::npos) << read_file(said);
  const Json holdings = karst({"holdings", "--account", "51", "--json"}).json();
  EXPECT_EQ(holdings["holdings"][0]["free_lots"], 4);
}

/// A file system of its own with little room; gone with its owner.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& path) : path_(path) { is_mounted_ = mount(0, "size=96m"); }
  ~SmallDisk() {
    if (is_mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  [[nodiscard]] bool is_mounted() const { return is_mounted_; }
  [[nodiscard]] bool grow() { return mount(MS_REMOUNT, "size=256m"); }

 private:
  [[nodiscard]] bool mount(unsigned long flags, const char* size) const {
    return ::mount("tmpfs", path_.c_str(), "tmpfs", flags, size) == 0;
  }
  std::string path_;
  bool is_mounted_ = false;
};

TEST_F(Operations, a_full_disk_takes_cancels_only_and_room_brings_all_back_without_a_restart) {
  std::filesystem::create_directory(data());
  SmallDisk disk(data());
  if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
  start();
  const auto is_full = [&] {
    return karst({"status", "--json"}).json()["is_disk_full"].get<bool>();
  };
  for (int i = 0; i < 30 && !is_full(); ++i) {
    // Too many for a slow machine, perhaps: what counts is that the journal grows.
    static_cast<void>(karst({"load", "--rate", "8000", "--seconds", "2", "--warm-up", "0"}));
  }
  ASSERT_TRUE(is_full());
  EXPECT_NE(log().find("the disk of the journal is full"), std::string::npos) << log();
  EXPECT_EQ(karst({"currency", "2", "HKD"}).exit, exit_refused);
  EXPECT_NE(karst({"currency", "2", "HKD"}).err.find("karst doctor"), std::string::npos);
  EXPECT_EQ(karst({"doctor"}).exit, exit_failed);
  EXPECT_NE(karst({"status"}).out.find("only cancels are taken"), std::string::npos);
  ASSERT_TRUE(disk.grow());
  EXPECT_TRUE(comes_true([&] { return !is_full(); }));
  good({"currency", "2", "HKD"});
  EXPECT_NE(log().find("the journal has room again"), std::string::npos) << log();
  EXPECT_EQ(stop(), 0);
  EXPECT_EQ(run_tool({"audit", "reconcile", folder()}, ".").exit, exit_ok);
}

TEST_F(Operations, a_failed_sync_ends_it_and_the_next_start_has_all_that_was_answered) {
  start();
  make_merchant();
  const std::string said = room.path() + "/strace.log";
  // Where the journal is written past the cache, its writes are its syncs.
  Program strace({"strace", "-f", "-p", karstd->id(), "-o", "/dev/null", "-e",
                  "trace=fdatasync,pwrite64", "-e", "inject=fdatasync,pwrite64:error=EIO"},
                 said);
  const bool is_attached = comes_true([&] {
    return strace.is_over() || read_file(said).find("attached") != std::string::npos;
  });
  if (!is_attached || strace.is_over()) GTEST_SKIP() << "strace may not trace here";
  const ToolRun unanswered = karst({"fund", "51", "500", "--reference", "second"});
  EXPECT_EQ(unanswered.exit, exit_not_connected) << unanswered.out << unanswered.err;
  ASSERT_TRUE(comes_true([&] { return karstd->is_over(); }));
  EXPECT_EQ(karstd->exit_code(), 74);
  EXPECT_NE(log().find("karstd: fatal: input/output error: "), std::string::npos) << log();
  EXPECT_NE(log().find(" at " + data() + "/journal/"), std::string::npos) << log();
  start();
  good({"fund", "51", "500", "--reference", "second"});  // once, whether it was there or not
  const Json balance = karst({"balance", "--account", "51", "--json"}).json();
  EXPECT_EQ(balance["balances"][0]["available"], "1500.00");
}

TEST_F(Operations, four_eyes_are_not_begun_by_one_operator_and_not_ended_by_a_configuration) {
  // With one operator's key nobody could confirm anything.
  configure("four_eyes", "true");
  expect_no_start("takes the keys of two operators");
  const std::string secret = room.path() + "/second.key";
  const ToolRun made = run_tool({"keygen", secret, "--json"}, ".");
  ASSERT_EQ(made.exit, exit_ok) << made.err;
  const auto add_operator = [&](int number) {
    std::ofstream(folder() + "/karst.toml", std::ios::app)
        << "\n[[operator]]\nkey_id = " << number
        << "\nscopes = [\"read\", \"audit\", \"operate\"]\npublic_key = "
        << made.json()["public_key"] << "\n";
  };
  add_operator(2);
  start();
  good({"status", "--key", secret, "--key-id", "2"});
  EXPECT_EQ(karst({"merchant", "exit", "99"}).exit, exit_refused);
  EXPECT_EQ(karst({"keys", "create", "3", "--exchange", "--scopes", "operate"}).exit,
            exit_needs_second);
  EXPECT_EQ(stop(), 0);

  // Whoever edits the configuration asks, and two operators answer.
  configure("four_eyes", "false");
  add_operator(4);
  start();
  EXPECT_NE(log().find("four_eyes stay on"), std::string::npos) << log();
  EXPECT_NE(log().find("waits for two operators"), std::string::npos) << log();
  const Json waiting = good({"proposals", "--json"}).json();
  EXPECT_TRUE(waiting["four_eyes"].get<bool>());
  ASSERT_EQ(waiting["proposals"].size(), 2U) << waiting;
  const Json key = waiting["proposals"][1];
  EXPECT_EQ(key["key"], 0);
  EXPECT_NE(key["words"].get<std::string>().find("make key 4 for the exchange"),
            std::string::npos);
  EXPECT_EQ(karst({"status", "--key", secret, "--key-id", "4"}).exit, exit_refused);
  const auto yes = [&](std::vector<std::string> who) {
    std::vector<std::string> words{"confirm", key["proposal"], "--hash", key["hash"], "--json"};
    words.insert(words.end(), who.begin(), who.end());
    return good(words).json();
  };
  EXPECT_TRUE(yes({})["is_waiting"].get<bool>());
  EXPECT_FALSE(yes({"--key", secret, "--key-id", "2"})["is_waiting"].get<bool>());
  good({"status", "--key", secret, "--key-id", "4"});
}

TEST_F(Operations, a_backup_restored_elsewhere_is_an_exchange_that_runs) {
  start();
  make_merchant();
  const ToolRun backup =
      run_tool({"backup", folder(), "--into", room.path() + "/backup", "--json"}, ".");
  ASSERT_EQ(backup.exit, exit_ok) << backup.err;
  good({"fund", "51", "1", "--reference", "after the backup"});
  EXPECT_EQ(stop(), 0);
  std::filesystem::rename(data(), data() + ".broken");
  const ToolRun restored =
      run_tool({"restore", room.path() + "/backup", "--into", folder(), "--json"}, ".");
  ASSERT_EQ(restored.exit, exit_ok) << restored.err;
  EXPECT_EQ(restored.json()["state_hash"], backup.json()["state_hash"]);
  start();
  const Json balance = karst({"balance", "--account", "51", "--json"}).json();
  EXPECT_EQ(balance["balances"][0]["available"], "1000.00");
  const ToolRun status = karst({"status", "--json"});
  expect_shape(status.out, "status");
  EXPECT_NE(status.json()["incarnation"], "0");
  EXPECT_EQ(status.json()["incarnation_after"], restored.json()["sequence"]);
  EXPECT_NE(karst({"status"}).out.find("restored after command"), std::string::npos);
  const ToolRun ahead = karst({"events", "--account", "51", "--after", "1000"});
  EXPECT_EQ(ahead.exit, exit_not_there);
  EXPECT_NE(ahead.err.find("restore of a backup"), std::string::npos) << ahead.err;
  EXPECT_EQ(karst({"events", "--account", "51"}).exit, exit_ok);
  const ToolRun audit = run_tool({"audit", "reconcile", folder()}, ".");
  EXPECT_EQ(audit.exit, exit_ok) << audit.out << audit.err;
}

/// The snapshot in `path` as an older build wrote it: the state begins with another format.
void make_older(const std::string& path) {
  PosixStorage storage;
  Result<SnapshotReader> reader = SnapshotReader::open(storage, path);
  ASSERT_TRUE(reader.ok()) << reader.error().text();
  std::vector<std::byte> state;
  while (true) {
    const auto bytes = reader->next();
    ASSERT_TRUE(bytes.ok()) << bytes.error().text();
    if (bytes->empty()) break;
    state.insert(state.end(), bytes->begin(), bytes->end());
  }
  const std::string today = "KRST04";
  const auto found = std::search(state.begin(), state.end(), today.begin(), today.end(),
                                 [](std::byte a, char b) { return static_cast<char>(a) == b; });
  ASSERT_NE(found, state.end());
  found[5] = std::byte{'1'};
  Result<SnapshotWriter> writer = SnapshotWriter::create(storage, path + ".tmp", reader->info());
  ASSERT_TRUE(writer.ok()) << writer.error().text();
  ASSERT_TRUE(writer->append(state).ok());
  ASSERT_TRUE(writer->finish(reader->info().state_hash).ok());
  std::filesystem::rename(path + ".tmp", path);
}

TEST_F(Operations, a_snapshot_of_an_older_build_is_passed_over_and_the_journal_replayed) {
  start();
  make_merchant();
  EXPECT_EQ(stop(), 0);
  const std::string mark = "event hash ";
  const std::string hash = log().substr(log().find(mark) + mark.size(), 16);
  ASSERT_EQ(run_tool({"snapshot", folder()}, ".").exit, exit_ok);
  std::string snapshot;
  for (const auto& it : std::filesystem::directory_iterator(data() + "/snapshots")) {
    if (it.path().extension() == ".snapshot") snapshot = it.path();
  }
  ASSERT_FALSE(snapshot.empty());
  const auto replayed = [&] { return run_tool({"state-hash", folder(), "--json"}, ".").json(); };
  const Json before = replayed();
  EXPECT_EQ(before["event_hash"], hash);
  EXPECT_EQ(before["commands_replayed"], 0);
  make_older(snapshot);
  const Json after = replayed();
  EXPECT_EQ(after["event_hash"], hash) << "that of the old build when it stopped";
  EXPECT_EQ(after["snapshot_sequence"], "0");
  EXPECT_EQ(after["commands_replayed"], number_of(before["sequence"]));
  start();
  EXPECT_NE(log().find("from snapshot 0, "), std::string::npos) << log();
  const Json balance = karst({"balance", "--account", "51", "--json"}).json();
  EXPECT_EQ(balance["balances"][0]["available"], "1000.00");
}

TEST_F(Operations, a_revoked_key_ends_what_it_has_open) {
  start();
  make_merchant();
  good({"keys", "create", "51", "--account", "51", "--scopes", "read"});
  ToolRun followed;
  std::thread follower([&] { followed = karst({"events", "--follow", "--key", "51"}); });
  EXPECT_TRUE(comes_true([&] { return karst({"status", "--json"}).json()["sessions"] == 2; }));
  good({"keys", "revoke", "51"});
  follower.join();
  EXPECT_EQ(followed.exit, exit_refused) << followed.err;
  EXPECT_NE(followed.err.find("LOG_ON_REFUSED"), std::string::npos) << followed.err;
}

TEST_F(Operations, the_next_certificate_is_taken_on_sighup) {
  start();
  const std::vector<std::string> by_its_name{"status", "--server-name", "exchange.example"};
  EXPECT_EQ(karst(by_its_name).exit, exit_not_connected);
  const std::string next = folder() + "/next";
  const ToolRun made = run_tool(
      {"server-certificate", folder(), next, "--names", "exchange.example"}, ".");
  ASSERT_EQ(made.exit, exit_ok) << made.err;
  std::filesystem::rename(next + ".crt", folder() + "/server.crt");
  karstd->signal(SIGHUP);
  EXPECT_TRUE(comes_true([&] { return log().find("nothing reloaded") != std::string::npos; }))
      << "certificate and key are not of one pair yet";
  good({"status"});
  std::filesystem::rename(next + ".key", folder() + "/server.key");
  karstd->signal(SIGHUP);
  EXPECT_TRUE(comes_true([&] {
    return log().find("certificates and limits reloaded") != std::string::npos;
  }));
  good(by_its_name);
  good({"status"});  // "localhost" is among its names, always
  // The one after it has the same names without being told.
  ASSERT_EQ(run_tool({"server-certificate", folder(), next}, ".").exit, exit_ok);
  std::filesystem::rename(next + ".crt", folder() + "/server.crt");
  std::filesystem::rename(next + ".key", folder() + "/server.key");
  EXPECT_EQ(stop(), 0);
  start();
  good(by_its_name);
}

}  // namespace
}  // namespace karst::test
