#include "gateway/tool/event_text.hpp"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>

#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/words/client_id_text.hpp"
#include "schemas/words/code_text.hpp"
#include "schemas/words/human_units.hpp"
#include "schemas/words/instrument_text.hpp"

namespace karst::tool {
namespace {

/// What is known of the instrument an event is about.
struct About {
  std::uint32_t id;
  const v1::Definition* definition;

  [[nodiscard]] std::string name() const {
    return definition == nullptr ? "instrument " + std::to_string(id)
                                 : instrument_name(*definition);
  }
  [[nodiscard]] std::string price(std::int64_t ticks) const {
    return definition == nullptr ? std::to_string(ticks) + " ticks"
                                 : price_text(*definition, ticks);
  }
};

std::string settled(std::uint64_t settlement) {
  return settlement == 0 ? "" : ", settlement " + std::to_string(settlement);
}

const char* side_text(v1::Side side) { return side == v1::SIDE_BUY ? "buy " : "sell "; }

/// The name of a command by its number: "place order".
std::string command_name(std::uint32_t number) {
  const auto* field =
      v1::Command::descriptor()->FindFieldByNumber(static_cast<int>(number) + 100);
  return field == nullptr ? "command " + std::to_string(number) : plain_name("", field->name());
}

std::string text_of(const v1::Answer& answer) {
  const std::string name = command_name(answer.command());
  if (answer.code() == v1::CODE_OK) return name + " done";
  return name + " refused: " + code_name(answer.code());
}

std::string text_of(const v1::OrderChange& change, const About& about) {
  std::string text = "order " + std::to_string(change.order_id()) + " " +
                     plain_name("WHAT_", v1::OrderChange::What_Name(change.what()));
  const std::string lots = lots_text(change.quantity_lots());
  switch (change.what()) {
    case v1::OrderChange::WHAT_CANCELLED:
      return text + ": " + lots + " of " + about.name() + " (" +
             plain_name("CANCEL_REASON_",
                        v1::OrderChange::CancelReason_Name(change.cancel_reason())) +
             ")";
    case v1::OrderChange::WHAT_BOOKED:
      return text + ": " + lots + " of " + about.name() + " rest at " +
             about.price(change.limit_ticks());
    default:
      text += ": " + std::string(side_text(change.side())) + lots + " of " + about.name() + " at " +
              about.price(change.limit_ticks()) + " " +
              plain_name("TIME_IN_FORCE_", v1::TimeInForce_Name(change.time_in_force()));
      return change.lost_priority() ? text + ", to the back of the queue" : text;
  }
}

std::string text_of(const v1::Fill& fill, const About& about) {
  std::string text = std::string(fill.side() == v1::SIDE_BUY ? "bought " : "sold ") +
                     lots_text(fill.quantity_lots()) + " of " + about.name() + " at " +
                     about.price(fill.price_ticks()) + " for " + format_money(fill.notional_fen()) +
                     ", fee " + format_money(fill.fee_fen()) + settled(fill.settlement());
  if (fill.kind() == v1::Fill::KIND_CAPACITY_ESCROW && fill.side() == v1::SIDE_SELL) {
    text += ", in escrow until delivery";
  }
  if (fill.order_id() == 0) return text + " (posted offer)";
  return text + "; order " + std::to_string(fill.order_id()) + " has " +
         std::to_string(fill.leaves_lots()) + " left";
}

std::string text_of(const v1::MerchantChange& merchant) {
  const std::string name = merchant.name().empty() ? "" : " " + merchant.name();
  const char* const is_now = merchant.is_renamed() ? "merchant renamed" : "merchant";
  return is_now + name + (merchant.is_renamed() || !name.empty() ? ", " : " ") +
         plain_name("MERCHANT_STATE_", v1::MerchantState_Name(merchant.state())) + ", tier " +
         std::to_string(merchant.tier()) + ", clearance " + std::to_string(merchant.clearance()) +
         (merchant.is_killed() ? ", killed: no order is taken" : "") +
         settled(merchant.settlement());
}

std::string text_of(const v1::CashMoved& cash, const CurrencyCodes& currencies) {
  const bool is_in = cash.amount_fen() >= 0;
  return std::string(is_in ? "funded " : "withdrew ") +
         format_money(is_in ? cash.amount_fen() : -cash.amount_fen()) +
         currencies.behind_amount(cash.currency_id()) + settled(cash.settlement());
}

std::string text_of(const v1::UnitsMoved& units, const About& about) {
  const std::string lots = lots_text(units.quantity_lots() < 0 ? -units.quantity_lots()
                                                               : units.quantity_lots());
  return (units.quantity_lots() < 0 ? "burnt " : "minted ") + lots + " of " + about.name() +
         settled(units.settlement());
}

std::string body_text(const v1::Event& event, const v1::Definition* definition,
                      const CurrencyCodes& currencies) {
  const About about{event.instrument_id(), definition};
  switch (event.body_case()) {
    case v1::Event::kAnswer:
      return text_of(event.answer());
    case v1::Event::kOrder:
      return text_of(event.order(), about);
    case v1::Event::kSelfMatch:
      return lots_text(event.self_match().quantity_lots()) + " of " + about.name() +
             " met an order of your own at " + about.price(event.self_match().price_ticks()) +
             " and did not trade";
    case v1::Event::kFill:
      return text_of(event.fill(), about);
    case v1::Event::kEntitlement:
      return "licence for " + lots_text(event.entitlement().quantity_lots()) + " of " +
             about.name() + " by merchant " +
             std::to_string(event.entitlement().issuer_account_id()) + ", terms version " +
             std::to_string(event.entitlement().version()) +
             settled(event.entitlement().settlement());
    case v1::Event::kCash:
      return text_of(event.cash(), currencies);
    case v1::Event::kMerchant:
      return text_of(event.merchant());
    case v1::Event::kEscrow:
      return "escrow of " + format_money(event.escrow().amount_fen()) + " released" +
             settled(event.escrow().settlement());
    case v1::Event::kUnits:
      return text_of(event.units(), about);
    case v1::Event::kSession:
      return plain_name("WHAT_", v1::SessionChange::What_Name(event.session().what())) +
             ": key " + std::to_string(event.session().key_id());
    case v1::Event::kProduct:
      return about.name() + " has terms version " + std::to_string(event.product().version()) +
             ", certificate until " + format_time(event.product().certificate_expiry_ns());
    case v1::Event::kOffer:
      return about.name() + (event.offer().price_ticks() == 0
                                 ? std::string(" is offered no longer")
                                 : " is offered at " + about.price(event.offer().price_ticks()));
    case v1::Event::BODY_NOT_SET:
      break;
  }
  return "an event this program does not know; a newer one may";
}

}  // namespace

void CurrencyCodes::learn(const v1::Balances& balances) {
  for (const v1::Balance& it : balances.balances()) codes_[it.currency_id()] = it.currency();
}

std::string CurrencyCodes::behind_amount(std::uint32_t currency) const {
  const auto found = codes_.find(currency);
  return found == codes_.end() ? " of currency " + std::to_string(currency) : " " + found->second;
}

std::string event_text(const v1::Event& event, const v1::Definition* definition,
                       const CurrencyCodes& currencies) {
  const std::string text = body_text(event, definition, currencies);
  if (event.client_order_id().empty()) return text;
  return text + " [" + client_id_text(event.client_order_id()) + "]";
}

Json event_json(const v1::Event& event, const v1::Definition* definition,
                const CurrencyCodes& currencies) {
  std::string text;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  const auto status = google::protobuf::util::MessageToJsonString(event, &text, options);
  KARST_ASSERT(status.ok());  // every message of ours has a JSON form
  Json json = Json::parse(text);
  json["time"] = format_time(event.time_ns());
  json["client_order_id"] = nullptr;
  if (!event.client_order_id().empty()) {
    json["client_order_id"] = client_id_text(event.client_order_id());
  }
  json["instrument"] = nullptr;
  if (event.instrument_id() != 0) {
    json["instrument"] = About{event.instrument_id(), definition}.name();
  }
  json["text"] = event_text(event, definition, currencies);
  return json;
}

}  // namespace karst::tool
