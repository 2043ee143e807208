// How a subcommand speaks: answers, tables and failures, for people or as JSON.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/tool/exit_code.hpp"
#include "schemas/words/colour.hpp"
#include "schemas/words/json.hpp"

namespace karst::v1 {
class Reply;
}

namespace karst::tool {

/// What could not be done, why, and what to do next.
struct Failure {
  ExitCode exit = exit_failed;
  std::string code;  ///< Stable, for programs: "CANNOT_CONNECT", or the exchange's code.
  std::string text;  ///< For people: a sentence without a full stop.
  std::string hint = {};   ///< What to do next; may be empty.
  std::int64_t value = 0;  ///< Reply.value of a refusal: see docs/ERRORS.md.
};

/// A failure of the world: exit code and code name follow from the error's.
[[nodiscard]] Failure failure_of(const Error& error);
/// A refusal by the exchange: its code, the text of that code, and a hint.
[[nodiscard]] Failure failure_of(const v1::Reply& reply);

/// A table for people: columns as wide as their widest cell.
struct Table {
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;  ///< as many cells as `head` has
  std::vector<bool> is_right = {};             ///< by column; left where it says nothing
};

// Output that cannot be written is an error: the program says OUTPUT_LOST on standard error and
// ends with exit_failed. A reader that wants no more ends what goes on and on, with exit_ok.

/// Prints text as it is: scripts, help, what is drawn. It may stay in the buffer. Where it cannot
/// be written it throws CLI::RuntimeError, which ends the program.
void print_part(const std::string& text);
/// Whatever was printed leaves the buffer now. Throws as print_part() does.
void flush_parts();
/// The end of a program that would end with `exit`. Returns: the code it ends with.
[[nodiscard]] int end_output(int exit);

/// Standard output of one subcommand. With --json it is one JSON value and nothing else: an object
/// or array on success, {"error": …} on failure. Colours appear on a terminal only, and not where
/// NO_COLOR is set.
class Output {
 public:
  explicit Output(bool is_json);

  [[nodiscard]] bool is_json() const { return is_json_; }

  /// The answer, once: `json` with --json, else `text` and a line feed.
  void answer(const Json& json, const std::string& text) const;
  void answer(const Json& json, const Table& table) const;
  /// The same with `below` under the table, a line of its own.
  void answer(const Json& json, const Table& table, const std::string& below) const;
  /// One of many answers: a line each with --json. Printed as a part.
  void line(const Json& json, const std::string& text) const;

  /// Says why on standard error, and as JSON. Returns: the failure's exit code.
  [[nodiscard]] int failed(const Failure& failure) const;
  /// The same, and ends the program: throws CLI::RuntimeError, which main turns into the exit code.
  [[noreturn]] void fail(const Failure& failure) const;

  [[nodiscard]] std::string coloured(Colour colour, const std::string& text) const {
    return paint_(colour, text);
  }
  [[nodiscard]] Paint paint() const { return paint_; }

 private:
  bool is_json_;
  Paint paint_;
};

}  // namespace karst::tool
