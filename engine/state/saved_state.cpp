// Every table to and from the sections of a saved state.
#include "engine/state/saved_state.hpp"

#include <algorithm>
#include <cstring>

#include "engine/base/assert.hpp"

namespace karst {
namespace {

/// What stood first in the format before sections, KRST03, behind its name.
struct Krst03Header {
  Configure sizes;
  std::uint32_t is_configured;
  std::uint64_t sequence;
  std::int64_t now;
  std::uint64_t settlements;
  std::uint64_t event_hash;
};

/// What is no table: where the exchange stands.
struct Progress {
  std::uint64_t sequence;
  std::int64_t now;
  std::uint64_t settlements;
  std::uint64_t event_hash;
  std::uint64_t is_configured;
};

/// The sizes and where the exchange stands, in the format it is.
void load_header(StateReader& reader, Configure& sizes, Progress& progress) {
  if (reader.is_krst03()) {
    Krst03Header header{};
    reader.krst03_header(header);
    sizes = header.sizes;
    progress = {header.sequence, header.now, header.settlements, header.event_hash,
                header.is_configured};
  } else {
    reader.rows(Section::sizes, &sizes, 1);
    reader.rows(Section::progress, &progress, 1);
  }
}

/// The rules the state was made under: the first, unless it says more.
/// Returns: whether this build knows them.
bool load_rules(StateReader& reader, std::uint32_t& rules) {
  reader.rows(Section::rules, &rules, 1);
  rules = std::max(rules, rules_first);
  return rules <= rules_newest;
}

/// The lives of the exchange, and what follows from them. Returns: whether they can have been.
bool load_incarnations(StateReader& reader, State& s) {
  reader.array(Section::incarnations, s.incarnations);
  std::uint64_t passed_over = 0;
  for (const Incarnation& it : s.incarnations) {
    const bool is_next = it.number != 0 && it.begun > s.last_begun && it.begun <= s.sequence;
    if (!is_next || it.generations % 2 != 0) return false;
    s.last_begun = it.begun;
    passed_over += it.generations;
    if (passed_over > ~std::uint32_t{0}) return false;
  }
  s.orders.nodes.set_passed_over(static_cast<std::uint32_t>(passed_over));
  return s.incarnations.size() <= incarnations_max;
}

/// Everything behind the merchants, in one order for both directions.
template <class StateType, class F>
bool visit_tables(StateType& s, F&& f) {
  return f(s.keys) && f(s.holdings) && f(s.orders) && f(s.instruments) && f(s.client_ids) &&
         f(s.references);
}

/// Reads everything behind the header into a new state. `was` are the sizes it was saved with, none
/// of them greater than those of the state: what lies in a table by number stays where it is, and
/// only what lies behind something that has grown moves.
Loaded load_body(StateReader& reader, const Configure& was, const Progress& progress, State& s) {
  const auto refused = [&] {
    return reader.result() == Loaded::good ? Loaded::corrupt : reader.result();
  };
  if (!load_rules(reader, s.rules)) return Loaded::newer;
  std::uint32_t held = 0;
  reader.rows(Section::clock_held, &held, 1);
  s.is_clock_held = held != 0;
  reader.rows(Section::four_eyes, &s.four_eyes, 1);
  s.proposals.load(reader);
  s.is_configured = progress.is_configured != 0;
  s.sequence = progress.sequence;
  s.now = progress.now;
  s.settlements = progress.settlements;
  s.event_hash = progress.event_hash;
  if (!load_incarnations(reader, s)) return refused();
  const bool is_good =
      s.accounts.load(reader, was.currencies_max) && visit_tables(s, [&](auto& table) {
        return table.load(reader) && reader.result() == Loaded::good;
      });
  if (!is_good) return refused();
  s.links.load(reader, was.orders_max);
  if (!s.timers.load(reader, was, s.config)) return refused();
  if (!s.jobs.load(reader, was.accounts_max)) return refused();
  reader.array(Section::sweeps, s.sweeps);
  reader.rows(Section::pools, s.pools.data(), was.pools_max);
  (void)reader.array(Section::currencies, s.currencies.data(), was.currencies_max);
  (void)reader.array(Section::calendars, s.calendars.data(), s.calendars.size());
  (void)reader.array(Section::fee_schedules, s.fee_schedules.data(), s.fee_schedules.size());
  return reader.finish();
}

}  // namespace

void save_state(const State& s, std::vector<std::uint8_t>& out) {
  StateWriter writer(out);
  const Progress progress{s.sequence, s.now, s.settlements, s.event_hash,
                          s.is_configured ? 1U : 0U};
  writer.rows(Section::sizes, &s.config, 1);
  writer.rows(Section::progress, &progress, 1);
  writer.rows(Section::rules, &s.rules, 1);
  if (!s.incarnations.empty()) {
    writer.array(Section::incarnations, s.incarnations.data(), s.incarnations.size());
  }
  const std::uint32_t held = 1;
  if (s.is_clock_held) writer.rows(Section::clock_held, &held, 1);
  if (s.four_eyes.is_on != 0 || s.four_eyes.unseen_max != 0) {
    writer.rows(Section::four_eyes, &s.four_eyes, 1);
  }
  s.proposals.save(writer);
  s.accounts.save(writer);
  (void)visit_tables(s, [&](const auto& table) {
    table.save(writer);
    return true;
  });
  s.links.save(writer, s.orders.nodes.touched());
  s.timers.save(writer);
  s.jobs.save(writer);
  writer.array(Section::sweeps, s.sweeps.data(), s.sweeps.size());
  writer.rows(Section::pools, s.pools.data(), s.config.pools_max);
  writer.array(Section::currencies, s.currencies.data(), s.config.currencies_max);
  writer.array(Section::calendars, s.calendars.data(), s.calendars.size());
  writer.array(Section::fee_schedules, s.fee_schedules.data(), s.fee_schedules.size());
}

Loaded load_state(std::span<const std::uint8_t> bytes, State& s) {
  StateReader reader(bytes);
  Configure sizes{};
  Progress progress{};
  load_header(reader, sizes, progress);
  if (std::memcmp(&sizes, &s.config, sizeof(Configure)) != 0) {
    return reader.result() == Loaded::good ? Loaded::corrupt : reader.result();
  }
  return load_body(reader, sizes, progress, s);
}

void grow_state(State& s, const Configure& sizes) {
  const Configure was = s.config;
  const CommandAtHand at_hand = s;
  std::vector<std::uint8_t> saved;
  save_state(s, saved);
  s = State(sizes);
  StateReader reader(saved);
  Configure saved_sizes{};
  Progress progress{};
  load_header(reader, saved_sizes, progress);
  KARST_ASSERT(load_body(reader, was, progress, s) == Loaded::good);
  static_cast<CommandAtHand&>(s) = at_hand;
}

}  // namespace karst
