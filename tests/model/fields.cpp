#include "tests/model/fields.hpp"

#include <cstring>
#include <string>

#include "tests/model/model_enclosed.hpp"
#include "tests/model/model_state.hpp"

namespace karst::model {
namespace {

constexpr std::int64_t tick_value_max = 1'000'000'000'000;
constexpr std::int64_t per_lot_max = 1'000'000'000'000;
constexpr std::int64_t price_top = std::int64_t{1} << 30;
constexpr std::int64_t ns_per_ms = 1'000'000;

template <class T>
bool within(T value, T least, T greatest) {
  return least <= value && value <= greatest;
}

/// Looks at the byte: a bool of another value must not be read as one.
bool is_bool(const bool& value) {
  std::uint8_t byte = 0;
  std::memcpy(&byte, &value, 1);
  return byte <= 1;
}

template <class Enum>
bool is_named(Enum value, Enum first, Enum last) {
  return first <= value && value <= last;
}

template <std::size_t N>
bool is_text(const Text<N>& text) {
  std::size_t length = 0;
  while (length < N && text[length] != '\0') ++length;
  for (std::size_t i = 0; i < N; ++i) {
    const bool is_inside = i < length;
    if (is_inside ? (text[i] < 0x20 || text[i] > 0x7e) : text[i] != '\0') return false;
  }
  return length > 0 && text[0] != ' ' && text[length - 1] != ' ';
}

/// The well-formed sequences of UTF-8 by their first two bytes. Source: The Unicode Standard,
/// table 3-7, without the controls.
struct Sequence {
  std::uint8_t first_low, first_high, second_low, second_high;
  std::size_t length;
};
constexpr Sequence sequences[] = {
    {0x20, 0x7e, 0, 0, 1},       {0xc2, 0xc2, 0xa0, 0xbf, 2}, {0xc3, 0xdf, 0x80, 0xbf, 2},
    {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
    {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
    {0xf4, 0xf4, 0x80, 0x8f, 4}};

template <std::size_t N>
bool is_name(const Text<N>& text) {
  const std::string name(text.data(), strnlen(text.data(), N));
  if (std::string(text.data() + name.size(), N - name.size()).find_first_not_of('\0') !=
      std::string::npos) {
    return false;
  }
  std::string left = name;
  while (!left.empty()) {
    bool is_found = false;
    for (const Sequence& it : sequences) {
      const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(left[i]); };
      if (left.size() < it.length || byte(0) < it.first_low || byte(0) > it.first_high) continue;
      if (it.length > 1 && (byte(1) < it.second_low || byte(1) > it.second_high)) continue;
      if (it.length > 2 && (byte(2) < 0x80 || byte(2) > 0xbf)) continue;
      if (it.length > 3 && (byte(3) < 0x80 || byte(3) > 0xbf)) continue;
      left.erase(0, it.length);
      is_found = true;
      break;
    }
    if (!is_found) return false;
  }
  return !name.empty() && name.front() != ' ' && name.back() != ' ';
}

bool is_power_of_two(std::uint32_t value) { return value != 0 && (value & (value - 1)) == 0; }

bool is_rank(std::uint8_t tier, std::uint8_t clearance) { return tier <= 9 && clearance <= 9; }

bool is_valid(const Configure& c) {
  const std::uint32_t sizes[] = {
      c.accounts_max,    c.keys_max,       c.instruments_max, c.orders_max,     c.holdings_max,
      c.level_pages_max, c.client_ids_max, c.references_max,  c.currencies_max, c.pools_max};
  for (const std::uint32_t size : sizes) {
    if (size < 2) return false;
  }
  const std::uint32_t bounds[] = {c.client_ids_per_account_max, c.makers_per_command_max,
                                  c.makers_per_bystander_max, c.releases_per_command_max};
  for (const std::uint32_t bound : bounds) {
    if (bound < 1) return false;
  }
  return is_power_of_two(c.answers_per_key) && c.instruments_max <= 131'072 &&
         c.currencies_max <= 65'535 && c.accounts_max <= 1U << 24 && c.orders_max <= 1U << 26 &&
         c.level_pages_max < 1U << 26;
}

/// Every size and bound is at least what it was; answers are remembered as many as before.
bool is_valid(const Grow& to, const Configure& from) {
  const bool is_size_kept =
      to.accounts_max >= from.accounts_max && to.keys_max >= from.keys_max &&
      to.instruments_max >= from.instruments_max && to.orders_max >= from.orders_max &&
      to.holdings_max >= from.holdings_max && to.level_pages_max >= from.level_pages_max &&
      to.client_ids_max >= from.client_ids_max && to.references_max >= from.references_max &&
      to.currencies_max >= from.currencies_max && to.pools_max >= from.pools_max;
  const bool is_bound_kept = to.client_ids_per_account_max >= from.client_ids_per_account_max &&
                             to.makers_per_command_max >= from.makers_per_command_max &&
                             to.makers_per_bystander_max >= from.makers_per_bystander_max &&
                             to.releases_per_command_max >= from.releases_per_command_max;
  const Configure& sizes = to;
  return is_valid(sizes) && is_size_kept && is_bound_kept &&
         to.answers_per_key == from.answers_per_key;
}

bool is_valid(const DefineFees& f) {
  return within<std::uint16_t>(f.schedule.value(), 1, 255) && f.maker_bps <= 5'000 &&
         f.taker_bps <= 5'000 && within(f.maker_per_lot.value(), std::int64_t{0}, per_lot_max) &&
         within(f.taker_per_lot.value(), std::int64_t{0}, per_lot_max);
}

template <class Terms>
bool is_priced(const Terms& t) {
  return within(t.tick_value.value(), std::int64_t{1}, tick_value_max) &&
         t.price_min.value() >= 1 && t.price_min <= t.list_price && t.list_price <= t.price_max &&
         t.price_max.value() <= price_top && within(t.quantity_max.value(), 1U, lots_max) &&
         is_rank(t.tier_min, t.clearance_min) && is_bool(t.domestic_only) && t.band_bps <= 10'000;
}

bool is_valid(const SetPoolTerms& t) {
  return is_priced(t) && is_named(t.grade, Grade::reserved, Grade::spot) &&
         t.penalty_bps <= 50'000 && t.gate_close_lead_ns >= 0 &&
         t.gate_close_lead_ns < t.gate_open_lead_ns && t.gate_open_lead_ns <= 400 * ns_per_day;
}

bool is_valid(const DefineProduct& p) {
  if (!is_priced(p) || !is_named(p.supply, Supply::non_rival, Supply::exclusive) ||
      !is_named(p.resale, Resale::none, Resale::free) ||
      !is_named(p.unit, Unit::copy, Unit::mtoken) || !is_text(p.symbol) ||
      !(p.title == Text<64>{} || is_name(p.title))) {
    return false;
  }
  switch (p.supply) {
    case Supply::non_rival:
      return p.seats.value() == 0 && p.band_bps == 0;
    case Supply::seats:
      return within(p.seats.value(), 1U, lots_max);
    case Supply::exclusive:
      return p.seats.value() == 1;
  }
  return false;
}

bool is_valid(const DefinePool& p, const Configure& configure) {
  return within(p.pool.value(), 1U, configure.pools_max - 1) && is_text(p.symbol) &&
         is_text(p.accelerator) && is_named(p.unit, Unit::p_hour, Unit::core_hour) &&
         is_bool(p.domestic_chip);
}

bool is_valid(const PlaceOrder& p) {
  const bool is_ioc = p.time_in_force == TimeInForce::ioc;
  const bool is_fok = p.time_in_force == TimeInForce::fok;
  if (!is_named(p.side, Side::buy, Side::sell) ||
      !is_named(p.kind, OrderKind::limit, OrderKind::post_only) ||
      !is_named(p.time_in_force, TimeInForce::gtc, TimeInForce::fok) ||
      !is_named(p.self_match, SelfMatch::cancel_newest, SelfMatch::decrement) ||
      !is_bool(p.all_or_none) || p.reserved[0] != 0 || p.reserved[1] != 0) {
    return false;
  }
  const Draw first = p.side == Side::buy ? Draw::none : Draw::capacity;
  const Draw last = p.side == Side::buy ? Draw::none : Draw::holding;
  if (!is_named(p.draw, first, last)) return false;
  if (p.kind == OrderKind::market && (p.limit.value() != 0 || !(is_ioc || is_fok))) return false;
  if ((p.time_in_force == TimeInForce::gtd) != (p.expiry.value() != 0)) return false;
  if (p.minimum > p.quantity) return false;
  const bool has_minimum = p.minimum.value() != 0;
  if (int{is_fok} + int{p.all_or_none} + int{has_minimum} > 1) return false;
  return p.kind != OrderKind::post_only || !(is_ioc || is_fok || p.all_or_none || has_minimum);
}

bool is_valid(const AdmitMerchant& m, AccountId account, const Configure& configure) {
  return within(account.value(), 1U, configure.accounts_max - 1) && is_rank(m.tier, m.clearance) &&
         is_bool(m.domestic) && is_text(m.name);
}

template <class Movement>
bool is_movement(const Movement& m) {
  return within(m.amount.value(), std::int64_t{1}, money_max) && m.reference != Reference{};
}

bool is_valid(const SetInstrumentState& s) {
  return s.state == InstrumentState::open || s.state == InstrumentState::suspended ||
         s.state == InstrumentState::delisted;
}

bool is_body_valid(const Command& c, const Configure& configure);

bool is_enclosed(const EnclosedCommand& bytes, const Configure& configure) {
  const std::optional<Command> inner = command_in(bytes);
  return inner && is_body_valid(*inner, configure);
}

bool is_body_valid(const Command& c, const Configure& configure) {
  switch (c.type) {
    case CommandType::configure:
      return is_valid(c.configure);
    case CommandType::grow:
      return is_valid(c.grow, configure);
    case CommandType::define_currency:
      return within<std::uint32_t>(c.define_currency.currency.value(), 1,
                                   configure.currencies_max - 1) &&
             is_text(c.define_currency.code);
    case CommandType::define_calendar:
      return within<std::uint16_t>(c.define_calendar.calendar.value(), 1, 255) &&
             within(c.define_calendar.utc_offset_ns, -12 * ns_per_hour, 14 * ns_per_hour);
    case CommandType::define_fees:
      return is_valid(c.define_fees);
    case CommandType::admit_merchant:
      return is_valid(c.admit_merchant, c.account, configure);
    case CommandType::set_merchant_state:
      return is_named(c.set_merchant_state.state, MerchantState::admitted, MerchantState::exited);
    case CommandType::set_merchant_limits:
      return within(c.set_merchant_limits.order_quantity_max.value(), 1U, lots_max) &&
             within(c.set_merchant_limits.order_notional_max.value(), std::int64_t{1}, money_max);
    case CommandType::set_merchant_profile:
      return is_rank(c.set_merchant_profile.tier, c.set_merchant_profile.clearance) &&
             is_bool(c.set_merchant_profile.domestic);
    case CommandType::rename_merchant:
      return is_name(c.rename_merchant.name);
    case CommandType::clock_held:
      return is_bool(c.clock_held.held);
    case CommandType::accept_clock:
      return c.accept_clock.step_ns != 0;
    case CommandType::kill_switch:
      return is_bool(c.kill_switch.on);
    case CommandType::fund:
      return is_movement(c.fund);
    case CommandType::withdraw:
      return is_movement(c.withdraw);
    case CommandType::create_key:
      return c.create_key.new_key.value() % configure.keys_max != 0 &&
             within<std::uint8_t>(c.create_key.scopes, 1, scope::all);
    case CommandType::open_session:
      return within(c.open_session.disconnect_grace_ns, std::int64_t{-1}, ns_per_day);
    case CommandType::close_session:
      return c.epoch != 0;
    case CommandType::set_dead_man:
      return c.set_dead_man.timeout_ns == 0 ||
             within(c.set_dead_man.timeout_ns, ns_per_ms, ns_per_day);
    case CommandType::define_pool:
      return is_valid(c.define_pool, configure);
    case CommandType::set_pool_terms:
      return is_valid(c.set_pool_terms);
    case CommandType::list_contracts:
      return within(c.list_contracts.hours, 1U, 336U);
    case CommandType::mint_capacity:
      return within(c.mint_capacity.hours, 1U, 336U) &&
             within(c.mint_capacity.quantity.value(), 1U, lots_max);
    case CommandType::define_product:
      return is_valid(c.define_product);
    case CommandType::set_instrument_state:
      return is_valid(c.set_instrument_state);
    case CommandType::place_order:
      return is_valid(c.place_order);
    case CommandType::amend_order:
      return c.amend_order.quantity.value() >= 1;
    case CommandType::cancel_order:
      return c.cancel_order.order.is_none() != (c.cancel_order.client_order_id == ClientOrderId{});
    case CommandType::mass_cancel:
      return c.mass_cancel.side <= 2;
    case CommandType::propose:
      return is_enclosed(c.propose->command, configure);
    case CommandType::confirm:
      return c.confirm->command == EnclosedCommand{} ||
             is_enclosed(c.confirm->command, configure);
    case CommandType::set_four_eyes:
      return is_bool(c.set_four_eyes.on) &&
             within(c.set_four_eyes.unseen_max.value(), std::int64_t{0}, money_max);
    case CommandType::tick:
    case CommandType::adopt_rules:
    case CommandType::begin_incarnation:
    case CommandType::revoke_key:
    case CommandType::heartbeat:
    case CommandType::set_pool_capacity:
    case CommandType::set_product_terms:
    case CommandType::halt:
    case CommandType::resume:
    case CommandType::hibernate_order:
    case CommandType::reactivate_order:
    case CommandType::post_offer:
    case CommandType::retract:
      return true;
  }
  return false;
}

bool is_session_command(CommandType type) {
  return type == CommandType::open_session || type == CommandType::close_session ||
         type == CommandType::set_dead_man || type == CommandType::heartbeat;
}

}  // namespace

bool is_never_numbered(CommandType type) {
  return is_session_command(type) && type != CommandType::set_dead_man;
}

bool are_fields_valid(const Command& command, const Configure& configure) {
  const bool is_exchange = command.key.is_none();
  if (is_exchange && (command.client_seq != 0 || command.epoch != 0)) return false;
  if (is_exchange && is_session_command(command.type)) return false;
  if (is_never_numbered(command.type) && command.client_seq != 0) return false;
  for (const std::uint8_t byte : command.reserved) {
    if (byte != 0) return false;
  }
  return is_body_valid(command, configure);
}

bool is_about_no_merchant(CommandType type) {
  switch (type) {
    case CommandType::admit_merchant:
    case CommandType::set_merchant_state:
    case CommandType::set_merchant_limits:
    case CommandType::set_merchant_profile:
    case CommandType::rename_merchant:
    case CommandType::kill_switch:
    case CommandType::fund:
    case CommandType::withdraw:
    case CommandType::create_key:
    case CommandType::open_session:
    case CommandType::close_session:
    case CommandType::set_dead_man:
    case CommandType::heartbeat:
    case CommandType::mint_capacity:
    case CommandType::define_product:
    case CommandType::place_order:
    case CommandType::amend_order:
    case CommandType::cancel_order:
    case CommandType::mass_cancel:
    case CommandType::hibernate_order:
    case CommandType::reactivate_order:
    case CommandType::post_offer:
      return false;
    default:
      return true;
  }
}

bool needs_merchant(const Command& command) {
  if (is_about_no_merchant(command.type)) return false;
  if (command.type == CommandType::admit_merchant) return false;
  const bool may_be_exchange =
      command.type == CommandType::create_key || is_session_command(command.type);
  return !(may_be_exchange && command.account.is_none());
}

}  // namespace karst::model
