// Finding instruments by what they are: the answer to QueryInstruments.
#pragma once

#include <cstdint>

#include "gateway/feed/feed_publisher.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::feed {

/// The most instruments in one answer, and the most that are looked at for it.
inline constexpr std::uint32_t found_max = 500;
inline constexpr std::uint32_t looked_at_max = 4'096;

/// Returns: null, or the name of the first field that has no meaning.
[[nodiscard]] const char* misfit(const v1::QueryInstruments& query);

/// Writes one page of the instruments that are as asked for, in order of their places.
///
/// Requires: misfit() found nothing.
/// Complexity: O(looked_at_max).
void find_instruments(const FeedPublisher& feed, const v1::QueryInstruments& query,
                      v1::Instruments& out);

}  // namespace karst::feed
