#include "tests/house/source_tree.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace karst::house {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> folders_not_ours{"build", ".git",         ".cache",
                                                           "data",  "node_modules", "third_party"};

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Blanks one piece of C++ after the other; each `skip_…` starts at its opening character.
class Blanker {
 public:
  explicit Blanker(std::string_view code) : out_(code) {}

  std::string run() && {
    while (at_ < out_.size()) {
      const char c = out_[at_];
      const char next = at_ + 1 < out_.size() ? out_[at_ + 1] : '\0';
      if (c == '/' && next == '/') {
        skip_until("\n", 0);
      } else if (c == '/' && next == '*') {
        skip_until("*/", 2);
      } else if (c == '"' && is_raw()) {
        skip_raw_string();
      } else if (c == '"' || (c == '\'' && !is_digit_separator())) {
        skip_literal(c);
      } else {
        ++at_;
      }
    }
    return std::move(out_);
  }

 private:
  [[nodiscard]] bool is_raw() const { return at_ > 0 && out_[at_ - 1] == 'R'; }

  // 1'000: a quote inside a word that starts with a digit.
  [[nodiscard]] bool is_digit_separator() const {
    std::size_t start = at_;
    while (start > 0 && (is_word(out_[start - 1]) || out_[start - 1] == '\'')) --start;
    return start < at_ && std::isdigit(static_cast<unsigned char>(out_[start])) != 0;
  }

  void blank(std::size_t end) {
    for (; at_ < std::min(end, out_.size()); ++at_) {
      if (out_[at_] != '\n') out_[at_] = ' ';
    }
  }

  void skip_until(std::string_view closing, std::size_t closing_kept) {
    const std::size_t end = out_.find(closing, at_ + closing_kept);
    blank(end == std::string::npos ? out_.size() : end + closing_kept);
  }

  void skip_raw_string() {
    const std::size_t open = out_.find('(', at_);
    if (open == std::string::npos) return blank(out_.size());
    const std::string closing = ")" + out_.substr(at_ + 1, open - at_ - 1) + "\"";
    const std::size_t end = out_.find(closing, open);
    blank(end == std::string::npos ? out_.size() : end + closing.size());
  }

  void skip_literal(char quote) {
    std::size_t end = at_ + 1;
    while (end < out_.size() && out_[end] != quote && out_[end] != '\n') {
      end += out_[end] == '\\' ? 2 : 1;
    }
    blank(end + 1);
  }

  std::string out_;
  std::size_t at_ = 0;
};

}  // namespace

bool SourceFile::is_cpp() const { return path.ends_with(".cpp") || path.ends_with(".hpp"); }
bool SourceFile::is_header() const { return path.ends_with(".hpp"); }

std::string_view SourceFile::name() const {
  const std::size_t slash = path.rfind('/');
  return std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1);
}

std::string_view SourceFile::folder() const {
  const std::size_t slash = path.find('/');
  return slash == std::string::npos ? std::string_view() : std::string_view(path).substr(0, slash);
}

std::vector<SourceFile> read_tree(const std::string& root) {
  std::vector<SourceFile> files;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
    const std::string name = entry->path().filename().string();
    // In a second working tree of git, ".git" is a file.
    if (std::ranges::find(folders_not_ours, name) != folders_not_ours.end()) {
      entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file() || entry->is_symlink()) continue;
    std::ifstream stream(entry->path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (text.find('\0') != std::string::npos) continue;
    files.push_back({fs::relative(entry->path(), root).generic_string(), std::move(text)});
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string blank_comments_and_literals(std::string_view code) { return Blanker(code).run(); }

std::vector<Include> includes_of(const SourceFile& file) {
  std::vector<Include> includes;
  // Literals are blanked too, so the blanked line says whether there is an include and the line as
  // written says of what.
  const std::string blanked = blank_comments_and_literals(file.text);
  const auto code = split_lines(blanked);
  const auto text = split_lines(file.text);
  for (std::size_t i = 0; i < code.size(); ++i) {
    const std::size_t hash = code[i].find_first_not_of(" \t");
    if (hash == std::string_view::npos || code[i][hash] != '#') continue;
    const std::size_t word = code[i].find_first_not_of(" \t", hash + 1);
    if (word == std::string_view::npos || !code[i].substr(word).starts_with("include")) continue;
    const std::size_t open = text[i].find_first_of("\"<", word);
    if (open == std::string_view::npos) continue;
    const std::size_t close = text[i].find(text[i][open] == '"' ? '"' : '>', open + 1);
    if (close == std::string_view::npos) continue;
    includes.push_back({static_cast<int>(i) + 1, text[i][open] == '"',
                        text[i].substr(open + 1, close - open - 1)});
  }
  return includes;
}

}  // namespace karst::house
