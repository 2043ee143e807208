// The access log: chained over restarts and files, bounded, and every damage found where it is.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

#include "gateway/desk/access_log.hpp"
#include "tests/support/random_run.hpp"
#include "tests/support/temporary_folder.hpp"

namespace karst::gateway {
namespace {

using Numbers = std::vector<std::uint64_t>;

std::string text_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::istringstream text(text_of(path));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

class AccessLogFiles : public testing::Test {
 protected:
  [[nodiscard]] std::string path() const { return folder / "access.log"; }
  [[nodiscard]] AccessLog open(const AccessLogLimits& limits = {}) const {
    Result<AccessLog> log = AccessLog::open(path(), limits);
    EXPECT_TRUE(log) << log.error().text();
    return std::move(log).value();
  }
  static void note(AccessLog& log, int count) {
    for (int i = 0; i < count; ++i) {
      const Status noted = log.note(1'000 + i, KeyId{7}, AccountId{51}, "QueryOrders");
      EXPECT_TRUE(noted) << noted.error().text();
    }
  }
  [[nodiscard]] AccessLogReport read() {
    numbers.clear();
    const Result<AccessLogReport> report =
        read_access_log(path(), [&](AccessEntry&& entry) { numbers.push_back(entry.number); });
    EXPECT_TRUE(report);
    return *report;
  }
  [[nodiscard]] std::string file(std::uint64_t number) const {
    return access_file_path(path(), number);
  }

  test::TemporaryFolder folder;
  Numbers numbers;
};

TEST_F(AccessLogFiles, every_line_is_chained_to_the_one_before_over_restarts) {
  for (int start = 0; start < 3; ++start) {
    AccessLog log = open();
    EXPECT_EQ(log.opening_text(), "");
    note(log, 2);
  }
  const AccessLogReport report = read();
  EXPECT_EQ(numbers, (Numbers{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(report.damaged, 0U);
  const std::vector<std::string> lines = lines_of(path());
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_TRUE(lines[0].starts_with("chain begun 0 0000")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with("1 1000 7 51 QueryOrders ")) << lines[1];
  std::string head = lines[0].substr(lines[0].size() - chain_hash_digits);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string words = lines[i].substr(0, lines[i].size() - chain_hash_digits - 1);
    head = chain_hash(head, words);
    EXPECT_EQ(words + " " + head, lines[i]);
  }
  EXPECT_EQ(report.head, head);
}

TEST_F(AccessLogFiles, a_full_file_is_followed_by_a_further_one_and_the_oldest_go) {
  const AccessLogLimits limits{.file_bytes = 1'000, .files = 3};
  for (int start = 0; start < 4; ++start) {
    AccessLog log = open(limits);
    note(log, 25);
    EXPECT_EQ(log.newest(0, 1).at(0).number, 25U * static_cast<unsigned>(start + 1));
  }
  const std::vector<AccessFile> files = access_files(path());
  ASSERT_EQ(files.size(), 3U);
  EXPECT_FALSE(std::filesystem::exists(path()));
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_LE(std::filesystem::file_size(files[i].path), limits.file_bytes);
    const std::string first = lines_of(files[i].path).at(0);
    EXPECT_TRUE(first.starts_with("chain continued ")) << first;
    if (i == 0) continue;
    const std::string before = lines_of(files[i - 1].path).back();
    EXPECT_NE(first.find(before.substr(before.size() - chain_hash_digits)), std::string::npos);
  }
  const AccessLogReport report = read();
  EXPECT_EQ(report.damaged, 0U) << report.first_damage;
  ASSERT_FALSE(numbers.empty());
  EXPECT_EQ(numbers.back(), 100U);
  for (std::size_t i = 1; i < numbers.size(); ++i) EXPECT_EQ(numbers[i], numbers[i - 1] + 1);
}

TEST_F(AccessLogFiles, a_torn_tail_is_cut_and_said) {
  {
    AccessLog log = open();
    note(log, 3);
  }
  const std::string whole = text_of(path());
  write(path(), whole + "4 1003 7 51 Quer");
  AccessLog log = open();
  EXPECT_NE(log.opening_text().find("16 bytes of a torn line were cut from " + path()),
            std::string::npos)
      << log.opening_text();
  note(log, 1);
  const AccessLogReport report = read();
  EXPECT_EQ(report.damaged, 0U) << report.first_damage;
  EXPECT_EQ(numbers, (Numbers{1, 2, 3, 4}));
  EXPECT_TRUE(text_of(path()).starts_with(whole));
}

TEST_F(AccessLogFiles, damage_is_named_and_what_comes_stands_under_a_new_chain) {
  {
    AccessLog log = open();
    note(log, 4);
  }
  std::string text = text_of(path());
  const std::size_t at = text.find("\n2 1001 7 51");
  ASSERT_NE(at, std::string::npos);
  text[at + 8] = '8';  // another key has asked
  write(path(), text);
  EXPECT_EQ(read().first_damage.find(path() + ":3: "), 0U);
  EXPECT_FALSE(read().is_damage_marked);
  EXPECT_EQ(numbers, (Numbers{1, 3, 4})) << "what was changed is nobody's word";
  for (int start = 0; start < 2; ++start) {
    AccessLog log = open();
    EXPECT_NE(log.opening_text().find(path() + ":3: "), std::string::npos) << log.opening_text();
    note(log, 1);
  }
  const AccessLogReport report = read();
  EXPECT_TRUE(report.is_damage_marked);
  EXPECT_EQ(report.damaged, 1U);
  EXPECT_EQ(report.breaks, 1U) << "said once";
  EXPECT_EQ(numbers, (Numbers{1, 3, 4, 5, 6}));
  EXPECT_TRUE(lines_of(path()).at(5).starts_with("chain broken 4 ")) << text_of(path());
}

TEST_F(AccessLogFiles, lines_and_files_that_are_missing_or_in_another_place_are_found) {
  const AccessLogLimits limits{.file_bytes = 1'000, .files = 9};
  {
    AccessLog log = open(limits);
    note(log, 40);
  }
  ASSERT_GE(access_files(path()).size(), 4U);
  const std::string second = text_of(file(2));
  const std::string third = text_of(file(3));
  write(file(2), second.substr(0, second.rfind('\n', second.size() - 2) + 1));
  EXPECT_EQ(read().first_damage.find(file(3) + ":1: "), 0U) << "its last line is missing";
  std::filesystem::remove(file(2));
  EXPECT_EQ(read().first_damage.find(file(3) + ":1: "), 0U) << "the whole file is missing";
  write(file(2), third);
  write(file(3), second);
  EXPECT_EQ(read().first_damage.find(file(2) + ":1: "), 0U) << "they have changed places";
  write(file(2), second);
  write(file(3), third);
  EXPECT_EQ(read().damaged, 0U);
}

TEST_F(AccessLogFiles, a_log_from_before_the_chain_goes_on) {
  write(path(), "1 1000 7 51 QueryOrders\n2 1001 7 0 QueryAccessLog\n");
  {
    AccessLog log = open();
    EXPECT_EQ(log.opening_text(), "");
    note(log, 1);
    EXPECT_EQ(log.newest(0, 9).size(), 3U);
  }
  const AccessLogReport report = read();
  EXPECT_EQ(report.damaged, 0U) << report.first_damage;
  EXPECT_EQ(report.unchained, 2U);
  EXPECT_EQ(numbers, (Numbers{1, 2, 3}));
  EXPECT_TRUE(lines_of(path()).at(2).starts_with("chain begun 2 "));
  // What is added in the old form behind the chain's beginning is none of ours.
  write(path(), text_of(path()) + "4 1000 7 51 QueryOrders\n");
  EXPECT_EQ(read().first_damage.find(path() + ":5: "), 0U);
}

TEST_F(AccessLogFiles, a_line_that_does_not_fit_on_the_disk_leaves_no_half_of_it) {
  AccessLog log = open();
  note(log, 2);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{std::filesystem::file_size(path()) + 10, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
  const Status noted = log.note(1, KeyId{7}, AccountId{51}, "QueryOrders");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(noted);
  note(log, 1);
  EXPECT_EQ(read().damaged, 0U) << read().first_damage;
  EXPECT_EQ(numbers, (Numbers{1, 2, 4})) << "the missing number says that one was lost";
}

TEST_F(AccessLogFiles, any_flipped_bit_and_any_cut_is_found_and_the_log_goes_on) {
  std::mt19937_64 random(test::seed_of_run());
  const AccessLogLimits limits{.file_bytes = 700, .files = 20};
  {
    AccessLog log = open(limits);
    note(log, 20);
  }
  const std::vector<AccessFile> files = access_files(path());
  ASSERT_GE(files.size(), 3U);
  std::vector<std::string> texts;
  for (const AccessFile& it : files) texts.push_back(text_of(it.path));
  for (std::int64_t round = 0; round < test::effort(150); ++round) {
    for (std::size_t i = 0; i < files.size(); ++i) write(files[i].path, texts[i]);
    const std::size_t which = random() % files.size();
    std::string damaged = texts[which];
    const std::size_t at = random() % damaged.size();
    const bool is_cut = random() % 3 == 0;
    const auto line =
        std::count(damaged.begin(), damaged.begin() + static_cast<long>(at), '\n') + 1;
    const bool is_last = which + 1 == files.size();
    if (is_cut) {
      damaged.resize(at);
    } else {
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    }
    write(files[which].path, damaged);
    const AccessLogReport found = read();
    const std::size_t readable = numbers.size();
    EXPECT_LE(readable, 20U);
    // Of the last file a cut at a line's end leaves nothing to see; elsewhere the next file says
    // it.
    const bool is_torn = is_last && (is_cut || at + 1 == damaged.size());
    if (is_torn) {
      EXPECT_EQ(found.damaged, 0U) << found.first_damage;
    } else {
      ASSERT_GT(found.damaged, 0U) << files[which].path << " at " << at << " cut " << is_cut;
      const std::string here = files[which].path + ":" + std::to_string(line) + ": ";
      if (!is_cut) {
        EXPECT_EQ(found.first_damage.find(here), 0U) << found.first_damage << here;
      }
    }
    {
      AccessLog log = open(limits);
      EXPECT_EQ(log.opening_text().empty(), found.damaged == 0 && found.torn_bytes == 0);
      note(log, 2);
    }
    const AccessLogReport after = read();
    EXPECT_EQ(numbers.size(), readable + 2);
    EXPECT_EQ(after.damaged, found.damaged) << after.first_damage;
    EXPECT_TRUE(after.is_damage_marked);
    for (const AccessFile& it : access_files(path())) std::filesystem::remove(it.path);
  }
}

TEST_F(AccessLogFiles, any_bytes_at_all_are_read_and_gone_on_from) {
  std::mt19937_64 random(test::seed_of_run());
  constexpr std::string_view pieces[] = {"chain ",
                                         "begun ",
                                         "broken ",
                                         "continued ",
                                         "\n",
                                         " ",
                                         "1 ",
                                         "18446744073709551615 ",
                                         "-9 ",
                                         "QueryOrders ",
                                         "00000000000000000000000000000000"};
  for (std::int64_t round = 0; round < test::effort(150); ++round) {
    for (const std::string& at : {path(), file(2)}) {
      std::string text;
      for (std::uint64_t left = random() % 60; left > 0; --left) {
        if (random() % 8 == 0) {
          text += static_cast<char>(random());
        } else {
          text += pieces[random() % std::size(pieces)];
        }
      }
      if (random() % 50 == 0) text.append(100'000, '\0');
      write(at, text);
    }
    {
      AccessLog log = open();
      note(log, 1);
    }
    const AccessLogReport report = read();
    EXPECT_TRUE(report.is_damage_marked);
    EXPECT_EQ(report.torn_bytes, 0U);
    for (const AccessFile& it : access_files(path())) std::filesystem::remove(it.path);
  }
}

}  // namespace
}  // namespace karst::gateway
