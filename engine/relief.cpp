// What a command would free.
#include "engine/relief.hpp"

#include "engine/engine.hpp"
#include "engine/order/life.hpp"
#include "engine/state/state.hpp"

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

[[nodiscard]] Relief relief_of_mass_cancel(const State& state, const Command& command) {
  const MassCancel& filter = command.mass_cancel;
  const bool is_of_all = filter.instrument.is_none() && filter.side == 0 && filter.tag == 0;
  Slot slot = state.accounts[command.account.value()].oldest_order;
  for (std::uint32_t looks = 0; slot != no_slot && looks < looks_max; ++looks) {
    if (is_meant(state, filter, slot)) return is_of_all ? Relief::utmost : Relief::some;
    slot = state.links.newer(slot);
  }
  return Relief::none;
}

/// Whether the switch is off as far as the one who speaks can turn it on.
[[nodiscard]] Relief relief_of_kill_switch(const State& state, const Command& command) {
  if (!command.kill_switch.on) return Relief::none;
  const bool is_operator =
      command.key.is_none() || (state.keys[command.key].scopes & scope::operate) != 0;
  const auto own = is_operator ? Account::killed_by_operator : Account::killed_by_merchant;
  const bool is_on = (state.accounts[command.account.value()].killed & own) != 0;
  return is_on ? Relief::none : Relief::utmost;
}

[[nodiscard]] Relief relief_if_done(const State& state, const Command& command) {
  switch (command.type) {
    case CommandType::cancel_order:
    case CommandType::hibernate_order:
    case CommandType::revoke_key:
      return Relief::some;
    case CommandType::set_merchant_state: {
      const MerchantState before = state.accounts[command.account.value()].state;
      const MerchantState after = command.set_merchant_state.state;
      const bool is_less = before == MerchantState::admitted || after == MerchantState::exited;
      return is_less && before != after ? Relief::some : Relief::none;
    }
    case CommandType::set_instrument_state:
      return command.set_instrument_state.state == InstrumentState::open ? Relief::none
                                                                         : Relief::some;
    case CommandType::halt:
      return Relief::utmost;
    case CommandType::kill_switch:
      return relief_of_kill_switch(state, command);
    case CommandType::mass_cancel:
      return relief_of_mass_cancel(state, command);
    default:
      return Relief::none;
  }
}

}  // namespace

Relief Engine::relief(const Command& command) const {
  const Rehearsal rehearsal = rehearse(command);
  if (rehearsal.code != RejectCode::none || rehearsal.is_repeated) return Relief::none;
  return relief_if_done(*state_, command);
}

}  // namespace karst
