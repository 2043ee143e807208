// The words of one line of a scenario, and how money, time and hours are written in it.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace karst::scenarios {

/// A line that cannot be read; says why.
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The words of a line, taken one by one.
class Words {
 public:
  explicit Words(std::string_view line);

  [[nodiscard]] bool is_empty() const { return next_ == words_.size(); }
  /// The next word, or "" at the end.
  [[nodiscard]] std::string_view peek() const;
  /// Errors: Unreadable at the end of the line.
  std::string take();
  /// Takes all that is left.
  std::string take_rest();
  /// Takes the next word if it is `word`.
  bool accept(std::string_view word);
  /// Errors: Unreadable unless the next word is `word`.
  void expect(std::string_view word);
  [[nodiscard]] std::uint64_t take_number();
  /// "2.50". Unit: fen.
  [[nodiscard]] std::int64_t take_money();
  /// "250ms", "5s", "10m", "2h", "3d". Unit: ns.
  [[nodiscard]] std::int64_t take_duration();
  /// "0.01..100.00". Unit: fen.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> take_range();

 private:
  std::vector<std::string> words_;
  std::size_t next_ = 0;
};

/// The line with single spaces between its words.
[[nodiscard]] std::string squeezed(std::string_view line);
/// "2.50" of 250 fen.
[[nodiscard]] std::string money_text(std::int64_t fen);
[[nodiscard]] std::int64_t money_of(std::string_view text);

}  // namespace karst::scenarios
