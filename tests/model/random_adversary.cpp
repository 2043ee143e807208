// The generator that tries every command at any moment, but mends now and then what it broke.
#include <algorithm>
#include <cstring>
#include <iterator>

#include "engine/command/enclosed.hpp"
#include "engine/command/rules.hpp"
#include "tests/model/random_commands.hpp"

namespace karst::model {
namespace {

constexpr std::uint32_t products_max = 26;

}  // namespace

Command RandomCommands::adversary() {
  struct Weight {
    int of_1000;
    Maker maker;
  };
  static constexpr Weight weights[] = {
      {430, &RandomCommands::any_place},         {90, &RandomCommands::any_amend},
      {80, &RandomCommands::any_cancel},         {12, &RandomCommands::any_mass_cancel},
      {45, &RandomCommands::any_hibernate},      {45, &RandomCommands::any_reactivate},
      {40, &RandomCommands::any_offer},          {12, &RandomCommands::any_cash},
      {9, &RandomCommands::any_merchant_change}, {6, &RandomCommands::any_key},
      {40, &RandomCommands::any_session},        {6, &RandomCommands::any_definition},
      {25, &RandomCommands::any_listing},        {30, &RandomCommands::any_mint},
      {4, &RandomCommands::any_pool_change},     {4, &RandomCommands::any_product},
      {14, &RandomCommands::any_state_change},   {8, &RandomCommands::any_junk},
      {14, &RandomCommands::any_four_eyes},
  };
  auto roll = static_cast<int>(random_.below(1'000));
  for (const Weight& weight : weights) {
    if (roll < weight.of_1000) return (this->*weight.maker)();
    roll -= weight.of_1000;
  }
  return heal();
}

Command RandomCommands::any_dangerous() {
  switch (random_.below(4)) {
    case 0: return any_cash();
    case 1: return any_key();
    case 2: return any_merchant_change();
    default: return any_state_change();
  }
}

/// Confirms what waits, most often; turns the rule on and off; proposes this and that.
Command RandomCommands::any_four_eyes() {
  if (!model_.proposals().empty() && chance(65)) {
    const auto steps = static_cast<std::ptrdiff_t>(random_.below(model_.proposals().size()));
    const auto& [number, waiting] = *std::next(model_.proposals().begin(), steps);
    if (chance(12)) {
      Command command = blank(CommandType::retract);
      command.retract.proposal = chance(90) ? number : random_.below(5);
      return command;
    }
    Command command = blank(CommandType::confirm);
    command.confirm->proposal = chance(95) ? number : random_.below(5);
    if (chance(95)) command.confirm->command = waiting.command;
    return command;
  }
  if (chance(30)) {
    Command command = blank(CommandType::set_four_eyes);
    command.set_four_eyes.on = chance(70);
    command.set_four_eyes.unseen_max = Money{static_cast<std::int64_t>(random_.below(1'000'000))};
    return command;
  }
  const Command inner = any_dangerous();
  if (!traits_of(inner.type).may_need_two) return inner;
  Command command = blank(CommandType::propose);
  command.propose->command = enclose(inner);
  return command;
}

Command RandomCommands::heal() { return chance(50) ? heal_merchants() : heal_instruments(); }

Command RandomCommands::heal_merchants() {
  std::size_t living = 0;
  for (const auto& [account, merchant] : model_.merchants()) {
    if (merchant.state == MerchantState::exited) continue;
    ++living;
    if (merchant.is_killed() && chance(80)) return blank(CommandType::kill_switch, account);
    if (merchant.state == MerchantState::suspended && chance(80)) {
      Command command = blank(CommandType::set_merchant_state, account);
      command.set_merchant_state.state = MerchantState::admitted;
      return command;
    }
    const bool is_narrow = merchant.open_orders_max < 30 || merchant.messages_max[0] < 100 ||
                           merchant.order_quantity_max < 1'000 || merchant.tier < 2;
    if (is_narrow && chance(50)) {
      Command command = blank(CommandType::set_merchant_limits, account);
      SetMerchantLimits& limits = command.set_merchant_limits;
      limits = SetMerchantLimits{Quantity{lots_max}, ~0U, Money{money_max}, ~0U, ~0U, ~0U};
      return command;
    }
    if (model_.cash(account, CurrencyId{1}).available < 1'000'000 && chance(30)) {
      return funding(account, 1'000'000'000);
    }
  }
  if (living < 7) {
    const auto next = static_cast<std::uint32_t>(model_.merchants().size() + 1);
    Command command = blank(CommandType::admit_merchant, AccountId{next});
    command.admit_merchant.tier = 9;
    command.admit_merchant.clearance = 9;
    command.admit_merchant.domestic = true;
    std::memcpy(command.admit_merchant.name.data(), "late", 4);
    return command;
  }
  return any_session();
}

Command RandomCommands::heal_instruments() {
  for (const auto& [slot, on] : model_.instruments()) {
    if (on.state == InstrumentState::halted && chance(60)) {
      Command command = blank(CommandType::resume);
      command.resume.instrument = on.id;
      command.resume.reference = Price{chance(30) ? on.list_price : 0};
      return command;
    }
    if (on.state == InstrumentState::suspended && chance(60)) {
      Command command = blank(CommandType::set_instrument_state);
      command.set_instrument_state.instrument = on.id;
      command.set_instrument_state.state = InstrumentState::open;
      return command;
    }
    if (on.is_product && on.state == InstrumentState::open && on.certificate_expiry <= now_ &&
        chance(70)) {
      Command command = blank(CommandType::set_product_terms);
      command.set_product_terms.instrument = on.id;
      command.set_product_terms.certificate_expiry = Time{now_ + 30 * ns_per_day};
      return command;
    }
    if (on.is_non_rival() && on.offer == 0 && chance(30)) {
      Command command = blank(CommandType::post_offer, on.issuer);
      command.post_offer.instrument = on.id;
      command.post_offer.price = Price{price_near(on, 8)};
      return command;
    }
  }
  return any_listing();
}

Command RandomCommands::any_place() {
  const Instrument* on = chance(96) ? open_instrument() : any_instrument();
  if (on == nullptr) return any_listing();
  AccountId account = any_account();
  Side side = chance(50) ? Side::buy : Side::sell;
  if (side == Side::sell && !on->rows.empty() && chance(85)) {
    account = on->rows[random_.below(on->rows.size())].account;
  }
  const bool has_lots = model_.row(account, on->id, Draw::capacity).free > 0 ||
                        model_.row(account, on->id, Draw::holding).free > 0;
  if ((on->is_non_rival() || !has_lots) && chance(90)) side = Side::buy;
  const auto greatest = static_cast<std::uint64_t>(chance(85) ? 20 : 400);
  auto lots = static_cast<std::uint32_t>(random_.between(1, greatest));
  if (chance(1)) lots = chance(50) ? on->quantity_max : on->quantity_max + 1;
  Command command = order(account, *on, side, price_near(*on, chance(60) ? 4 : 30), lots);
  PlaceOrder& wish = command.place_order;
  if (lots >= on->quantity_max && chance(50)) wish.limit = Price{on->price_max};
  wish.time_in_force = static_cast<TimeInForce>(chance(55) ? 1 : random_.between(1, 5));
  if (wish.time_in_force == TimeInForce::gtd) {
    const auto ahead = static_cast<std::int64_t>(random_.below(3 * ns_per_hour));
    wish.expiry = Time{now_ + (chance(5) ? -1 : 1) * ahead + 1};
  }
  const bool is_at_once =
      wish.time_in_force == TimeInForce::ioc || wish.time_in_force == TimeInForce::fok;
  if (is_at_once && chance(25)) {
    wish.kind = OrderKind::market;
    wish.limit = Price{0};
  } else if (!is_at_once && chance(10)) {
    wish.kind = OrderKind::post_only;
  } else if (wish.time_in_force != TimeInForce::fok && chance(8)) {
    if (chance(50))
      wish.all_or_none = true;
    else
      wish.minimum = Quantity{static_cast<std::uint32_t>(random_.between(1, lots))};
  }
  if (chance(10)) wish.client_order_id = any_client_id();
  return command;
}

Command RandomCommands::any_amend() {
  const Order* order = any_order();
  Command command = blank(CommandType::amend_order, any_account());
  AmendOrder& wish = command.amend_order;
  if (order == nullptr || chance(3)) {
    wish.order = OrderId{random_.below(1'000)};
    wish.quantity = Quantity{1};
    return command;
  }
  const Instrument& on = model_.instruments().at(slot_of(order->instrument));
  if (chance(97)) command.account = order->account;
  wish.order = order->id;
  wish.limit = Price{chance(50) ? order->limit : price_near(on, 6)};
  const auto total = static_cast<std::uint64_t>(order->filled) + order->leaves;
  wish.quantity = Quantity{static_cast<std::uint32_t>(random_.between(1, total + 3))};
  if (chance(5)) wish.quantity = Quantity{order->filled};
  return command;
}

Command RandomCommands::any_cancel() {
  const Order* order = any_order();
  Command command = blank(CommandType::cancel_order, any_account());
  CancelOrder& wish = command.cancel_order;
  if (order != nullptr && chance(95)) command.account = order->account;
  if (chance(20)) {
    wish.client_order_id = any_client_id();
  } else {
    wish.order = order != nullptr ? order->id : OrderId{random_.next()};
    if (chance(3)) wish.order = OrderId{wish.order.value() - (2ULL << 32)};
  }
  if (chance(1)) wish.client_order_id = any_client_id();
  return command;
}

Command RandomCommands::any_mass_cancel() {
  Command command = blank(CommandType::mass_cancel, any_account());
  const Instrument* on = any_instrument();
  if (on != nullptr && chance(50)) command.mass_cancel.instrument = on->id;
  command.mass_cancel.tag = static_cast<std::uint32_t>(random_.below(3));
  command.mass_cancel.side = static_cast<std::uint8_t>(random_.below(3));
  return command;
}

Command RandomCommands::any_hibernate() {
  const Order* order = any_order();
  Command command = blank(CommandType::hibernate_order, any_account());
  if (order == nullptr) return command;
  if (chance(96)) command.account = order->account;
  command.hibernate_order.order = order->id;
  return command;
}

Command RandomCommands::any_reactivate() {
  const Order* order = any_order();
  for (int i = 0; i < 20 && order != nullptr && order->where != Where::hibernated; ++i) {
    order = any_order();
  }
  Command command = blank(CommandType::reactivate_order, any_account());
  if (order == nullptr) return command;
  if (chance(96)) command.account = order->account;
  command.reactivate_order.order = order->id;
  return command;
}

Command RandomCommands::any_offer() {
  const Instrument* on = any_instrument();
  for (int i = 0; i < 20 && on != nullptr && !on->is_non_rival(); ++i) on = any_instrument();
  Command command = blank(CommandType::post_offer, any_account());
  if (on == nullptr) return command;
  if (chance(95)) command.account = on->issuer;
  command.post_offer.instrument = on->id;
  command.post_offer.price = Price{chance(10) ? 0 : price_near(*on, 12)};
  return command;
}

Command RandomCommands::any_cash() {
  const AccountId account = any_account();
  if (chance(30)) {
    return funding(account, static_cast<std::int64_t>(random_.between(1, 1'000'000'000)));
  }
  Command command = funding(account, static_cast<std::int64_t>(random_.between(1, 1'000'000)));
  if (chance(5)) command.fund.amount = Money{money_max};
  if (chance(20)) command.fund.reference = Reference{random_.between(1, references_), 77};
  if (chance(60)) {
    command.type = CommandType::withdraw;
    if (chance(30)) {
      const std::int64_t there = model_.cash(account, command.withdraw.currency).available;
      command.withdraw.amount = Money{there + static_cast<std::int64_t>(random_.below(2))};
    }
  }
  return command;
}

/// Bytes that begin and go on sequences of UTF-8, right and wrong.
Text<64> RandomCommands::any_name() {
  constexpr std::string_view bytes = "a \x7f\x80\x9f\xa0\xbf\xc2\xc3\xe0\xe6\xed\xf0\xf4\xf5";
  Text<64> name{};
  const std::size_t size = random_.between(chance(95) ? 1 : 0, chance(5) ? name.size() : 4);
  for (std::size_t i = 0; i < size; ++i) name[i] = bytes[random_.below(bytes.size())];
  if (chance(3)) name[name.size() - 1] = 'a';
  return name;
}

Command RandomCommands::any_merchant_change() {
  const AccountId account = any_account();
  switch (random_.below(6)) {
    case 5: {
      Command command = blank(CommandType::rename_merchant, account);
      command.rename_merchant.name = any_name();
      return command;
    }
    case 0: {
      Command command = blank(CommandType::set_merchant_state, account);
      command.set_merchant_state.state = static_cast<MerchantState>(random_.between(1, 2));
      if (chance(2)) command.set_merchant_state.state = MerchantState::exited;
      return command;
    }
    case 1: {
      Command command = blank(CommandType::set_merchant_limits, account);
      SetMerchantLimits& limits = command.set_merchant_limits;
      limits.order_quantity_max = Quantity{static_cast<std::uint32_t>(random_.between(5, 50))};
      limits.open_orders_max = static_cast<std::uint32_t>(random_.below(12));
      limits.order_notional_max = Money{static_cast<std::int64_t>(random_.between(1, 1'000'000))};
      limits.messages_per_10s_max = static_cast<std::uint32_t>(random_.below(20));
      limits.messages_per_hour_max = static_cast<std::uint32_t>(random_.below(200));
      limits.messages_per_day_max = static_cast<std::uint32_t>(random_.below(500));
      return command;
    }
    case 2: {
      Command command = blank(CommandType::set_merchant_profile, account);
      SetMerchantProfile& profile = command.set_merchant_profile;
      profile.group = GroupId{static_cast<std::uint32_t>(random_.below(chance(30) ? 3 : 1))};
      profile.tier = static_cast<std::uint8_t>(random_.below(chance(30) ? 3 : 10));
      profile.clearance = static_cast<std::uint8_t>(random_.below(chance(30) ? 3 : 10));
      profile.domestic = chance(70);
      return command;
    }
    default: {
      Command command = blank(CommandType::kill_switch, account);
      command.kill_switch.on = chance(60);
      return command;
    }
  }
}

Command RandomCommands::any_key() {
  const std::uint32_t keys_max = model_.configuration().keys_max;
  if (rules_ >= rules_of_lasting_tables && chance(30)) {
    for (const auto& [id, key] : model_.keys()) {
      const KeyId next{id.value() + keys_max};
      if (!key.revoked || model_.keys().contains(next) || !chance(50)) continue;
      Command command = blank(CommandType::create_key, any_account());
      command.create_key.new_key = next;
      command.create_key.scopes = static_cast<std::uint8_t>(random_.between(1, 31));
      return command;
    }
  }
  if (chance(20)) {
    Command command = blank(CommandType::revoke_key);
    const bool is_late = model_.keys().size() < keys_max / 2;
    command.revoke_key.revoked_key =
        KeyId{static_cast<std::uint32_t>(random_.below(is_late ? keys_max : 4))};
    return command;
  }
  Command command = blank(CommandType::create_key, chance(10) ? AccountId{0} : any_account());
  const auto keys = static_cast<std::uint32_t>(model_.keys().size());
  command.create_key.new_key =
      KeyId{static_cast<std::uint32_t>(chance(60) ? keys + 2 : random_.below(keys_max + 1))};
  command.create_key.scopes = static_cast<std::uint8_t>(random_.between(1, 31));
  return command;
}

Command RandomCommands::any_clock() {
  Command command = blank(CommandType::clock_held);
  command.clock_held.held = chance(40);
  if (chance(70)) return command;
  command = blank(CommandType::accept_clock);
  command.accept_clock.step_ns = static_cast<std::int64_t>(random_.below(3)) - 1;
  return command;
}

Command RandomCommands::any_session() {
  if (rules_ != rules_first && chance(6)) return any_clock();
  if (model_.keys().empty()) return blank(CommandType::heartbeat, any_account());
  const auto steps = static_cast<std::ptrdiff_t>(random_.below(model_.keys().size()));
  const auto& [id, key] = *std::next(model_.keys().begin(), steps);
  Command command = blank(CommandType::heartbeat, key.account);
  command.key = id;
  command.epoch = key.session_open && chance(90) ? key.epoch : 0;
  switch (random_.below(4)) {
    case 0:
      command.type = CommandType::open_session;
      command.open_session.disconnect_grace_ns =
          chance(30) ? -1 : static_cast<std::int64_t>(random_.below(10 * ns_per_second));
      break;
    case 1:
      command.type = CommandType::close_session;
      break;
    case 2:
      command.type = CommandType::set_dead_man;
      command.set_dead_man.timeout_ns =
          chance(30) ? 0 : static_cast<std::int64_t>(random_.between(1, 600) * ns_per_second / 10);
      if (chance(40)) number(command);
      break;
    default:
      break;
  }
  return command;
}

Command RandomCommands::any_definition() {
  Command command = blank(CommandType::define_currency);
  const auto id = static_cast<std::uint16_t>(random_.between(0, 5));
  switch (random_.below(4)) {
    case 0:
      command.define_currency.currency = CurrencyId{id};
      command.define_currency.code = Text<8>{'U', 'S', 'D'};
      break;
    case 1:
      command.type = CommandType::define_calendar;
      command.define_calendar.calendar = CalendarId{id};
      command.define_calendar.utc_offset_ns = 14 * ns_per_hour;
      break;
    case 2:
      command.type = CommandType::define_fees;
      command.define_fees.schedule = FeeScheduleId{id};
      command.define_fees.maker_bps = 5'000;
      break;
    default:
      command.type = CommandType::define_pool;
      command.define_pool.pool = PoolId{id};
      command.define_pool.operator_account = any_account();
      command.define_pool.symbol = Text<16>{'P'};
      command.define_pool.accelerator = Text<16>{'A', ' ', 'B'};
      command.define_pool.unit = Unit::card_hour;
  }
  return command;
}

Command RandomCommands::any_listing() {
  const PoolId pool{static_cast<std::uint32_t>(random_.between(1, chance(95) ? 2 : 4))};
  std::int64_t from = hour_now() + static_cast<std::int64_t>(random_.between(1, 8));
  if (chance(3)) from = hour_now() + static_cast<std::int64_t>(random_.between(330, 340));
  return list(pool, from, static_cast<std::uint32_t>(random_.between(1, chance(90) ? 2 : 30)));
}

Command RandomCommands::any_mint() {
  const Instrument* on = any_instrument();
  for (int i = 0; i < 10 && on != nullptr && on->is_product; ++i) on = any_instrument();
  if (on == nullptr) return any_listing();
  return mint(*on, any_account(), static_cast<std::uint32_t>(random_.between(1, 400)));
}

Command RandomCommands::any_pool_change() {
  const PoolId pool{static_cast<std::uint32_t>(random_.between(1, 3))};
  if (chance(60)) return pool_terms(pool);
  Command command = blank(CommandType::set_pool_capacity);
  command.set_pool_capacity.pool = pool;
  command.set_pool_capacity.from_hour =
      Hour{hour_now() + static_cast<std::int64_t>(random_.below(200))};
  command.set_pool_capacity.capacity =
      Quantity{static_cast<std::uint32_t>(random_.between(500, 3'000))};
  if (model_.rules() == rules_first) return command;
  // By the newest rules also entries between those there are, in passed hours, and cuts.
  if (chance(50)) {
    command.set_pool_capacity.from_hour =
        Hour{hour_now() - 5 + static_cast<std::int64_t>(random_.below(20))};
  }
  if (chance(30)) {
    command.set_pool_capacity.capacity = Quantity{static_cast<std::uint32_t>(random_.below(900))};
  }
  return command;
}

Command RandomCommands::any_product() {
  if (products_ < products_max && chance(40)) {
    Command command = product(any_account(), static_cast<Supply>(random_.between(1, 3)));
    if (chance(10)) command.define_product->title = any_name();
    return command;
  }
  const Instrument* on = any_instrument();
  Command command = blank(CommandType::set_product_terms);
  if (on != nullptr) command.set_product_terms.instrument = on->id;
  command.set_product_terms.certificate_expiry =
      Time{now_ + static_cast<std::int64_t>(random_.below(30 * ns_per_day))};
  return command;
}

Command RandomCommands::any_state_change() {
  const Instrument* on = chance(60) ? open_instrument() : any_instrument();
  const InstrumentId id = on != nullptr ? on->id : InstrumentId{1};
  Command command = blank(CommandType::halt);
  switch (random_.below(3)) {
    case 0:
      command.halt.instrument = id;
      break;
    case 1:
      command.type = CommandType::resume;
      command.resume.instrument = id;
      command.resume.reference = Price{on != nullptr && chance(50) ? price_near(*on, 50) : 0};
      break;
    default:
      command.type = CommandType::set_instrument_state;
      command.set_instrument_state.instrument = id;
      command.set_instrument_state.state =
          chance(50) ? InstrumentState::suspended : InstrumentState::open;
      if (chance(2)) command.set_instrument_state.state = InstrumentState::delisted;
  }
  return command;
}

/// A type without a name, a tick of anybody, a second configuration, noise.
Command RandomCommands::any_junk() {
  Command command = blank(CommandType::tick, any_account());
  switch (random_.below(4)) {
    case 0:
      command.type = static_cast<CommandType>(random_.below(256));
      break;
    case 1:
      command.type = CommandType::configure;
      command.configure = configure_;
      break;
    case 2:
      for (int i = 0; i < 10; ++i) bend_word(command);
      command.type = static_cast<CommandType>(random_.between(1, 66));
      break;
    default:
      break;
  }
  return command;
}

}  // namespace karst::model
