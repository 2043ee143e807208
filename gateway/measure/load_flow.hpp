// LoadFlow: what one session of the load generator asks for, from a seed.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/seams/random.hpp"

namespace karst::v1 {
class Command;
class Reply;
}  // namespace karst::v1

namespace karst::tool {

/// What may be asked for.
enum class LoadKind : std::uint8_t { place, cancel, ioc, amend };
inline constexpr std::array<const char*, 4> load_kind_names{"place", "cancel", "ioc", "amend"};

/// How often each kind is asked for, by weight.
struct LoadMix {
  std::array<std::uint32_t, load_kind_names.size()> weights{45, 40, 10, 5};
};

/// From "place=45,cancel=40,ioc=10,amend=5"; a kind not named has weight 0.
///
/// Errors: invalid: not of that form, all weights zero, a weight above 1,000,000.
[[nodiscard]] Result<LoadMix> parse_load_mix(const std::string& text);
[[nodiscard]] std::string to_text(const LoadMix& mix);

/// Where the flow trades: resting orders stand within `spread_ticks` below (buys) or above (sells)
/// `middle_ticks`, and never trade with each other; IOC orders reach the far end of the other side.
struct LoadMarket {
  std::vector<std::uint32_t> instruments;
  std::int64_t middle_ticks = 1'000;
  std::int64_t spread_ticks = 50;
  std::uint32_t lots_max = 10;
};

/// One command, ready to be sent, and sent again.
struct LoadCommand {
  LoadKind kind = LoadKind::place;
  bool is_buy = false;
  std::uint32_t instrument = 0;
  std::uint32_t lots = 0;
  std::int64_t limit = 0;   ///< Unit: ticks
  std::uint64_t order = 0;  ///< cancel, amend
};

/// The commands of one merchant and the orders it has resting, as far as it knows: what was filled
/// meanwhile is found out by the refusal of a cancel or amend. A cancel or amend without any order
/// to name is a place; a place beyond `open_max` orders is a cancel.
///
/// Threads: one owner.
class LoadFlow {
 public:
  static constexpr std::size_t open_max = 4'096;

  LoadFlow(const LoadMarket& market, const LoadMix& mix, std::uint64_t seed);

  [[nodiscard]] LoadCommand next();
  /// Learns from the answer to a command of next().
  void answered(const LoadCommand& command, const v1::Reply& reply);

  static void write(const LoadCommand& command, v1::Command& to);

 private:
  struct OpenOrder {
    std::uint64_t order;
    std::uint32_t instrument;
    bool is_buy;
  };

  [[nodiscard]] LoadKind draw_kind();
  [[nodiscard]] std::int64_t resting_limit(bool is_buy);

  LoadMarket market_;
  LoadMix mix_;
  std::uint64_t weights_sum_ = 0;
  Random random_;
  std::vector<OpenOrder> open_;
};

}  // namespace karst::tool
