// Four eyes: what one operator proposes, another confirms.
#include "engine/reference/four_eyes.hpp"

#include "engine/base/assert.hpp"
#include "engine/command/enclosed.hpp"
#include "engine/command/fields.hpp"
#include "engine/state/admission.hpp"
#include "engine/state/handler.hpp"
#include "engine/state/work.hpp"

namespace karst {
namespace {

[[nodiscard]] bool is_on(const State& state) { return state.four_eyes.is_on != 0; }

[[nodiscard]] bool is_seen(const State& state, Money amount) {
  return is_on(state) && amount.value() > state.four_eyes.unseen_max;
}

/// Calls `f(body)` with the body of a command that can be proposed.
template <class F>
void visit_proposed(const Command& command, F&& f) {
  (void)visit_body(command, [&](const auto& body) {
    if constexpr (traits_of(type_of<std::remove_cvref_t<decltype(body)>>).may_need_two) f(body);
  });
}

/// Whether the command would be carried out now, once two have seen it. What was done before is
/// not to be done again.
[[nodiscard]] RejectCode check_proposed(const State& state, const Command& inner) {
  if (const RejectCode code = admit(state, inner); code != RejectCode::none) return code;
  Ruling ruling;
  visit_proposed(inner, [&](const auto& body) { ruling = check(state, inner, body); });
  return ruling.is_repeated ? RejectCode::already_exists : ruling.code;
}

template <class Body>
void do_proposed(State& state, const Command& inner, const Body& body) {
  // By its type: to choose among all, the compiler would have to know what each of them finds out.
  void (*const carry_it_out)(State&, const Command&, const Checked<Body>&) = carry_out;
  carry_it_out(state, inner, check(state, inner, body));
}

void emit_proposal(State& state, EventType type, std::uint8_t detail, const Proposal& proposal,
                   const Command& said, std::uint64_t number) {
  Command inner;
  KARST_ASSERT(disclose(proposal.command, inner));
  state.emit(type, detail, InstrumentId{0},
             ProposalChange{.number = number,
                            .client_seq = said.client_seq,
                            .proposal = proposal.number,
                            .by = KeyId{proposal.by},
                            .key = said.key,
                            .account = inner.account,
                            .command = inner.type,
                            .reserved = {}});
  state.note_answer(0, 0);
}

void remove(State& state, std::uint32_t at) {
  state.timers.clear(state.timer<TimerKind::proposal>(at));
  state.proposals[at] = Proposal{};
}

/// A proposal whose operator has no key any more is not to be carried out.
[[nodiscard]] bool is_waiting(const State& state, std::uint32_t at) {
  if (at == ProposalTable::none) return false;
  const KeyId by{state.proposals[at].by};
  return by.is_none() || (state.keys.is_known(by) && state.keys[by].is_revoked == 0);
}

}  // namespace

std::vector<Proposal> waiting_proposals(const State& state) {
  std::vector<Proposal> waiting;
  for (std::uint32_t at = 0; at < state.proposals.rows().size(); ++at) {
    const Proposal& row = state.proposals[at];
    if (row.number != 0 && is_waiting(state, at)) waiting.push_back(row);
  }
  return waiting;
}

bool needs_two(const State& state, const AcceptClock&) { return is_on(state); }
bool needs_two(const State& state, const SetMerchantState& body) {
  return is_on(state) && body.state == MerchantState::exited;
}
bool needs_two(const State& state, const Fund& body) { return is_seen(state, body.amount); }
bool needs_two(const State& state, const Withdraw& body) { return is_seen(state, body.amount); }
bool needs_two(const State& state, const CreateKey& body) {
  return is_on(state) && (body.scopes & scope::elevated) != 0;
}
bool needs_two(const State& state, const RevokeKey& body) {
  return is_on(state) && state.keys.is_known(body.revoked_key) &&
         (state.keys[body.revoked_key].scopes & scope::elevated) != 0;
}
bool needs_two(const State& state, const SetInstrumentState& body) {
  return is_on(state) && body.state == InstrumentState::delisted;
}
bool needs_two(const State& state, const SetFourEyes&) { return is_on(state); }

bool leaves_too_few(const State& state, const RevokeKey& body) {
  return is_on(state) && (state.keys[body.revoked_key].scopes & scope::operate) != 0 &&
         state.keys.count_operators() <= 2;
}

// Nobody is to confirm what the exchange would refuse.
Checked<Propose> check(const State& state, const Command& command, const Propose& body) {
  const RejectCode code = check_proposed(state, said_by(body.command, command));
  if (code != RejectCode::none) return code;
  if (state.proposals.find(0) == ProposalTable::none) return RejectCode::exchange_full;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<Propose>&) {
  const std::uint32_t at = state.proposals.find(0);
  state.proposals[at] = {.number = command.sequence,
                         .since_ns = state.now,
                         .by = command.key.value(),
                         .zero = 0,
                         .command = command.propose->command};
  state.timers.set({state.now + bound::proposal_ns, command.sequence, TimerKind::proposal,
                    state.timer<TimerKind::proposal>(at)});
  emit_proposal(state, EventType::command_proposed, 0, state.proposals[at], command, 0);
}

Checked<Confirm> check(const State& state, const Command& command, const Confirm& body) {
  const std::uint32_t at =
      body.proposal == 0 ? ProposalTable::none : state.proposals.find(body.proposal);
  if (!is_waiting(state, at)) return RejectCode::unknown_proposal;
  if (command.key.value() == state.proposals[at].by) return RejectCode::own_proposal;
  if (body.command != state.proposals[at].command) return RejectCode::proposal_differs;
  return check_proposed(state, said_by(body.command, command));
}

// What the exchange itself has proposed takes two operators all the same.
void carry_out(State& state, const Command& command, const Checked<Confirm>&) {
  const std::uint32_t at = state.proposals.find(command.confirm->proposal);
  Proposal& proposal = state.proposals[at];
  if (proposal.by == 0) {
    proposal.by = command.key.value();
    return emit_proposal(state, EventType::command_proposed, 1, proposal, command, 0);
  }
  emit_proposal(state, EventType::command_confirmed, 0, proposal, command,
                state.next_settlement());
  const Command inner = said_by(proposal.command, command);
  remove(state, at);
  visit_proposed(inner, [&](const auto& body) { do_proposed(state, inner, body); });
  state.note_answer(0, 0);
}

Checked<Retract> check(const State& state, const Command&, const Retract& body) {
  const bool is_known = body.proposal != 0 &&
                        state.proposals.find(body.proposal) != ProposalTable::none;
  return is_known ? RejectCode::none : RejectCode::unknown_proposal;
}

void carry_out(State& state, const Command& command, const Checked<Retract>&) {
  const std::uint32_t at = state.proposals.find(command.retract.proposal);
  emit_proposal(state, EventType::command_retracted,
                static_cast<std::uint8_t>(RetractReason::by_operator), state.proposals[at],
                command, 0);
  remove(state, at);
}

// One operator alone could never turn it off again.
Checked<SetFourEyes> check(const State& state, const Command&, const SetFourEyes& body) {
  if (body.on && state.keys.count_operators() < 2) return RejectCode::too_few_operators;
  return {};
}

void carry_out(State& state, const Command& command, const Checked<SetFourEyes>&) {
  const SetFourEyes& body = command.set_four_eyes;
  state.four_eyes = {.unseen_max = body.unseen_max.value(), .is_on = body.on ? 1U : 0U};
  emit_done(state, command, 0);
}

void fire_proposal(State& state, const Timer& timer) {
  const std::uint32_t at = state.proposals.find(timer.id);
  emit_proposal(state, EventType::command_retracted,
                static_cast<std::uint8_t>(RetractReason::expired), state.proposals[at], Command{},
                0);
  state.proposals[at] = Proposal{};
}

}  // namespace karst
