// The fields of every command: how they are called on the wire, what each may be, and the order in
// which they are written. One list for codec, request hashes, field checks and translation.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

#include "engine/base/bounds.hpp"
#include "engine/command/command.hpp"

namespace karst {

/// The bare number inside a unit type or an enumeration, or the number itself.
template <class T>
[[nodiscard]] constexpr auto bare(T value) {
  if constexpr (requires { value.value(); }) {
    return value.value();
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<std::underlying_type_t<T>>(value);
  } else {
    return value;
  }
}

/// What a field may be.
namespace field {
struct Any {};  ///< whatever its type holds; what it means the engine says in codes of its own
struct Id {};   ///< any; from the wire not 0, which names nothing
struct Within {
  std::int64_t min;
  std::int64_t max;
};
struct IdBelow {  ///< 1 .. size - 1
  std::uint32_t Configure::* size;
};
struct NotBelow {  ///< at least the size the exchange has
  std::uint32_t Configure::* size;
};
struct AsItIs {  ///< the size the exchange has
  std::uint32_t Configure::* size;
};
struct KeyNumber {};  ///< any whose place in the table of keys is one
struct OneOf {        ///< the values whose bits are set
  std::uint64_t values;
};
struct Flag {};
struct Words {};  ///< printable ASCII without spaces at the ends, at least one character
struct Title {    ///< a name in any script: see is_name(); from the wire in normal form C too
  bool may_be_none;
};
struct Label {  ///< 16 bytes, compared as a whole
  bool may_be_none;
};
struct Digest {};
struct Enclosed {  ///< a command that can be proposed, in order by itself
  bool may_be_none;
};

inline constexpr Any any{};
inline constexpr Id id{};
inline constexpr KeyNumber key_number{};
inline constexpr Flag flag{};
inline constexpr Words words{};
inline constexpr Title title{false};
inline constexpr Title title_or_none{true};
inline constexpr Label label{false};
inline constexpr Label label_or_none{true};
inline constexpr Digest digest{};
inline constexpr Enclosed enclosed{false};
inline constexpr Enclosed enclosed_or_none{true};

[[nodiscard]] constexpr Within within(std::int64_t min, std::int64_t max) { return {min, max}; }
[[nodiscard]] constexpr IdBelow id_below(std::uint32_t Configure::* size) { return {size}; }
[[nodiscard]] constexpr NotBelow not_below(std::uint32_t Configure::* size) { return {size}; }
[[nodiscard]] constexpr AsItIs as_it_is(std::uint32_t Configure::* size) { return {size}; }
template <class... Values>
[[nodiscard]] constexpr OneOf one_of(Values... values) {
  return {((std::uint64_t{1} << static_cast<int>(values)) | ...)};
}
template <class First, class Last>
[[nodiscard]] constexpr OneOf from_to(First first, Last last) {
  return {(std::uint64_t{2} << static_cast<int>(last)) -
          (std::uint64_t{1} << static_cast<int>(first))};
}
/// All values of an enumeration that has none at zero.
template <class Enum>
[[nodiscard]] constexpr OneOf up_to(Enum last) {
  return from_to(1, last);
}
}  // namespace field

// clang-format off
// FIELD(member, name on the wire, what it may be), in the order of the journal. Fields are only
// ever added behind the last of a body: a body that ends earlier reads as zero there.
#define KARST_FIELDS_Configure(FIELD)                                                              \
  FIELD(accounts_max, accounts_max, any)                                                           \
  FIELD(keys_max, keys_max, any)                                                                   \
  FIELD(instruments_max, instruments_max, any)                                                     \
  FIELD(orders_max, orders_max, any)                                                               \
  FIELD(holdings_max, holdings_max, any)                                                           \
  FIELD(level_pages_max, level_pages_max, any)                                                     \
  FIELD(client_ids_max, client_ids_max, any)                                                       \
  FIELD(references_max, references_max, any)                                                       \
  FIELD(currencies_max, currencies_max, any)                                                       \
  FIELD(pools_max, pools_max, any)                                                                 \
  FIELD(answers_per_key, answers_per_key, any)                                                     \
  FIELD(client_ids_per_account_max, client_ids_per_account_max, any)                               \
  FIELD(makers_per_command_max, makers_per_command_max, any)                                       \
  FIELD(makers_per_bystander_max, makers_per_bystander_max, any)                                   \
  FIELD(releases_per_command_max, releases_per_command_max, any)
#define KARST_FIELDS_Grow(FIELD)                                                                   \
  FIELD(accounts_max, accounts_max, not_below(&Configure::accounts_max))                           \
  FIELD(keys_max, keys_max, not_below(&Configure::keys_max))                                       \
  FIELD(instruments_max, instruments_max, not_below(&Configure::instruments_max))                  \
  FIELD(orders_max, orders_max, not_below(&Configure::orders_max))                                 \
  FIELD(holdings_max, holdings_max, not_below(&Configure::holdings_max))                           \
  FIELD(level_pages_max, level_pages_max, not_below(&Configure::level_pages_max))                  \
  FIELD(client_ids_max, client_ids_max, not_below(&Configure::client_ids_max))                     \
  FIELD(references_max, references_max, not_below(&Configure::references_max))                     \
  FIELD(currencies_max, currencies_max, not_below(&Configure::currencies_max))                     \
  FIELD(pools_max, pools_max, not_below(&Configure::pools_max))                                    \
  FIELD(answers_per_key, answers_per_key, as_it_is(&Configure::answers_per_key))                   \
  FIELD(client_ids_per_account_max, client_ids_per_account_max,                                    \
        not_below(&Configure::client_ids_per_account_max))                                         \
  FIELD(makers_per_command_max, makers_per_command_max,                                            \
        not_below(&Configure::makers_per_command_max))                                             \
  FIELD(makers_per_bystander_max, makers_per_bystander_max,                                        \
        not_below(&Configure::makers_per_bystander_max))                                           \
  FIELD(releases_per_command_max, releases_per_command_max,                                        \
        not_below(&Configure::releases_per_command_max))
#define KARST_FIELDS_Tick(FIELD)
#define KARST_FIELDS_AdoptRules(FIELD)                                                             \
  FIELD(version, version, any)
#define KARST_FIELDS_BeginIncarnation(FIELD)                                                       \
  FIELD(number, incarnation, any)                                                                  \
  FIELD(after, after_sequence, any)
#define KARST_FIELDS_ClockHeld(FIELD)                                                              \
  FIELD(held, held, flag)
#define KARST_FIELDS_AcceptClock(FIELD)                                                            \
  FIELD(step_ns, step_ns, any)
#define KARST_FIELDS_DefineCurrency(FIELD)                                                         \
  FIELD(currency, currency_id, id_below(&Configure::currencies_max))                               \
  FIELD(code, code, words)
#define KARST_FIELDS_DefineCalendar(FIELD)                                                         \
  FIELD(calendar, calendar_id, within(1, bound::byte_id_max))                                      \
  FIELD(utc_offset_ns, utc_offset_ns, within(bound::utc_offset_ns_min, bound::utc_offset_ns_max))
#define KARST_FIELDS_DefineFees(FIELD)                                                             \
  FIELD(schedule, fee_schedule_id, within(1, bound::byte_id_max))                                  \
  FIELD(maker_bps, maker_bps, within(0, bound::fee_bps_max))                                       \
  FIELD(taker_bps, taker_bps, within(0, bound::fee_bps_max))                                       \
  FIELD(maker_per_lot, maker_per_lot_fen, within(0, bound::fen_per_lot_max))                       \
  FIELD(taker_per_lot, taker_per_lot_fen, within(0, bound::fen_per_lot_max))
// AdmitMerchant and SetMerchantProfile.
#define KARST_FIELDS_OF_PROFILE(FIELD)                                                             \
  FIELD(group, group_id, any)                                                                      \
  FIELD(tier, tier, within(0, bound::level_max))                                                   \
  FIELD(clearance, clearance, within(0, bound::level_max))                                         \
  FIELD(domestic, domestic, flag)
#define KARST_FIELDS_AdmitMerchant(FIELD)                                                          \
  KARST_FIELDS_OF_PROFILE(FIELD)                                                                   \
  FIELD(name, name, words)
#define KARST_FIELDS_SetMerchantState(FIELD)                                                       \
  FIELD(state, state, up_to(MerchantState::exited))
#define KARST_FIELDS_SetMerchantLimits(FIELD)                                                      \
  FIELD(order_quantity_max, order_quantity_lots_max, within(1, bound::lots_max))                   \
  FIELD(open_orders_max, open_orders_max, any)                                                     \
  FIELD(order_notional_max, order_notional_fen_max, within(1, bound::amount_fen_max))              \
  FIELD(messages_per_10s_max, messages_per_10s_max, any)                                           \
  FIELD(messages_per_hour_max, messages_per_hour_max, any)                                         \
  FIELD(messages_per_day_max, messages_per_day_max, any)
#define KARST_FIELDS_SetMerchantProfile(FIELD)                                                     \
  KARST_FIELDS_OF_PROFILE(FIELD)
#define KARST_FIELDS_KillSwitch(FIELD)                                                             \
  FIELD(on, on, flag)
// Fund and Withdraw.
#define KARST_FIELDS_OF_MOVEMENT(FIELD)                                                            \
  FIELD(currency, currency_id, id)                                                                 \
  FIELD(amount, amount_fen, within(1, bound::amount_fen_max))                                      \
  FIELD(reference, reference, label)
#define KARST_FIELDS_Fund(FIELD)                                                                   \
  KARST_FIELDS_OF_MOVEMENT(FIELD)
#define KARST_FIELDS_Withdraw(FIELD)                                                               \
  KARST_FIELDS_OF_MOVEMENT(FIELD)
#define KARST_FIELDS_RenameMerchant(FIELD)                                                         \
  FIELD(name, name, title)
#define KARST_FIELDS_CreateKey(FIELD)                                                              \
  FIELD(new_key, key_id, key_number)                                                               \
  FIELD(scopes, scopes, within(1, scope::all))                                                     \
  FIELD(public_key, public_key, digest)
#define KARST_FIELDS_RevokeKey(FIELD)                                                              \
  FIELD(revoked_key, key_id, id)
#define KARST_FIELDS_OpenSession(FIELD)                                                            \
  FIELD(disconnect_grace_ns, disconnect_grace_ns, within(-1, ns_per_day))
#define KARST_FIELDS_CloseSession(FIELD)
#define KARST_FIELDS_SetDeadMan(FIELD)                                                             \
  FIELD(timeout_ns, timeout_ns, within(0, ns_per_day))
#define KARST_FIELDS_Heartbeat(FIELD)
#define KARST_FIELDS_DefinePool(FIELD)                                                             \
  FIELD(pool, pool_id, id_below(&Configure::pools_max))                                            \
  FIELD(operator_account, operator_account_id, any)                                                \
  FIELD(hub, hub, any)                                                                             \
  FIELD(cluster, cluster, any)                                                                     \
  FIELD(cards_per_node, cards_per_node, any)                                                       \
  FIELD(interconnect_gbps, interconnect_gbps, any)                                                 \
  FIELD(memory_gib, memory_gib, any)                                                               \
  FIELD(mflops_per_card, mflops_per_card, any)                                                     \
  FIELD(symbol, symbol, words)                                                                     \
  FIELD(accelerator, accelerator, words)                                                           \
  FIELD(unit, unit, up_to(Unit::core_hour))                                                        \
  FIELD(domestic_chip, domestic_chip, flag)
#define KARST_FIELDS_SetPoolCapacity(FIELD)                                                        \
  FIELD(pool, pool_id, any)                                                                        \
  FIELD(from_hour, from_hour, any)                                                                 \
  FIELD(capacity, capacity_lots, any)
// What pools and products share: money and prices ...
#define KARST_FIELDS_OF_PRICES(FIELD)                                                              \
  FIELD(currency, currency_id, any)                                                                \
  FIELD(calendar, calendar_id, any)                                                                \
  FIELD(fees, fee_schedule_id, any)                                                                \
  FIELD(band_bps, band_bps, within(0, bound::band_bps_max))                                        \
  FIELD(tick_value, tick_value_fen, within(1, bound::fen_per_lot_max))                             \
  FIELD(price_min, price_min_ticks, within(1, bound::ticks_max))                                   \
  FIELD(price_max, price_max_ticks, within(1, bound::ticks_max))                                   \
  FIELD(list_price, list_price_ticks, within(1, bound::ticks_max))                                 \
  FIELD(quantity_max, quantity_lots_max, within(1, bound::lots_max))
// ... and who may buy.
#define KARST_FIELDS_OF_LEVELS(FIELD)                                                              \
  FIELD(tier_min, tier_min, within(0, bound::level_max))                                           \
  FIELD(clearance_min, clearance_min, within(0, bound::level_max))                                 \
  FIELD(domestic_only, domestic_only, flag)
#define KARST_FIELDS_SetPoolTerms(FIELD)                                                           \
  FIELD(pool, pool_id, any)                                                                        \
  KARST_FIELDS_OF_PRICES(FIELD)                                                                    \
  KARST_FIELDS_OF_LEVELS(FIELD)                                                                    \
  FIELD(grade, grade, up_to(Grade::spot))                                                          \
  FIELD(penalty_bps, penalty_bps, within(0, bound::penalty_bps_max))                               \
  FIELD(gate_open_lead_ns, gate_open_lead_ns, within(0, bound::lead_ns_max))                       \
  FIELD(gate_close_lead_ns, gate_close_lead_ns, within(0, bound::lead_ns_max))
#define KARST_FIELDS_ListContracts(FIELD)                                                          \
  FIELD(pool, pool_id, any)                                                                        \
  FIELD(from_hour, from_hour, any)                                                                 \
  FIELD(hours, hours, within(1, bound::contract_hours_max))
#define KARST_FIELDS_MintCapacity(FIELD)                                                           \
  FIELD(pool, pool_id, any)                                                                        \
  FIELD(from_hour, from_hour, any)                                                                 \
  FIELD(hours, hours, within(1, bound::contract_hours_max))                                        \
  FIELD(quantity, quantity_lots, within(1, bound::lots_max))
#define KARST_FIELDS_DefineProduct(FIELD)                                                          \
  KARST_FIELDS_OF_PRICES(FIELD)                                                                    \
  FIELD(seats, seats, within(0, bound::lots_max))                                                  \
  FIELD(supply, supply, up_to(Supply::exclusive))                                                  \
  FIELD(resale, resale, up_to(Resale::free))                                                       \
  FIELD(unit, unit, from_to(Unit::copy, Unit::mtoken))                                             \
  KARST_FIELDS_OF_LEVELS(FIELD)                                                                    \
  FIELD(certificate_expiry, certificate_expiry_ns, any)                                            \
  FIELD(symbol, symbol, words)                                                                     \
  FIELD(title, title, title_or_none)
#define KARST_FIELDS_SetProductTerms(FIELD)                                                        \
  FIELD(instrument, instrument_id, any)                                                            \
  FIELD(certificate_expiry, certificate_expiry_ns, any)                                            \
  FIELD(terms_hash, terms_hash, digest)
#define KARST_FIELDS_SetInstrumentState(FIELD)                                                     \
  FIELD(instrument, instrument_id, any)                                                            \
  FIELD(state, state,                                                                              \
        one_of(InstrumentState::open, InstrumentState::suspended, InstrumentState::delisted))
#define KARST_FIELDS_Halt(FIELD)                                                                   \
  FIELD(instrument, instrument_id, any)
#define KARST_FIELDS_Resume(FIELD)                                                                 \
  FIELD(instrument, instrument_id, any)                                                            \
  FIELD(reference, reference_ticks, any)
#define KARST_FIELDS_PlaceOrder(FIELD)                                                             \
  FIELD(instrument, instrument_id, any)                                                            \
  FIELD(quantity, quantity_lots, any)                                                              \
  FIELD(limit, limit_ticks, any)                                                                   \
  FIELD(expiry, expiry_ns, any)                                                                    \
  FIELD(client_order_id, client_order_id, label_or_none)                                           \
  FIELD(minimum, minimum_lots, any)                                                                \
  FIELD(tag, tag, any)                                                                             \
  FIELD(side, side, up_to(Side::sell))                                                             \
  FIELD(kind, kind, up_to(OrderKind::post_only))                                                   \
  FIELD(time_in_force, time_in_force, up_to(TimeInForce::fok))                                     \
  FIELD(self_match, self_match, up_to(SelfMatch::decrement))                                       \
  FIELD(draw, draw, from_to(Draw::none, Draw::holding))                                            \
  FIELD(all_or_none, all_or_none, flag)
#define KARST_FIELDS_AmendOrder(FIELD)                                                             \
  FIELD(order, order_id, any)                                                                      \
  FIELD(limit, limit_ticks, any)                                                                   \
  FIELD(quantity, quantity_lots, within(1, 0xffffffff))
#define KARST_FIELDS_CancelOrder(FIELD)                                                            \
  FIELD(order, order_id, any)                                                                      \
  FIELD(client_order_id, client_order_id, label_or_none)
#define KARST_FIELDS_MassCancel(FIELD)                                                             \
  FIELD(instrument, instrument_id, any)                                                            \
  FIELD(tag, tag, any)                                                                             \
  FIELD(side, side, from_to(0, 2))
#define KARST_FIELDS_HibernateOrder(FIELD)                                                         \
  FIELD(order, order_id, any)
#define KARST_FIELDS_ReactivateOrder(FIELD)                                                        \
  FIELD(order, order_id, any)
#define KARST_FIELDS_PostOffer(FIELD)                                                              \
  FIELD(instrument, instrument_id, any)                                                            \
  FIELD(price, price_ticks, any)
#define KARST_FIELDS_Propose(FIELD)                                                                \
  FIELD(command, command, enclosed)
#define KARST_FIELDS_Confirm(FIELD)                                                                \
  FIELD(proposal, proposal_id, any)                                                                \
  FIELD(hash, hash, digest)                                                                        \
  FIELD(command, command, enclosed_or_none)
#define KARST_FIELDS_Retract(FIELD)                                                                \
  FIELD(proposal, proposal_id, any)
#define KARST_FIELDS_SetFourEyes(FIELD)                                                            \
  FIELD(on, on, flag)                                                                              \
  FIELD(unseen_max, unseen_max_fen, within(0, bound::amount_fen_max))
// clang-format on

template <class Body, class Of>
concept BodyOf = std::same_as<std::remove_const_t<Body>, Of>;

// visit_fields(body, f) calls `f(field)` for each field of a body; describe_fields(body, f) calls
// `f(name on the wire, field, what it may be)`.
#define KARST_VISIT(member, wire, range) f(b.member);
#define KARST_DESCRIBE(member, wire, range) f(#wire, b.member, range);
#define KARST_FIELD_LISTS(name, number, Body, ...)                             \
  template <class F>                                                           \
  void visit_fields([[maybe_unused]] BodyOf<Body> auto& b,                     \
                    [[maybe_unused]] F&& f) {                                  \
    KARST_FIELDS_##Body(KARST_VISIT)                                           \
  }                                                                            \
  template <class F>                                                           \
  void describe_fields([[maybe_unused]] BodyOf<Body> auto& b,                  \
                       [[maybe_unused]] F&& f) {                               \
    using namespace field;                                                     \
    KARST_FIELDS_##Body(KARST_DESCRIBE)                                        \
  }
KARST_COMMANDS(KARST_FIELD_LISTS)
#undef KARST_FIELD_LISTS
#undef KARST_DESCRIBE
#undef KARST_VISIT

/// Calls `f(body)` with the body that the command's type says. Returns: false for an unknown type.
template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, Command>
bool visit_body(C& c, F&& f) {
  switch (c.type) {
#define KARST_CASE(name, number, Body, ...) \
  case CommandType::name: f(body_in(c.name)); return true;
    KARST_COMMANDS(KARST_CASE)
#undef KARST_CASE
  }
  return false;
}

}  // namespace karst
