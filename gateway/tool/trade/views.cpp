// `karst orders`, `holdings`, `balance`, `instruments`: how things stand.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/trade/merchant_session.hpp"
#include "schemas/words/human_units.hpp"
#include "schemas/words/instrument_text.hpp"

namespace karst::tool {
namespace {

struct ViewOptions : MerchantOptions {
  std::string instrument;
  bool is_open_only = false;
};

std::string state_of(const v1::OpenOrder& order) {
  if (order.is_hibernated()) return "hibernated";
  return order.is_booked() ? "resting" : "working";
}

void show_orders(const ViewOptions& options) {
  MerchantSession session(options);
  const Listing& listing = session.listing();
  const std::uint32_t only =
      options.instrument.empty() ? 0 : listing.must(options.instrument, session.output()).id;
  const v1::Orders orders = session.must(gateway::orders(session.client(), session.account()));
  Json lines = Json::array();
  Table table{{"order", "instrument", "side", "limit", "open", "filled", "good", "tag", "state"},
              {},
              {true, false, false, true, true, true, false, true, false}};
  for (const v1::OpenOrder& order : orders.orders()) {
    if (only != 0 && order.instrument_id() != only) continue;
    const std::string side = order.side() == v1::SIDE_BUY ? "buy" : "sell";
    const std::string limit = listing.price(order.instrument_id(), order.limit_ticks());
    const std::string good =
        plain_name("TIME_IN_FORCE_", v1::TimeInForce_Name(order.time_in_force()));
    const bool has_expiry = order.expiry_ns() != 0;
    const std::string expiry = has_expiry ? format_time(order.expiry_ns()) : "";
    Json line{{"order_id", id_text(order.order_id())},
              {"instrument_id", order.instrument_id()},
              {"instrument", listing.name(order.instrument_id())},
              {"side", side},
              {"limit", limit},
              {"open_lots", order.leaves_lots()},
              {"filled_lots", order.filled_lots()},
              {"time_in_force", good},
              {"expires", nullptr},
              {"tag", order.tag()},
              {"state", state_of(order)}};
    if (has_expiry) line["expires"] = expiry;
    lines.push_back(line);
    table.rows.push_back({std::to_string(order.order_id()), listing.name(order.instrument_id()),
                          side, limit, std::to_string(order.leaves_lots()),
                          std::to_string(order.filled_lots()),
                          has_expiry ? good + " " + expiry : good,
                          order.tag() == 0 ? "" : std::to_string(order.tag()), state_of(order)});
  }
  const Json json{{"merchant", session.merchant()},
                  {"as_of_sequence", id_text(orders.as_of_sequence())},
                  {"orders", lines}};
  if (table.rows.empty()) return session.output().answer(json, "no open orders");
  session.output().answer(json, table);
}

void show_holdings(const ViewOptions& options) {
  MerchantSession session(options);
  const Listing& listing = session.listing();
  const v1::Holdings holdings =
      session.must(gateway::holdings(session.client(), session.account()));
  Json lines = Json::array();
  Table table{{"id", "instrument", "kind", "free", "in orders", "locked"},
              {},
              {true, false, false, true, true, true}};
  for (const v1::Holding& row : holdings.holdings()) {
    const std::string kind = row.row() == v1::DRAW_CAPACITY ? "capacity" : "holding";
    lines.push_back({{"instrument_id", row.instrument_id()},
                     {"instrument", listing.name(row.instrument_id())},
                     {"kind", kind},
                     {"free_lots", row.free_lots()},
                     {"reserved_lots", row.reserved_lots()},
                     {"locked_lots", row.locked_lots()}});
    table.rows.push_back({std::to_string(row.instrument_id()), listing.name(row.instrument_id()),
                          kind, std::to_string(row.free_lots()),
                          std::to_string(row.reserved_lots()), std::to_string(row.locked_lots())});
  }
  const Json json{{"merchant", session.merchant()},
                  {"as_of_sequence", id_text(holdings.as_of_sequence())},
                  {"holdings", lines}};
  if (table.rows.empty()) return session.output().answer(json, "nothing is held");
  session.output().answer(json, table);
}

void show_balance(const ViewOptions& options) {
  MerchantSession session(options);
  const v1::Balances balances =
      session.must(gateway::balances(session.client(), session.account()));
  Json lines = Json::array();
  Table table{{"currency", "available", "in orders", "in escrow", "all"},
              {},
              {false, true, true, true, true}};
  for (const v1::Balance& it : balances.balances()) {
    const std::int64_t all = it.available_fen() + it.reserved_fen() + it.escrow_fen();
    lines.push_back({{"currency_id", it.currency_id()},
                     {"currency", it.currency()},
                     {"available", format_money(it.available_fen())},
                     {"reserved", format_money(it.reserved_fen())},
                     {"escrow", format_money(it.escrow_fen())}});
    table.rows.push_back({it.currency(), format_money(it.available_fen()),
                          format_money(it.reserved_fen()), format_money(it.escrow_fen()),
                          format_money(all)});
  }
  const Json json{{"merchant", session.merchant()},
                  {"as_of_sequence", id_text(balances.as_of_sequence())},
                  {"balances", lines}};
  if (table.rows.empty()) {
    return session.output().answer(json, "no money yet; an operator books it: karst fund");
  }
  session.output().answer(json, table);
}

bool contains(std::string_view text, std::string_view part) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto is_equal = [&](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), is_equal) != text.end();
}

