// Latency as a picture: percentile curves, and how it went over time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gateway/measure/latency_histogram.hpp"

namespace karst::tool {

struct LatencyCurve {
  std::string name;
  const LatencyHistogram* histogram;
};

struct LatencyPlot {
  std::string title;
  std::string subtitle;
  std::vector<LatencyCurve> curves;            ///< at most 4
  const std::vector<LatencyHistogram>* times;  ///< one per interval, oldest first
  double interval_s;                           ///< Unit: seconds
};

/// One self-contained SVG document: above, latency by percentile, whose axis is stretched towards
/// 100 % so that each further nine has the same width; below, median, 99th percentile and maximum
/// of each interval. Both latency axes are logarithmic.
[[nodiscard]] std::string svg(const LatencyPlot& plot);

}  // namespace karst::tool
