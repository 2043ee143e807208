// What comes due and what is left over: the functions of every kind of timer and of job.
#pragma once

#include "engine/state/state.hpp"

namespace karst {

// fire_NAME(state, timer): what a timer of that kind does when it is due; it has been cleared.
#define KARST_TIMER(name, number, count) void fire_##name(State& state, const Timer& timer);
KARST_TIMERS(KARST_TIMER)
#undef KARST_TIMER

// step_NAME(state, job): one unit of the front job. Returns: false if there was nothing left to do.
#define KARST_JOB(name, number) [[nodiscard]] bool step_##name(State& state, const Job& job);
KARST_JOBS(KARST_JOB)
#undef KARST_JOB

}  // namespace karst