Json instrument_json(const Listed& listed, const std::string& state) {
  const v1::Definition& definition = listed.definition;
  const bool is_hour = definition.kind() == v1::Definition::KIND_HOUR_CONTRACT;
  Json json{{"instrument_id", listed.id},
            {"instrument", instrument_name(definition)},
            {"kind", is_hour ? "hour" : "product"},
            {"symbol", definition.symbol()},
            {"currency", definition.currency()},
            {"unit", v1::Unit_Name(definition.unit()).substr(sizeof "UNIT_" - 1)},
            {"state", state},
            {"tick", price_text(definition, 1)},
            {"price_min", price_text(definition, definition.price_min_ticks())},
            {"price_max", price_text(definition, definition.price_max_ticks())},
            {"reference", price_text(definition, listed.status.reference_ticks())},
            {"quantity_lots_max", definition.quantity_lots_max()},
            {"bid", nullptr},
            {"bid_lots", nullptr},
            {"ask", nullptr},
            {"ask_lots", nullptr},
            {"delivery", nullptr},
            {"gate_close", nullptr},
            {"supply", nullptr},
            {"issuer", nullptr}};
  if (listed.bid) {
    json["bid"] = price_text(definition, listed.bid->price);
    json["bid_lots"] = listed.bid->quantity;
  }
  if (listed.ask) {
    json["ask"] = price_text(definition, listed.ask->price);
    if (listed.ask->quantity != quantity_unlimited) json["ask_lots"] = listed.ask->quantity;
  }
  if (is_hour) {
    json["delivery"] = format_hour(definition.delivery_hour());
    json["gate_close"] = format_time(definition.gate_close_time_ns());
  } else {
    json["supply"] = plain_name("SUPPLY_", v1::Supply_Name(definition.supply()));
    json["issuer"] = definition.issuer();
  }
  return json;
}

void show_instruments(const ViewOptions& options) {
  const Output output(options.link.is_json);
  ExchangeLink link(options.link, output);
  const Listing listing = Listing::read(link, output, true);
  Json json = Json::array();
  Table table{{"id", "instrument", "state", "bid lots", "bid", "ask", "ask lots", "per", "traded"},
              {},
              {true, false, false, true, true, true, true}};
  for (const auto& [id, listed] : listing.all()) {
    const v1::Definition& definition = listed.definition;
    const std::string name = instrument_name(definition);
    if (options.is_open_only && !listed.is_open()) continue;
    if (!contains(name, options.instrument) && std::to_string(id) != options.instrument) continue;
    const std::string state =
        plain_name("INSTRUMENT_STATE_", v1::InstrumentState_Name(listed.status.state()));
    json.push_back(instrument_json(listed, state));
    const auto level = [&, &definition = definition](const std::optional<feed::DepthLevel>& best) {
      return best ? price_text(definition, best->price) : "-";
    };
    table.rows.push_back({std::to_string(id), name, state,
                          listed.bid ? quantity_text(listed.bid->quantity) : "-", level(listed.bid),
                          level(listed.ask), listed.ask ? quantity_text(listed.ask->quantity) : "-",
                          price_unit_text(definition),
                          listed.is_offer_product() ? "by offer" : "in a book"});
  }
  if (!table.rows.empty()) return output.answer(json, table);
  if (listing.all().empty()) {
    return output.answer(json, "nothing is listed yet; an operator lists pools and products");
  }
  output.answer(json, "none of the " + std::to_string(listing.all().size()) +
                          " instruments is called so" +
                          (options.is_open_only ? " and open" : "") + ": karst instruments");
}

using SharedView = std::shared_ptr<ViewOptions>;

CLI::App* add(CLI::App& app, const char* name, const char* what, const SharedView& options,
              void (*run)(const ViewOptions&)) {
  CLI::App* command = app.add_subcommand(name, what);
  command->callback([options, run] { run(*options); });
  return command;
}

}  // namespace

void add_views(CLI::App& app) {
  SharedView options = std::make_shared<ViewOptions>();
  CLI::App* command = add(app, "orders", "your open orders", options, show_orders);
  command->add_option("--instrument", options->instrument, "only of this instrument");
  add_merchant_options(*command, *options);

  options = std::make_shared<ViewOptions>();
  command = add(app, "holdings", "the lots you have", options, show_holdings);
  command->footer("holding: lots bought before, to use or to resell. capacity: what a provider may "
                  "still\nsell of its own. locked: bought second hand, not for resale.");
  add_merchant_options(*command, *options);

  options = std::make_shared<ViewOptions>();
  command = add(app, "balance", "your money, as it is now", options, show_balance);
  command->footer("available: free to spend. in orders: behind open buy orders. in escrow: earned, "
                  "paid out\nonce the hour has been delivered.");
  add_merchant_options(*command, *options);

  options = std::make_shared<ViewOptions>();
  command = add(app, "instruments", "what can be bought and sold, by name", options,
                show_instruments);
  command->footer("Examples:\n  karst instruments\n  karst instruments GUIAN-P --open");
  command->add_option("text", options->instrument, "only those with this in their name");
  command->add_flag("--open", options->is_open_only, "only those that trade now");
  add_link_options(*command, options->link);
}

}  // namespace karst::tool
