#include "engine/state/admission.hpp"

#include "engine/command/check.hpp"
#include "engine/command/permission.hpp"

namespace karst {

bool is_well_formed(const State& state, const Command& command) {
  const CommandTraits& traits = traits_of(command.type);
  if (command.key.is_none()
          ? command.client_seq != 0 || command.epoch != 0 || traits.is_session
          : (traits.is_unnumbered && command.client_seq != 0) ||
                (command.type == CommandType::close_session && command.epoch == 0)) {
    return false;
  }
  if (state.rules < traits.since_rules) return false;
  if (command.type == CommandType::create_key && state.rules < rules_of_lasting_tables &&
      command.create_key.new_key.value() >= state.config.keys_max) {
    return false;
  }
  if (command.type == CommandType::define_product && state.rules < rules_of_titles &&
      command.define_product->title[0] != '\0') {
    return false;
  }
  return (command.reserved[0] | command.reserved[1] | command.reserved[2]) == 0 &&
         wrong_field(command, state.config) == nullptr;
}

RejectCode admit(const State& state, const Command& command) {
  if (!state.is_configured && command.type != CommandType::configure) {
    return RejectCode::not_configured;
  }
  if (!is_well_formed(state, command)) return RejectCode::invalid_field;
  const CommandTraits& traits = traits_of(command.type);
  if (!command.key.is_none()) {
    const Key& key = state.keys[command.key];
    const bool is_own = key.account == command.account.value();
    if (!may_say(command.type, key.scopes, is_own)) return RejectCode::not_permitted;
  }
  if (state.is_configured && command.type == CommandType::configure) {
    return RejectCode::not_configured;
  }
  const bool is_exchange = command.account.is_none() && traits.may_be_exchange;
  if (command.type != CommandType::admit_merchant && traits.is_personal && !is_exchange &&
      !state.accounts.is_known(command.account)) {
    return RejectCode::unknown_account;
  }
  return RejectCode::none;
}

}  // namespace karst
