// Lines that are commands: what merchants and the operator say.
#include <map>

#include "tests/scenarios/scenario.hpp"

namespace karst::scenarios {
namespace {

ClientOrderId client_id(const std::string& name) {
  ClientOrderId id{0, 1};
  for (const char letter : name) {
    id[0] = id[0] * 31 + static_cast<unsigned char>(letter);
  }
  return id;
}

}  // namespace

Command Scenario::blank(CommandType type, AccountId account) const {
  Command command;
  command.type = type;
  command.account = account;
  return command;
}

InstrumentId Scenario::take_instrument(Words& words) const {
  return market_.instrument(words.accept("on") ? words.take() : "");
}

/// "key k1", "seq 3", "epoch 2". Returns: false if the next word is none of them.
bool Scenario::take_voice(Command& command, Words& words) {
  if (words.accept("key")) {
    command.key = market_.key(words.take());
  } else if (words.accept("seq")) {
    command.client_seq = words.take_number();
  } else if (words.accept("epoch")) {
    command.epoch = static_cast<std::uint32_t>(words.take_number());
  } else {
    return false;
  }
  return true;
}

/// The rest of a line that has nothing more but who says it.
void Scenario::finish(Command command, Words& words) {
  while (!words.is_empty()) {
    if (!take_voice(command, words)) {
      throw Unreadable("\"" + std::string(words.peek()) + "\" is not understood here");
    }
  }
  send(command);
}

void Scenario::speak(const std::string& who, Words& words) {
  const AccountId account = market_.account(who);
  const Command command = blank(CommandType::tick, account);
  const std::string verb = words.take();
  if (verb == "buy") return place(command, Side::buy, words);
  if (verb == "sell") return place(command, Side::sell, words);
  if (verb == "amend") return amend(command, words);
  if (verb == "cancel") return cancel(command, words);
  if (verb == "mass_cancel") return mass_cancel(command, words);
  if (verb == "fund" || verb == "withdraw") {
    Command movement = blank(verb == "fund" ? CommandType::fund : CommandType::withdraw, account);
    return move_cash(movement, words);
  }
  if (verb == "offer") return offer(command, words);
  if (verb == "hibernate" || verb == "reactivate") {
    const bool is_sleep = verb == "hibernate";
    Command turn =
        blank(is_sleep ? CommandType::hibernate_order : CommandType::reactivate_order, account);
    turn.hibernate_order.order = market_.order(words.take_number());
    return finish(turn, words);
  }
  if (verb == "kill") {
    Command kill = blank(CommandType::kill_switch, account);
    kill.kill_switch.on = words.take() == "on";
    return finish(kill, words);
  }
  if (verb == "connect") return connect(command, words);
  if (verb == "disconnect") return finish(blank(CommandType::close_session, account), words);
  if (verb == "heartbeat") return finish(blank(CommandType::heartbeat, account), words);
  if (verb == "dead_man") {
    Command dead_man = blank(CommandType::set_dead_man, account);
    dead_man.set_dead_man.timeout_ns = words.accept("off") ? 0 : words.take_duration();
    return finish(dead_man, words);
  }
  throw Unreadable("\"" + verb + "\" is no command");
}

/// "buy 10 @ 2.50 gtc" or "buy 10 market ioc", then options in any order.
void Scenario::place(Command command, Side side, Words& words) {
  static const std::map<std::string, TimeInForce> times{{"gtc", TimeInForce::gtc},
                                                        {"gtd", TimeInForce::gtd},
                                                        {"day", TimeInForce::day},
                                                        {"ioc", TimeInForce::ioc},
                                                        {"fok", TimeInForce::fok}};
  command.type = CommandType::place_order;
  PlaceOrder& wish = command.place_order;
  wish.side = side;
  wish.quantity = Quantity{static_cast<std::uint32_t>(words.take_number())};
  wish.kind = OrderKind::limit;
  wish.self_match = SelfMatch::cancel_newest;
  wish.draw = side == Side::sell ? Draw::capacity : Draw::none;
  wish.instrument = market_.instrument("");
  std::int64_t limit = 0;
  if (words.accept("market")) {
    wish.kind = OrderKind::market;
  } else {
    words.expect("@");
    limit = words.take_money();
  }
  const auto time = times.find(words.take());
  if (time == times.end()) throw Unreadable("gtc, gtd, day, ioc or fok expected");
  wish.time_in_force = time->second;
  if (wish.time_in_force == TimeInForce::gtd) wish.expiry = Time{now_ + words.take_duration()};
  while (!words.is_empty()) {
    if (!take_order_option(command, words) && !take_voice(command, words)) {
      throw Unreadable("\"" + std::string(words.peek()) + "\" is no option of an order");
    }
  }
  wish.limit = market_.price(wish.instrument, limit);
  send(command);
}

bool Scenario::take_order_option(Command& command, Words& words) {
  static const std::map<std::string, SelfMatch> modes{{"newest", SelfMatch::cancel_newest},
                                                      {"oldest", SelfMatch::cancel_oldest},
                                                      {"both", SelfMatch::cancel_both},
                                                      {"decrement", SelfMatch::decrement}};
  PlaceOrder& wish = command.place_order;
  if (words.accept("on")) {
    wish.instrument = market_.instrument(words.take());
  } else if (words.accept("holding")) {
    wish.draw = Draw::holding;
  } else if (words.accept("post_only")) {
    wish.kind = OrderKind::post_only;
  } else if (words.accept("minimum")) {
    wish.minimum = Quantity{static_cast<std::uint32_t>(words.take_number())};
  } else if (words.accept("all_or_none")) {
    wish.all_or_none = true;
  } else if (words.accept("tag")) {
    wish.tag = static_cast<std::uint32_t>(words.take_number());
  } else if (words.accept("id")) {
    wish.client_order_id = client_id(words.take());
  } else if (words.accept("self")) {
    wish.self_match = modes.at(words.take());
  } else {
    return false;
  }
  return true;
}

/// "amend 3 to 8" keeps the limit, "amend 3 to 8 @ 2.60" changes it.
void Scenario::amend(Command command, Words& words) {
  command.type = CommandType::amend_order;
  AmendOrder& wish = command.amend_order;
  wish.order = market_.order(words.take_number());
  words.expect("to");
  wish.quantity = Quantity{static_cast<std::uint32_t>(words.take_number())};
  const auto order = twins_->model().orders().find(wish.order);
  if (order != twins_->model().orders().end()) {
    wish.limit = Price{order->second.limit};
    if (words.accept("@")) {
      wish.limit = market_.price(order->second.instrument, words.take_money());
    }
  }
  finish(command, words);
}

/// "cancel 3" or "cancel id abc"
void Scenario::cancel(Command command, Words& words) {
  command.type = CommandType::cancel_order;
  if (words.accept("id")) {
    command.cancel_order.client_order_id = client_id(words.take());
  } else {
    command.cancel_order.order = market_.order(words.take_number());
  }
  finish(command, words);
}

/// "mass_cancel", "mass_cancel buy", "mass_cancel on gy/2 tag 7"
void Scenario::mass_cancel(Command command, Words& words) {
  command.type = CommandType::mass_cancel;
  MassCancel& wish = command.mass_cancel;
  if (words.accept("buy")) wish.side = 1;
  if (words.accept("sell")) wish.side = 2;
  if (words.peek() == "on") wish.instrument = take_instrument(words);
  if (words.accept("tag")) wish.tag = static_cast<std::uint32_t>(words.take_number());
  finish(command, words);
}

/// "fund 100.00 reference 7"
void Scenario::move_cash(Command command, Words& words) {
  command.fund.currency = CurrencyId{1};
  command.fund.amount = Money{words.take_money()};
  command.fund.reference = Reference{++references_, 1};
  if (words.accept("reference")) command.fund.reference = Reference{words.take_number(), 2};
  finish(command, words);
}

/// "offer 20.00" or "offer none", "on maps"
void Scenario::offer(Command command, Words& words) {
  command.type = CommandType::post_offer;
  const std::int64_t fen = words.accept("none") ? 0 : words.take_money();
  command.post_offer.instrument = take_instrument(words);
  command.post_offer.price = market_.price(command.post_offer.instrument, fen);
  finish(command, words);
}

/// "connect grace 5s key k1", "connect key k1": without a grace its orders stay for ever
void Scenario::connect(Command command, Words& words) {
  command.type = CommandType::open_session;
  command.open_session.disconnect_grace_ns = words.accept("grace") ? words.take_duration() : -1;
  finish(command, words);
}

void Scenario::operate(Words& words) {
  const std::string verb = words.take();
  static const std::map<std::string, MerchantState> states{{"admit", MerchantState::admitted},
                                                           {"suspend", MerchantState::suspended},
                                                           {"exit", MerchantState::exited}};
  if (const auto state = states.find(verb); state != states.end()) {
    Command command = blank(CommandType::set_merchant_state, market_.account(words.take()));
    command.set_merchant_state.state = state->second;
    return finish(command, words);
  }
  if (verb == "kill" || verb == "unkill") {
    Command command = blank(CommandType::kill_switch, market_.account(words.take()));
    command.kill_switch.on = verb == "kill";
    return finish(command, words);
  }
  if (verb == "revoke") {
    Command command = blank(CommandType::revoke_key);
    command.revoke_key.revoked_key = market_.key(words.take());
    return finish(command, words);
  }
  if (verb == "limit") return set_limits(words);
  if (verb == "profile") return set_profile(words);
  change_instrument(verb, words);
}

/// "operator limit bob size 10 notional 100.00 orders 2 messages 3 10 100"
void Scenario::set_limits(Words& words) {
  Command command = blank(CommandType::set_merchant_limits, market_.account(words.take()));
  SetMerchantLimits& limits = command.set_merchant_limits;
  limits =
      SetMerchantLimits{Quantity{0x7fffffff}, ~0U, Money{std::int64_t{1} << 62}, ~0U, ~0U, ~0U};
  const auto take_count = [&] { return static_cast<std::uint32_t>(words.take_number()); };
  while (!words.is_empty()) {
    if (words.accept("size")) {
      limits.order_quantity_max = Quantity{take_count()};
    } else if (words.accept("notional")) {
      limits.order_notional_max = Money{words.take_money()};
    } else if (words.accept("orders")) {
      limits.open_orders_max = take_count();
    } else {
      words.expect("messages");
      limits.messages_per_10s_max = take_count();
      limits.messages_per_hour_max = take_count();
      limits.messages_per_day_max = take_count();
    }
  }
  send(command);
}

/// "operator profile bob tier 2 clearance 3 group 1 foreign"
void Scenario::set_profile(Words& words) {
  Command command = blank(CommandType::set_merchant_profile, market_.account(words.take()));
  SetMerchantProfile& profile = command.set_merchant_profile;
  profile.tier = 9;
  profile.clearance = 9;
  profile.domestic = true;
  while (!words.is_empty()) {
    if (words.accept("tier")) {
      profile.tier = static_cast<std::uint8_t>(words.take_number());
    } else if (words.accept("clearance")) {
      profile.clearance = static_cast<std::uint8_t>(words.take_number());
    } else if (words.accept("group")) {
      profile.group = GroupId{static_cast<std::uint32_t>(words.take_number())};
    } else {
      words.expect("foreign");
      profile.domestic = false;
    }
  }
  send(command);
}

/// "operator halt", "operator resume @ 2.60", "operator close_book on maps" and the like
void Scenario::change_instrument(const std::string& what, Words& words) {
  Command command = blank(CommandType::halt);
  if (what == "halt") {
    command.halt.instrument = take_instrument(words);
  } else if (what == "resume") {
    command.type = CommandType::resume;
    const std::int64_t fen = words.accept("@") ? words.take_money() : 0;
    command.resume.instrument = take_instrument(words);
    command.resume.reference = market_.price(command.resume.instrument, fen);
  } else if (what == "certify") {
    command.type = CommandType::set_product_terms;
    const std::int64_t lifetime = words.take_duration();
    command.set_product_terms.instrument = take_instrument(words);
    command.set_product_terms.certificate_expiry = Time{now_ + lifetime};
  } else if (what == "pause" || what == "open" || what == "delist") {
    command.type = CommandType::set_instrument_state;
    command.set_instrument_state.instrument = take_instrument(words);
    command.set_instrument_state.state = what == "pause"  ? InstrumentState::suspended
                                         : what == "open" ? InstrumentState::open
                                                          : InstrumentState::delisted;
  } else {
    throw Unreadable("\"" + what + "\" is nothing an operator does");
  }
  finish(command, words);
}

}  // namespace karst::scenarios
