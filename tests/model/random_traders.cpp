// The second generator: merchants with habits on a clock, an operator with a daily round. Long
// queues, big takers and deep sweeps come about here that chance alone does not build.
#include <algorithm>
#include <iterator>

#include "tests/model/random_commands.hpp"

namespace karst::model {

Command RandomCommands::trader() {
  if (chance(7)) return operator_round();
  if (chance(1) && chance(40)) return incident();
  const AccountId account = known_account();
  const Instrument* on = open_instrument();
  if (on == nullptr) return operator_round();
  switch ((account.value() + sequence_ / 512) % 4) {  // a habit lasts for a while
    case 0:
      return chance(85) ? quote(account, *on) : tidy(account);
    case 1:
      return chance(60) ? quote(account, *on) : sweep(account, *on);
    case 2:
      return chance(70) ? sweep(account, *on) : resell(account, *on);
    default:
      return chance(50) ? resell(account, *on) : tidy(account);
  }
}

/// Lists and mints what is missing for the next hours; else mends the market.
Command RandomCommands::operator_round() {
  const std::int64_t hour = hour_now() + static_cast<std::int64_t>(random_.between(1, 6));
  const PoolId pool{static_cast<std::uint32_t>(random_.between(1, 2))};
  for (const auto& [slot, on] : model_.instruments()) {
    if (on.is_product || on.pool != pool || on.hour != hour) continue;
    if (on.gate_close <= now_ || on.minted > 1'500) return heal();
    const AccountId provider = chance(70) ? AccountId{pool.value()} : known_account();
    return mint(on, provider, static_cast<std::uint32_t>(random_.between(50, 300)));
  }
  return list(pool, hour, 1);
}

/// Rests small orders a few ticks off the reference, many at one price.
Command RandomCommands::quote(AccountId account, const Instrument& on) {
  if (on.is_non_rival() && on.issuer == account) {
    Command command = blank(CommandType::post_offer, account);
    command.post_offer.instrument = on.id;
    command.post_offer.price = Price{price_near(on, 6)};
    return command;
  }
  const bool has_lots = model_.row(account, on.id, Draw::capacity).free > 0 ||
                        model_.row(account, on.id, Draw::holding).free > 0;
  const Side side = has_lots && !on.is_non_rival() && chance(70) ? Side::sell : Side::buy;
  const auto away = static_cast<std::int64_t>(random_.below(3));
  const std::int64_t wished = on.reference + (side == Side::sell ? away : -away);
  Command command = order(account, on, side, std::clamp(wished, on.price_min, on.price_max),
                          static_cast<std::uint32_t>(random_.between(1, 5)));
  PlaceOrder& wish = command.place_order;
  if (chance(20)) wish.kind = OrderKind::post_only;
  if (chance(15)) wish.time_in_force = TimeInForce::day;
  if (chance(15)) {
    wish.time_in_force = TimeInForce::gtd;
    wish.expiry = Time{now_ + static_cast<std::int64_t>(random_.between(1, 900)) * ns_per_second};
  }
  if (chance(5)) wish.client_order_id = any_client_id();
  return command;
}

/// One order for much of the other side of the book.
Command RandomCommands::sweep(AccountId account, const Instrument& on) {
  const bool has_lots = model_.row(account, on.id, Draw::capacity).free > 20;
  const Side side = has_lots && chance(50) && !on.is_non_rival() ? Side::sell : Side::buy;
  const Levels& levels = on.levels(opposite(side));
  std::uint64_t lots = 0;
  for (const auto& [price, level] : levels) lots += level.lots;
  const std::uint64_t wanted =
      std::clamp<std::uint64_t>(lots == 0 ? 5 : random_.between(lots / 2, lots + 1), 1, 5'000);
  const std::int64_t away = chance(85) ? 5 : 80;
  const std::int64_t wished = on.reference + (side == Side::buy ? away : -away);
  Command command = order(account, on, side, std::clamp(wished, on.price_min, on.price_max),
                          static_cast<std::uint32_t>(wanted));
  PlaceOrder& wish = command.place_order;
  switch (random_.below(5)) {
    case 0:
      wish.time_in_force = TimeInForce::ioc;
      break;
    case 1:
      wish.time_in_force = TimeInForce::fok;
      break;
    case 2:
      wish.kind = OrderKind::market;
      wish.limit = Price{0};
      wish.time_in_force = TimeInForce::ioc;
      break;
    case 3:
      if (chance(40)) wish.minimum = Quantity{static_cast<std::uint32_t>((wanted + 1) / 2)};
      if (chance(20)) {
        wish.minimum = Quantity{0};
        wish.all_or_none = true;
      }
      break;
    default:
      break;
  }
  return command;
}

/// Sells what it bought before.
Command RandomCommands::resell(AccountId account, const Instrument& on) {
  const std::uint32_t held = model_.row(account, on.id, Draw::holding).free;
  if (held == 0 || on.is_non_rival()) return quote(account, on);
  Command command = order(account, on, Side::sell, price_near(on, 3),
                          static_cast<std::uint32_t>(random_.between(1, held)));
  command.place_order.draw = Draw::holding;
  return command;
}

/// Amends, sleeps, wakes or cancels one of its own orders.
Command RandomCommands::tidy(AccountId account) {
  const auto& orders = model_.merchants().at(account).orders;
  if (orders.empty()) return blank(CommandType::mass_cancel, account);
  const auto steps = static_cast<std::ptrdiff_t>(random_.below(orders.size()));
  const Order& mine = model_.orders().at(std::next(orders.begin(), steps)->second);
  const Instrument& on = model_.instruments().at(slot_of(mine.instrument));
  Command command = blank(CommandType::cancel_order, account);
  if (mine.where == Where::hibernated && chance(70)) {
    command.type = CommandType::reactivate_order;
    command.reactivate_order.order = mine.id;
    return command;
  }
  switch (random_.below(4)) {
    case 0:
      command.cancel_order.order = mine.id;
      break;
    case 1:
      command.type = CommandType::hibernate_order;
      command.hibernate_order.order = mine.id;
      break;
    case 2:
      command.type = CommandType::amend_order;
      command.amend_order.order = mine.id;
      command.amend_order.limit = Price{mine.limit};
      command.amend_order.quantity =
          Quantity{mine.filled + std::max(1U, mine.leaves - std::min(mine.leaves, 1U))};
      break;
    default:
      command.type = CommandType::amend_order;
      command.amend_order.order = mine.id;
      command.amend_order.limit = Price{price_near(on, 4)};
      command.amend_order.quantity = Quantity{mine.filled + mine.leaves + 2};
  }
  return command;
}

/// What operators and lost connections do to a market; rare, and mended by operator_round().
Command RandomCommands::incident() {
  switch (random_.below(7)) {
    case 0:
      return any_state_change();
    case 1:
      return any_merchant_change();
    case 2:
      return any_mass_cancel();
    case 3:
      return any_pool_change();
    case 4:
      return any_product();
    case 5:
      return any_cash();
    default:
      return any_session();
  }
}

}  // namespace karst::model
