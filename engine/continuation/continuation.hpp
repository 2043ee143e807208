// Work left over: due timers, release jobs and pending sweeps, done in bounded steps before each
// command.
#pragma once

#include "engine/state/state.hpp"

namespace karst {

/// Whether anything is due or left over at the state's time.
[[nodiscard]] inline bool has_work(const State& state) {
  return state.timers.earliest_ns() <= state.now || !state.jobs.is_empty() ||
         !state.sweeps.empty();
}

/// Fires due timers, then goes on with release jobs: at most releases_per_command_max in all.
void fire_timers_and_jobs(State& state);

/// Lets a pending sweep go on: that of the book the command names, or else the oldest.
/// `named`: that instrument's slot, 0 for none.
/// Returns: makers touched on the named book.
std::uint32_t continue_sweeps(State& state, std::uint32_t named, bool is_tick);

}  // namespace karst
