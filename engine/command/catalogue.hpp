// The catalogue of commands: one row for each, from which everything comes that has to know of all.
//
// The type and its number, the union, visits, codec, field checks, permission, what is taken on a
// full disk, the wire's translation, the client's calls and the lists of tests are made of these
// rows and of those of fields.hpp. A new command is a row here, a body, its fields, its two
// functions (engine/state/handler.hpp) and a message of the wire: docs/ADDING.md.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/command/bodies.hpp"
#include "engine/command/rules.hpp"

namespace karst {

/// What a full disk does to a command.
enum class OnFullDisk : std::uint8_t {
  refused,
  frees,   ///< taken: carried out, it frees something
  shuts,   ///< taken, from the last reserve too: it stops trading
  depends  ///< on the state: see Engine::relief()
};

/// What a clock that is not believed does to a command.
enum class WhileHeld : std::uint8_t {
  refused,
  taken,   ///< it lessens risk, or moves nothing
  depends  ///< on what it says: see is_taken_while_held()
};

/// The book a command is about.
enum class NamesBook : std::uint8_t {
  none,
  by_instrument,  ///< of its `instrument`
  by_order,       ///< of the order it names by `order`, its first field
};

/// What kind of command each type is.
struct CommandTraits {
  std::uint8_t scopes = 0;  ///< a merchant's own key needs one of these; 0 = it may not say it
  bool is_personal = false;         ///< about a merchant; else its account is ignored
  bool is_session = false;          ///< about the key that speaks; the exchange itself has none
  bool is_unnumbered = false;       ///< takes no client sequence number
  bool may_be_exchange = false;     ///< account 0 is an answer to "about whom"
  bool is_internal = false;         ///< said by the exchange itself only
  bool is_counted = false;          ///< against the merchant's limits of messages
  bool is_never_throttled = false;  ///< lessens risk at once: no session's bucket stops it
  bool may_need_two = false;        ///< can be proposed; some need it: see needs_two()
  NamesBook names = NamesBook::none;
  OnFullDisk on_full_disk = OnFullDisk::refused;
  WhileHeld while_held = WhileHeld::refused;
  std::uint32_t since_rules = rules_first;  ///< under older ones it means nothing
};

// clang-format off
// ROW(name, number, Body, what sets it apart from an operator's command about nobody ...)
// Numbers are stable for ever: they stand in the journal. Zero is never a command.
#define KARST_COMMANDS(ROW)                                                                        \
  ROW(configure,            1, Configure,          .is_internal = true)                            \
  ROW(tick,                 2, Tick,               .is_internal = true,                            \
                                                   .while_held = WhileHeld::taken)                 \
  ROW(adopt_rules,          3, AdoptRules,         .is_internal = true)                            \
  ROW(begin_incarnation,    4, BeginIncarnation,   .is_internal = true,                            \
                                                   .since_rules = rules_of_incarnations)           \
  ROW(clock_held,           5, ClockHeld,          .is_internal = true,                            \
                                                   .since_rules = rules_of_held_clock)             \
  ROW(accept_clock,         6, AcceptClock,        .may_need_two = true,                           \
                                                   .while_held = WhileHeld::depends,               \
                                                   .since_rules = rules_of_held_clock)             \
  ROW(grow,                 7, Grow,               .is_internal = true,                            \
                                                   .since_rules = rules_of_growth)                 \
                                                                                                   \
  ROW(define_currency,     10, DefineCurrency)                                                     \
  ROW(define_calendar,     11, DefineCalendar)                                                     \
  ROW(define_fees,         12, DefineFees)                                                         \
                                                                                                   \
  ROW(admit_merchant,      20, AdmitMerchant,      .is_personal = true)                            \
  ROW(set_merchant_state,  21, SetMerchantState,   .is_personal = true, .may_need_two = true,      \
                                                   .on_full_disk = OnFullDisk::depends,            \
                                                   .while_held = WhileHeld::depends)               \
  ROW(set_merchant_limits, 22, SetMerchantLimits,  .is_personal = true)                            \
  ROW(set_merchant_profile,23, SetMerchantProfile, .is_personal = true)                            \
  ROW(kill_switch,         24, KillSwitch,         .scopes = scope::trade | scope::cancel_only,    \
                                                   .is_personal = true,                            \
                                                   .is_never_throttled = true,                     \
                                                   .on_full_disk = OnFullDisk::depends,            \
                                                   .while_held = WhileHeld::depends)               \
  ROW(fund,                25, Fund,               .is_personal = true, .may_need_two = true)      \
  ROW(withdraw,            26, Withdraw,           .is_personal = true, .may_need_two = true)      \
  ROW(rename_merchant,     27, RenameMerchant,     .is_personal = true, .since_rules = 4)          \
                                                                                                   \
  ROW(create_key,          30, CreateKey,          .is_personal = true, .may_be_exchange = true,   \
                                                   .may_need_two = true)                           \
  ROW(revoke_key,          31, RevokeKey,          .may_need_two = true,                           \
                                                   .on_full_disk = OnFullDisk::frees,              \
                                                   .while_held = WhileHeld::taken)                 \
  ROW(open_session,        32, OpenSession,        .scopes = scope::all, .is_personal = true,      \
                                                   .is_session = true, .is_unnumbered = true,      \
                                                   .may_be_exchange = true,                        \
                                                   .while_held = WhileHeld::taken)                 \
  ROW(close_session,       33, CloseSession,       .scopes = scope::all, .is_personal = true,      \
                                                   .is_session = true, .is_unnumbered = true,      \
                                                   .may_be_exchange = true,                        \
                                                   .while_held = WhileHeld::taken)                 \
  ROW(set_dead_man,        35, SetDeadMan,         .scopes = scope::all, .is_personal = true,      \
                                                   .is_session = true, .may_be_exchange = true,    \
                                                   .while_held = WhileHeld::taken)                 \
  ROW(heartbeat,           36, Heartbeat,          .scopes = scope::all, .is_personal = true,      \
                                                   .is_session = true, .is_unnumbered = true,      \
                                                   .may_be_exchange = true,                        \
                                                   .while_held = WhileHeld::taken)                 \
                                                                                                   \
  ROW(define_pool,         40, DefinePool)                                                         \
  ROW(set_pool_capacity,   41, SetPoolCapacity)                                                    \
  ROW(set_pool_terms,      42, SetPoolTerms)                                                       \
  ROW(list_contracts,      43, ListContracts)                                                      \
  ROW(mint_capacity,       44, MintCapacity,       .is_personal = true)                            \
  ROW(define_product,      45, DefineProduct,      .is_personal = true)                            \
  ROW(set_product_terms,   46, SetProductTerms)                                                    \
  ROW(set_instrument_state,47, SetInstrumentState, .may_need_two = true,                           \
                                                   .on_full_disk = OnFullDisk::depends,            \
                                                   .while_held = WhileHeld::depends)               \
  ROW(halt,                48, Halt,               .on_full_disk = OnFullDisk::shuts,              \
                                                   .while_held = WhileHeld::taken)                 \
  ROW(resume,              49, Resume)                                                             \
                                                                                                   \
  ROW(place_order,         60, PlaceOrder,         .scopes = scope::trade, .is_personal = true,    \
                                                   .is_counted = true,                             \
                                                   .names = NamesBook::by_instrument)              \
  ROW(amend_order,         61, AmendOrder,         .scopes = scope::trade, .is_personal = true,    \
                                                   .is_counted = true,                             \
                                                   .names = NamesBook::by_order)                   \
  ROW(cancel_order,        62, CancelOrder,        .scopes = scope::trade | scope::cancel_only,    \
                                                   .is_personal = true,                            \
                                                   .names = NamesBook::by_order,                   \
                                                   .on_full_disk = OnFullDisk::frees,              \
                                                   .while_held = WhileHeld::taken)                 \
  ROW(mass_cancel,         63, MassCancel,         .scopes = scope::trade | scope::cancel_only,    \
                                                   .is_personal = true,                            \
                                                   .is_never_throttled = true,                     \
                                                   .on_full_disk = OnFullDisk::depends,            \
                                                   .while_held = WhileHeld::taken)                 \
  ROW(hibernate_order,     64, HibernateOrder,     .scopes = scope::trade | scope::cancel_only,    \
                                                   .is_personal = true,                            \
                                                   .names = NamesBook::by_order,                   \
                                                   .on_full_disk = OnFullDisk::frees,              \
                                                   .while_held = WhileHeld::taken)                 \
  ROW(reactivate_order,    65, ReactivateOrder,    .scopes = scope::trade, .is_personal = true,    \
                                                   .is_counted = true,                             \
                                                   .names = NamesBook::by_order)                   \
  ROW(post_offer,          66, PostOffer,          .scopes = scope::trade, .is_personal = true,    \
                                                   .is_counted = true,                             \
                                                   .names = NamesBook::by_instrument)              \
                                                                                                   \
  ROW(propose,             90, Propose,            .while_held = WhileHeld::taken,                 \
                                                   .since_rules = rules_of_four_eyes)              \
  ROW(confirm,             91, Confirm,            .on_full_disk = OnFullDisk::depends,            \
                                                   .while_held = WhileHeld::depends,               \
                                                   .since_rules = rules_of_four_eyes)              \
  ROW(retract,             92, Retract,            .while_held = WhileHeld::taken,                 \
                                                   .since_rules = rules_of_four_eyes)              \
  ROW(set_four_eyes,       93, SetFourEyes,        .may_need_two = true,                           \
                                                   .since_rules = rules_of_four_eyes)
// clang-format on

enum class CommandType : std::uint8_t {
#define KARST_TYPE(name, number, Body, ...) name = (number),
  KARST_COMMANDS(KARST_TYPE)
#undef KARST_TYPE
};

/// Every command there is, in the order of the catalogue.
inline constexpr auto all_commands = std::to_array<CommandType>({
#define KARST_ENTRY(name, number, Body, ...) CommandType::name,
    KARST_COMMANDS(KARST_ENTRY)
#undef KARST_ENTRY
});

namespace detail {
[[nodiscard]] consteval std::array<CommandTraits, 256> make_command_traits() {
  std::array<CommandTraits, 256> table{};
#define KARST_TRAITS(name, number, Body, ...) table[number] = CommandTraits{__VA_ARGS__};
  KARST_COMMANDS(KARST_TRAITS)
#undef KARST_TRAITS
  return table;
}
inline constexpr std::array<CommandTraits, 256> command_traits = make_command_traits();

template <class Body>
inline constexpr CommandType type_of{};
#define KARST_TYPE_OF(name, number, Body, ...)                                                     \
  template <>                                                                                      \
  inline constexpr CommandType type_of<Body> = CommandType::name;
KARST_COMMANDS(KARST_TYPE_OF)
#undef KARST_TYPE_OF
}  // namespace detail

/// Requires: any number; one that is no command has the traits of an operator's.
[[nodiscard]] constexpr const CommandTraits& traits_of(CommandType type) {
  return detail::command_traits[static_cast<std::size_t>(type)];
}

/// The command whose body it is.
template <class Body>
inline constexpr CommandType type_of = detail::type_of<Body>;

/// The newest rules this build knows: those of the last change of what was there, or of the last
/// command. A state or a journal of newer ones is refused.
inline constexpr std::uint32_t rules_newest = [] {
  std::uint32_t newest = rules_changed_last;
  for (const CommandType type : all_commands) {
    newest = std::max(newest, traits_of(type).since_rules);
  }
  return newest;
}();

}  // namespace karst
