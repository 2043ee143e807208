#include "gateway/tool/output.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "ledger/files/standard_output.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/words/code_text.hpp"

namespace karst::tool {
namespace {

/// Says that something printed is lost. Returns: what the program ends with.
ExitCode output_lost(const Error& error) {
  std::fprintf(stderr, "karst: OUTPUT_LOST: %s\n", error.text().c_str());
  return exit_failed;
}

/// Ends the program where it cannot print what it goes on printing.
void must_write(const Status& status) {
  if (status) return;
  throw CLI::RuntimeError(is_reader_gone(status.error()) ? exit_ok : output_lost(status.error()));
}

/// The last word of a subcommand: nothing is left to be ended when nobody reads it.
void print_last(const std::string& text) {
  Status written = write_output(text + "\n");
  if (written) written = flush_output();
  if (!written && !is_reader_gone(written.error())) must_write(written);
}

/// One line; bytes that are no UTF-8 are replaced.
std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Columns on a terminal. Every text of ours with other than ASCII is UTF-8 of width one.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string row_text(const Table& table, const std::vector<std::string>& cells,
                     const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths[i] - width_of(cells[i]), ' ');
    const bool is_right = i < table.is_right.size() && table.is_right[i];
    line += (i == 0 ? "" : "  ") + (is_right ? padding + cells[i] : cells[i] + padding);
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace

Output::Output(bool is_json)
    : is_json_(is_json),
      paint_{!is_json && ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr} {}

void Output::answer(const Json& json, const std::string& text) const {
  print_last(is_json_ ? line_of(json) : text);
}

void Output::line(const Json& json, const std::string& text) const {
  print_part((is_json_ ? line_of(json) : text) + "\n");
}

void Output::answer(const Json& json, const Table& table) const { answer(json, table, {}); }

void Output::answer(const Json& json, const Table& table, const std::string& below) const {
  if (is_json_) return print_last(line_of(json));
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < table.head.size(); ++i) {
    widths.push_back(width_of(table.head[i]));
    for (const auto& row : table.rows) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text = coloured(Colour::bold, row_text(table, table.head, widths));
  for (const auto& row : table.rows) text += "\n" + row_text(table, row, widths);
  if (!below.empty()) text += "\n" + below;
  print_last(text);
}

int Output::failed(const Failure& failure) const {
  std::fprintf(stderr, "karst: %s\n", failure.text.c_str());
  if (!failure.hint.empty()) std::fprintf(stderr, "       %s\n", failure.hint.c_str());
  if (!is_json_) return failure.exit;
  Status written = write_output(line_of({{"error",
                                          {{"exit_code", static_cast<int>(failure.exit)},
                                           {"code", failure.code},
                                           {"text", failure.text},
                                           {"hint", failure.hint},
                                           {"value", id_text(failure.value)}}}}) +
                                "\n");
  if (written) written = flush_output();
  // What failed first is what the exit code says.
  if (!written && !is_reader_gone(written.error())) output_lost(written.error());
  return failure.exit;
}

void Output::fail(const Failure& failure) const { throw CLI::RuntimeError(failed(failure)); }

void print_part(const std::string& text) { must_write(write_output(text)); }

void flush_parts() { must_write(flush_output()); }

int end_output(int exit) {
  const Status flushed = flush_output();
  if (flushed || exit != exit_ok || is_reader_gone(flushed.error())) return exit;
  return output_lost(flushed.error());
}

Failure failure_of(const Error& error) {
  std::string code(name(error.code));
  std::ranges::transform(code, code.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : '_';
  });
  return {exit_code_of(error), code, error.text()};
}

Failure failure_of(const v1::Reply& reply) {
  const int code = reply.code();
  const bool needs_two = code == v1::CODE_NEEDS_TWO;
  Failure failure{needs_two ? exit_needs_second : exit_refused, code_name(code), {}};
  failure.value = reply.value();
  failure.text = "the exchange refused: " + failure.code;
  if (!reply.field().empty()) failure.text += " (" + reply.field() + ")";
  failure.text += ": " + std::string(code_text(code));
  while (failure.text.ends_with('.')) failure.text.pop_back();
  failure.hint = std::string(code_hint(code));
  if (needs_two) {
    failure.text = "as things are now it would have to be confirmed by a second operator";
    failure.hint = "nothing was done, and nothing waits";
  }
  return failure;
}

}  // namespace karst::tool
