// `karst orders`, `order`, `holdings`, `balance`, `instruments`: how things stand.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/trade/merchant_session.hpp"
#include "schemas/words/client_id_text.hpp"
#include "schemas/words/human_units.hpp"
#include "schemas/words/instrument_text.hpp"

namespace karst::tool {
namespace {

struct ViewOptions : MerchantOptions {
  std::string instrument;
  std::uint64_t order = 0;
  std::string client_id;
};

/// Which instruments are shown; what is empty leaves none out.
struct InstrumentOptions : ViewOptions {
  bool is_open_only = false;
  std::string kind;
  std::string state;
  std::string prefix;
  std::string from_hour;
  std::string to_hour;
  std::uint32_t pool = 0;
  std::uint32_t provider = 0;
};

std::string state_of(const v1::OpenOrder& order) {
  if (order.is_hibernated()) return "hibernated";
  return order.is_booked() ? "resting" : "working";
}

Json order_json(const Listing& listing, const v1::OpenOrder& order) {
  Json line{
      {"order_id", id_text(order.order_id())},
      {"client_order_id", nullptr},
      {"instrument_id", order.instrument_id()},
      {"instrument", listing.name(order.instrument_id())},
      {"side", order.side() == v1::SIDE_BUY ? "buy" : "sell"},
      {"limit", listing.price(order.instrument_id(), order.limit_ticks())},
      {"open_lots", order.leaves_lots()},
      {"filled_lots", order.filled_lots()},
      {"time_in_force", plain_name("TIME_IN_FORCE_", v1::TimeInForce_Name(order.time_in_force()))},
      {"expires", nullptr},
      {"tag", order.tag()},
      {"state", state_of(order)}};
  if (!order.client_order_id().empty()) {
    line["client_order_id"] = client_id_text(order.client_order_id());
  }
  if (order.expiry_ns() != 0) line["expires"] = format_time(order.expiry_ns());
  return line;
}

Table orders_table() {
  return {{"order", "client id", "instrument", "side", "limit", "open", "filled", "good", "tag",
           "state"},
          {},
          {true, false, false, false, true, true, true, false, true, false}};
}

std::vector<std::string> order_row(const Listing& listing, const v1::OpenOrder& order) {
  const std::string good =
      plain_name("TIME_IN_FORCE_", v1::TimeInForce_Name(order.time_in_force()));
  return {std::to_string(order.order_id()),
          client_id_text(order.client_order_id()),
          listing.name(order.instrument_id()),
          order.side() == v1::SIDE_BUY ? "buy" : "sell",
          listing.price(order.instrument_id(), order.limit_ticks()),
          std::to_string(order.leaves_lots()),
          std::to_string(order.filled_lots()),
          order.expiry_ns() != 0 ? good + " " + format_time(order.expiry_ns()) : good,
          order.tag() == 0 ? "" : std::to_string(order.tag()),
          state_of(order)};
}

void show_orders(const ViewOptions& options) {
  MerchantSession session(options);
  const Listing& listing = session.listing();
  const std::uint32_t only =
      options.instrument.empty() ? 0 : listing.must(options.instrument, session.output()).id;
  const v1::Orders orders = session.must(gateway::orders(session.client(), session.account()));
  Json lines = Json::array();
  Table table = orders_table();
  for (const v1::OpenOrder& order : orders.orders()) {
    if (only != 0 && order.instrument_id() != only) continue;
    lines.push_back(order_json(listing, order));
    table.rows.push_back(order_row(listing, order));
  }
  const Json json{{"merchant", session.merchant()},
                  {"as_of_sequence", id_text(orders.as_of_sequence())},
                  {"orders", lines}};
  if (table.rows.empty()) return session.output().answer(json, "no open orders");
  session.output().answer(json, table);
}

void show_order(const ViewOptions& options) {
  if (options.order == 0 && options.client_id.empty()) {
    Output(options.link.is_json)
        .fail({exit_usage, "USAGE", "which order?", "karst order NUMBER, or --client-id NAME"});
  }
  MerchantSession session(options);
  v1::QueryOrder query;
  query.set_account_id(session.account());
  query.set_order_id(options.order);
  query.set_client_order_id(options.client_id);
  const Result<v1::OrderFound> answer = gateway::order(session.client(), query);
  if (!answer && answer.error().code == ErrorCode::not_found) {
    session.output().fail({exit_not_there, "NOT_FOUND",
                           "no order of yours that is open is called so, and none that is "
                           "remembered by its client id",
                           "your open orders: karst orders; what became of others: karst events"});
  }
  const v1::OrderFound found = session.must(answer);
  Json json{{"merchant", session.merchant()},
            {"as_of_sequence", id_text(found.as_of_sequence())},
            {"order_id", id_text(found.order_id())},
            {"client_order_id", nullptr},
            {"sequence", id_text(found.sequence())},
            {"event_number", nullptr},
            {"order", nullptr}};
  const std::string client_id = client_id_text(found.client_order_id());
  if (!client_id.empty()) json["client_order_id"] = client_id;
  if (found.event_number() != 0) json["event_number"] = id_text(found.event_number());
  if (found.has_order()) {
    json["order"] = order_json(session.listing(), found.order());
    Table table = orders_table();
    table.rows.push_back(order_row(session.listing(), found.order()));
    return session.output().answer(json, table);
  }
  session.output().answer(json,
                          "order " + std::to_string(found.order_id()) + " [" + client_id +
                              "] is open no longer; what became of it: karst events --after " +
                              std::to_string(found.event_number() - 1));
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

std::int64_t hour_of(const char* option, const std::string& text, const Output& output) {
  if (text.empty()) return 0;
  const std::optional<std::int64_t> hour = parse_hour(text);
  if (!hour) {
    output.fail({exit_usage, "USAGE", std::string(option) + " is a full hour, not " + text,
                 "as 2026-11-22T13:00+08:00"});
  }
  return *hour;
}

v1::QueryInstruments query_of(const InstrumentOptions& options, const Output& output) {
  v1::QueryInstruments query;
  if (options.kind == "hour") query.set_kind(v1::Definition::KIND_HOUR_CONTRACT);
  if (options.kind == "product") query.set_kind(v1::Definition::KIND_DATA_PRODUCT);
  std::string state = options.is_open_only ? "open" : options.state;
  std::ranges::transform(state, state.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
  v1::InstrumentState known{};
  if (v1::InstrumentState_Parse("INSTRUMENT_STATE_" + state, &known)) query.add_states(known);
  query.set_name_prefix(options.prefix);
  query.set_pool_id(options.pool);
  query.set_provider_account_id(options.provider);
  query.set_delivery_from_hour(hour_of("--from-hour", options.from_hour, output));
  query.set_delivery_to_hour(hour_of("--to-hour", options.to_hour, output));
  return query;
}

void show_instruments(const InstrumentOptions& options) {
  const Output output(options.link.is_json);
  ExchangeLink link(options.link, output);
  const Result<v1::Instruments> asked =
      gateway::instruments(link.client(), query_of(options, output));
  if (!asked) output.fail(failure_of(asked.error(), link.config()));
  std::set<std::uint32_t> wanted;
  for (const v1::InstrumentFound& it : asked->instruments()) wanted.insert(it.instrument_id());
  const Listing listing = Listing::read(link, output, true);
  Json json = Json::array();
  Table table{{"id", "instrument", "state", "bid lots", "bid", "ask", "ask lots", "per", "traded"},
              {},
              {true, false, false, true, true, true, true}};
  for (const auto& [id, listed] : listing.all()) {
    const v1::Definition& definition = listed.definition;
    const std::string name = instrument_name(definition);
    if (!wanted.contains(id)) continue;
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
                          " instruments is as asked for: karst instruments");
}

template <class Options>
CLI::App* add(CLI::App& app, const char* name, const char* what,
              const std::shared_ptr<Options>& options, void (*run)(const Options&)) {
  CLI::App* command = app.add_subcommand(name, what);
  command->callback([options, run] { run(*options); });
  return command;
}

}  // namespace

void add_views(CLI::App& app) {
  auto options = std::make_shared<ViewOptions>();
  CLI::App* command = add(app, "orders", "your open orders", options, show_orders);
  command->add_option("--instrument", options->instrument, "only of this instrument");
  add_merchant_options(*command, *options);

  options = std::make_shared<ViewOptions>();
  command = add(app, "order", "one order of yours, by its number or your own name for it", options,
                show_order);
  command->footer("Examples:\n  karst order 4294967296\n  karst order --client-id desk-1");
  auto* number = command->add_option("order", options->order, "its number");
  auto* name = command->add_option("--client-id", options->client_id, "what you called it");
  number->excludes(name);
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

  const auto wanted = std::make_shared<InstrumentOptions>();
  command =
      add(app, "instruments", "what can be bought and sold, by name", wanted, show_instruments);
  command->footer(
      "Examples:\n  karst instruments\n  karst instruments GUIAN-P --open\n"
      "  karst instruments --pool 1 --from-hour 2026-11-22T00:00Z");
  command->add_option("text", wanted->instrument, "only those with this in their name");
  command->add_flag("--open", wanted->is_open_only, "only those that trade now");
  command->add_option("--kind", wanted->kind, "hour or product")
      ->check(CLI::IsMember({"hour", "product"}));
  command->add_option("--state", wanted->state, "only those in this state")
      ->check(CLI::IsMember({"scheduled", "open", "halted", "suspended", "closed", "delisted"}));
  command->add_option("--prefix", wanted->prefix, "only those whose name begins so");
  command->add_option("--pool", wanted->pool, "only hours of this pool, by its number");
  command->add_option("--provider", wanted->provider,
                      "only what this merchant issues, or the hours of its pools");
  command->add_option("--from-hour", wanted->from_hour, "only hours from this one on");
  command->add_option("--to-hour", wanted->to_hour, "only hours before this one");
  add_link_options(*command, wanted->link);
}

}  // namespace karst::tool
