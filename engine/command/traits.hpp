// What kind of command each type is: who may say it, and about whom it is.
#pragma once

#include <array>
#include <cstdint>

#include "engine/command/command.hpp"

namespace karst {

struct CommandTraits {
  std::uint8_t scopes = 0;      ///< a merchant's own key needs one of these; 0 = it may not say it
  bool is_personal = false;     ///< about a merchant; else its account is ignored
  bool is_session = false;      ///< about the key that speaks; the exchange itself has none
  bool is_unnumbered = false;   ///< takes no client sequence number
  bool may_be_exchange = false; ///< account 0 is an answer to "about whom"
  bool is_internal = false;     ///< said by the exchange itself only
};

namespace detail {
[[nodiscard]] consteval std::array<CommandTraits, 256> make_command_traits() {
  std::array<CommandTraits, 256> table{};
  const auto at = [&](CommandType type) -> CommandTraits& {
    return table[static_cast<std::size_t>(type)];
  };
  using enum CommandType;
  for (const CommandType type : {place_order, amend_order, reactivate_order, post_offer}) {
    at(type) = {.scopes = scope::trade, .is_personal = true};
  }
  for (const CommandType type : {kill_switch, cancel_order, mass_cancel, hibernate_order}) {
    at(type) = {.scopes = scope::trade | scope::cancel_only, .is_personal = true};
  }
  for (const CommandType type : {open_session, close_session, set_dead_man, heartbeat}) {
    at(type) = {.scopes = scope::all,
                .is_personal = true,
                .is_session = true,
                .is_unnumbered = type != set_dead_man,
                .may_be_exchange = true};
  }
  for (const CommandType type :
       {admit_merchant, set_merchant_state, set_merchant_limits, set_merchant_profile, fund,
        withdraw, create_key, mint_capacity, define_product}) {
    at(type).is_personal = true;
  }
  at(create_key).may_be_exchange = true;
  at(configure).is_internal = true;
  at(tick).is_internal = true;
  at(adopt_rules).is_internal = true;
  at(begin_incarnation).is_internal = true;
  at(clock_held).is_internal = true;
  return table;
}
inline constexpr std::array<CommandTraits, 256> command_traits = make_command_traits();
}  // namespace detail

[[nodiscard]] constexpr const CommandTraits& traits_of(CommandType type) {
  return detail::command_traits[static_cast<std::size_t>(type)];
}

}  // namespace karst
