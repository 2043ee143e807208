// `karst buy` and `karst sell`: an order, and what came of it.
#include <CLI/CLI.hpp>
#include <map>
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

struct PlaceOptions : MerchantOptions {
  SendOptions send;
  v1::Side side = v1::SIDE_BUY;
  std::string instrument;
  std::uint32_t lots = 0;
  std::string price;
  bool is_market = false;
  std::string time_in_force;  ///< empty: gtd with --until, ioc with --market, else gtc
  std::string until;
  bool is_post_only = false;
  bool is_all_or_none = false;
  std::uint32_t minimum = 0;
  std::uint32_t tag = 0;
  std::string client_id;
  std::string self_match = "newest";
  std::string from = "holding";
};

v1::TimeInForce time_in_force_of(const PlaceOptions& options, const Output& output) {
  const bool is_gtd = !options.until.empty();
  if (options.time_in_force.empty()) {
    if (is_gtd) return v1::TIME_IN_FORCE_GTD;
    return options.is_market ? v1::TIME_IN_FORCE_IOC : v1::TIME_IN_FORCE_GTC;
  }
  const v1::TimeInForce given = time_in_force_words.at(options.time_in_force);
  if (is_gtd != (given == v1::TIME_IN_FORCE_GTD)) {
    output.fail({exit_usage, "BAD_EXPIRY", "--tif gtd and --until TIME belong together",
                 "for example --until +30m or --until 2026-11-22T09:00Z"});
  }
  if (options.is_market && given != v1::TIME_IN_FORCE_IOC && given != v1::TIME_IN_FORCE_FOK) {
    output.fail({exit_usage, "MARKET_NEVER_RESTS", "a market order is ioc or fok: it never rests",
                 "--tif ioc or --tif fok; or name a --price, and what is left rests"});
  }
  return given;
}

std::int64_t limit_of(const PlaceOptions& options, const Listed& listed, const Output& output) {
  if (options.is_market) return 0;
  if (options.price.empty()) {
    output.fail({exit_usage, "NO_PRICE", "no price is given",
                 "--price AMOUNT: the most you pay, or the least you take; or --market; what is "
                 "bid and asked: karst instruments"});
  }
  return must_be_price(options.price, listed, output);
}

v1::PlaceOrder order_of(const PlaceOptions& options, const Listed& listed, const Output& output) {
  v1::PlaceOrder order;
  order.set_instrument_id(listed.id);
  order.set_side(options.side);
  order.set_limit_ticks(limit_of(options, listed, output));
  order.set_quantity_lots(options.lots);
  order.set_kind(options.is_market      ? v1::ORDER_KIND_MARKET
                 : options.is_post_only ? v1::ORDER_KIND_POST_ONLY
                                        : v1::ORDER_KIND_LIMIT);
  order.set_time_in_force(time_in_force_of(options, output));
  if (!options.until.empty()) order.set_expiry_ns(must_be_time(options.until, output));
  order.set_client_order_id(must_be_client_id(options.client_id, output));
  order.set_minimum_lots(options.minimum);
  order.set_tag(options.tag);
  order.set_self_match(self_match_words.at(options.self_match));
  order.set_all_or_none(options.is_all_or_none);
  if (options.side == v1::SIDE_SELL) order.set_draw(draw_words.at(options.from));
  return order;
}

/// What to do about a refusal of this order.
std::string hint(v1::Code code, const PlaceOptions& options, const Listed& listed) {
  const std::string name = instrument_name(listed.definition);
  switch (code) {
    case v1::CODE_INSUFFICIENT_HOLDING:
      return "what you have: karst holdings; a provider sells its own capacity with "
             "--from capacity";
    case v1::CODE_INSUFFICIENT_CAPACITY:
      return "what you may still sell: karst holdings; lots bought before are sold with "
             "--from holding";
    case v1::CODE_INSUFFICIENT_FUNDS:
      return "what you have: karst balance; an operator books money: karst fund";
    case v1::CODE_MODE_NOT_ALLOWED:
      return name + " is sold by its issuer's posted offer: karst offers";
    case v1::CODE_POST_ONLY_WOULD_TRADE:
      return "the other side is already there; another --price, or without --post-only";
    case v1::CODE_CLIENT_ORDER_ID_IN_USE:
      return "\"" + options.client_id + "\" names another order of the last 24 hours";
    default:
      return refusal_hint(code, listed);
  }
}

