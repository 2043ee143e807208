// All the state of the engine, and the pen it writes events with.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/base/hash.hpp"
#include "engine/command/rules.hpp"
#include "engine/event/event_ring.hpp"
#include "engine/event/event_words.hpp"
#include "engine/state/account_table.hpp"
#include "engine/state/client_id_table.hpp"
#include "engine/state/holding_table.hpp"
#include "engine/state/incarnation.hpp"
#include "engine/state/instrument_table.hpp"
#include "engine/state/job_queue.hpp"
#include "engine/state/key_table.hpp"
#include "engine/state/order_table.hpp"
#include "engine/state/proposal_table.hpp"
#include "engine/state/reference_table.hpp"
#include "engine/state/timer_queue.hpp"

namespace karst {

struct Currency {
  Text<8> code;
  std::int64_t custody;     ///< funded less withdrawn. Unit: fen
  std::int64_t fee_income;  ///< Unit: fen
  std::uint64_t is_known;
};

struct Calendar {
  std::int64_t utc_offset_ns;
  std::uint64_t is_known;
};

struct FeeSchedule {
  FeeRate maker;
  FeeRate taker;
  std::uint64_t is_known;
};

/// What only the command at hand knows: no part of the state that lasts.
struct CommandAtHand {
  EventRing* ring = nullptr;      ///< the caller's, for as long as the command lasts
  std::uint64_t first_event = 0;  ///< position of its first event
  std::uint32_t match_index = 0;
  std::uint32_t makers_left = 0;  ///< resting orders the command's own matching may still touch
  std::uint64_t answer_event = 0;
  std::uint64_t answer_order = 0;
};

/// Everything the engine knows. Functions of the engine's files take it by reference; nothing else
/// has state.
///
/// Invariants: 1. Per currency: custody = all balances + fee income.
///             2. A balance's reserved = what its open orders need; a row's reserved likewise.
///             3. An order is booked, pending or hibernated exactly as its state says.
///             4. Event numbers of a merchant and settlement numbers have no gap.
/// Memory:     taken at construction by `Configure`, touched as used; job and reference lists grow.
struct State : CommandAtHand {
  explicit State(const Configure& sizes)
      : config(sizes),
        accounts(sizes.accounts_max, sizes.currencies_max),
        keys(sizes.keys_max, sizes.answers_per_key),
        holdings(sizes.holdings_max),
        orders(sizes.orders_max, sizes.level_pages_max),
        links(sizes.orders_max),
        instruments(sizes.instruments_max),
        pools(sizes.pools_max),
        client_ids(sizes.client_ids_max),
        references(sizes.references_max),
        timers(timer_handles(sizes)),
        jobs(sizes.accounts_max, sizes.keys_max),
        currencies(sizes.currencies_max) {}

  /// The handle of the timer of that kind, of the `at`-th it can be about.
  template <TimerKind kind>
  [[nodiscard]] std::uint32_t timer(std::uint32_t at) const {
    return timer_handles_before(config, kind) + at;
  }

  // -- the pen --
  /// Writes an event, and takes it into the event hash.
  template <class Body>
  void emit(EventType type, std::uint8_t detail, InstrumentId instrument, const Body& body) {
    const std::uint64_t position = ring->next++;
    const EventBody words = body_of(body);
    const auto index = static_cast<std::uint16_t>(position - first_event);
    const FourWords first{sequence, event_head(index, type, detail, instrument), words.word[0],
                          words.word[1]};
    const FourWords second{words.word[2], words.word[3], words.word[4], words.word[5]};
    event_hash = mix(event_hash, gather(first, second));
    char* const event = reinterpret_cast<char*>(&ring->at(position));
    std::memcpy(event, &first, sizeof first);
    std::memcpy(event + sizeof first, &second, sizeof second);
  }
  /// The next number of a merchant's event log; account 0 has none.
  [[nodiscard]] std::uint64_t next_event_number(std::uint32_t account) {
    return account == 0 ? 0 : ++accounts[account].event_number;
  }
  [[nodiscard]] std::uint64_t next_settlement() { return ++settlements; }
  /// What the answer of a numbered command is remembered by.
  void note_answer(std::uint64_t account_event, std::uint64_t order) {
    answer_event = account_event;
    answer_order = order;
  }
  Configure config;
  AccountTable accounts;
  KeyTable keys;
  HoldingTable holdings;
  OrderPools orders;
  AccountLinks links;
  InstrumentTable instruments;
  LazyArray<Pool> pools;
  ClientIdTable client_ids;
  ReferenceTable references;
  TimerQueue timers;
  JobQueue jobs;
  std::vector<std::uint32_t> sweeps;  ///< instrument slots with a pending sweep, oldest first
  LazyArray<Currency> currencies;
  std::array<Calendar, 256> calendars{};
  std::array<FeeSchedule, 256> fee_schedules{};
  bool is_configured = false;
  bool is_clock_held = false;         ///< the wall clock is not believed: nothing is settled
  std::uint32_t rules = rules_first;  ///< the version the exchange follows
  FourEyes four_eyes{};
  ProposalTable proposals;
  std::vector<Incarnation> incarnations;  ///< but for the first, in the order of time
  std::uint64_t last_begun = 0;           ///< command that began the newest of them

  std::uint64_t sequence = 0;
  std::int64_t now = INT64_MIN;
  std::uint64_t settlements = 0;
  std::uint64_t event_hash = hash_seed;
};

}  // namespace karst
