// A latency histogram for programs.
#pragma once

#include <array>

#include "gateway/measure/latency_histogram.hpp"
#include "schemas/words/json.hpp"

namespace karst::tool {

/// The percentiles that every report has, and their names in JSON.
struct NamedPercentile {
  const char* key;
  double percent;
};
inline constexpr std::array<NamedPercentile, 5> named_percentiles{
    {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99_9", 99.9}, {"p99_99", 99.99}}};

/// Percentiles, maximum and mean, in microseconds.
[[nodiscard]] Json to_json(const LatencyHistogram& histogram);

}  // namespace karst::tool
