#include "gateway/sim/cluster_run.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/base/assert.hpp"
#include "engine/seams/random.hpp"

namespace karst::tool {
namespace {

constexpr std::int64_t seconds_per_day = 86'400;
constexpr std::size_t wrong_max = 100;

[[nodiscard]] std::int64_t time_ns(std::int64_t trace_s) {
  return (cluster_first_hour * seconds_per_hour + trace_s) * ns_per_second;
}

}  // namespace

ClusterRun::ClusterRun(ClusterDesk& desk, ClusterMarket& market, const ClusterDemand& demand,
                       std::uint32_t hours)
    : desk_(desk), market_(market), demand_(demand), hours_(hours) {
  course_.demand.resize(std::size_t{hours} + 1);
}

std::uint64_t ClusterRun::steps() const {
  return hours_ * static_cast<std::uint64_t>(seconds_per_hour / cluster_step_s);
}

Status ClusterRun::play(std::uint32_t kills, std::uint64_t seed,
                        const std::function<void(const ClusterProgress&)>& on_progress) {
  constexpr std::uint64_t commands_until_kill_max = 60;
  if (Status set = desk_.link().set_time(time_ns(0)); !set) return set;
  if (Status made = market_.make(); !made) return made;
  Random random(seed);
  ClusterProgress progress;
  for (; progress.step < steps(); ++progress.step) {
    const std::uint32_t killed = desk_.link().kills();
    if (killed < kills && !desk_.link().is_kill_due() &&
        progress.step * (kills + 1) >= (killed + 1) * steps()) {
      desk_.link().kill_after(random.below(commands_until_kill_max));
    }
    const auto now_s = static_cast<std::int64_t>(progress.step) * cluster_step_s;
    if (Status stepped = step(now_s); !stepped) return stepped;
    progress.commands = desk_.link().commands();
    progress.fills = desk_.accounts().fills();
    on_progress(progress);
  }
  // The last hours are delivered and settled.
  const std::int64_t end_s = (hours_ + 1) * seconds_per_hour + 60;
  if (Status set = desk_.link().set_time(time_ns(end_s)); !set) return set;
  if (const auto settled = desk_.settle(desk_.everybody()); !settled) return settled.error();
  if (Status compared = compare(true); !compared) return compared;
  if (!desk_.accounts().is_at_rest()) {
    course_.wrong.push_back("something is still asked for, held or in escrow at the end");
  }
  on_progress(progress);
  return {};
}

/// All that the five minutes from `now_s` on bring.
Status ClusterRun::step(std::int64_t now_s) {
  if (now_s > 0) {
    if (Status set = desk_.link().set_time(time_ns(now_s)); !set) return set;
  }
  if (now_s % seconds_per_hour == 0) {
    const auto hour = static_cast<std::uint32_t>(now_s / seconds_per_hour);
    const Result<ClusterMarket::Listed> listed = market_.begin_hour(hour);
    if (!listed) return listed.error();
    for (const Waiting& it : waiting_) want_hours(it.wish, it.plan, listed->begin, listed->end);
    std::erase_if(waiting_, [&](const Waiting& it) {
      const ClusterWish& wish = demand_.wishes[it.wish];
      return wish.first_hour + wish.hours <= listed->end;
    });
  }
  while (next_wish_ < demand_.wishes.size() &&
         demand_.wishes[next_wish_].created_s < now_s + cluster_step_s) {
    const std::size_t index = next_wish_++;
    const ClusterWish& wish = demand_.wishes[index];
    const Plan plan = plan_of(wish);
    want_hours(index, plan, 0, market_.listed_end());
    if (wish.first_hour + wish.hours > market_.listed_end()) waiting_.push_back({index, plan});
  }
  // Where nobody wants anything only the clock has moved; what it did is looked at by the hour.
  if (wants_.empty() && now_s % seconds_per_hour != 0) return {};
  if (Status bought = buy(); !bought) return bought;
  if (const auto settled = desk_.settle(desk_.providers()); !settled) return settled.error();
  return compare(now_s % seconds_per_day == 0);
}

ClusterRun::Plan ClusterRun::plan_of(const ClusterWish& wish) const {
  struct Candidate {
    std::int64_t ask;
    std::int64_t list_price;
    std::uint32_t pool;
    auto operator<=>(const Candidate&) const = default;
  };
  std::vector<Candidate> candidates;
  for (std::uint32_t pool = 1; pool <= market_.pools(); ++pool) {
    if ((wish.models >> (pool - 1) & 1U) == 0) continue;
    const std::int64_t ask = desk_.accounts().best_ask({pool, wish.first_hour});
    candidates.push_back({ask == 0 ? std::numeric_limits<std::int64_t>::max() : ask,
                          market_.list_price(pool), pool});
  }
  std::sort(candidates.begin(), candidates.end());
  Plan plan;
  for (const Candidate& it : candidates) {
    plan.pools[plan.count++] = static_cast<std::uint8_t>(it.pool);
  }
  return plan;
}

/// The hours of the wish in [begin, end) are wanted now.
void ClusterRun::want_hours(std::size_t wish, const Plan& plan, std::uint32_t begin,
                            std::uint32_t end) {
  const ClusterWish& it = demand_.wishes[wish];
  const std::uint32_t last = std::min(it.first_hour + it.hours, end);
  for (std::uint32_t hour = std::max(it.first_hour, begin); hour < last; ++hour) {
    course_.demand[hour].requested += it.lots;
    Want want;
    want.wish = wish;
    want.hour = hour;
    want.plan = plan;
    wants_.push_back(want);
  }
}

/// Everything wanted is tried, model by model: those that got nothing go on with their next model
/// once all have been answered.
Status ClusterRun::buy() {
  std::vector<Want> wants = std::exchange(wants_, {});
  std::vector<Want> tried;
  while (!wants.empty()) {
    tried.clear();
    for (Want& want : wants) {
      const std::uint32_t pool = pool_to_try(want);
      if (pool == 0) {
        const std::uint32_t lots = demand_.wishes[want.wish].lots;
        course_.demand[want.hour].unmet[static_cast<std::size_t>(want.reason)] += lots;
        continue;
      }
      if (Status placed = place(want, pool); !placed) return placed;
      tried.push_back(want);
    }
    if (tried.empty()) return {};
    const Result<std::vector<LinkAnswer>> answers = desk_.settle(desk_.teams());
    if (!answers) return answers.error();
    KARST_ASSERT(answers->size() == tried.size());  // the link's promise
    wants.clear();
    for (std::size_t i = 0; i < tried.size(); ++i) {
      Want& want = tried[i];
      const std::uint32_t lots = demand_.wishes[want.wish].lots;
      const std::uint32_t filled = desk_.accounts().take_filled((*answers)[i].order_id);
      if (filled == lots) {
        course_.demand[want.hour].met += lots;
        course_.hours_moved += want.rank > 0 ? 1 : 0;
        continue;
      }
      if (filled != 0) course_.wrong.push_back("a fill-or-kill order was filled in part; ");
      want.reason = Unmet::too_few;
      ++want.rank;
      wants.push_back(want);
    }
  }
  return {};
}

/// The next model with an ask that the task can pay, by the asks at the beginning of the step; 0:
/// there is none, and the want says why.
std::uint32_t ClusterRun::pool_to_try(Want& want) const {
  const ClusterWish& wish = demand_.wishes[want.wish];
  for (; want.rank < want.plan.count; ++want.rank) {
    const std::uint32_t pool = want.plan.pools[want.rank];
    const std::int64_t ask = desk_.accounts().best_ask({pool, want.hour});
    if (ask != 0 && ask <= limit_of(wish.quality, market_.list_price(pool))) return pool;
    want.reason = std::max(want.reason, ask == 0 ? Unmet::sold_out : Unmet::too_dear);
  }
  return 0;
}

Status ClusterRun::place(const Want& want, std::uint32_t pool) {
  const ClusterWish& wish = demand_.wishes[want.wish];
  ++course_.orders_tried;
  v1::Command command;
  command.set_account_id(first_team + static_cast<std::uint32_t>(want.wish % cluster_teams));
  v1::PlaceOrder& order = *command.mutable_place_order();
  order.set_instrument_id(desk_.accounts().instrument({pool, want.hour}));
  order.set_side(v1::SIDE_BUY);
  order.set_limit_ticks(limit_of(wish.quality, market_.list_price(pool)));
  order.set_quantity_lots(wish.lots);
  order.set_kind(v1::ORDER_KIND_LIMIT);
  order.set_time_in_force(v1::TIME_IN_FORCE_FOK);
  order.set_self_match(v1::SELF_MATCH_CANCEL_NEWEST);
  return desk_.send(command);
}

Status ClusterRun::compare(bool with_lots) {
  Result<std::string> wrong = desk_.compare_money();
  if (!wrong) return wrong.error();
  ++course_.compared;
  if (wrong->empty() && with_lots) {
    wrong = desk_.compare_lots();
    if (!wrong) return wrong.error();
  }
  if (!wrong->empty() && course_.wrong.size() < wrong_max) course_.wrong.push_back(*wrong);
  return {};
}

}  // namespace karst::tool
