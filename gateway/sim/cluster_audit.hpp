// Checks a cluster replay from its journal: every invariant after every command, and its figures.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/engine.hpp"
#include "gateway/sim/cluster_accounts.hpp"
#include "ledger/audit/audit.hpp"
#include "ledger/replay/executed.hpp"

namespace karst::tool {

/// One invariant: how often it was looked at, and what did not hold.
struct ClusterCheck {
  const char* name = "";
  const char* text = "";
  std::uint64_t looks = 0;
  std::uint64_t failures = 0;
  std::string first = {};  ///< the first failure, in words

  void expect(bool holds, const std::string& what) {
    ++looks;
    if (holds) return;
    if (failures++ == 0) first = what;
  }
};

/// What one hour contract has come to.
struct ContractFigures {
  std::uint64_t minted = 0;  ///< Unit: lots
  std::uint64_t orders = 0;  ///< buys
  std::uint64_t fills = 0;
  std::uint64_t lots = 0;      ///< sold
  std::int64_t turnover = 0;   ///< Unit: fen
  std::int64_t low = 0;        ///< Unit: fen per lot
  std::int64_t high = 0;
};

struct ClusterFigures {
  std::uint64_t commands = 0;
  std::uint64_t events = 0;
  std::uint64_t buys = 0;
  std::uint64_t asks = 0;
  std::uint64_t amends = 0;
  std::uint64_t killed = 0;  ///< buys that found too few lots
  std::uint64_t fills = 0;
  std::uint64_t lots = 0;     ///< Unit: lot-hours
  std::int64_t turnover = 0;  ///< Unit: fen
  std::int64_t fees = 0;      ///< Unit: fen
  std::uint64_t event_hash = 0;
  std::uint64_t market_hash = 0;  ///< over what the events say, not where they stand
  std::vector<std::vector<ContractFigures>> contracts;  ///< [pool - 1][hour]; hour 0 is not used
};

/// Follows a replay command by command beside the engine, with sums of its own made from the
/// events, and compares.
///
/// Threads: one owner.
class ClusterAuditor {
 public:
  enum Check : std::size_t {
    zero_sum,
    not_negative,
    no_rounding,
    same_replay,
    eligible,
    reservations,
    audit_totals,
    capacity,
    checks_end
  };

  ClusterAuditor(std::uint32_t pools, std::uint32_t hours);

  /// `engine`: as it is behind the command.
  void take(const Executed& executed, const Engine& engine);
  /// The market is over: nothing may be reserved, held or in escrow.
  void end(const Engine& engine);

  [[nodiscard]] ClusterCheck& check(Check which) { return checks_[which]; }
  [[nodiscard]] const std::array<ClusterCheck, checks_end>& checks() const { return checks_; }
  [[nodiscard]] ClusterFigures& figures() { return figures_; }
  /// Trades by day (UTC+8), merchant, instrument and mode.
  [[nodiscard]] const std::map<DayKey, DayTotal>& totals() const { return totals_; }

 private:
  struct Contract {
    PoolHour place;
    std::int64_t gate_open_ns = 0;
    std::int64_t gate_close_ns = 0;
    std::uint64_t minted = 0;
    std::uint64_t sold = 0;
  };
  struct Order {
    std::uint32_t account = 0;
    std::uint32_t instrument = 0;
    std::uint32_t leaves = 0;
    bool is_sell = false;
  };
  struct Row {
    std::int64_t lots = 0;
    std::int64_t reserved = 0;
  };
  using RowKey = std::pair<std::uint32_t, std::uint64_t>;  // account, instrument << 1 | is_units

  void take_event(const Event& event, const Event* previous, const Command& command,
                  const Engine& engine);
  void on_listed(const Event& event);
  void on_minted(const Event& event, const Engine& engine);
  void on_order(const Event& event);
  void on_settlement(const Event& trade, const Event& settlement, const Command& command,
                     const Engine& engine);
  void on_burnt(const Event& event);
  void count(const Trade& trade, const Settlement& settlement, const Contract& contract,
             InstrumentId instrument, Time time);
  void reduce(OrderId order, std::uint32_t lots);
  void look_at_money(const Command& command, const Engine& engine);
  void look_at_rows(const Command& command, const Engine& engine);
  [[nodiscard]] Row& row(std::uint32_t account, std::uint32_t instrument, bool is_units);
  [[nodiscard]] ContractFigures& figures_of(const Contract& contract);

  std::array<ClusterCheck, checks_end> checks_;
  ClusterFigures figures_;
  std::unordered_map<std::uint32_t, Contract> contracts_;  // by instrument
  std::unordered_map<std::uint64_t, Order> orders_;        // open ones
  std::map<RowKey, Row> rows_;
  std::vector<RowKey> touched_;
  std::map<DayKey, DayTotal> totals_;
  std::int64_t next_full_check_ns_ = 0;
};

}  // namespace karst::tool
