#include "gateway/session/recognise.hpp"

namespace karst::gateway {

Recognised recognise(const Credential& credential, const KeyRecord* record) {
  const Digest public_key = record != nullptr ? record->public_key : Digest{1};
  const bool is_proved = is_signed(credential.statement, credential.signature, public_key);
  Recognised who;
  if (record == nullptr) {
    who.refusal = "log-on with an unknown key";
  } else if (record->is_revoked) {
    who.refusal = "log-on with a revoked key";
  } else if (!is_proved) {
    who.refusal = "log-on with a wrong signature";
  } else {
    who.speaker = {credential.key, record->account, record->scopes};
  }
  return who;
}

}  // namespace karst::gateway
