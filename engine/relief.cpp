// What a command would free.
#include "engine/relief.hpp"

#include "engine/command/enclosed.hpp"
#include "engine/command/fields.hpp"
#include "engine/engine.hpp"
#include "engine/order/life.hpp"
#include "engine/state/handler.hpp"

namespace karst {
namespace {

/// Orders of a merchant looked at for one that a mass cancel means; those further on count for
/// nothing, so that nobody can make the exchange look for long.
constexpr std::uint32_t looks_max = 256;

[[nodiscard]] bool is_meant(const State& state, const MassCancel& filter, Slot slot) {
  const OrderHot& hot = state.orders.nodes.node(slot).hot;
  const InstrumentId instrument = state.instruments[hot.instrument].id;
  return (filter.instrument.is_none() || filter.instrument == instrument) &&
         (filter.side == 0 || filter.side == static_cast<std::uint8_t>(hot.side)) &&
         (filter.tag == 0 || filter.tag == hot.tag) && doom_of(state, slot) == CancelReason{};
}

// What a command of which it depends on the state would free.
template <class Body>
[[nodiscard]] Relief relief_of(const State&, const Command&, const Body&) {
  return Relief::none;
}

[[nodiscard]] Relief relief_of(const State& state, const Command& command,
                               const MassCancel& filter) {
  const bool is_of_all = filter.instrument.is_none() && filter.side == 0 && filter.tag == 0;
  Slot slot = state.accounts[command.account.value()].oldest_order;
  for (std::uint32_t looks = 0; slot != no_slot && looks < looks_max; ++looks) {
    if (is_meant(state, filter, slot)) return is_of_all ? Relief::utmost : Relief::some;
    slot = state.links.newer(slot);
  }
  return Relief::none;
}

/// Whether the switch is off as far as the one who speaks can turn it on.
[[nodiscard]] Relief relief_of(const State& state, const Command& command,
                               const KillSwitch& body) {
  if (!body.on) return Relief::none;
  const auto own = is_operator(state, command) ? Account::killed_by_operator
                                               : Account::killed_by_merchant;
  const bool is_on = (state.accounts[command.account.value()].killed & own) != 0;
  return is_on ? Relief::none : Relief::utmost;
}

[[nodiscard]] Relief relief_of(const State& state, const Command& command,
                               const SetMerchantState& body) {
  const MerchantState before = state.accounts[command.account.value()].state;
  const bool is_less = before == MerchantState::admitted || body.state == MerchantState::exited;
  return is_less && before != body.state ? Relief::some : Relief::none;
}

[[nodiscard]] Relief relief_of(const State&, const Command&, const SetInstrumentState& body) {
  return body.state == InstrumentState::open ? Relief::none : Relief::some;
}

[[nodiscard]] Relief relief_if_done(const State& state, const Command& command);

/// As much as what is confirmed would; an operator who only takes a proposal over frees nothing.
[[nodiscard]] Relief relief_of(const State& state, const Command& command, const Confirm& body) {
  const std::uint32_t at = state.proposals.find(body.proposal);
  const bool is_done = at != ProposalTable::none && state.proposals[at].by != 0;
  return is_done ? relief_if_done(state, carried_out_by(command)) : Relief::none;
}

[[nodiscard]] Relief relief_if_done(const State& state, const Command& command) {
  switch (traits_of(command.type).on_full_disk) {
    case OnFullDisk::refused: return Relief::none;
    case OnFullDisk::frees: return Relief::some;
    case OnFullDisk::shuts: return Relief::utmost;
    case OnFullDisk::depends: break;
  }
  Relief relief = Relief::none;
  (void)visit_body(command, [&](const auto& body) { relief = relief_of(state, command, body); });
  return relief;
}

}  // namespace

Relief Engine::relief(const Command& command) const {
  const Rehearsal rehearsal = rehearse(command);
  if (rehearsal.code != RejectCode::none || rehearsal.is_repeated) return Relief::none;
  return relief_if_done(*state_, command);
}

}  // namespace karst
