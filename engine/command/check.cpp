// Field checks of all commands but place_order.
#include "engine/command/check.hpp"

#include <bit>
#include <cstring>
#include <span>

#include "engine/base/units.hpp"

namespace karst {
namespace {

constexpr std::uint32_t hours_max = 336;
constexpr std::uint32_t lots_max = 0x7fffffff;
constexpr std::int64_t money_max = std::int64_t{1} << 62;
constexpr std::int64_t trillion = 1'000'000'000'000;

template <class T>
[[nodiscard]] bool within(T value, T low, T high) {
  return low <= value && value <= high;
}

template <class Enum>
[[nodiscard]] bool is_named(Enum value, int last) {
  return within(static_cast<int>(value), 1, last);
}

[[nodiscard]] bool is_text(std::span<const char> text) {
  std::size_t size = 0;
  while (size < text.size() && text[size] != '\0') ++size;
  for (std::size_t i = size; i < text.size(); ++i) {
    if (text[i] != '\0') return false;
  }
  if (size == 0 || text[0] == ' ' || text[size - 1] == ' ') return false;
  for (std::size_t i = 0; i < size; ++i) {
    if (text[i] < 0x20 || text[i] > 0x7e) return false;
  }
  return true;
}

/// Looks at the byte, which may hold anything: a bool is only read when it is one.
[[nodiscard]] bool is_flag(const bool& flag) {
  std::uint8_t byte = 0;
  std::memcpy(&byte, &flag, sizeof byte);
  return byte <= 1;
}

[[nodiscard]] bool is_rank(std::uint8_t tier, std::uint8_t clearance) {
  return tier <= 9 && clearance <= 9;
}

template <class Profile>
[[nodiscard]] bool is_profile(const Profile& p) {
  return is_rank(p.tier, p.clearance) && is_flag(p.domestic);
}

/// What contracts and products share.
template <class Terms>
[[nodiscard]] bool is_terms(const Terms& t) {
  return within<std::int64_t>(t.tick_value.value(), 1, trillion) && t.price_min.value() >= 1 &&
         t.price_min <= t.list_price && t.list_price <= t.price_max &&
         t.price_max.value() <= (std::int64_t{1} << 30) &&
         within(t.quantity_max.value(), 1U, lots_max) && is_rank(t.tier_min, t.clearance_min) &&
         t.band_bps <= 10'000 && is_flag(t.domestic_only);
}

[[nodiscard]] bool is_valid(const DefinePool& b, const Configure& sizes) {
  return within(b.pool.value(), 1U, sizes.pools_max - 1) && is_text(b.symbol) &&
         is_text(b.accelerator) && is_named(b.unit, static_cast<int>(Unit::core_hour)) &&
         is_flag(b.domestic_chip);
}

[[nodiscard]] bool is_valid(const SetPoolTerms& b) {
  return is_terms(b) && is_named(b.grade, 3) && b.penalty_bps <= 50'000 &&
         b.gate_close_lead_ns >= 0 && b.gate_close_lead_ns < b.gate_open_lead_ns &&
         b.gate_open_lead_ns <= 400 * ns_per_day;
}

[[nodiscard]] bool is_valid(const DefineProduct& b) {
  if (!is_terms(b) || !is_named(b.supply, 3) || !is_named(b.resale, 3) ||
      !within(static_cast<int>(b.unit), static_cast<int>(Unit::copy),
              static_cast<int>(Unit::mtoken)) ||
      !is_text(b.symbol)) {
    return false;
  }
  switch (b.supply) {
    case Supply::non_rival: return b.seats.value() == 0 && b.band_bps == 0;
    case Supply::seats: return within(b.seats.value(), 1U, lots_max);
    case Supply::exclusive: return b.seats.value() == 1;
  }
  return false;
}

template <class Movement>
[[nodiscard]] bool is_movement(const Movement& b) {
  return within<std::int64_t>(b.amount.value(), 1, money_max) &&
         (b.reference[0] | b.reference[1]) != 0;
}

[[nodiscard]] bool is_valid(const DefineFees& b) {
  return within<int>(b.schedule.value(), 1, 255) && b.maker_bps <= 5'000 && b.taker_bps <= 5'000 &&
         within<std::int64_t>(b.maker_per_lot.value(), 0, trillion) &&
         within<std::int64_t>(b.taker_per_lot.value(), 0, trillion);
}

[[nodiscard]] bool is_valid(const SetDeadMan& b) {
  return b.timeout_ns == 0 || within(b.timeout_ns, ns_per_second / 1000, ns_per_day);
}

[[nodiscard]] bool is_valid(const CancelOrder& b) {
  return b.order.is_none() != ((b.client_order_id[0] | b.client_order_id[1]) == 0);
}

}  // namespace

bool is_valid(const Configure& b) {
  return within(b.accounts_max, 2U, 1U << 24) && b.keys_max >= 2 &&
         within(b.instruments_max, 2U, instrument_slots_max) &&
         within(b.orders_max, 2U, 1U << 26) && b.holdings_max >= 2 && b.level_pages_max >= 2 &&
         b.client_ids_max >= 2 && b.references_max >= 2 &&
         within(b.currencies_max, 2U, 65'535U) && b.pools_max >= 2 &&
         std::has_single_bit(b.answers_per_key) && b.client_ids_per_account_max >= 1 &&
         b.makers_per_command_max >= 1 && b.makers_per_bystander_max >= 1 &&
         b.releases_per_command_max >= 1;
}

bool has_valid_fields(const PlaceOrder& order) {
  // Two bytes to be zero after a bool whose byte may hold anything: looked at as one.
  std::uint8_t tail[3];
  static_assert(offsetof(PlaceOrder, reserved) == offsetof(PlaceOrder, all_or_none) + 1);
  std::memcpy(tail, reinterpret_cast<const char*>(&order) + offsetof(PlaceOrder, all_or_none),
              sizeof tail);
  if (tail[0] > 1 || (tail[1] | tail[2]) != 0) return false;
  const bool is_buy = order.side == Side::buy;
  const bool is_ioc = order.time_in_force == TimeInForce::ioc;
  const bool is_fok = order.time_in_force == TimeInForce::fok;
  const bool has_minimum = order.minimum.value() != 0;
  if (!is_named(order.side, 2) || !is_named(order.kind, 3) || !is_named(order.time_in_force, 5) ||
      !is_named(order.self_match, 4)) {
    return false;
  }
  if (is_buy ? order.draw != Draw::none
             : order.draw != Draw::capacity && order.draw != Draw::holding) {
    return false;
  }
  if (order.kind == OrderKind::market && (order.limit.value() != 0 || !(is_ioc || is_fok))) {
    return false;
  }
  if ((order.time_in_force == TimeInForce::gtd) != (order.expiry.value() != 0)) return false;
  if (order.minimum > order.quantity) return false;
  if (is_fok + order.all_or_none + has_minimum > 1) return false;
  return order.kind != OrderKind::post_only ||
         !(is_ioc || is_fok || order.all_or_none || has_minimum);
}

bool has_valid_fields(const Command& c, const Configure& sizes) {
  switch (c.type) {
    case CommandType::configure: return is_valid(c.configure);
    case CommandType::define_currency:
      return within<std::uint32_t>(c.define_currency.currency.value(), 1,
                                   sizes.currencies_max - 1) &&
             is_text(c.define_currency.code);
    case CommandType::define_calendar:
      return within<int>(c.define_calendar.calendar.value(), 1, 255) &&
             within(c.define_calendar.utc_offset_ns, -12 * ns_per_hour, 14 * ns_per_hour);
    case CommandType::define_fees: return is_valid(c.define_fees);
    case CommandType::admit_merchant:
      return within(c.account.value(), 1U, sizes.accounts_max - 1) &&
             is_profile(c.admit_merchant) &&
             is_text(c.admit_merchant.name);
    case CommandType::set_merchant_state: return is_named(c.set_merchant_state.state, 3);
    case CommandType::set_merchant_limits:
      return within(c.set_merchant_limits.order_quantity_max.value(), 1U, lots_max) &&
             within<std::int64_t>(c.set_merchant_limits.order_notional_max.value(), 1, money_max);
    case CommandType::set_merchant_profile:
      return is_profile(c.set_merchant_profile);
    case CommandType::kill_switch: return is_flag(c.kill_switch.on);
    case CommandType::fund: return is_movement(c.fund);
    case CommandType::withdraw: return is_movement(c.withdraw);
    case CommandType::clock_held: return is_flag(c.clock_held.held);
    case CommandType::accept_clock: return c.accept_clock.step_ns != 0;
    case CommandType::create_key:
      return c.create_key.new_key.value() % sizes.keys_max != 0 &&
             within<int>(c.create_key.scopes, 1, scope::all);
    case CommandType::open_session:
      return within<std::int64_t>(c.open_session.disconnect_grace_ns, -1, ns_per_day);
    case CommandType::set_dead_man: return is_valid(c.set_dead_man);
    case CommandType::define_pool: return is_valid(c.define_pool, sizes);
    case CommandType::set_pool_terms: return is_valid(c.set_pool_terms);
    case CommandType::list_contracts: return within(c.list_contracts.hours, 1U, hours_max);
    case CommandType::mint_capacity:
      return within(c.mint_capacity.hours, 1U, hours_max) &&
             within(c.mint_capacity.quantity.value(), 1U, lots_max);
    case CommandType::define_product: return is_valid(c.define_product);
    case CommandType::set_instrument_state:
      return c.set_instrument_state.state == InstrumentState::open ||
             c.set_instrument_state.state == InstrumentState::suspended ||
             c.set_instrument_state.state == InstrumentState::delisted;
    case CommandType::place_order: return has_valid_fields(c.place_order);
    case CommandType::amend_order: return c.amend_order.quantity.value() >= 1;
    case CommandType::cancel_order: return is_valid(c.cancel_order);
    case CommandType::mass_cancel: return c.mass_cancel.side <= 2;
    case CommandType::tick:
    case CommandType::adopt_rules:
    case CommandType::begin_incarnation:
    case CommandType::revoke_key:
    case CommandType::close_session:
    case CommandType::heartbeat:
    case CommandType::set_pool_capacity:
    case CommandType::set_product_terms:
    case CommandType::halt:
    case CommandType::resume:
    case CommandType::hibernate_order:
    case CommandType::reactivate_order:
    case CommandType::post_offer: return true;
  }
  return false;
}

}  // namespace karst
