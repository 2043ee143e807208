// A restore, and a crash anywhere in it: nothing is left that would start as if nothing was lost.
#include <gtest/gtest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
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

}  // namespace
}  // namespace karst
