// The sections of the engine's state: stable numbers, and what each took in the format before them.
#pragma once

#include <array>
#include <cstdint>

namespace karst {

/// One kind of thing in a saved state. Numbers stand in snapshots: none is ever given anew.
enum class Section : std::uint32_t {
  sizes = 1,
  progress = 2,
  rules = 3,
  incarnations = 4,
  clock_held = 5,

  accounts_end = 10,
  accounts = 11,
  message_rates = 12,
  balances = 13,

  keys_end = 20,
  keys = 21,
  public_keys = 22,
  answers = 23,

  holding_slots = 30,
  holding_slots_free = 31,
  holdings = 32,

  order_counters = 40,
  orders = 41,
  orders_cold = 42,
  order_generations = 43,
  level_lists = 44,
  levels = 45,
  level_pages = 46,
  branch_children = 47,
  branches = 48,
  account_links = 49,

  instrument_slots = 60,
  instrument_slots_free = 61,
  instruments = 62,
  instrument_generations = 63,
  ladders = 64,

  client_id_numbers = 70,
  client_id_slots = 71,
  client_id_slots_free = 72,
  client_ids = 73,
  references = 74,

  timers = 80,
  jobs = 81,
  job_cursor = 82,
  job_is_started = 83,
  sweeps = 84,
  jobs_held = 85,

  pools = 90,
  currencies = 91,
  calendars = 92,
  fee_schedules = 93,

  four_eyes = 100,
  proposals = 101,
};

/// `krst03_bytes`: what an element of the section took in the format KRST03, which had no sections
/// and named no sizes; 0 where that format had none. It never changes: elements may only grow, at
/// their end.
///
/// `version`: raised when bytes that were there come to mean something else; KRST03 had version 0.
struct SectionRow {
  Section section;
  std::uint32_t krst03_bytes;
  std::uint32_t version = 1;
};
inline constexpr auto section_rows = std::to_array<SectionRow>({
    {Section::sizes, 0},
    {Section::progress, 0},
    {Section::rules, 0},
    {Section::incarnations, 0},
    {Section::clock_held, 0},
    {Section::accounts_end, 4},
    {Section::accounts, 64},
    {Section::message_rates, 56},
    {Section::balances, 32},
    {Section::keys_end, 4},
    {Section::keys, 64},
    {Section::public_keys, 32},
    {Section::answers, 32},
    {Section::holding_slots, 12},
    {Section::holding_slots_free, 4},
    {Section::holdings, 32},
    {Section::order_counters, 16},
    {Section::orders, 64},
    {Section::orders_cold, 8},
    {Section::order_generations, 4},
    {Section::level_lists, 16},
    {Section::levels, 16},
    {Section::level_pages, 16},
    {Section::branch_children, 4},
    {Section::branches, 8},
    {Section::account_links, 8},
    {Section::instrument_slots, 12},
    {Section::instrument_slots_free, 4},
    {Section::instruments, 256, 2},
    {Section::instrument_generations, 4},
    {Section::ladders, 32},
    {Section::client_id_numbers, 8},
    {Section::client_id_slots, 12},
    {Section::client_id_slots_free, 4},
    {Section::client_ids, 64},
    {Section::references, 48},
    {Section::timers, 24},
    {Section::jobs, 32},
    {Section::job_cursor, 4},
    {Section::job_is_started, 4},
    {Section::sweeps, 4},
    {Section::jobs_held, 0},
    {Section::pools, 3232},
    {Section::currencies, 32},
    {Section::calendars, 16},
    {Section::fee_schedules, 40},
    {Section::four_eyes, 0},
    {Section::proposals, 0},
});

/// Returns: the row of the section with this number; null if this build knows none.
[[nodiscard]] constexpr const SectionRow* find_section(std::uint32_t tag) {
  for (const SectionRow& row : section_rows) {
    if (static_cast<std::uint32_t>(row.section) == tag) return &row;
  }
  return nullptr;
}

}  // namespace karst
