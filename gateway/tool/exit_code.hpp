// What `karst` says to the shell.
#pragma once

#include "engine/base/result.hpp"

namespace karst::tool {

/// Exit codes of every subcommand; docs/TOOL.md lists them. Stable for ever.
enum ExitCode : int {
  exit_ok = 0,
  exit_failed = 1,          ///< The system refused: input and output, no space, not permitted.
  exit_damaged = 2,         ///< Bytes are not those that were written; the message says where.
  exit_not_there = 3,       ///< What was asked about does not exist, or has been trimmed away.
  exit_in_the_way = 4,      ///< It is in use, or something is there already.
  exit_newer_format = 5,    ///< Written by a newer build; left untouched.
  exit_refused = 6,         ///< The exchange refused; the message names the code.
  exit_not_connected = 7,   ///< No exchange there, no trust in it, or no answer in time.
  exit_needs_second = 8,    ///< Not done yet: a second operator must confirm.
  exit_usage = 64           ///< Wrong arguments; nothing was tried.
};

[[nodiscard]] inline ExitCode exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::corrupt:
    case ErrorCode::invalid:
      return exit_damaged;
    case ErrorCode::not_found:
    case ErrorCode::trimmed:
      return exit_not_there;
    case ErrorCode::locked:
    case ErrorCode::busy:
    case ErrorCode::already_exists:
      return exit_in_the_way;
    case ErrorCode::unknown_format:
      return exit_newer_format;
    default:
      return exit_failed;
  }
}

}  // namespace karst::tool
