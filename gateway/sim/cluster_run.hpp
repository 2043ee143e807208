// A cluster replay: the tasks of a trace buy their hours from ten providers.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gateway/sim/cluster_demand.hpp"
#include "gateway/sim/cluster_market.hpp"

namespace karst::tool {

/// Why an hour of a task was not bought; the last thing that stood in its way.
enum class Unmet : std::uint8_t {
  no_model,  ///< none of the models it may use is in the cluster
  sold_out,  ///< nobody asked for that hour in any of them
  too_dear,  ///< every ask was above what it pays
  too_few    ///< there were too few lots within its limit
};
inline constexpr std::size_t unmet_reasons = 4;

/// What became of the demand of one delivery hour. Unit: lots
struct HourDemand {
  std::uint64_t requested = 0;
  std::uint64_t met = 0;
  std::array<std::uint64_t, unmet_reasons> unmet{};
};

/// What the replay itself has seen; the rest is read from the journal.
struct ClusterCourse {
  std::vector<HourDemand> demand;  ///< by hour; 0 is not used
  std::uint64_t orders_tried = 0;  ///< buys sent
  std::uint64_t hours_moved = 0;   ///< hours bought in another model than the task's cheapest
  std::uint64_t compared = 0;      ///< times all money was compared with the exchange
  std::vector<std::string> wrong;  ///< what differed
};

/// How far the run is.
struct ClusterProgress {
  std::uint64_t step = 0;
  std::uint64_t commands = 0;
  std::uint64_t fills = 0;
};

/// Threads: one owner.
class ClusterRun {
 public:
  ClusterRun(ClusterDesk& desk, ClusterMarket& market, const ClusterDemand& demand,
             std::uint32_t hours);

  /// Plays everything, kills the exchange `kills` times on the way, and compares the merchants'
  /// accounts with the exchange after every step.
  ///
  /// Errors: those of the desk: the run cannot go on.
  [[nodiscard]] Status play(std::uint32_t kills, std::uint64_t seed,
                            const std::function<void(const ClusterProgress&)>& on_progress);

  /// How many steps there are to play.
  [[nodiscard]] std::uint64_t steps() const;
  [[nodiscard]] const ClusterCourse& course() const { return course_; }

 private:
  /// The models of a wish, cheapest first when it was made.
  struct Plan {
    std::array<std::uint8_t, cluster_models_max> pools{};
    std::uint8_t count = 0;
  };
  /// One hour that a task still wants.
  struct Want {
    std::size_t wish = 0;
    std::uint32_t hour = 0;
    std::uint8_t rank = 0;  // which of its models is tried next
    Unmet reason = Unmet::no_model;
    Plan plan;
  };
  /// A task with hours that are not listed yet.
  struct Waiting {
    std::size_t wish = 0;
    Plan plan;
  };

  [[nodiscard]] Status step(std::int64_t now_s);
  [[nodiscard]] Plan plan_of(const ClusterWish& wish) const;
  void want_hours(std::size_t wish, const Plan& plan, std::uint32_t begin, std::uint32_t end);
  [[nodiscard]] Status buy();
  [[nodiscard]] std::uint32_t pool_to_try(Want& want) const;
  [[nodiscard]] Status place(const Want& want, std::uint32_t pool);
  [[nodiscard]] Status compare(bool with_lots);

  ClusterDesk& desk_;
  ClusterMarket& market_;
  const ClusterDemand& demand_;
  std::uint32_t hours_;
  ClusterCourse course_;
  std::size_t next_wish_ = 0;
  std::vector<Waiting> waiting_;
  std::vector<Want> wants_;
};

}  // namespace karst::tool
