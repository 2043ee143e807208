// `karst offers`: data products that are sold by their issuer's posted offer.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/trade/merchant_session.hpp"
#include "gateway/tool/trade/order_report.hpp"
#include "gateway/tool/trade/order_words.hpp"
#include "schemas/words/human_units.hpp"
#include "schemas/words/instrument_text.hpp"

namespace karst::tool {
namespace {


struct OfferOptions : MerchantOptions {
  SendOptions send;
  std::string product;
  std::string price;
  std::uint32_t lots = 1;
  bool is_mine = false;
};

/// The product of a posted offer, with prices; anything else ends the program.
const Listed& must_be_product(MerchantSession& session, const std::string& name) {
  const Listed& listed = session.listing(true).must(name, session.output());
  if (listed.is_offer_product()) return listed;
  session.output().fail({exit_usage, "NO_OFFER_PRODUCT",
                         instrument_name(listed.definition) + " trades in a book, not by offers",
                         "karst buy and karst sell trade it; karst offers list shows what is "
                         "offered"});
}

std::optional<std::int64_t> offer_of(const Listed& listed) {
  if (!listed.ask || listed.ask->quantity != quantity_unlimited) return std::nullopt;
  return listed.ask->price;
}

void send_offer(MerchantSession& session, const Listed& listed, std::int64_t price_ticks,
                const SendOptions& send) {
  v1::PostOffer offer;
  offer.set_instrument_id(listed.id);
  offer.set_price_ticks(price_ticks);
  const v1::Reply reply = session.carry_out(
      offer, send, [&](v1::Code code) { return refusal_hint(code, listed); });
  const std::string name = instrument_name(listed.definition);
  if (reply.validated_only()) return answer_validated(session.output(), name);
  const std::string price = price_text(listed.definition, price_ticks);
  Json json{{"instrument_id", listed.id},
            {"instrument", name},
            {"price", nullptr},
            {"currency", listed.definition.currency()},
            {"sequence", id_text(reply.sequence())},
            {"event_number", id_text(reply.event_number())},
            {"client_seq", id_text(reply.client_seq())},
            {"is_repeated", reply.is_repeated()}};
  if (price_ticks != 0) json["price"] = price;
  session.output().answer(json, price_ticks == 0
                                    ? name + " is not offered any more; licences sold stay valid"
                                    : name + " is offered at " + price + " " +
                                          price_unit_text(listed.definition) +
                                          "; bids at or above it have been served");
}

void post(const OfferOptions& options) {
  MerchantSession session(options);
  const Listed& listed = must_be_product(session, options.product);
  send_offer(session, listed, must_be_price(options.price, listed, session.output()),
             options.send);
}

void lower(const OfferOptions& options) {
  MerchantSession session(options);
  const Listed& listed = must_be_product(session, options.product);
  const std::int64_t price = must_be_price(options.price, listed, session.output());
  const std::optional<std::int64_t> offer = offer_of(listed);
  if (!offer) {
    session.output().fail({exit_not_there, "NO_OFFER",
                           instrument_name(listed.definition) + " is not offered",
                           "post an offer first: karst offers post"});
  }
  if (price >= *offer) {
    session.output().fail({exit_usage, "NOT_LOWER",
                           "it is offered at " + price_text(listed.definition, *offer) +
                               " now, and that is no more than " + options.price,
                           "karst offers post sets any price, a higher one too"});
  }
  send_offer(session, listed, price, options.send);
}

void withdraw(const OfferOptions& options) {
  MerchantSession session(options);
  send_offer(session, must_be_product(session, options.product), 0, options.send);
}

void take(const OfferOptions& options) {
  MerchantSession session(options);
  const Output& output = session.output();
  const Listed& listed = must_be_product(session, options.product);
  const std::optional<std::int64_t> offer = offer_of(listed);
  if (!offer) {
    output.fail({exit_not_there, "NO_OFFER",
                 instrument_name(listed.definition) + " is not offered now",
                 "bid for it, and the issuer may come down to you: karst buy " +
                     listed.definition.symbol() + " 1 --price AMOUNT"});
  }
  const std::int64_t limit =
      options.price.empty() ? *offer : must_be_price(options.price, listed, output);
  if (limit < *offer) {
    output.fail({exit_refused, "OFFER_IS_DEARER",
                 "it is offered at " + price_text(listed.definition, *offer) + ", more than " +
                     options.price,
                 "a bid waits for the issuer to come down: karst buy " +
                     listed.definition.symbol() + " 1 --price " + options.price});
  }
  v1::PlaceOrder order;
  order.set_instrument_id(listed.id);
  order.set_side(v1::SIDE_BUY);
  order.set_limit_ticks(limit);
  order.set_quantity_lots(options.lots);
  order.set_kind(v1::ORDER_KIND_LIMIT);
  order.set_time_in_force(v1::TIME_IN_FORCE_IOC);
  order.set_self_match(v1::SELF_MATCH_CANCEL_NEWEST);
  const v1::Reply reply = session.carry_out(
      order, options.send, [&](v1::Code code) { return refusal_hint(code, listed); });
  if (reply.validated_only()) {
    return answer_validated(output, instrument_name(listed.definition));
  }
  const OrderReport report{
      listed, v1::SIDE_BUY, limit, options.lots, reply,
      session.must(order_outcome(session.client(), reply, session.account()))};
  output.answer(order_json(report), order_text(report));
}

void list(const OfferOptions& options) {
  const Output output(options.link.is_json);
  ExchangeLink link(options.link, output);
  const std::uint32_t own =
      options.account != 0 ? options.account : link.client().logged_on().account_id();
  Json json = Json::array();
  Table table{{"id", "product", "offered at", "best bid", "per", "issuer", "state"},
              {},
              {true, false, true, true, false, true, false}};
  const Listing listing = Listing::read(link, output, true);
  for (const auto& [id, listed] : listing.all()) {
    const v1::Definition& definition = listed.definition;
    if (!listed.is_offer_product() || (options.is_mine && definition.issuer() != own)) continue;
    const std::optional<std::int64_t> offer = offer_of(listed);
    const std::string state = plain_name("INSTRUMENT_STATE_",
                                         v1::InstrumentState_Name(listed.status.state()));
    Json line{{"instrument_id", id},
              {"instrument", instrument_name(definition)},
              {"price", nullptr},
              {"best_bid", nullptr},
              {"currency", definition.currency()},
              {"issuer", definition.issuer()},
              {"state", state}};
    if (offer) line["price"] = price_text(definition, *offer);
    if (listed.bid) line["best_bid"] = price_text(definition, listed.bid->price);
    table.rows.push_back({std::to_string(id), instrument_name(definition),
                          offer ? price_text(definition, *offer) : "-",
                          listed.bid ? price_text(definition, listed.bid->price) : "-",
                          price_unit_text(definition), std::to_string(definition.issuer()),
                          state});
    json.push_back(line);
  }
  output.answer(json, table);
}

using SharedOffer = std::shared_ptr<OfferOptions>;

CLI::App* add(CLI::App& parent, const char* name, const char* what, const SharedOffer& options,
              void (*run)(const OfferOptions&)) {
  CLI::App* command = parent.add_subcommand(name, what);
  command->callback([options, run] { run(*options); });
  return command;
}

}  // namespace

void add_offers(CLI::App& app) {
  CLI::App* offers =
      app.add_subcommand("offers", "data products sold by posted offer: list, take, post");
  offers->require_subcommand(1);
  offers->footer("A posted offer sells any number of licences at its price. Bids below it wait; "
                 "lowering\nthe offer serves them, each at its own price.\n"
                 "Examples:\n  karst offers list\n  karst offers take WEATHER-GZ 1\n"
                 "  karst offers post WEATHER-GZ 1800 --key cloud-atlas");
  const SharedOffer listed = std::make_shared<OfferOptions>();
  CLI::App* command = add(*offers, "list", "what is offered, and what is bid", listed, list);
  command->add_flag("--mine", listed->is_mine, "only products you issued");
  add_merchant_options(*command, *listed);
  struct Change {
    const char* name;
    const char* what;
    void (*run)(const OfferOptions&);
    bool has_price;
  };
  for (const Change& it : {Change{"post", "offer a product of yours at a price", post, true},
                           Change{"lower", "offer it for less than now", lower, true},
                           Change{"withdraw", "offer it no longer", withdraw, false},
                           Change{"take", "buy licences at the offered price", take, false}}) {
    const SharedOffer options = std::make_shared<OfferOptions>();
    command = add(*offers, it.name, it.what, options, it.run);
    command->add_option("product", options->product, "its number or symbol")->required();
    if (it.has_price) {
      command->add_option("price", options->price, "per licence, as 1800 or 0.50")->required();
    }
    if (it.run == take) {
      command->add_option("lots", options->lots, "how many licences")
          ->check(CLI::Range(1U, order_lots_max))
          ->capture_default_str();
      command->add_option("--max-price", options->price, "the most to pay per licence")
          ->type_name("AMOUNT");
    }
    add_send_options(*command, options->send);
    add_merchant_options(*command, *options);
  }
}

}  // namespace karst::tool
