// The market of a cluster replay: its merchants, pools and hours, and what the providers ask.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "gateway/sim/cluster_desk.hpp"
#include "gateway/sim/cluster_providers.hpp"
#include "gateway/sim/cluster_trace.hpp"

namespace karst::tool {

/// The trace begins here: 1 January 2023, 00:00 at UTC+8. Unit: hours since 1970-01-01T00:00Z
inline constexpr std::int64_t cluster_first_hour = 464'584;
/// Hours a pool lists ahead.
inline constexpr std::uint32_t cluster_window_hours = 336;

/// Makes the market through the gateway and speaks for its providers. Pool i + 1 is models[i].
class ClusterMarket {
 public:
  /// `hours`: the delivery hours there will be, 1 .. hours.
  ClusterMarket(ClusterDesk& desk, const ClusterTrace& trace, std::uint32_t hours);

  /// Currency, calendar, fees, merchants with money, pools with their terms.
  [[nodiscard]] Status make();

  /// What happens at a full hour: the hour that comes into the window is listed and the providers
  /// ask for it; what nears its delivery is marked down. Settled when it returns.
  ///
  /// Returns: the first hour that has been listed by this and the one behind the last.
  struct Listed {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  [[nodiscard]] Result<Listed> begin_hour(std::uint32_t hour);

  /// Behind the last hour listed.
  [[nodiscard]] std::uint32_t listed_end() const { return listed_end_; }
  [[nodiscard]] std::uint32_t pools() const {
    return static_cast<std::uint32_t>(trace_.models.size());
  }
  [[nodiscard]] std::int64_t list_price(std::uint32_t pool) const { return prices_[pool - 1]; }

 private:
  [[nodiscard]] Status make_money();
  [[nodiscard]] Status make_merchants();
  [[nodiscard]] Status make_pool(std::uint32_t pool);
  [[nodiscard]] Status list(std::uint32_t begin, std::uint32_t end);
  [[nodiscard]] Status mint(std::uint32_t begin, std::uint32_t end);
  [[nodiscard]] Status post_asks(std::uint32_t begin, std::uint32_t end, std::uint32_t now);
  [[nodiscard]] Status mark_down(std::uint32_t hour, std::uint32_t now);

  ClusterDesk& desk_;
  const ClusterTrace& trace_;
  std::uint32_t hours_;
  std::uint32_t listed_end_ = 1;
  std::vector<std::int64_t> prices_;
  std::vector<std::array<std::uint32_t, cluster_providers>> lots_;
};

}  // namespace karst::tool
