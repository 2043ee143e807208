// `karst load`: an open-loop load on the gateway, and what came of it.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.hpp"
#include "gateway/measure/load_market.hpp"
#include "gateway/measure/load_session.hpp"
#include "schemas/words/json.hpp"

namespace karst::tool {

struct LoadPlan {
  LoadMix mix;
  std::uint32_t rate = 2'000;  ///< commands to be sent per second, over all sessions
  double warm_up_s = 1;        ///< sent, not measured. Unit: seconds
  double measured_s = 10;      ///< Unit: seconds
  std::uint32_t threads = 1;
  std::uint64_t seed = 1;
  bool is_poisson = false;  ///< gaps drawn at random instead of all alike
};

struct LoadReport {
  LoadTally tally{0, 1, 0};
  std::uint64_t planned = 0;  ///< commands that were to be sent, warm-up included
  double took_s = 0;          ///< from the first to the end of the last answer. Unit: seconds

  /// Whether every command was answered.
  [[nodiscard]] bool is_complete() const {
    return tally.unanswered == 0 && tally.lost_sessions == 0;
  }
};

/// Sends commands by a schedule that does not wait for answers: the k-th is due k / rate seconds
/// after the start (or by a Poisson process of that rate) and belongs to session k mod sessions. A
/// slow exchange is sent no less, and its slowness is measured from the time each command was due,
/// so none is left out ("coordinated omission").
///
/// Errors: those of logging on; a session lost later is counted in the report.
[[nodiscard]] Result<LoadReport> run_load(const LoadSetting& setting, const LoadPlan& plan);

/// The report for programs (docs/TOOL.md) and for people.
[[nodiscard]] Json to_json(const LoadReport& report, const LoadPlan& plan, std::size_t sessions);
[[nodiscard]] std::string to_text(const LoadReport& report, const LoadPlan& plan,
                                  std::size_t sessions);
/// The picture of --plot.
[[nodiscard]] std::string to_svg(const LoadReport& report, const LoadPlan& plan,
                                 std::size_t sessions);

}  // namespace karst::tool
