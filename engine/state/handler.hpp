// What every command has: a check, which changes nothing, and a way to carry it out, which cannot
// fail. A rehearsal is the check alone.
#pragma once

#include <cstdint>

#include "engine/command/command.hpp"
#include "engine/command/reject_code.hpp"
#include "engine/state/state.hpp"

namespace karst {

/// What a request that is made again was answered the first time.
struct FirstAnswer {
  std::uint64_t sequence = 0;       ///< of the command that was answered
  std::uint64_t account_event = 0;  ///< of the answer; 0 = in no log
  std::uint64_t order = 0;          ///< id; 0 = none
};

/// What a check came to: a refusal; or good; or the first answer, to be given again.
struct Ruling {
  RejectCode code = RejectCode::none;
  bool is_repeated = false;
  FirstAnswer first{};

  [[nodiscard]] bool is_good() const { return code == RejectCode::none && !is_repeated; }
};

/// What the check of a command found out that carrying it out needs to know. Commands of which that
/// is something specialise it, beside the handler.
template <class Body>
struct Found {};
// Declared here, so that nobody takes one of these for a command that found out nothing.
template <>
struct Found<AmendOrder>;
template <>
struct Found<CancelOrder>;
template <>
struct Found<HibernateOrder>;
template <>
struct Found<PlaceOrder>;
template <>
struct Found<ReactivateOrder>;
template <>
struct Found<SetPoolCapacity>;

template <class Body>
struct Checked : Ruling {
  Checked() = default;
  // A check returns why not, or what to say again, or what it found.
  Checked(RejectCode refusal) : Ruling{.code = refusal} {}
  Checked(const FirstAnswer& answer) : Ruling{.is_repeated = true, .first = answer} {}
  Checked(const Found<Body>& it) : found(it) {}

  Found<Body> found{};
};

// The two functions of every command of the catalogue.
//
// check(): codes in order of precedence. Source: docs/ENGINE.md §3 and §4.
// carry_out(): writes the answer and all that follows. Requires: a good check, and nothing since.
#define KARST_HANDLER(name, number, Body, ...)                                     \
  [[nodiscard]] Checked<Body> check(const State& state, const Command& command,    \
                                    const Body& body);                             \
  void carry_out(State& state, const Command& command, const Checked<Body>& checked);
KARST_COMMANDS(KARST_HANDLER)
#undef KARST_HANDLER

/// Answers `done`, with the account's next event number if `account` is not 0.
void emit_done(State& state, const Command& command, std::uint32_t account);
/// Says what became of a key or its session. Returns: the number in its merchant's event log.
std::uint64_t emit_session(State& state, EventType type, KeyId id);

/// Whether an operator speaks, or the exchange itself.
[[nodiscard]] inline bool is_operator(const State& state, const Command& command) {
  return command.key.is_none() || (state.keys[command.key].scopes & scope::operate) != 0;
}

}  // namespace karst