void place(const PlaceOptions& options) {
  MerchantSession session(options);
  const Output& output = session.output();
  const Listed& listed = session.listing().must(options.instrument, output);
  const v1::PlaceOrder order = order_of(options, listed, output);
  const v1::Reply reply = session.carry_out(
      order, options.send, [&](v1::Code code) { return hint(code, options, listed); });
  if (reply.validated_only()) {
    return answer_validated(output, instrument_name(listed.definition));
  }
  const OrderReport report{
      listed, order.side(), order.limit_ticks(), order.quantity_lots(), reply,
      session.must(order_outcome(session.client(), reply, session.account()))};
  output.answer(order_json(report), order_text(report));
}

void add(CLI::App& app, v1::Side side) {
  const auto options = std::make_shared<PlaceOptions>();
  options->side = side;
  const bool is_buy = side == v1::SIDE_BUY;
  CLI::App* command = app.add_subcommand(
      is_buy ? "buy" : "sell", is_buy ? "buy lots of an instrument" : "sell lots of an instrument");
  command->footer(is_buy ? "Examples:\n"
                           "  karst buy GUIAN-P@next 10 --price 28.50      rests until it trades\n"
                           "  karst buy GUIAN-P@next 10 --market           at once or not at all\n"
                           "  karst buy RISK-SEATS 2 --price 900 --until +4h\n"
                           "  karst buy WEATHER-GZ 1 --price 1800          takes a posted offer\n"
                           "Run again with the same --client-id it is carried out once."
                         : "Examples:\n"
                           "  karst sell GUIAN-P@next 5 --price 29         lots bought before\n"
                           "  karst sell GUIAN-P@next 500 --price 28 --from capacity\n"
                           "Run again with the same --client-id it is carried out once.");
  command->add_option("instrument", options->instrument,
                      "its number, symbol, or POOL@HOUR; karst instruments lists them")
      ->required();
  command->add_option("lots", options->lots, "how many")
      ->required()
      ->check(CLI::Range(1U, order_lots_max));
  CLI::Option* const market =
      command->add_flag("--market", options->is_market, "at any price within the price band");
  command
      ->add_option("--price", options->price,
                   is_buy ? "the most to pay per lot, as 28.50" : "the least to take per lot")
      ->type_name("AMOUNT")
      ->excludes(market);
  command
      ->add_option("--tif", options->time_in_force,
                   "how long it is good: gtc until cancelled, gtd until a time, day, ioc what "
                   "trades at once, fok all at once or nothing")
      ->check(CLI::IsMember(time_in_force_words));
  command->add_option("--until", options->until, "good until this time (gtd): +30m, or a time")
      ->type_name("TIME");
  CLI::Option* const post_only =
      command->add_flag("--post-only", options->is_post_only, "refused if it would trade at once")
          ->excludes(market);
  CLI::Option* const all = command->add_flag("--all-or-none", options->is_all_or_none,
                                             "all lots trade at once, or none");
  command->add_option("--min", options->minimum, "lots that must trade at once, or none do")
      ->type_name("LOTS")
      ->check(CLI::Range(1U, order_lots_max))
      ->excludes(all)
      ->excludes(post_only);
  all->excludes(post_only);
  if (!is_buy) {
    command
        ->add_option("--from", options->from,
                     "what is delivered: holding, lots bought before; capacity, a provider's own")
        ->check(CLI::IsMember(draw_words))
        ->capture_default_str();
  }
  command
      ->add_option("--self-match", options->self_match,
                   "when it meets an order of your own: cancel the newest, the oldest, both, or "
                   "decrement")
      ->check(CLI::IsMember(self_match_words))
      ->capture_default_str();
  command->add_option("--tag", options->tag, "a number of your own, for mass cancels");
  command
      ->add_option("--client-id", options->client_id,
                   "your own name for it: makes running it again safe; 1 to 15 letters, digits, _ "
                   "and -, or a UUID")
      ->type_name("ID");
  add_send_options(*command, options->send);
  add_merchant_options(*command, *options);
  command->callback([options] { place(*options); });
}

}  // namespace

void add_place(CLI::App& app) {
  add(app, v1::SIDE_BUY);
  add(app, v1::SIDE_SELL);
}

}  // namespace karst::tool
