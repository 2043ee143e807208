// A restore, and a crash anywhere in it: nothing is left that would start as if nothing was lost.
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "ledger/offline/backup.hpp"
#include "ledger/offline/restore_mark.hpp"
#include "tests/ledger/exchange/exchange_fixture.hpp"
#include "tests/support/machine/sim_storage.hpp"

namespace karst {
namespace {

using test::RunningExchange;
using test::TemporaryFolder;
using Files = std::map<std::string, std::vector<std::byte>>;

/// The files of a small exchange that has stopped, their names without the folder.
Files files_of_an_exchange() {
  const TemporaryFolder folder;
  {
    RunningExchange running(folder.path());
    const std::vector<Command> commands = test::whole_opening(2);
    running.submit_all(commands);
    running.await_answers(commands.size());
    running.exchange().stop();
  }
  Files files;
  for (const auto& it : std::filesystem::recursive_directory_iterator(folder.path())) {
    if (!it.is_regular_file()) continue;
    std::ifstream stream(it.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream),
                           std::istreambuf_iterator<char>()};
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    files[it.path().string().substr(folder.path().size())] = {bytes, bytes + text.size()};
  }
  return files;
}

sim::SimStorage disk_with(const Files& files, const ExchangeDirectory& at) {
  sim::SimStorage disk;
  for (const auto& [name, bytes] : files) disk.put(at.path() + name, bytes);
  return disk;
}

TEST(Restore, leaves_a_mark_of_how_far_the_backup_goes) {
  const ExchangeDirectory backup("backup");
  const ExchangeDirectory into("data");
  sim::SimStorage disk = disk_with(files_of_an_exchange(), backup);
  const auto report = restore(disk, backup, into, 0);
  ASSERT_TRUE(report) << report.error().text();
  const auto mark = read_restore_mark(disk, into);
  ASSERT_TRUE(mark && mark->has_value());
  EXPECT_EQ((*mark)->after, report->state.sequence);
  EXPECT_GT((*mark)->after, 0U);
  EXPECT_EQ((*mark)->incarnation, 0U);
  EXPECT_FALSE(read_restore_mark(disk, backup)->has_value());
  EXPECT_FALSE(restore(disk, backup, into, 0)) << "there is something already";
}

TEST(Restore, that_a_crash_cuts_short_leaves_no_journal_without_the_mark) {
  const ExchangeDirectory backup("backup");
  const ExchangeDirectory into("data");
  const Files files = files_of_an_exchange();
  sim::SimStorage whole = disk_with(files, backup);
  const std::uint64_t before = whole.changes();
  ASSERT_TRUE(restore(whole, backup, into, 0));
  const std::uint64_t changes = whole.changes() - before;
  int journals = 0;
  for (std::uint64_t n = 1; n <= changes; ++n) {
    for (const sim::Loss loss : sim::every_loss) {
      sim::SimStorage disk = disk_with(files, backup);
      disk.crash_at_change(n);
      // A change that changes nothing passes: then the crash comes behind the restore.
      static_cast<void>(restore(disk, backup, into, 0));
      disk.restart(loss);
      const auto names = disk.list(into.journal());
      if (!names || names->empty()) continue;
      ++journals;
      const auto mark = read_restore_mark(disk, into);
      ASSERT_TRUE(mark) << n << " " << name(loss) << " " << mark.error().text();
      ASSERT_TRUE(mark->has_value()) << n << " " << name(loss);
    }
  }
  EXPECT_GT(journals, 4);
}

using Copy = Result<BackupReport> (*)(Storage&, const ExchangeDirectory&,
                                      const ExchangeDirectory&, std::uint32_t);

/// The files of a folder with their bytes, but for what only a restore leaves.
Files files_at(sim::SimStorage& disk, const ExchangeDirectory& at) {
  Files files;
  for (const std::string& folder : {at.path(), at.books() + "/log", at.events(), at.snapshots(),
                                    at.journal()}) {
    const auto names = disk.list(folder);
    if (!names) continue;
    for (const std::string& name : *names) {
      const std::string path = folder + "/" + name;
      files[path] = disk.bytes(path);
    }
  }
  files.erase(at.restore_mark());
  return files;
}

/// Somebody else's files in the folder, which are nobody's to remove.
void put_notes(sim::SimStorage& disk, const ExchangeDirectory& at) {
  disk.put(at.path() + "/notes.txt", {std::byte{'n'}});
  disk.put(at.journal() + "/notes.txt", {std::byte{'n'}});
}

/// Copies on a disk on which `hurt` makes something fail, then again on the same disk.
void expect_retry_succeeds(Copy copy, const Files& files, const Files& whole,
                           const std::function<void(sim::SimStorage&)>& hurt,
                           const std::function<void(sim::SimStorage&)>& heal,
                           const std::string& what) {
  const ExchangeDirectory from("from");
  const ExchangeDirectory into("into");
  sim::SimStorage disk = disk_with(files, from);
  put_notes(disk, into);
  hurt(disk);
  static_cast<void>(copy(disk, from, into, 0));
  heal(disk);
  const bool was_whole = files_at(disk, into) == whole;
  const auto again = copy(disk, from, into, 0);
  if (was_whole && !again) {
    ASSERT_EQ(again.error().code, ErrorCode::already_exists) << what;
  } else {
    ASSERT_TRUE(again) << what << " " << again.error().text();
  }
  EXPECT_EQ(files_at(disk, into), whole) << what;
}

TEST(Backup, and_restore_that_were_cut_short_anywhere_succeed_when_they_are_made_again) {
  const Files files = files_of_an_exchange();
  const ExchangeDirectory from("from");
  const ExchangeDirectory into("into");
  for (const Copy copy : {Copy{back_up}, Copy{restore}}) {
    sim::SimStorage once = disk_with(files, from);
    put_notes(once, into);
    const std::uint64_t changes_before = once.changes();
    const std::uint64_t calls_before = once.calls();
    ASSERT_TRUE(copy(once, from, into, 0));
    const std::uint64_t changes = once.changes() - changes_before;
    const std::uint64_t calls = once.calls() - calls_before;
    const Files whole = files_at(once, into);
    ASSERT_GE(whole.size(), 4U);
    for (std::uint64_t n = 1; n <= changes; ++n) {
      for (const sim::Loss loss : sim::every_loss) {
        expect_retry_succeeds(
            copy, files, whole, [&](sim::SimStorage& disk) { disk.crash_at_change(n); },
            [&](sim::SimStorage& disk) { disk.restart(loss); },
            "change " + std::to_string(n) + " " + sim::name(loss));
      }
    }
    for (std::uint64_t n = 1; n <= calls; ++n) {
      expect_retry_succeeds(
          copy, files, whole,
          [&](sim::SimStorage& disk) { disk.fail_call(n, ErrorCode::no_space); },
          [](sim::SimStorage&) {}, "call " + std::to_string(n));
    }
  }
}

TEST(Backup, writes_over_nothing_and_is_not_made_of_a_half) {
  const Files files = files_of_an_exchange();
  const ExchangeDirectory from("from");
  const ExchangeDirectory into("into");
  for (const char* there : {"/journal/00000001.journal", "/books/log/a.log", "/access.log.1",
                            "/events/1.events", "/snapshots/1.snapshot"}) {
    sim::SimStorage disk = disk_with(files, from);
    disk.put(into.path() + there, {std::byte{'x'}});
    const auto made = back_up(disk, from, into, 0);
    ASSERT_FALSE(made) << there;
    EXPECT_EQ(made.error().code, ErrorCode::already_exists) << there;
    EXPECT_EQ(disk.bytes(into.path() + there).size(), 1U) << there;
  }
  sim::SimStorage disk = disk_with(files, from);
  disk.fail_call(60, ErrorCode::no_space);
  ASSERT_FALSE(back_up(disk, from, into, 0));
  EXPECT_EQ(restore(disk, into, ExchangeDirectory("data"), 0).error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace karst
