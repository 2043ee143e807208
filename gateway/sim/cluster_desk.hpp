// Where the replay's session and its own account of the merchants meet.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "gateway/sim/cluster_accounts.hpp"
#include "gateway/sim/cluster_link.hpp"
#include "gateway/sim/cluster_providers.hpp"

namespace karst::tool {

/// Merchants of the replay: providers 1 .. 10, then the teams whose tasks run.
inline constexpr std::uint32_t cluster_teams = 20;
inline constexpr std::uint32_t first_team = cluster_providers + 1;
inline constexpr std::uint32_t cluster_merchants = cluster_providers + cluster_teams;

/// Sends commands, waits for what they came to, and holds the account against the exchange.
class ClusterDesk {
 public:
  ClusterDesk(ClusterLink& link, ClusterAccounts& accounts);

  [[nodiscard]] Status send(const v1::Command& command) { return link_.send(command); }

  /// Waits for all answers and for the events of the merchants `whom` that they led to.
  ///
  /// Errors: invalid: a command was not carried out; those of the link and the account.
  [[nodiscard]] Result<std::vector<LinkAnswer>> settle(std::span<const std::uint32_t> whom);

  /// Compares every merchant's money with its events, and their sum with what was paid in.
  /// Returns: what differs; empty: nothing.
  [[nodiscard]] Result<std::string> compare_money() { return compare(&ClusterDesk::look_at_money); }
  /// The same of every merchant's lots.
  [[nodiscard]] Result<std::string> compare_lots() { return compare(&ClusterDesk::look_at_lots); }

  [[nodiscard]] std::span<const std::uint32_t> providers() const {
    return std::span(merchants_).first(cluster_providers);
  }
  [[nodiscard]] std::span<const std::uint32_t> teams() const {
    return std::span(merchants_).subspan(cluster_providers);
  }
  [[nodiscard]] std::span<const std::uint32_t> everybody() const { return merchants_; }
  [[nodiscard]] ClusterAccounts& accounts() { return accounts_; }
  [[nodiscard]] ClusterLink& link() { return link_; }

 private:
  [[nodiscard]] Result<std::string> compare(Result<std::string> (ClusterDesk::*look)());
  [[nodiscard]] Result<std::string> look_at_money();
  [[nodiscard]] Result<std::string> look_at_lots();
  [[nodiscard]] Status pull(std::span<const std::uint32_t> whom);
  [[nodiscard]] Status wait_for(std::uint32_t account, std::uint64_t event);

  ClusterLink& link_;
  ClusterAccounts& accounts_;
  std::vector<std::uint32_t> merchants_;
};

}  // namespace karst::tool
