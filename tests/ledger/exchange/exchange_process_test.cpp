// A real process under load, killed and failed by the system: nothing answered is lost.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "engine/seams/random.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/replay/replay.hpp"
#include "tests/ledger/exchange/exchange_fixture.hpp"
#include "tests/support/random_run.hpp"
#include "tests/support/victims/ack_file.hpp"

namespace karst {
namespace {

using test::AckFile;
using test::RunningExchange;
using test::TemporaryFolder;

constexpr int kills = 50;
constexpr int exit_code_journal_failed = 74;
const std::string victim = std::string(KARST_BINARY_DIR) + "/tests/pipeline_victim";

// Starts a program with its output thrown away.
pid_t spawn(const std::vector<std::string>& arguments) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const int nowhere = ::open("/dev/null", O_WRONLY);
  ::dup2(nowhere, STDOUT_FILENO);
  ::dup2(nowhere, STDERR_FILENO);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

bool may_trace() {
  const int status = wait_for(spawn({"strace", "-o", "/dev/null", "true"}));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::uintmax_t size_of(const std::string& path) {
  std::error_code none_yet;
  const std::uintmax_t size = std::filesystem::file_size(path, none_yet);
  return none_yet ? 0 : size;
}

// Until the process has started and answers, or has had ample time to.
void wait_for_answer(const std::string& acks) {
  constexpr int looks_max = 3'000;
  const std::uintmax_t before = size_of(acks);
  for (int i = 0; i < looks_max && size_of(acks) == before; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// What a client knows against what the journal says, once the process is gone.
void expect_nothing_lost(const std::string& directory, const std::string& ack_path,
                         std::size_t answers_min = 100) {
  PosixStorage storage;
  SystemClock clock;
  FileLogOptions options;
  options.directory = ExchangeDirectory(directory).journal();
  options.segment_bytes = std::uint64_t{4} << 20U;
  options.reserve_bytes = std::uint64_t{1} << 20U;
  Result<std::unique_ptr<FileLog>> log = FileLog::open(storage, clock, options);
  ASSERT_TRUE(log.ok()) << log.error().text();
  sim::Executions executions;
  Replay replay;
  const CommandSink sink = [&](const Executed& it) {
    EXPECT_TRUE(executions.take(it)) << "key " << it.command.key.value() << " number "
                                     << it.command.client_seq << " executed twice";
    return Status{};
  };
  const Status replayed = replay_log(**log, replay, ~std::uint64_t{0} - 1, sink);
  ASSERT_TRUE(replayed.ok()) << replayed.error().text();
  const AckFile::Acks acks = AckFile::read(ack_path);
  std::size_t lost = 0;
  for (const auto& [name, ack] : acks) {
    const sim::ClientAck* executed = executions.find(KeyId{name.first}, name.second);
    if (executed == nullptr || *executed != ack) ++lost;
  }
  EXPECT_EQ(lost, 0U);
  std::printf("%zu answers, %llu commands in the journal\n", acks.size(),
              static_cast<unsigned long long>(replay.commands()));
  EXPECT_GE(acks.size(), answers_min);
}

TEST(PipelineProcess, killed_at_any_time_it_loses_no_answer) {
  const TemporaryFolder directory;
  const std::string acks = directory.path() + "/acks";
  Random random(test::seed_of_run());
  for (int i = 0; i < test::effort(kills); ++i) {
    const pid_t child = spawn({victim, directory.path(), acks, "10000"});
    wait_for_answer(acks);
    std::this_thread::sleep_for(std::chrono::microseconds(random.below(60'000)));
    ::kill(child, SIGKILL);
    const int status = wait_for(child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "life " << i << " ended with " << WEXITSTATUS(status);
  }
  expect_nothing_lost(directory.path(), acks);
}

// One life, killed inside the n-th of some thread's calls of that name. The first of them is waited
// for longer: files are renamed now and then only.
//
// Returns: false if it ended before it came to so many.
bool dies_at_call(const std::string& call, std::uint64_t n, const std::string& directory,
                  const std::string& acks) {
  const std::string inject = "inject=" + call + ":signal=KILL:when=" + std::to_string(n);
  const std::string milliseconds = n == 1 ? "30000" : "300";
  // The leak check of a sanitized build cannot run while somebody else traces.
  const int status =
      wait_for(spawn({"strace", "-f", "-o", "/dev/null", "-E", "ASAN_OPTIONS=detect_leaks=0", "-e",
                      "trace=" + call, "-e", inject, victim, directory, acks, milliseconds}));
  const bool is_fine = WIFSIGNALED(status) || WEXITSTATUS(status) == 0;
  EXPECT_TRUE(is_fine) << inject << " ended with " << WEXITSTATUS(status);
  return WIFSIGNALED(status);
}

TEST(PipelineProcess, killed_at_any_system_call_it_loses_no_answer) {
  if (!may_trace()) GTEST_SKIP() << "strace may not trace here";
  const TemporaryFolder directory;
  const std::string acks = directory.path() + "/acks";
  Random random(test::seed_of_run());
  // How many of each a short life comes to, roughly.
  const std::vector<std::pair<std::string, std::uint64_t>> calls{
      {"pwrite64", 60}, {"fdatasync", 20}, {"write", 60},  {"futex", 60},
      {"openat", 16},   {"rename", 2},     {"pread64", 30}};
  int killed = 0;
  int ended = 0;
  for (int i = 0; i < test::effort(kills); ++i) {
    const auto& [call, most] = calls[static_cast<std::size_t>(i) % calls.size()];
    // What a life does not come to, the next one tries earlier; every life makes some such call.
    std::uint64_t n = 1 + random.below(most);
    bool is_killed = dies_at_call(call, n, directory.path(), acks);
    for (; !is_killed && n > 1; ++ended) {
      n = (n + 1) / 2;
      is_killed = dies_at_call(call, n, directory.path(), acks);
    }
    ASSERT_TRUE(is_killed) << "no life calls " << call;
    ++killed;
  }
  std::printf("%d killed, %d ended before their call\n", killed, ended);
  EXPECT_EQ(killed, test::effort(kills));
  expect_nothing_lost(directory.path(), acks);
}

// A line of strace's output with -ttt: "PID SECONDS.MICROSECONDS call…".
std::optional<double> time_of(const std::string& line) {
  std::istringstream words(line);
  int process = 0;
  double seconds = 0;
  if (words >> process >> seconds) return seconds;
  return std::nullopt;
}

TEST(PipelineProcess, a_failed_sync_ends_it_within_100_ms_and_answers_nothing_after) {
  if (!may_trace()) GTEST_SKIP() << "strace may not trace here";
  constexpr double limit_s = 0.1;
  for (const int first : {4, 9, 30}) {
    const TemporaryFolder directory;
    const std::string acks = directory.path() + "/acks";
    const std::string trace = directory.path() + "/trace";
    // The journal alone is synced by fdatasync then, and only the port's thread writes answers.
    const std::string inject = "inject=fdatasync:error=EIO:when=" + std::to_string(first) + "+";
    const int status =
        wait_for(spawn({"strace", "-f", "-ttt", "-o", trace, "-e", "trace=fdatasync,exit_group",
                        "-e", inject, victim, directory.path(), acks, "10000", "journal"}));
    ASSERT_TRUE(WIFEXITED(status));
    std::optional<double> failed;
    std::optional<double> ended;
    std::ifstream lines(trace);
    for (std::string line; std::getline(lines, line);) {
      if (!failed && line.find("INJECTED") != std::string::npos) failed = time_of(line);
      if (line.find("exit_group(") != std::string::npos) ended = time_of(line);
    }
    ASSERT_TRUE(failed && ended);
    EXPECT_LT(*ended - *failed, limit_s);
    // A failure that is met before the exchange runs ends the start instead.
    if (WEXITSTATUS(status) != exit_code_journal_failed) {
      EXPECT_EQ(WEXITSTATUS(status), 1);
      continue;
    }
    std::printf("ended %.1f ms after the failure\n", (*ended - *failed) * 1'000);
    // Every answer given is in what the device has: nothing came after the failure.
    if (first > 10) expect_nothing_lost(directory.path(), acks, 1);
  }
}

// A file system of its own with little room; gone with its owner.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& path) : path_(path) {
    is_mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, "size=12m") == 0;
  }
  ~SmallDisk() {
    if (is_mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  [[nodiscard]] bool is_mounted() const { return is_mounted_; }

 private:
  std::string path_;
  bool is_mounted_ = false;
};

Command first_order(std::uint64_t client_seq) {
  Command order = sim::trading(1, 1, 1)[0];
  order.type = CommandType::place_order;
  order.client_seq = client_seq;
  order.place_order = PlaceOrder{};
  order.place_order.instrument = InstrumentId{1};
  order.place_order.quantity = Quantity{1};
  order.place_order.limit = Price{100};
  order.place_order.side = Side::sell;
  order.place_order.kind = OrderKind::limit;
  order.place_order.time_in_force = TimeInForce::gtc;
  order.place_order.self_match = SelfMatch::cancel_oldest;
  order.place_order.draw = Draw::capacity;
  return order;
}

/// An exchange on a small disk that is full but for what is kept for cancels: merchants 1 and 2
/// have sold and bought so many single lots that rest in the book, at prices of their own.
class FullDisk {
 public:
  explicit FullDisk(const std::string& directory) : directory_(directory) {
    start();
    const std::vector<Command> opening = test::whole_opening(2);
    running_->submit_all(opening);
    running_->await_answers(opening.size());
    next_handle_ = opening.size();
  }

  /// Ends this life, if there is one, and begins the next.
  void start() {
    running_.reset();
    running_ = std::make_unique<RunningExchange>(directory_);
  }
  [[nodiscard]] RunningExchange& running() { return *running_; }

  /// Says it in a batch of its own.
  Submitted ask(Command command) {
    const std::uint64_t handle = next_handle_++;
    Submitted submitted = Submitted::busy;
    while (submitted == Submitted::busy) {
      submitted = running_->exchange().submit(command, running_->port().id(), handle);
      if (submitted == Submitted::busy) running_->poll_or_wait();
    }
    if (submitted != Submitted::accepted) return submitted;
    while (!running_->answers().contains(handle) && !running_->refusals().contains(handle)) {
      running_->poll_or_wait();
    }
    // Refused behind the door, when the disk has become full meanwhile.
    return running_->refusals().contains(handle) ? Submitted::disk_full : Submitted::accepted;
  }
  [[nodiscard]] const Event& answer() const { return running_->answers().at(next_handle_ - 1); }

  /// A command of a merchant's key, unnumbered.
  [[nodiscard]] static Command say(CommandType type, std::uint32_t merchant) {
    Command command;
    command.type = type;
    command.key = sim::key_of(merchant);
    command.account = AccountId{merchant};
    return command;
  }
  [[nodiscard]] static Command cancel(std::uint32_t merchant, OrderId order) {
    Command command = say(CommandType::cancel_order, merchant);
    command.cancel_order.order = order;
    return command;
  }
  [[nodiscard]] std::vector<OpenOrder> orders(std::uint32_t merchant) {
    return running_->ask<std::vector<OpenOrder>>([merchant](const Engine& engine) {
      std::vector<OpenOrder> open;
      engine.open_orders(AccountId{merchant}, open);
      return open;
    });
  }

  /// Orders until there is no room for one.
  void fill() {
    constexpr int resting = 60;
    for (int i = 0; i < resting; ++i) {
      for (const std::uint32_t merchant : {1U, 2U}) {
        Command order = say(CommandType::place_order, merchant);
        order.place_order = first_order(0).place_order;
        if (merchant == 2) order.place_order.side = Side::buy;
        if (merchant == 2) order.place_order.draw = Draw{};
        order.place_order.limit = Price{merchant == 1 ? 105 : 95};
        ASSERT_EQ(ask(order), Submitted::accepted);
        ASSERT_EQ(answer().type, EventType::order_accepted);
      }
    }
    Command timer = say(CommandType::set_dead_man, 1);
    int count = 0;
    for (; count < 20'000 && ask(timer) == Submitted::accepted; ++count) {
    }
    ASSERT_LT(count, 20'000);
  }

 private:
  std::string directory_;
  std::unique_ptr<RunningExchange> running_;
  std::uint64_t next_handle_ = 0;
};

TEST(PipelineProcess, on_a_full_disk_nobody_can_use_up_what_is_kept_for_everybody) {
  const TemporaryFolder mount_point;
  const SmallDisk disk(mount_point.path());
  if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
  FullDisk full(mount_point.path());
  ASSERT_NO_FATAL_FAILURE(full.fill());
  const std::uint64_t room = full.running().log().space_left();
  ASSERT_GT(room, full.running().log().last_reserve());

  // What frees nothing is refused, whoever says it and however often, and takes no room.
  const Command kill_off = FullDisk::say(CommandType::kill_switch, 1);
  const Command of_another = FullDisk::cancel(2, full.orders(1)[0].id);
  Command no_match = FullDisk::say(CommandType::mass_cancel, 1);
  no_match.mass_cancel.tag = 77;
  const std::vector<Command> hostile{FullDisk::say(CommandType::heartbeat, 1),
                                     FullDisk::say(CommandType::set_dead_man, 1),
                                     FullDisk::say(CommandType::open_session, 1),
                                     FullDisk::cancel(1, OrderId{0x123456789}),
                                     FullDisk::say(CommandType::tick, 1),
                                     kill_off,
                                     of_another,
                                     no_match};
  for (int i = 0; i < 500; ++i) {
    for (const Command& command : hostile) ASSERT_EQ(full.ask(command), Submitted::disk_full);
  }
  EXPECT_EQ(full.running().log().space_left(), room);

  // Cancels that free something are taken, but for the last reserve.
  std::vector<OpenOrder> orders = full.orders(1);
  ASSERT_EQ(full.ask(FullDisk::cancel(1, orders[0].id)), Submitted::accepted);
  EXPECT_EQ(full.answer().type, EventType::order_cancelled);
  ASSERT_EQ(full.ask(FullDisk::cancel(1, orders[0].id)), Submitted::disk_full);
  std::size_t cancelled = 1;
  while (cancelled < orders.size() &&
         full.ask(FullDisk::cancel(1, orders[cancelled].id)) == Submitted::accepted) {
    ++cancelled;
  }
  ASSERT_LT(cancelled, orders.size());
  EXPECT_GE(full.running().log().space_left(), full.running().log().last_reserve());

  // It starts as often as it must, and reads.
  for (int i = 0; i < 50; ++i) full.start();
  EXPECT_EQ(full.orders(1).size(), orders.size() - cancelled);
  EXPECT_EQ(full.ask(FullDisk::cancel(2, full.orders(2)[0].id)), Submitted::disk_full);

  Command halt = FullDisk::say(CommandType::halt, 0);
  halt.key = sim::operator_key;
  halt.halt.instrument = InstrumentId{1};
  Command kill = FullDisk::say(CommandType::kill_switch, 2);
  kill.kill_switch.on = true;
  const Command mass_cancel = FullDisk::say(CommandType::mass_cancel, 1);
  for (const Command& command : {mass_cancel, kill, halt}) {
    ASSERT_EQ(full.ask(command), Submitted::accepted);
    EXPECT_NE(full.answer().type, EventType::rejected);
    EXPECT_EQ(full.ask(command), Submitted::disk_full) << "it would do nothing the second time";
  }
  for (int i = 0; i < 5'000 && !(full.orders(1).empty() && full.orders(2).empty()); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_TRUE(full.orders(1).empty() && full.orders(2).empty());
  for (int i = 0; i < 50; ++i) full.start();
  EXPECT_FALSE(full.running().exchange().has_failed());
}

TEST(PipelineProcess, a_full_disk_refuses_orders_early_and_still_takes_cancels) {
  const TemporaryFolder mount_point;
  const SmallDisk disk(mount_point.path());
  if (!disk.is_mounted()) GTEST_SKIP() << "may not mount a small disk here";
  RunningExchange running(mount_point.path());
  const std::vector<Command> opening = test::whole_opening(2);
  running.submit_all(opening);
  running.await_answers(opening.size());
  std::uint64_t next_handle = opening.size();
  std::uint64_t client_seq = 0;
  const auto ask = [&](const Command& command) {
    const std::uint64_t handle = next_handle++;
    const Submitted submitted = running.exchange().submit(command, running.port().id(), handle);
    if (submitted != Submitted::accepted) return submitted;
    while (!running.answers().contains(handle) && !running.refusals().contains(handle)) {
      running.poll_or_wait();
    }
    // Refused behind the door, when the disk has become full meanwhile.
    if (running.refusals().contains(handle)) return Submitted::disk_full;
    return Submitted::accepted;
  };
  // Each alone in its batch: four KiB of journal an order.
  Submitted submitted = Submitted::accepted;
  for (int i = 0; i < 20'000 && submitted == Submitted::accepted; ++i) {
    submitted = ask(first_order(client_seq + 1));
    if (submitted == Submitted::accepted) ++client_seq;
  }
  ASSERT_EQ(submitted, Submitted::disk_full);
  const OrderId placed = running.answers().at(opening.size()).order.order;
  Command cancel = first_order(client_seq + 1);
  cancel.type = CommandType::cancel_order;
  cancel.cancel_order = CancelOrder{};
  cancel.cancel_order.order = placed;
  ASSERT_EQ(ask(cancel), Submitted::accepted);
  EXPECT_EQ(running.answers().at(next_handle - 1).type, EventType::order_cancelled);
  EXPECT_EQ(ask(first_order(client_seq + 2)), Submitted::disk_full);
  running.exchange().stop();
  EXPECT_FALSE(running.exchange().has_failed());
}

}  // namespace
}  // namespace karst
