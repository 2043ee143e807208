// The market the load generator makes for itself: merchants with keys, money and capacity to sell.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "gateway/client/client.hpp"
#include "gateway/measure/load_flow.hpp"

namespace karst::tool {

/// Who and what there is to trade with.
struct LoadSetting {
  std::vector<gateway::ClientConfig> sessions;  ///< one merchant each
  LoadMarket market;
};

/// What is to be made, and under which numbers, so that it stays apart from what is there.
struct LoadMarketPlan {
  std::uint32_t sessions = 8;     ///< merchants, one session each
  std::uint32_t instruments = 8;  ///< delivery hours from tomorrow on
  std::uint32_t first_account = 90'001;
  std::uint32_t first_key = 19'001;
  std::uint32_t pool = 901;
};

/// Makes, as the operator that `config` logs on, what is missing: money, fees, a pool with its
/// hours, and merchants with an ample purse and minted capacity. The secrets of their keys are
/// files of `folder`, made when they are not there, so a second run goes on with the same
/// merchants; an account that exists without such a file is somebody else's and is left alone.
///
/// Errors: those of the client; invalid: the exchange refused a part; already_exists: an account
///         of somebody else; io: the folder.
[[nodiscard]] Result<LoadSetting> make_load_market(const gateway::ClientConfig& config,
                                                   const std::string& folder,
                                                   const LoadMarketPlan& plan);

}  // namespace karst::tool
