// Timers firing, jobs stepping, sweeps going on.
#include "engine/continuation/continuation.hpp"

#include "engine/order/matching.hpp"
#include "engine/state/work.hpp"

namespace karst {
namespace {

void fire(State& state, const Timer& timer) {
  switch (timer.kind) {
#define KARST_TIMER(name, number, count) \
  case TimerKind::name: return fire_##name(state, timer);
    KARST_TIMERS(KARST_TIMER)
#undef KARST_TIMER
  }
}

/// One unit of the front job, which leaves the queue when there was nothing left to do.
void step(State& state) {
  const Job job = state.jobs.front();
  bool has_more = false;
  switch (job.kind) {
#define KARST_JOB(name, number) \
  case JobKind::name: has_more = step_##name(state, job); break;
    KARST_JOBS(KARST_JOB)
#undef KARST_JOB
  }
  if (has_more) return;
  if (job.kind == JobKind::account) --state.accounts[job.account].jobs;
  state.jobs.pop();
}

}  // namespace

void fire_timers_and_jobs(State& state) {
  std::uint32_t units = state.config.releases_per_command_max;
  for (; units != 0 && state.timers.earliest_ns() <= state.now; --units) {
    const Timer timer = state.timers.top();
    state.timers.clear(timer.handle);
    fire(state, timer);
  }
  for (; units != 0 && !state.jobs.is_empty(); --units) step(state);
}

std::uint32_t continue_sweeps(State& state, std::uint32_t named, bool is_tick) {
  if (named != 0 && state.instruments[named].pending != 0) {
    return continue_sweep(state, state.instruments[named], state.config.makers_per_command_max);
  }
  if (!state.sweeps.empty()) {
    (void)continue_sweep(state, state.instruments[state.sweeps.front()],
                         is_tick ? state.config.makers_per_command_max
                                 : state.config.makers_per_bystander_max);
  }
  return 0;
}

}  // namespace karst
