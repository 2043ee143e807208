// `karst merchant`, `pool`, `fund`, `halt` …: the operator's commands as tables.
#include <CLI/CLI.hpp>
#include <vector>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/deed.hpp"

namespace karst::tool {
namespace {

constexpr const char* account_about = "the merchant's number, 1 to 16777215";
constexpr const char* reference_about = "the bank's name of the movement, 1 to 16 characters";
constexpr const char* instrument_about =
    "its name or number: WEATHER-GZ, GUIAN-P@next; karst instruments";

std::vector<Deed> merchant_deeds() {
  return {
      {"merchant admit", "admit a new merchant", "merchant admit 51 --name 'Cloud Atlas' --tier 3",
       "admit_merchant", "merchant {account_id} is admitted",
       {{"account", "account_id", account_about},
        {"--name", "name", "1 to 32 printable ASCII characters"},
        {"--group", "group_id", "related merchants do not trade with each other; 0 = none", "0"},
        {"--tier", "tier", "0 to 9: products may ask for one", "0"},
        {"--clearance", "clearance", "0 to 9: products may ask for one", "0"},
        {"--domestic", "domestic", "seated in the country"}}},
      {"merchant rename", "say what a merchant is called from here on",
       "merchant rename 51 --name '\u6570\u636e\u5546'", "rename_merchant",
       "merchant {account_id} is called {name}",
       {{"account", "account_id", account_about},
        {"--name", "name", "1 to 64 bytes of UTF-8 in normal form C, in any script"}}},
      {"merchant suspend", "no more orders of the merchant; its open ones stay but do not trade",
       "merchant suspend 51", "set_merchant_state", "merchant {account_id} is suspended",
       {{"account", "account_id", account_about}}, {{"state", "suspended"}}},
      {"merchant readmit", "let a suspended merchant trade again", "merchant readmit 51",
       "set_merchant_state", "merchant {account_id} is admitted again",
       {{"account", "account_id", account_about}}, {{"state", "admitted"}}},
      {"merchant exit", "end a membership for ever; with four_eyes a second operator confirms",
       "merchant exit 51", "set_merchant_state", "merchant {account_id} has left",
       {{"account", "account_id", account_about}}, {{"state", "exited"}}},
      {"group", "say anew which group, tier and clearance a merchant has; all of them",
       "group 51 7 --tier 3 --clearance 1 --domestic", "set_merchant_profile",
       "merchant {account_id} is in group {group_id}",
       {{"account", "account_id", account_about},
        {"group", "group_id", "merchants of one group do not trade with each other; 0 = none"},
        {"--tier", "tier", "0 to 9"},
        {"--clearance", "clearance", "0 to 9"},
        {"--domestic", "domestic", "seated in the country"}}},
      {"limits", "say anew what a merchant may do; what is not said is not limited",
       "limits 51 --order-value 500000.00 --open-orders 200", "set_merchant_limits",
       "the limits of merchant {account_id} are set",
       {{"account", "account_id", account_about},
        {"--order-lots", "order_quantity_lots_max", "lots per order, from 1", "2147483647"},
        {"--order-value", "order_notional_fen_max", "price x quantity per order",
         "46116860184273879.04"},
        {"--open-orders", "open_orders_max", "at once, hibernated ones too", "4294967295"},
        {"--per-10s", "messages_per_10s_max", "orders and amendments in 10 s", "4294967295"},
        {"--per-hour", "messages_per_hour_max", "in an hour", "4294967295"},
        {"--per-day", "messages_per_day_max", "in a day", "4294967295"}},
       {}, true},
      {"kill", "the kill switch: every order of the merchant is dead and none is taken", "kill 51",
       "kill_switch", "the kill switch of merchant {account_id} is on",
       {{"account", "account_id", account_about}}, {{"on", "true"}}},
      {"unkill", "switch the kill switch off again", "unkill 51", "kill_switch",
       "the kill switch of merchant {account_id} is off",
       {{"account", "account_id", account_about}}, {{"on", "false"}}},
      {"retract", "take back what waits for a second operator", "retract 812", "retract",
       "proposal {proposal_id} is retracted",
       {{"number", "proposal_id", "of the proposal that waits: karst proposals"}}},
      {"four-eyes on", "from here on it takes two operators to do what cannot be taken back",
       "four-eyes on --above 1000000.00", "set_four_eyes", "four eyes are on",
       {{"--above", "unseen_max_fen", "the most that one operator alone funds or withdraws at once",
         "1000000.00"}},
       {{"on", "true"}}},
      {"four-eyes off", "one operator alone may do everything again", "four-eyes off",
       "set_four_eyes", "four eyes are off", {}, {{"on", "false"}}},
      {"fund", "book money that came in at the bank", "fund 51 250000.00 --reference ICBC-0001",
       "fund", "merchant {account_id} has {amount_fen} more",
       {{"account", "account_id", account_about},
        {"amount", "amount_fen", "from 0.01"},
        {"--reference", "reference", reference_about},
        {"--currency", "currency_id", "its number", "1"}}},
      {"withdraw", "book money that left at the bank", "withdraw 51 1200.50 --reference OUT-0001",
       "withdraw", "merchant {account_id} has {amount_fen} less",
       {{"account", "account_id", account_about},
        {"amount", "amount_fen", "from 0.01"},
        {"--reference", "reference", reference_about},
        {"--currency", "currency_id", "its number", "1"}}},
  };
}

std::vector<Deed> reference_deeds() {
  return {
      {"currency", "define a currency", "currency 1 CNY", "define_currency",
       "currency {currency_id} is {code}",
       {{"currency", "currency_id", "its number to be, from 1"},
        {"code", "code", "1 to 8 printable ASCII characters"}}},
      {"calendar", "define when a trading day ends", "calendar 1 --utc-offset 8h",
       "define_calendar", "calendar {calendar_id} is defined",
       {{"calendar", "calendar_id", "its number to be, 1 to 255"},
        {"--utc-offset", "utc_offset_ns", "-12h to 14h: local midnight ends the day", "8h"}}},
      {"fees", "define a fee schedule; it never changes",
       "fees 1 --maker-bps 5 --taker-bps 10 --taker-per-lot 0.01", "define_fees",
       "fee schedule {fee_schedule_id} is defined",
       {{"fees", "fee_schedule_id", "its number to be, 1 to 255"},
        {"--maker-bps", "maker_bps", "1/10,000 of price x quantity, 0 to 5000", "0"},
        {"--taker-bps", "taker_bps", "1/10,000 of price x quantity, 0 to 5000", "0"},
        {"--maker-per-lot", "maker_per_lot_fen", "for each lot", "0"},
        {"--taker-per-lot", "taker_per_lot_fen", "for each lot", "0"}}},
  };
}

std::vector<Deed> pool_deeds() {
  return {
      {"pool define", "define a compute pool",
       "pool define 9 --operator 51 --symbol GUIAN-P --accelerator MIXED --hub 1",
       "define_pool", "pool {pool_id} is {symbol}",
       {{"pool", "pool_id", "its number to be, from 1"},
        {"--operator", "operator_account_id", "the merchant that runs it"},
        {"--symbol", "symbol", "1 to 16 printable ASCII characters"},
        {"--accelerator", "accelerator", "1 to 16 printable ASCII characters"},
        {"--unit", "unit", "what a lot is; of hours", "p_hour"},
        {"--hub", "hub", "the region, 0 to 65535", "0"},
        {"--cluster", "cluster", "0 to 65535", "0"},
        {"--cards-per-node", "cards_per_node", "0 to 65535", "8"},
        {"--interconnect-gbps", "interconnect_gbps", "0 to 65535", "0"},
        {"--memory-gib", "memory_gib", "of each card", "0"},
        {"--mflops", "mflops_per_card", "of each card", "0"},
        {"--domestic-chip", "domestic_chip", "its chips are made in the country"}}},
      {"pool terms", "the terms of the hour contracts listed from now on",
       "pool terms 9 --list-price 28.00 --price-max 112.00", "set_pool_terms",
       "pool {pool_id} has new terms",
       {{"pool", "pool_id", "its number"},
        {"--tick", "tick_value_fen", "smallest step of the price", "0.01"},
        {"--list-price", "list_price_ticks", "per lot and hour"},
        {"--price-max", "price_max_ticks", "no order above it"},
        {"--price-min", "price_min_ticks", "no order below it", "tick"},
        {"--currency", "currency_id", "its number", "1"},
        {"--calendar", "calendar_id", "its number", "1"},
        {"--fees", "fee_schedule_id", "its number", "1"},
        {"--band-bps", "band_bps", "price band around the reference, 1/10,000; 0 = none", "0"},
        {"--quantity-max", "quantity_lots_max", "lots per order", "1000"},
        {"--grade", "grade", "when capacity is short", "standard"},
        {"--penalty-bps", "penalty_bps", "for lots not delivered, 1/10,000, 0 to 50000", "10000"},
        {"--gate-open", "gate_open_lead_ns", "before the hour, up to 400d", "30d"},
        {"--gate-close", "gate_close_lead_ns", "before the hour", "15m"},
        {"--tier-min", "tier_min", "of the buyer, 0 to 9", "0"},
        {"--clearance-min", "clearance_min", "of the buyer, 0 to 9", "0"},
        {"--domestic-only", "domestic_only", "buyers must be domestic"}}},
      {"capacity set", "certify how many lots a pool has in every hour from one on",
       "capacity set 9 2000 --from 2026-12-01T00:00+08:00", "set_pool_capacity",
       "pool {pool_id} has {capacity_lots} lots an hour",
       {{"pool", "pool_id", "its number"},
        {"lots", "capacity_lots", "in every hour"},
        {"--from", "from_hour", "the first such hour; said again, it replaces", "0"}}},
      {"capacity mint", "give a provider lots to sell, of listed hours",
       "capacity mint 51 9 2000 --from 2026-12-01T00:00+08:00 --hours 24", "mint_capacity",
       "merchant {account_id} may sell {quantity_lots} lots of each hour",
       {{"account", "account_id", "the provider's number"},
        {"pool", "pool_id", "its number"},
        {"lots", "quantity_lots", "in each hour; sold is never more than certified"},
        {"--from", "from_hour", "the first hour"},
        {"--hours", "hours", "1 to 336", "1"}}},
      {"contracts list", "list hour contracts of a pool: from the gate on they trade",
       "contracts list 9 --from 2026-12-01T00:00+08:00 --hours 24", "list_contracts",
       "{hours} hour contracts of pool {pool_id} are listed",
       {{"pool", "pool_id", "its number"},
        {"--from", "from_hour", "the first hour; at most 336 ahead of now"},
        {"--hours", "hours", "1 to 336", "1"}}},
  };
}

std::vector<Deed> product_deeds() {
  return {
      {"product list", "list a data product",
       "product list 51 --symbol WEATHER-GZ --list-price 1800.00 --price-max 18000.00 "
       "--certificate 2027-12-31",
       "define_product", "{symbol} is listed",
       {{"account", "account_id", "the issuer's number"},
        {"--symbol", "symbol", "1 to 16 printable ASCII characters"},
        {"--title", "title",
         "what it is called: 1 to 64 bytes of UTF-8 in normal form C, in any script", ""},
        {"--tick", "tick_value_fen", "smallest step of the price", "1.00"},
        {"--list-price", "list_price_ticks", "per lot"},
        {"--price-max", "price_max_ticks", "no order above it"},
        {"--price-min", "price_min_ticks", "no order below it", "tick"},
        {"--supply", "supply", "", "non_rival"},
        {"--seats", "seats", "0 for non_rival, 1 for exclusive, else how many", "0"},
        {"--resale", "resale", "", "none"},
        {"--unit", "unit", "what a lot is; not of hours", "copy"},
        {"--certificate", "certificate_expiry_ns", "when its compliance certificate ends"},
        {"--quantity-max", "quantity_lots_max", "lots per order", "100"},
        {"--currency", "currency_id", "its number", "1"},
        {"--calendar", "calendar_id", "its number", "1"},
        {"--fees", "fee_schedule_id", "its number", "1"},
        {"--band-bps", "band_bps", "price band, 1/10,000; 0 for non_rival", "0"},
        {"--tier-min", "tier_min", "of the buyer, 0 to 9", "0"},
        {"--clearance-min", "clearance_min", "of the buyer, 0 to 9", "0"},
        {"--domestic-only", "domestic_only", "buyers must be domestic"}}},
      {"product terms", "a new version of a product's terms; what was sold keeps its own",
       "product terms WEATHER-GZ --certificate 2027-12-31 "
       "--terms-hash $(sha256sum terms.pdf | cut -c-64)",
       "set_product_terms", "product {instrument_id} has new terms",
       {{"product", "instrument_id", instrument_about},
        {"--certificate", "certificate_expiry_ns", "when its compliance certificate ends"},
        {"--terms-hash", "terms_hash", "SHA-256 of the terms, 64 hexadecimal digits"}}},
      {"instrument suspend", "nobody trades a product or contract until it is opened again",
       "instrument suspend WEATHER-GZ", "set_instrument_state",
       "instrument {instrument_id} is suspended",
       {{"instrument", "instrument_id", instrument_about}}, {{"state", "suspended"}}},
      {"instrument open", "let a suspended product or contract trade again",
       "instrument open WEATHER-GZ", "set_instrument_state", "instrument {instrument_id} is open",
       {{"instrument", "instrument_id", instrument_about}}, {{"state", "open"}}},
      {"instrument delist",
       "take a product off the list for ever; with four_eyes a second operator confirms",
       "instrument delist WEATHER-GZ", "set_instrument_state",
       "product {instrument_id} is delisted",
       {{"instrument", "instrument_id", instrument_about}}, {{"state", "delisted"}}},
      {"halt", "stop trading in an instrument at once; its orders stay", "halt GUIAN-P@next",
       "halt", "instrument {instrument_id} is halted",
       {{"instrument", "instrument_id", instrument_about}}},
      {"resume", "open a halted instrument again", "resume GUIAN-P@next --reference 28.00",
       "resume", "instrument {instrument_id} trades again",
       {{"instrument", "instrument_id", instrument_about},
        {"--reference", "reference_ticks", "the new reference price; 0 = keep", "0"}}},
      {"keys revoke", "end a log-on key for ever; its session is cut within a second",
       "keys revoke 51", "revoke_key", "key {key_id} is revoked",
       {{"number", "key_id", "of the key"}}},
  };
}

}  // namespace

std::vector<Deed> operate_deeds() {
  std::vector<Deed> all;
  for (const auto& deeds : {merchant_deeds(), reference_deeds(), pool_deeds(), product_deeds()}) {
    all.insert(all.end(), deeds.begin(), deeds.end());
  }
  return all;
}

void add_operate(CLI::App& app) {
  subcommand(app, "merchant", "admit and suspend merchants");
  subcommand(app, "pool", "compute pools and their terms");
  subcommand(app, "capacity", "certify a pool's capacity, mint it to providers");
  subcommand(app, "contracts", "hour contracts of a pool");
  subcommand(app, "product", "data products");
  subcommand(app, "instrument", "suspend, open and delist");
  subcommand(app, "keys", "log-on keys");
  for (const Deed& deed : operate_deeds()) add_deed(app, deed);
}

}  // namespace karst::tool
