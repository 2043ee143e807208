#include "tests/support/machine/client_ack.hpp"

#include "ledger/events/account_entry.hpp"

namespace karst::sim {

ClientAck ack_of(const Event& answer) {
  if (answer.type == EventType::repeated) {
    const Repeated& it = answer.repeated;
    return {it.original_sequence, it.original_account_event, it.order, it.code};
  }
  ClientAck ack;
  ack.sequence = answer.sequence;
  const AccountPlaces places = account_places(answer);
  if (places.count != 0) ack.account_event = places.items[0].number;
  if (answer.type == EventType::rejected) ack.code = RejectCode{answer.detail};
  switch (answer.type) {
    case EventType::done:
    case EventType::rejected:
      ack.order = answer.answer.order;
      break;
    case EventType::order_accepted:
    case EventType::order_amended:
    case EventType::order_cancelled:
    case EventType::order_hibernated:
    case EventType::order_reactivated:
      ack.order = answer.order.order;
      break;
    default:
      break;
  }
  return ack;
}

bool Executions::take(const Executed& executed) {
  if (executed.command.client_seq == 0 || !executed.has_answer()) return true;
  const Event& answer = executed.events[executed.answer];
  if (answer.type == EventType::repeated) return true;
  const ClientAck ack = ack_of(answer);
  if (is_about_the_speaker(ack.code)) return true;
  const Name name{executed.command.key.value(), executed.command.client_seq};
  return acks_.emplace(name, ack).second;
}

const ClientAck* Executions::find(KeyId key, std::uint64_t client_seq) const {
  const auto found = acks_.find({key.value(), client_seq});
  return found == acks_.end() ? nullptr : &found->second;
}

}  // namespace karst::sim
