// `karst amend`, `cancel`, `mass-cancel`, `hibernate`, `reactivate`: what is done to orders.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/numbers.hpp"
#include "gateway/tool/trade/merchant_session.hpp"
#include "gateway/tool/trade/order_report.hpp"
#include "gateway/tool/trade/order_words.hpp"
#include "schemas/words/human_units.hpp"
#include "schemas/words/instrument_text.hpp"

namespace karst::tool {
namespace {


struct ChangeOptions : MerchantOptions {
  SendOptions send;
  std::uint64_t order_id = 0;
  std::string client_id;
  std::string price;
  std::uint32_t lots = 0;  ///< 0: as it is
  std::string instrument;
  std::string side;
  std::uint32_t tag = 0;
  bool is_all = false;
};

/// The order as it is, among the open ones; without it the program ends.
v1::OpenOrder must_be_open(MerchantSession& session, std::uint64_t order_id) {
  const v1::Orders orders =
      session.must(gateway::orders(session.client(), session.account()));
  for (const v1::OpenOrder& order : orders.orders()) {
    if (order.order_id() == order_id) return order;
  }
  session.output().fail({exit_refused, "UNKNOWN_ORDER",
                         "order " + std::to_string(order_id) +
                             " is not open: it is filled, cancelled, or was never yours",
                         "your open orders: karst orders; what became of it: karst events"});
}

const Listed& must_be_listed(MerchantSession& session, std::uint32_t instrument) {
  return session.listing().must(std::to_string(instrument), session.output());
}

void report(MerchantSession& session, const Listed& listed, v1::Side side, std::int64_t limit_ticks,
            std::uint32_t quantity_lots, const v1::Reply& reply) {
  const OrderReport it{
      listed, side,  limit_ticks, quantity_lots,
      reply,  session.must(order_outcome(session.client(), reply, session.account()))};
  session.output().answer(order_json(it), order_text(it));
}

void amend(const ChangeOptions& options) {
  MerchantSession session(options);
  if (options.price.empty() && options.lots == 0) {
    session.output().fail({exit_usage, "NOTHING_TO_AMEND", "nothing is to be changed",
                           "--price AMOUNT, --lots N, or both"});
  }
  const v1::OpenOrder order = must_be_open(session, options.order_id);
  const Listed& listed = must_be_listed(session, order.instrument_id());
  v1::AmendOrder amend;
  amend.set_order_id(options.order_id);
  amend.set_limit_ticks(options.price.empty()
                            ? order.limit_ticks()
                            : must_be_price(options.price, listed, session.output()));
  amend.set_quantity_lots(options.lots == 0 ? order.leaves_lots() + order.filled_lots()
                                            : options.lots);
  const v1::Reply reply = session.carry_out(amend, options.send, [&](v1::Code code) {
    if (code == v1::CODE_QUANTITY_OUT_OF_BOUNDS && options.lots <= order.filled_lots()) {
      return std::to_string(order.filled_lots()) +
             " lots have traded already and count in --lots; karst cancel takes back the rest";
    }
    return refusal_hint(code, listed);
  });
  if (reply.validated_only()) return answer_validated(session.output());
  report(session, listed, order.side(), amend.limit_ticks(), amend.quantity_lots(), reply);
}

void cancel(const ChangeOptions& options) {
  MerchantSession session(options);
  if ((options.order_id == 0) == options.client_id.empty()) {
    session.output().fail({exit_usage, "WHICH_ORDER", "which order is not said, or said twice",
                           "its number, as karst orders shows it, or --client-id NAME"});
  }
  v1::CancelOrder cancel;
  cancel.set_order_id(options.order_id);
  cancel.set_client_order_id(must_be_client_id(options.client_id, session.output()));
  const v1::Reply reply = session.carry_out(cancel, options.send);
  if (reply.validated_only()) return answer_validated(session.output());
  const OrderOutcome outcome =
      session.must(order_outcome(session.client(), reply, session.account()));
  // The event log may be behind, or have no room: how much came back is not known then.
  const bool is_known = outcome.is_final();
  session.output().answer({{"order_id", id_text(reply.order_id())},
                           {"cancelled_lots", is_known ? Json(outcome.cancelled_lots) : Json()},
                           {"sequence", id_text(reply.sequence())},
                           {"event_number", id_text(reply.event_number())},
                           {"client_seq", id_text(reply.client_seq())},
                           {"is_repeated", reply.is_repeated()}},
                          "order " + std::to_string(reply.order_id()) + " is cancelled" +
                              (is_known ? ", " + lots_text(outcome.cancelled_lots) + " taken back"
                                        : "; how much came back, the event log does not say yet: "
                                          "karst events"));
}

void mass_cancel(const ChangeOptions& options) {
  MerchantSession session(options);
  const bool is_filtered = !options.instrument.empty() || !options.side.empty() || options.tag != 0;
  if (is_filtered == options.is_all) {
    session.output().fail({exit_usage, "WHICH_ORDERS", "which orders is not said, or said twice",
                           "--instrument NAME, --side buy|sell, --tag N, or --all of them"});
  }
  v1::MassCancel cancel;
  std::string instrument;
  if (!options.instrument.empty()) {
    const Listed& listed = session.listing().must(options.instrument, session.output());
    cancel.set_instrument_id(listed.id);
    instrument = instrument_name(listed.definition);
  }
  if (!options.side.empty()) cancel.set_side(side_words.at(options.side));
  cancel.set_tag(options.tag);
  const v1::Reply reply = session.carry_out(cancel, options.send);
  if (reply.validated_only()) return answer_validated(session.output(), instrument);
  session.output().answer(
      {{"instrument", instrument.empty() ? Json() : Json(instrument)},
       {"sequence", id_text(reply.sequence())},
       {"event_number", id_text(reply.event_number())},
       {"client_seq", id_text(reply.client_seq())},
       {"is_repeated", reply.is_repeated()}},
      "every order that matched" + (instrument.empty() ? "" : " in " + instrument) +
          " is dead; their lots and money come back as the events say: karst events --after " +
          std::to_string(reply.event_number()));
}

void hibernate(const ChangeOptions& options) {
  MerchantSession session(options);
  v1::HibernateOrder hibernate;
  hibernate.set_order_id(options.order_id);
  const v1::Reply reply = session.carry_out(hibernate, options.send);
  if (reply.validated_only()) return answer_validated(session.output());
  const std::string id = std::to_string(reply.order_id());
  session.output().answer({{"order_id", id_text(reply.order_id())},
                           {"sequence", id_text(reply.sequence())},
                           {"event_number", id_text(reply.event_number())},
                           {"client_seq", id_text(reply.client_seq())},
                           {"is_repeated", reply.is_repeated()}},
                          "order " + id + " sleeps: out of the book, nothing reserved; wake it: "
                          "karst reactivate " + id);
}

void reactivate(const ChangeOptions& options) {
  MerchantSession session(options);
  const v1::OpenOrder order = must_be_open(session, options.order_id);
  const Listed& listed = must_be_listed(session, order.instrument_id());
  v1::ReactivateOrder reactivate;
  reactivate.set_order_id(options.order_id);
  const v1::Reply reply = session.carry_out(
      reactivate, options.send, [&](v1::Code code) { return refusal_hint(code, listed); });
  if (reply.validated_only()) return answer_validated(session.output());
  report(session, listed, order.side(), order.limit_ticks(),
         order.leaves_lots() + order.filled_lots(), reply);
}

using SharedChange = std::shared_ptr<ChangeOptions>;

CLI::App* add(CLI::App& app, const char* name, const char* what, const SharedChange& options,
              void (*run)(const ChangeOptions&)) {
  CLI::App* command = app.add_subcommand(name, what);
  command->callback([options, run] { run(*options); });
  return command;
}

void add_order(CLI::App& command, const SharedChange& options, bool is_required) {
  CLI::Option* const order =
      command.add_option("order", options->order_id, "its number; karst orders lists them")
          ->check(at_least_one());
  if (is_required) order->required();
}

void finish(CLI::App& command, const SharedChange& options) {
  add_send_options(command, options->send);
  add_merchant_options(command, *options);
}

}  // namespace

void add_change_orders(CLI::App& app) {
  {
    const auto options = std::make_shared<ChangeOptions>();
    CLI::App* command = add(app, "amend", "change the price or size of an open order", options,
                            amend);
    command->footer("Fewer lots at the same price keep the order's place in the queue; anything "
                    "else\ngoes to the back, as a new order would.\n"
                    "Example: karst amend 4294967296 --lots 5");
    add_order(*command, options, true);
    command->add_option("--price", options->price, "the new limit per lot")->type_name("AMOUNT");
    command->add_option("--lots", options->lots, "the new total, what has traded included")
        ->check(CLI::Range(1U, order_lots_max));
    finish(*command, options);
  }
  {
    const auto options = std::make_shared<ChangeOptions>();
    CLI::App* command = add(app, "cancel", "take an open order back", options, cancel);
    command->footer("Examples:\n  karst cancel 4294967296\n  karst cancel --client-id morning-1");
    add_order(*command, options, false);
    command->add_option("--client-id", options->client_id, "the name you gave it");
    finish(*command, options);
  }
  {
    const auto options = std::make_shared<ChangeOptions>();
    CLI::App* command = add(app, "mass-cancel", "take many orders back at once", options,
                            mass_cancel);
    command->footer("At once: none of them can trade any more when the answer is there. Never "
                    "throttled.\nExamples:\n  karst mass-cancel --all\n"
                    "  karst mass-cancel --instrument GUIAN-P@next --side sell");
    command->add_option("--instrument", options->instrument, "only of this instrument");
    command->add_option("--side", options->side, "only buys, or only sells")
        ->check(CLI::IsMember(side_words));
    command->add_option("--tag", options->tag, "only with this tag")->check(at_least_one());
    command->add_flag("--all", options->is_all, "all of them");
    finish(*command, options);
  }
  {
    const auto options = std::make_shared<ChangeOptions>();
    CLI::App* command = add(app, "hibernate",
                            "take an order out of the book and keep it for later", options,
                            hibernate);
    add_order(*command, options, true);
    finish(*command, options);
  }
  {
    const auto options = std::make_shared<ChangeOptions>();
    CLI::App* command = add(app, "reactivate", "put a hibernated order back into the book",
                            options, reactivate);
    add_order(*command, options, true);
    finish(*command, options);
  }
}

}  // namespace karst::tool
