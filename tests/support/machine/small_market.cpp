#include "tests/support/machine/small_market.hpp"

#include <string_view>

#include "engine/base/units.hpp"

namespace karst::sim {
namespace {

constexpr CurrencyId currency{1};
constexpr CalendarId calendar{1};
constexpr FeeScheduleId fees{1};
constexpr InstrumentId product{1};
constexpr AccountId issuer{1};
constexpr std::uint32_t seats = 1'000'000;
constexpr std::int64_t cash = 1'000'000'000;
constexpr std::int64_t price_low = 90;
constexpr std::int64_t price_high = 110;
constexpr std::uint64_t quantity_high = 50;
constexpr std::uint64_t tags = 3;

template <std::size_t N>
Text<N> text(std::string_view word) {
  Text<N> padded{};
  for (std::size_t i = 0; i < word.size() && i < N; ++i) padded[i] = word[i];
  return padded;
}

Command command_of(CommandType type, KeyId key, std::uint64_t client_seq, AccountId account) {
  Command command;
  command.type = type;
  command.key = key;
  command.client_seq = client_seq;
  command.account = account;
  return command;
}

void add_merchant(std::uint32_t merchant, std::vector<Command>& commands) {
  const auto add = [&](CommandType type) -> Command& {
    commands.push_back(command_of(type, operator_key, commands.size() + 1, AccountId{merchant}));
    return commands.back();
  };
  Command& admit = add(CommandType::admit_merchant);
  admit.admit_merchant.tier = 9;
  admit.admit_merchant.clearance = 9;
  admit.admit_merchant.domestic = true;
  admit.admit_merchant.name = text<32>("merchant");
  Command& key = add(CommandType::create_key);
  key.create_key.new_key = key_of(merchant);
  key.create_key.scopes = scope::read | scope::trade;
  Command& fund = add(CommandType::fund);
  fund.fund.currency = currency;
  fund.fund.amount = Money{cash};
  fund.fund.reference = {merchant, 1};
}

void fill_order(Command& command, Random& random, bool is_issuer) {
  PlaceOrder& order = command.place_order;
  order.instrument = product;
  order.quantity = Quantity{static_cast<std::uint32_t>(random.between(1, quantity_high))};
  order.limit = Price{static_cast<std::int64_t>(random.between(price_low, price_high))};
  order.tag = static_cast<std::uint32_t>(random.between(1, tags));
  order.side = random.chance(is_issuer ? 4 : 1, 5) ? Side::sell : Side::buy;
  order.kind = OrderKind::limit;
  order.time_in_force = TimeInForce::gtc;
  order.self_match = SelfMatch::cancel_oldest;
  if (order.side == Side::sell) order.draw = is_issuer ? Draw::capacity : Draw::holding;
  order.client_order_id = {command.client_seq, command.account.value()};
  switch (random.below(8)) {
    case 0:
      order.time_in_force = TimeInForce::ioc;
      break;
    case 1:
      order.time_in_force = TimeInForce::fok;
      break;
    case 2:
      order.kind = OrderKind::post_only;
      break;
    case 3:
      order.kind = OrderKind::market;
      order.limit = Price{0};
      order.time_in_force = TimeInForce::ioc;
      break;
    default:
      break;
  }
}

}  // namespace

Configure small_sizes() {
  Configure sizes{};
  sizes.accounts_max = 32;
  sizes.keys_max = 32;
  sizes.instruments_max = 16;
  sizes.orders_max = 1'024;
  sizes.holdings_max = 256;
  sizes.level_pages_max = 64;
  sizes.client_ids_max = 4'096;
  sizes.references_max = 64;
  sizes.currencies_max = 4;
  sizes.pools_max = 4;
  sizes.answers_per_key = 256;
  sizes.client_ids_per_account_max = 1'024;
  sizes.makers_per_command_max = 4;
  sizes.makers_per_bystander_max = 2;
  sizes.releases_per_command_max = 4;
  return sizes;
}

Command create_operator_key() {
  Command command = command_of(CommandType::create_key, KeyId{0}, 0, AccountId{0});
  command.create_key.new_key = operator_key;
  command.create_key.scopes = scope::all;
  return command;
}

std::vector<Command> opening(std::uint32_t merchants) {
  std::vector<Command> commands;
  const auto add = [&](CommandType type, AccountId account) -> Command& {
    commands.push_back(command_of(type, operator_key, commands.size() + 1, account));
    return commands.back();
  };
  Command& money = add(CommandType::define_currency, AccountId{0});
  money.define_currency.currency = currency;
  money.define_currency.code = text<8>("CNY");
  add(CommandType::define_calendar, AccountId{0}).define_calendar.calendar = calendar;
  Command& schedule = add(CommandType::define_fees, AccountId{0});
  schedule.define_fees.schedule = fees;
  schedule.define_fees.maker_bps = 5;
  schedule.define_fees.taker_bps = 10;
  for (std::uint32_t merchant = 1; merchant <= merchants; ++merchant) {
    add_merchant(merchant, commands);
  }
  DefineProduct& define = add(CommandType::define_product, issuer).define_product;
  define.currency = currency;
  define.calendar = calendar;
  define.fees = fees;
  define.tick_value = Money{10};
  define.price_min = Price{1};
  define.price_max = Price{1'000};
  define.list_price = Price{100};
  define.quantity_max = Quantity{1'000'000};
  define.seats = Quantity{seats};
  define.supply = Supply::seats;
  define.resale = Resale::free;
  define.unit = Unit::seat_month;
  define.certificate_expiry = Time{INT64_MAX};
  define.symbol = text<16>("SEATS");
  return commands;
}

std::vector<Command> trading(std::uint32_t merchant, std::uint32_t count, std::uint64_t seed) {
  Random random(seed * 1'000 + merchant);
  const AccountId account{merchant};
  std::vector<Command> commands;
  for (std::uint64_t seq = 1; seq <= count; ++seq) {
    const std::uint64_t dice = random.below(20);
    if (dice == 0) {
      Command& command = commands.emplace_back(
          command_of(CommandType::mass_cancel, key_of(merchant), seq, account));
      command.mass_cancel.tag = static_cast<std::uint32_t>(random.between(1, tags));
    } else if (dice < 5 && seq > 1) {
      Command& command = commands.emplace_back(
          command_of(CommandType::cancel_order, key_of(merchant), seq, account));
      command.cancel_order.client_order_id = {random.between(1, seq - 1), merchant};
    } else {
      Command& command = commands.emplace_back(
          command_of(CommandType::place_order, key_of(merchant), seq, account));
      fill_order(command, random, account == issuer);
    }
  }
  return commands;
}

}  // namespace karst::sim
