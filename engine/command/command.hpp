// One command: who speaks, when, and what is asked, as a plain value of fixed size.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "engine/command/catalogue.hpp"

namespace karst {

/// One command as the engine takes it. `sequence` and `time` are stamped by the sequencer:
/// sequence grows by one, time strictly.
struct alignas(64) Command {
  std::uint64_t sequence;
  Time time;
  std::uint64_t client_seq;  ///< the key's own number, from 1; 0 = not numbered
  KeyId key;                 ///< who speaks; 0 = the exchange itself, which may do everything
  std::uint32_t epoch;       ///< session of the key; 0 = stateless request, never fenced
  AccountId account;         ///< whom the command is about
  CommandType type;
  std::uint8_t reserved[3];
  union {
#define KARST_BODY(name, number, Body, ...) Body name;
    KARST_COMMANDS(KARST_BODY)
#undef KARST_BODY
  };

  Command() { std::memset(static_cast<void*>(this), 0, sizeof *this); }
};

static_assert(sizeof(Command) == 128, "two cache lines");
static_assert(std::is_trivially_copyable_v<Command>);

}  // namespace karst
