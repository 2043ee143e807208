#include "gateway/tool/command_words.hpp"

#include <algorithm>
#include <cstring>

#include "gateway/tool/scope_words.hpp"
#include "gateway/trust/log_on_proof.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/words/human_units.hpp"

namespace karst::tool {
namespace {

std::string merchant(const v1::Command& command) {
  return "merchant " + std::to_string(command.account_id());
}

std::string whose_key(const v1::Command& command) {
  return command.use_exchange_account() ? std::string("the exchange") : merchant(command);
}

std::string hex_of(const std::string& bytes) {
  Digest digest{};
  if (bytes.size() == digest.size()) std::memcpy(digest.data(), bytes.data(), bytes.size());
  return gateway::to_hex(digest);
}

/// A bank's reference: 16 bytes of any kind.
std::string printable(const std::string& bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte <= 0x7e && c != '\\') {
      text += c;
    } else {
      text += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
    }
  }
  return text;
}

template <class Movement>
std::string moved(const Movement& movement) {
  return format_money(movement.amount_fen()) + " of currency " +
         std::to_string(movement.currency_id()) + ", bank reference " +
         printable(movement.reference());
}

std::string words_of(const v1::SetMerchantState& body, const v1::Command& command) {
  switch (body.state()) {
    case v1::MERCHANT_STATE_EXITED: return "end the membership of " + merchant(command) +
                                           " for ever";
    case v1::MERCHANT_STATE_SUSPENDED: return "suspend " + merchant(command);
    default: return "admit " + merchant(command) + " again";
  }
}

std::string words_of(const v1::SetInstrumentState& body) {
  const std::string instrument = "instrument " + std::to_string(body.instrument_id());
  switch (body.state()) {
    case v1::INSTRUMENT_STATE_DELISTED: return "take " + instrument + " off the list for ever";
    case v1::INSTRUMENT_STATE_SUSPENDED: return "suspend " + instrument;
    default: return "open " + instrument;
  }
}

std::string words_of(const v1::SetFourEyes& body) {
  if (!body.on()) return "turn four eyes off: one operator alone may do everything";
  return "turn four eyes on: one operator alone funds and withdraws at most " +
         format_money(body.unseen_max_fen()) + " at once";
}

}  // namespace

std::string scopes_text(std::uint32_t scopes) {
  std::string text;
  for (const ScopeWord& it : scope_words) {
    if ((scopes & it.scope) == 0) continue;
    text += (text.empty() ? "" : ", ") + std::string(it.word);
  }
  return text;
}

std::string words_of(const v1::Command& command) {
  switch (command.body_case()) {
    case v1::Command::kSetMerchantState:
      return words_of(command.set_merchant_state(), command);
    case v1::Command::kSetInstrumentState:
      return words_of(command.set_instrument_state());
    case v1::Command::kFund:
      return "fund " + merchant(command) + " with " + moved(command.fund());
    case v1::Command::kWithdraw:
      return "pay out to " + merchant(command) + " " + moved(command.withdraw());
    case v1::Command::kCreateKey:
      return "make key " + std::to_string(command.create_key().key_id()) + " for " +
             whose_key(command) + ", which may " + scopes_text(command.create_key().scopes()) +
             "; its public key is " + hex_of(command.create_key().public_key());
    case v1::Command::kRevokeKey:
      return "revoke key " + std::to_string(command.revoke_key().key_id());
    case v1::Command::kAcceptClock:
      return "accept the exchange's wall clock, which is " +
             format_duration(command.accept_clock().step_ns()) + " ahead of its time";
    case v1::Command::kSetFourEyes:
      return words_of(command.set_four_eyes());
    default:
      return command.ShortDebugString();
  }
}

}  // namespace karst::tool
