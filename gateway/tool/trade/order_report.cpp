#include "gateway/tool/trade/order_report.hpp"

#include <map>
#include <nlohmann/json.hpp>

#include "gateway/tool/deed.hpp"
#include "schemas/words/human_units.hpp"
#include "schemas/words/instrument_text.hpp"

namespace karst::tool {
namespace {

const char* state_name(OrderOutcome::State state) {
  switch (state) {
    case OrderOutcome::State::working: return "working";
    case OrderOutcome::State::resting: return "resting";
    case OrderOutcome::State::filled: return "filled";
    case OrderOutcome::State::cancelled: return "cancelled";
  }
  return "working";
}

std::string reason_text(v1::OrderChange::CancelReason reason) {
  return plain_name("CANCEL_REASON_", v1::OrderChange::CancelReason_Name(reason));
}

const char* verb_of(v1::Side side) { return side == v1::SIDE_BUY ? "bought" : "sold"; }

/// "bought 3 GUIAN-P@2026-11-22T09Z at 28.50 CNY", a line per price, in the order they came.
std::string fills_text(const OrderReport& report) {
  std::string text;
  const v1::Definition& definition = report.listed.definition;
  std::int64_t price = 0;
  std::uint64_t lots = 0;
  const auto say = [&] {
    if (lots == 0) return;
    text += std::string(verb_of(report.side)) + " " + std::to_string(lots) + " " +
            instrument_name(definition) + " at " + price_text(definition, price) + "\n";
  };
  for (const v1::Fill& fill : report.outcome.fills) {
    if (fill.price_ticks() != price) {
      say();
      lots = 0;
      price = fill.price_ticks();
    }
    lots += fill.quantity_lots();
  }
  say();
  if (text.empty()) return text;
  return text + "for " + format_money(report.outcome.notional_fen()) + " " +
         definition.currency() + ", fee " + format_money(report.outcome.fee_fen()) + "\n";
}

std::string rest_text(const OrderReport& report) {
  const OrderOutcome& outcome = report.outcome;
  const std::string id = std::to_string(report.reply.order_id());
  const std::string order = "order " + id + " ";
  const std::string limit =
      report.limit_ticks == 0 ? ""
                              : " at " + price_text(report.listed.definition, report.limit_ticks);
  const std::string lots = lots_text(outcome.open_lots);
  switch (outcome.state) {
    case OrderOutcome::State::filled:
      return order + "is filled";
    case OrderOutcome::State::resting:
      return order + "rests in the book: " + lots + limit + "; take it back: karst cancel " + id;
    case OrderOutcome::State::cancelled:
      return order + "is over: " + lots_text(outcome.cancelled_lots) + " did not trade (" +
             reason_text(outcome.reason) + ")";
    case OrderOutcome::State::working:
      return order + "was taken and is at work: " + lots + " open; karst orders shows it";
  }
  return order;
}

}  // namespace

Json order_json(const OrderReport& report) {
  const v1::Definition& definition = report.listed.definition;
  const OrderOutcome& outcome = report.outcome;
  Json fills = Json::array();
  for (const v1::Fill& fill : outcome.fills) {
    fills.push_back({{"settlement", id_text(fill.settlement())},
                     {"price", price_text(definition, fill.price_ticks())},
                     {"quantity_lots", fill.quantity_lots()},
                     {"notional", format_money(fill.notional_fen())},
                     {"fee", format_money(fill.fee_fen())},
                     {"is_taker", fill.is_taker()}});
  }
  Json json{{"order_id", id_text(report.reply.order_id())},
            {"instrument_id", report.listed.id},
            {"instrument", instrument_name(definition)},
            {"side", report.side == v1::SIDE_BUY ? "buy" : "sell"},
            {"limit", nullptr},
            {"quantity_lots", report.quantity_lots},
            {"state", state_name(outcome.state)},
            {"filled_lots", outcome.filled_lots()},
            {"open_lots", outcome.open_lots},
            {"cancelled_lots", outcome.cancelled_lots},
            {"reason", nullptr},
            {"currency", definition.currency()},
            {"notional", format_money(outcome.notional_fen())},
            {"fee", format_money(outcome.fee_fen())},
            {"fills", fills},
            {"sequence", id_text(report.reply.sequence())},
            {"event_number", id_text(report.reply.event_number())},
            {"client_seq", id_text(report.reply.client_seq())},
            {"is_repeated", report.reply.is_repeated()}};
  if (report.limit_ticks != 0) json["limit"] = price_text(definition, report.limit_ticks);
  if (outcome.state == OrderOutcome::State::cancelled) json["reason"] = reason_text(outcome.reason);
  return json;
}

std::string order_text(const OrderReport& report) {
  std::string text;
  if (report.reply.is_repeated()) text += "the exchange had this already; nothing was done twice\n";
  text += fills_text(report);
  if (report.outcome.prevented_lots != 0) {
    text += lots_text(report.outcome.prevented_lots) +
            " met orders of your own and did not trade (--self-match)\n";
  }
  return text + rest_text(report);
}

void answer_validated(const Output& output, const std::string& instrument) {
  Json json{{"validated", true}};
  if (!instrument.empty()) json["instrument"] = instrument;
  output.answer(json, validated_text + (instrument.empty() ? "" : " (" + instrument + ")"));
}

}  // namespace karst::tool
