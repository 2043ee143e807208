#include "gateway/tool/progress.hpp"

#include <sys/ioctl.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "gateway/client/stopwatch.hpp"

namespace karst::tool {
namespace {

constexpr std::size_t bar_columns = 32;
constexpr std::size_t columns_usual = 80;
constexpr std::int64_t ns_per_s = 1'000'000'000;
constexpr std::string_view wipe = "\r\x1b[K";

std::size_t columns_of(int file) {
  winsize size{};
  const bool is_known = ::ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : columns_usual;
}

void draw(int file, std::string_view text) {
  // What a terminal does not take is no loss.
  static_cast<void>(::write(file, text.data(), text.size()) == 0);
}

}  // namespace

std::string progress_line(std::string_view what, std::uint64_t done, std::uint64_t total,
                          std::int64_t elapsed_ns, std::size_t columns, std::string_view note) {
  const std::uint64_t whole = std::max<std::uint64_t>(total, 1);
  const std::uint64_t part = std::min(done, whole);
  const auto share = [&](std::uint64_t of) {
    return static_cast<std::uint64_t>(static_cast<unsigned __int128>(part) * of / whole);
  };
  const std::string percent = std::to_string(share(100)) + " %";
  const std::string seconds = std::to_string(elapsed_ns / ns_per_s) + " s";
  std::string tail = "  " + std::string(5 - std::min<std::size_t>(percent.size(), 5), ' ') +
                     percent + "  " + seconds;
  if (!note.empty()) tail += "  " + std::string(note);
  // The line breaks nowhere: first the bar shrinks, then the end is left away.
  const std::size_t rest = what.size() + 2 + tail.size();
  const std::size_t width = std::min(bar_columns, rest < columns ? columns - rest : 0);
  const std::size_t full = share(width);
  std::string line = std::string(what) + "  ";
  for (std::size_t i = 0; i < width; ++i) line += i < full ? "█" : "░";
  return width == 0 ? (line + tail).substr(0, columns) : line + tail;
}

ProgressBar::ProgressBar(std::string what, std::uint64_t total, int file)
    : what_(std::move(what)),
      total_(total),
      file_(file),
      is_terminal_(::isatty(file) != 0),
      begun_ns_(monotonic_ns()),
      next_ns_(begun_ns_ + patience_ns) {}

ProgressBar::~ProgressBar() {
  if (is_drawn_) draw(file_, wipe);
}

void ProgressBar::show(std::uint64_t done, std::string_view note) {
  done_ = done;
  if (!is_terminal_) return;
  const std::int64_t now_ns = monotonic_ns();
  if (now_ns < next_ns_) return;
  next_ns_ = now_ns + interval_ns;
  is_drawn_ = true;
  draw(file_, std::string(wipe) + progress_line(what_, done_, total_, now_ns - begun_ns_,
                                                columns_of(file_), note));
}

Result<FileHandle> MeteredStorage::open(std::string_view path, OpenMode mode) {
  return files_.open(path, mode);
}

Result<std::size_t> MeteredStorage::read(FileHandle file, std::uint64_t offset,
                                         std::span<std::byte> bytes) {
  Result<std::size_t> count = files_.read(file, offset, bytes);
  if (count) bar_.advance(*count);
  return count;
}

Status MeteredStorage::write(FileHandle file, std::uint64_t offset,
                             std::span<const std::byte> bytes) {
  return files_.write(file, offset, bytes);
}

Status MeteredStorage::append(FileHandle file, std::span<const std::byte> bytes) {
  return files_.append(file, bytes);
}

Status MeteredStorage::write_through(FileHandle file, std::uint64_t offset,
                                     std::span<const std::byte> bytes) {
  return files_.write_through(file, offset, bytes);
}

Status MeteredStorage::preallocate(FileHandle file, std::uint64_t bytes) {
  return files_.preallocate(file, bytes);
}

Status MeteredStorage::truncate(FileHandle file, std::uint64_t bytes) {
  return files_.truncate(file, bytes);
}

Status MeteredStorage::rename(std::string_view from, std::string_view to) {
  return files_.rename(from, to);
}

Result<std::vector<std::string>> MeteredStorage::list(std::string_view path) {
  return files_.list(path);
}

Result<std::uint64_t> MeteredStorage::space_left(std::string_view path) {
  return files_.space_left(path);
}

std::uint64_t bytes_below(const std::string& directory) {
  std::uint64_t bytes = 0;
  std::error_code error;
  std::filesystem::recursive_directory_iterator at(directory, error);
  // A file that goes away meanwhile is left out.
  for (; !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error)) {
    std::error_code gone;
    const std::uintmax_t size = at->is_regular_file(gone) ? at->file_size(gone) : 0;
    if (!gone) bytes += size;
  }
  return bytes;
}

}  // namespace karst::tool
