// The runs of the exchange's simulation: every crash point of a script, and seeded schedules.
#include "tests/support/machine/exchange_simulation.hpp"

namespace karst::sim {
namespace {

constexpr std::uint64_t script_turns_max = 5'000;
constexpr std::uint64_t steps_max = 4'000;
constexpr std::uint64_t ample_bytes = ~std::uint64_t{0};

Loss random_loss(Random& random) { return every_loss[random.below(std::size(every_loss))]; }

ExchangeSimulationOptions replicated_options() {
  ExchangeSimulationOptions options;
  options.is_replicated = true;
  return options;
}

// Returns: whether the process is still alive.
bool run_script(ExchangeSimulation& simulation) {
  bool is_alive = simulation.start();
  for (std::uint64_t i = 0; is_alive && !simulation.is_done() && i < script_turns_max; ++i) {
    is_alive = simulation.turn();
  }
  return is_alive;
}

std::vector<std::string> run_crash(ExchangeSimulation& simulation, std::uint64_t n, Loss loss,
                                   ExchangeCoverage& coverage, bool& was_reached) {
  simulation.storage().crash_at_change(n);
  run_script(simulation);
  was_reached = simulation.storage().has_crashed();
  if (was_reached) {
    simulation.die(loss);
    simulation.finish();
  }
  coverage.add(simulation.coverage());
  return simulation.violations();
}

// Something bad, now or a little later.
void plan_fault(ExchangeSimulation& simulation, Random& random) {
  SimStorage& storage = simulation.storage();
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2:
      storage.crash_at_change(1 + random.below(60));
      break;
    case 3:
      storage.fail_syncs_from(1 + random.below(10));
      break;
    case 4:
      storage.fail_call(1 + random.below(200), ErrorCode::io, random.below(3));
      break;
    case 5:
      storage.fail_call(1 + random.below(200), ErrorCode::no_space, random.below(20));
      break;
    case 6:
      storage.set_capacity(200'000 + random.below(400'000));
      break;
    default: {
      constexpr std::uint64_t jump_ns = 3'600'000'000'000;
      const std::uint64_t now = simulation.clock().wall_ns();
      simulation.clock().set_wall(now - jump_ns + random.below(2 * jump_ns));
      break;
    }
  }
}

}  // namespace

std::vector<std::string> run_exchange_crash(std::uint64_t n, Loss loss, ExchangeCoverage& coverage,
                                            bool& was_reached) {
  ExchangeSimulation simulation(n, ExchangeSimulationOptions());
  return run_crash(simulation, n, loss, coverage, was_reached);
}

std::vector<std::string> run_replicated_crash(std::uint64_t n, Loss loss,
                                              ExchangeCoverage& coverage, bool& was_reached) {
  ExchangeSimulation simulation(n, replicated_options());
  return run_crash(simulation, n, loss, coverage, was_reached);
}

std::vector<std::string> run_replicated_fate(std::uint64_t n, Fate fate, ExchangeCoverage& coverage,
                                             bool& was_reached) {
  ExchangeSimulation simulation(n, replicated_options());
  SimLog& log = simulation.replicated();
  for (std::uint64_t i = 1; i < n; ++i) log.plan(Fate::committed);
  log.plan(fate);
  simulation.expect_faults(true);
  if (!run_script(simulation)) simulation.die(Loss::kept);
  was_reached = log.planned() == 0;
  log.forget_plans();
  simulation.finish();
  coverage.add(simulation.coverage());
  return simulation.violations();
}

std::vector<std::string> run_exchange_schedule(std::uint64_t seed, ExchangeCoverage& coverage,
                                               bool is_replicated) {
  Random random(seed ^ 0x6b61727374ULL);
  ExchangeSimulationOptions options;
  options.script_seed = seed;
  options.is_replicated = is_replicated;
  options.snapshot_every = random.between(10, 120);
  options.batch_commands_max = static_cast<std::uint32_t>(random.between(1, 32));
  options.client_window = random.between(1, 12);
  ExchangeSimulation simulation(seed, options);
  simulation.expect_faults(true);
  bool is_alive = simulation.start();
  for (std::uint64_t i = 0; i < steps_max && !simulation.is_done(); ++i) {
    if (!simulation.violations().empty()) break;
    if (random.chance(1, 150)) plan_fault(simulation, random);
    if (is_replicated && random.chance(1, 60)) {
      simulation.replicated().plan(every_fate[random.below(std::size(every_fate))]);
    }
    if (random.chance(1, 400)) is_alive = false;  // out of the blue
    if (!is_alive) {
      simulation.die(random_loss(random));
      if (random.chance(1, 4)) simulation.storage().crash_at_change(1 + random.below(20));
      is_alive = simulation.start();
      // Somebody makes room when nothing starts any more.
      if (!is_alive) simulation.storage().set_capacity(ample_bytes);
    } else {
      is_alive = simulation.random_step();
    }
  }
  if (!is_alive) simulation.die(random_loss(random));
  simulation.storage().set_capacity(ample_bytes);
  if (is_alive) simulation.die(Loss::kept);  // faults planned and not met go with the machine
  simulation.replicated().forget_plans();
  if (simulation.violations().empty()) simulation.finish();
  coverage.add(simulation.coverage());
  return simulation.violations();
}

}  // namespace karst::sim
