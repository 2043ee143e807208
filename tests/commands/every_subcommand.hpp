// One row for every subcommand of the tool: what must succeed, in which shape it answers, and the
// mistake that is made most.
#pragma once

#include <span>
#include <string>

#include "gateway/tool/exit_code.hpp"

namespace karst::test {

/// How a subcommand answers with --json.
enum class Answer {
  value,    ///< one JSON value
  lines,    ///< one object a line
  no_json,  ///< it has no --json
};

/// `$NAME` in a line is replaced by what the exchange of the table calls so.
struct SubcommandRow {
  const char* path;   ///< "keys create"
  const char* good;   ///< its arguments when it succeeds
  const char* shape;  ///< docs/json/SHAPE.json; nullptr with no_json
  const char* wrong;  ///< its arguments with the mistake
  int exit;           ///< what the mistake ends with
  const char* words;  ///< that its message must contain
  Answer answer = Answer::value;
};

// The rows of a table are run in their order, on one exchange.

/// On the market of TradeCommands. $HOUR: the first hour; $ORDER: the newest order made here.
[[nodiscard]] std::span<const SubcommandRow> trade_rows();
/// On a ToolExchange. $FROM: --from with a delivery hour that may be listed; $HASH: of any terms.
[[nodiscard]] std::span<const SubcommandRow> operate_rows();
/// On an exchange with four_eyes. $REQUEST: a request of the operator's that waits.
[[nodiscard]] std::span<const SubcommandRow> four_eyes_rows();
/// On an exchange with clock = "trace". $LATER: a time that is still to come.
[[nodiscard]] std::span<const SubcommandRow> clock_rows();
/// On the files of an exchange that has ended. $DATA: they; $HOME: the exchange's folder; $ROOM: an
/// empty folder.
[[nodiscard]] std::span<const SubcommandRow> files_rows();
/// On a running exchange. $HOME: its folder; $ROOM: an empty folder; $TRACE: a cluster trace;
/// $FLOW, $BOOK_FLOW, $ITCH: small files of those formats.
[[nodiscard]] std::span<const SubcommandRow> start_rows();

}  // namespace karst::test
