// Answers that many commands have.
#include "engine/state/handler.hpp"

namespace karst {

void emit_done(State& state, const Command& command, std::uint32_t account) {
  const std::uint64_t number = state.next_event_number(account);
  state.emit(EventType::done, 0, InstrumentId{0},
             Answer{.client_seq = command.client_seq,
                    .account_event = number,
                    .value = 0,
                    .order = OrderId{0},
                    .account = AccountId{account},
                    .key = command.key,
                    .command = command.type,
                    .reserved = {}});
  state.note_answer(number, 0);
}

std::uint64_t emit_session(State& state, EventType type, KeyId id) {
  const Key& key = state.keys[id];
  const std::uint64_t number = state.next_event_number(key.account);
  state.emit(type, 0, InstrumentId{0},
             SessionChange{.account_event = number,
                           .last_client_seq = key.last_client_seq,
                           .account = AccountId{key.account},
                           .key = id,
                           .epoch = key.epoch,
                           .scopes = key.scopes,
                           .reserved = {}});
  return number;
}

}  // namespace karst
