// The bounds of what may be said, each once: field checks and the wire's translation read them.
#pragma once

#include <cstdint>

#include "engine/base/units.hpp"

namespace karst::bound {

inline constexpr std::int64_t lots_max = 0x7fffffff;
inline constexpr std::int64_t amount_fen_max = std::int64_t{1} << 62;
inline constexpr std::int64_t fen_per_lot_max = 1'000'000'000'000;
inline constexpr std::int64_t ticks_max = std::int64_t{1} << 30;
inline constexpr std::int64_t contract_hours_max = 336;
inline constexpr std::int64_t level_max = 9;  ///< of tiers and clearances
inline constexpr std::int64_t band_bps_max = 10'000;
inline constexpr std::int64_t fee_bps_max = 5'000;
inline constexpr std::int64_t penalty_bps_max = 50'000;
inline constexpr std::int64_t byte_id_max = 255;  ///< of calendars and fee schedules
inline constexpr std::int64_t lead_ns_max = 400 * ns_per_day;
inline constexpr std::int64_t utc_offset_ns_min = -12 * ns_per_hour;
inline constexpr std::int64_t utc_offset_ns_max = 14 * ns_per_hour;
inline constexpr std::uint32_t proposals_max = 64;  ///< that wait at once
inline constexpr std::int64_t proposal_ns = ns_per_day;  ///< so long one waits
inline constexpr std::int64_t dead_man_ns_min = ns_per_second / 1'000;

}  // namespace karst::bound
