#include "schemas/words/code_text.hpp"

#include "schemas/karst/v1/common.pb.h"

namespace karst::tool {
namespace {

struct CodeText {
  int code;
  std::string_view text;
};

// Made from the comments in schemas/karst/v1/common.proto when the build is configured.
constexpr CodeText texts[] = {
#include "schemas/words/code_texts.inc"
};

}  // namespace

std::string code_name(int code) {
  constexpr std::string_view prefix = "CODE_";
  const std::string name = v1::Code_Name(static_cast<v1::Code>(code));
  return name.starts_with(prefix) ? name.substr(prefix.size()) : std::to_string(code);
}

std::string_view code_text(int code) {
  for (const CodeText& it : texts) {
    if (it.code == code) return it.text;
  }
  return {};
}

std::string_view code_hint(int code) {
  switch (code) {
    case v1::CODE_INVALID_FIELD:
      return "its range is in schemas/karst/v1/*.proto; --help shows what each option takes";
    case v1::CODE_NOT_PERMITTED:
      return "use a key with the scope (--key FILE); an operator makes one: karst keys create";
    case v1::CODE_UNKNOWN_ACCOUNT:
      return "admit the merchant first: karst merchant admit ACCOUNT --name NAME";
    case v1::CODE_REFERENCE_IN_USE:
      return "each movement of money has a reference of its own: choose another";
    case v1::CODE_ACCOUNT_SUSPENDED:
      return "an operator lets it trade again: karst merchant readmit ACCOUNT";
    case v1::CODE_ACCOUNT_KILLED:
      return "switch it off again: karst unkill ACCOUNT";
    case v1::CODE_RATE_EXCEEDED:
      return "wait, or let an operator raise it: karst limits ACCOUNT";
    case v1::CODE_UNKNOWN_CURRENCY:
      return "an operator defines it: karst currency ID CODE";
    case v1::CODE_UNKNOWN_CALENDAR:
      return "an operator defines it: karst calendar ID";
    case v1::CODE_UNKNOWN_FEE_SCHEDULE:
      return "an operator defines it: karst fees ID";
    case v1::CODE_UNKNOWN_POOL:
      return "an operator defines it: karst pool define ID";
    case v1::CODE_UNKNOWN_INSTRUMENT:
      return "what is listed: karst instruments";
    case v1::CODE_UNKNOWN_ORDER:
      return "your open orders: karst orders";
    case v1::CODE_ALREADY_EXISTS:
      return "take another number; nothing that exists is redefined";
    case v1::CODE_INSTRUMENT_HALTED:
      return "an operator opens it again: karst resume INSTRUMENT";
    case v1::CODE_INSTRUMENT_SUSPENDED:
      return "an operator opens it again: karst instrument open INSTRUMENT";
    case v1::CODE_WRONG_STATE:
      return "its state now: karst instruments; a pool is listed once it has karst pool terms";
    case v1::CODE_HOURS_OUT_OF_BOUNDS:
      return "--from: an hour to come, at most 336 ahead";
    case v1::CODE_INSUFFICIENT_FUNDS:
      return "what there is: karst balance; an operator funds: karst fund ACCOUNT AMOUNT";
    case v1::CODE_INSUFFICIENT_CAPACITY:
      return "an operator mints what the pool certifies: karst capacity mint";
    case v1::CODE_INSUFFICIENT_HOLDING:
      return "what there is: karst holdings";
    case v1::CODE_CAPACITY_EXCEEDED:
      return "minted is at most what is certified: karst capacity set POOL LOTS --from HOUR";
    case v1::CODE_EXCHANGE_FULL:
      return "the sizes are in [capacity] of karst.toml, fixed when the exchange was made";
    case v1::CODE_BOOK_BUSY:
    case v1::CODE_BUSY:
    case v1::CODE_RATE_LIMITED:
    case v1::CODE_TOO_MANY_IN_FLIGHT:
      return "nothing was done; try again in a moment";
    case v1::CODE_SESSION_FENCED:
      return "one session per key: give each program a key of its own (karst keys create)";
    case v1::CODE_LOG_ON_REFUSED:
      return "is it this exchange's key, and its number right? --key FILE, --key-id N";
    case v1::CODE_TOO_MANY_SESSIONS:
      return "raise gateway.connections_max in karst.toml, or end other sessions";
    case v1::CODE_DISK_FULL:
      return "make room on the disk of the journal; karst doctor shows how much there is";
    case v1::CODE_CLOCK_HELD:
      return "put the clock of the exchange's machine right (karst doctor says by how much), or, "
             "if it is right, have an operator say so: karst clock accept";
    case v1::CODE_NEEDS_TWO:
      return "propose it: another operator's key confirms it";
    case v1::CODE_UNKNOWN_PROPOSAL:
      return "what waits: karst proposals";
    case v1::CODE_OWN_PROPOSAL:
      return "another operator's key confirms it: --key FILE; or take it back: karst retract N";
    case v1::CODE_PROPOSAL_DIFFERS:
      return "look again at what it is: karst proposals";
    case v1::CODE_TOO_FEW_OPERATORS:
      return "make another operator's key first: karst keys create N --exchange --scopes operate";
    case v1::CODE_CLOCK_IS_REAL:
      return "only replays set the time: [time] clock in karst.toml";
    case v1::CODE_NOT_FOUND:
      return "about others only a key with scope audit or operate may ask";
    default:
      return {};
  }
}

}  // namespace karst::tool
