// The journal's simulation as a small program: run over a build with a planted bug it must find it,
// run over the product it must find nothing.
#include <cstdio>

#include "tests/plants/violation.hpp"
#include "tests/support/machine/journal_simulation.hpp"

int main() {
  using namespace karst::sim;
  using karst::test::is_found;
  constexpr std::uint64_t commands = 60;
  constexpr std::uint64_t schedules = 100;
  JournalCoverage coverage;
  bool was_reached = true;
  for (std::uint64_t n = 1; was_reached; ++n) {
    for (const Loss loss : every_loss) {
      const auto violations = run_journal_crash(n, loss, commands, coverage, was_reached);
      if (is_found(violations, name(loss), n)) return 1;
    }
  }
  for (std::uint64_t seed = 1; seed <= schedules; ++seed) {
    if (is_found(run_journal_schedule(seed, coverage), "seed", seed)) return 1;
  }
  std::puts("no violation");
  return 0;
}
