#include "gateway/measure/latency_json.hpp"

#include <nlohmann/json.hpp>

namespace karst::tool {

Json to_json(const LatencyHistogram& histogram) {
  constexpr double ns_per_us = 1'000.0;
  Json json;
  for (const NamedPercentile& it : named_percentiles) {
    json[it.key] = static_cast<double>(histogram.percentile_ns(it.percent)) / ns_per_us;
  }
  json["max"] = static_cast<double>(histogram.max_ns()) / ns_per_us;
  json["mean"] = histogram.mean_ns() / ns_per_us;
  json["count"] = histogram.count();
  return json;
}

}  // namespace karst::tool
