// Errors of the world (disk, peer, database) as values.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include "engine/base/assert.hpp"

namespace karst {

/// What kind of thing went wrong: what the caller decides by.
enum class ErrorCode : std::uint8_t {
  io = 1,          ///< The device or the operating system refused; `system_error` says how.
  no_space,        ///< The disk or the quota is full; nothing was changed.
  not_found,       ///< No such file.
  already_exists,  ///< There is such a file.
  locked,          ///< Another process holds it.
  busy,            ///< Not now: a bounded queue is full. Nothing was changed; come back.
  corrupt,         ///< The bytes are not those that were written; `offset` says where.
  unknown_format,  ///< Written by a newer build; left untouched.
  trimmed,         ///< What was asked for has been trimmed away.
  poisoned,        ///< An earlier failure has made this object unusable.
  fenced,          ///< Someone with a higher epoch leads.
  invalid,         ///< The request makes no sense here.
  crashed,         ///< Simulation only: the machine is off.
};

/// The name of the code as it stands in messages, e.g. "no space".
[[nodiscard]] constexpr const char* name(ErrorCode code) {
  switch (code) {
    case ErrorCode::io: return "input/output error";
    case ErrorCode::no_space: return "no space";
    case ErrorCode::not_found: return "not found";
    case ErrorCode::already_exists: return "already exists";
    case ErrorCode::locked: return "locked by another process";
    case ErrorCode::busy: return "busy";
    case ErrorCode::corrupt: return "corrupt";
    case ErrorCode::unknown_format: return "unknown format";
    case ErrorCode::trimmed: return "trimmed";
    case ErrorCode::poisoned: return "unusable after an earlier failure";
    case ErrorCode::fenced: return "fenced";
    case ErrorCode::invalid: return "invalid";
    case ErrorCode::crashed: return "crashed";
  }
  return "unknown";
}

/// One failure: its code, what we were doing, and to what.
struct Error {
  static constexpr std::uint64_t no_offset = ~std::uint64_t{0};

  ErrorCode code = ErrorCode::io;
  std::string doing;                 ///< "read", "verify the payload of a frame"
  std::string what;                  ///< A path, or the name of the thing.
  std::uint64_t offset = no_offset;  ///< Unit: bytes from the start of `what`, where it applies.
  int system_error = 0;              ///< errno, where the system said one.

  /// "corrupt: check the header at journal/00000001.journal:4096"
  [[nodiscard]] std::string text() const {
    std::string line = std::string(name(code)) + ": " + doing + " at " + what;
    if (offset != no_offset) line += ":" + std::to_string(offset);
    if (system_error != 0) line += " (errno " + std::to_string(system_error) + ")";
    return line;
  }
};

/// A value or the Error that stood in its way.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// Requires: ok().
  [[nodiscard]] T& value() & {
    KARST_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    KARST_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    KARST_ASSERT(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  /// Requires: !ok().
  [[nodiscard]] const Error& error() const {
    KARST_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Error> state_;
};

/// Done, or the Error that stood in its way.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// Requires: !ok().
  [[nodiscard]] const Error& error() const {
    KARST_ASSERT(!ok());
    return *std::get_if<Error>(&state_);
  }

 private:
  std::variant<std::monostate, Error> state_;
};

using Status = Result<void>;

}  // namespace karst
