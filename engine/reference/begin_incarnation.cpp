#include "engine/reference/begin_incarnation.hpp"

#include <algorithm>

namespace karst {
namespace {

[[nodiscard]] bool is_valid(const State& state, const BeginIncarnation& wish) {
  // The command's own place: a rehearsal has none yet.
  const std::uint64_t own = state.sequence + (state.is_rehearsal ? 1 : 0);
  const std::uint64_t last = state.incarnations.empty() ? 0 : state.incarnations.back().after;
  const bool is_known = std::ranges::any_of(
      state.incarnations, [&](const Incarnation& it) { return it.number == wish.number; });
  return state.rules >= rules_of_incarnations && wish.number != 0 && !is_known &&
         wish.after >= last && wish.after < own;
}

}  // namespace

Outcome begin_incarnation(State& state, const Command& command) {
  const BeginIncarnation& wish = command.begin_incarnation;
  if (!is_valid(state, wish)) return refuse(RejectCode::invalid_field);
  if (state.incarnations.size() >= incarnations_max) return refuse(RejectCode::exchange_full);
  if (state.is_rehearsal) return Outcome::done;
  // From here on nothing can fail.
  std::uint64_t passed_over = 0;
  for (const Incarnation& it : state.incarnations) passed_over += it.generations;
  const std::uint32_t generations = generations_of(wish.number, passed_over);
  state.orders.nodes.pass_over_generations(generations);
  const std::uint64_t before = state.incarnations.empty() ? 0 : state.incarnations.back().number;
  state.incarnations.push_back({wish.number, wish.after, state.sequence, generations, 0});
  state.last_begun = state.sequence;
  state.emit(EventType::incarnation_begun, 0, InstrumentId{0},
             IncarnationBegun{
                 .number = wish.number, .before = before, .after = wish.after, .reserved = {}});
  return Outcome::done;
}

}  // namespace karst
