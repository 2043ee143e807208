#include "gateway/session/waiting_proposals.hpp"

#include "engine/base/bounds.hpp"
#include "engine/command/enclosed.hpp"
#include "engine/engine.hpp"
#include "gateway/trust/command_hash.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/translate/translate.hpp"

namespace karst::gateway {

void WaitingProposals::begin(const Engine& engine) {
  by_number_.clear();
  rule_ = engine.four_eyes();
  for (const Proposal& it : engine.proposals()) {
    by_number_[it.number] = {it.since_ns, KeyId{it.by}, it.command, hash_of(it.command)};
  }
}

void WaitingProposals::follow(const Command& command, const Event& event) {
  switch (event.type) {
    case EventType::command_proposed:
      if (command.type == CommandType::propose) {
        const EnclosedCommand& inner = command.propose->command;
        by_number_[event.proposal.proposal] = {command.time.value(), event.proposal.by, inner,
                                               hash_of(inner)};
      } else {
        by_number_[event.proposal.proposal].by = event.proposal.by;
      }
      return;
    case EventType::command_confirmed:
    case EventType::command_retracted:
      by_number_.erase(event.proposal.proposal);
      return;
    case EventType::key_revoked:
      std::erase_if(by_number_, [&](const auto& it) { return it.second.by == event.session.key; });
      return;
    case EventType::done:
      if (event.answer.command == CommandType::set_four_eyes) {
        const SetFourEyes said = carried_out_by(command).set_four_eyes;
        rule_ = {said.unseen_max.value(), said.on ? 1U : 0U};
      }
      return;
    default:
      return;
  }
}

void WaitingProposals::complete(Confirm& confirmation) const {
  const auto found = by_number_.find(confirmation.proposal);
  if (found == by_number_.end()) return;
  if (confirmation.hash != found->second.hash) {
    confirmation.command = {};
  } else if (confirmation.command == EnclosedCommand{}) {
    confirmation.command = found->second.command;
  }
}

void WaitingProposals::write(v1::Proposals& to) const {
  to.set_four_eyes(rule_.is_on != 0);
  to.set_unseen_max_fen(rule_.unseen_max);
  for (const auto& [number, it] : by_number_) {
    v1::Proposal& row = *to.add_proposals();
    row.set_proposal_id(number);
    row.set_key_id(it.by.value());
    row.set_proposed_ns(it.since_ns);
    row.set_expires_ns(it.since_ns + bound::proposal_ns);
    row.set_hash(it.hash.data(), it.hash.size());
    Command inner;
    if (disclose(it.command, inner)) schemas::enclosed_to_wire(inner, *row.mutable_command());
  }
}

}  // namespace karst::gateway
