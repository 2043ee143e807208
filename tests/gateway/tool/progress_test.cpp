// The bar of long work: how it is drawn, and where it is not.
#include "gateway/tool/progress.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>

#include <algorithm>
#include <string>


#include "gateway/client/stopwatch.hpp"

namespace karst::tool {
namespace {

TEST(Progress, a_line_says_what_how_far_and_since_when) {
  EXPECT_EQ(progress_line("verify", 0, 100, 0, 30), "verify  ░░░░░░░░░░    0 %  0 s");
  EXPECT_EQ(progress_line("verify", 50, 100, 1'500'000'000, 30),
            "verify  █████░░░░░   50 %  1 s");
  EXPECT_EQ(progress_line("verify", 100, 100, 61'000'000'000, 31),
            "verify  ██████████  100 %  61 s");
}

TEST(Progress, more_than_all_is_all_and_nothing_to_do_is_no_error) {
  EXPECT_EQ(progress_line("x", 150, 100, 0, 80), progress_line("x", 100, 100, 0, 80));
  EXPECT_EQ(progress_line("x", 0, 0, 0, 80), progress_line("x", 0, 100, 0, 80));
  const std::uint64_t most = ~std::uint64_t{0};
  EXPECT_NE(progress_line("x", most / 2, most, 0, 80).find(" 49 %"), std::string::npos);
}

TEST(Progress, a_line_never_breaks) {
  for (std::size_t columns = 1; columns <= 120; ++columns) {
    const std::string line = progress_line("rebuild", 5, 10, 0, columns, "1,000 commands");
    const auto shown = std::count_if(line.begin(), line.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    });
    EXPECT_LE(static_cast<std::size_t>(shown), columns);
  }
}

/// A terminal whose other end the test reads.
struct Terminal {
  int screen = -1;
  int file = -1;

  Terminal() {
    if (::openpty(&screen, &file, nullptr, nullptr, nullptr) != 0) ADD_FAILURE() << "no terminal";
    ::fcntl(screen, F_SETFL, O_NONBLOCK);
  }
  ~Terminal() {
    ::close(screen);
    ::close(file);
  }
  [[nodiscard]] std::string shown() const {
    std::string text(65'536, '\0');
    const ssize_t count = ::read(screen, text.data(), text.size());
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
  }
};

TEST(Progress, long_work_on_a_terminal_draws_a_bar_and_wipes_it_away) {
  const Terminal terminal;
  {
    ProgressBar bar("verify", 100, terminal.file);
    bar.show(10);
    EXPECT_EQ(terminal.shown(), "") << "short work shows nothing";
    const std::int64_t end = monotonic_ns() + ProgressBar::patience_ns;
    while (monotonic_ns() <= end) bar.advance(0);
    bar.advance(0);
    const std::string shown = terminal.shown();
    EXPECT_NE(shown.find("verify  ███░"), std::string::npos) << shown;
    EXPECT_NE(shown.find(" 10 %"), std::string::npos) << shown;
  }
  const std::string last = terminal.shown();
  EXPECT_TRUE(last.ends_with("\r\x1b[K")) << last;
}

TEST(Progress, nothing_is_drawn_where_nobody_looks) {
  const std::string path = testing::TempDir() + "/progress";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  {
    ProgressBar bar("verify", 100, file);
    const std::int64_t end = monotonic_ns() + ProgressBar::patience_ns;
    while (monotonic_ns() <= end) bar.advance(1);
  }
  EXPECT_EQ(::lseek(file, 0, SEEK_END), 0);
  ::close(file);
}

}  // namespace
}  // namespace karst::tool
