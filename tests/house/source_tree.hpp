// The project's own text files, as the house rules read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace karst::house {

/// One text file of the project.
struct SourceFile {
  std::string path;  // relative to the project, with '/'
  std::string text;

  [[nodiscard]] bool is_cpp() const;     // .cpp or .hpp
  [[nodiscard]] bool is_header() const;  // .hpp
  [[nodiscard]] std::string_view name() const;
  [[nodiscard]] std::string_view folder() const;  // the first part of the path, "" at the top
};

/// Every text file below `root`, sorted by path. What is not ours is left out: the build folder,
/// git's own folder, other people's files (node_modules, third_party) and files with a zero byte.
[[nodiscard]] std::vector<SourceFile> read_tree(const std::string& root);

/// `text` cut at its line ends; a last line without one counts.
[[nodiscard]] std::vector<std::string_view> split_lines(std::string_view text);

/// `code` with every comment and the inside of every string and character literal replaced by
/// blanks. Line ends stay, so line numbers and columns hold.
[[nodiscard]] std::string blank_comments_and_literals(std::string_view code);

/// One `#include` of a file.
struct Include {
  int line;
  bool is_quoted;  // "…", not <…>
  std::string_view target;
};

/// The includes of `file`, in order; those in comments do not count.
[[nodiscard]] std::vector<Include> includes_of(const SourceFile& file);

}  // namespace karst::house
