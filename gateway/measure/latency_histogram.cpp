#include "gateway/measure/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "engine/base/assert.hpp"
#include "schemas/words/formatted.hpp"

namespace karst::tool {
namespace {

constexpr double ns_per_us = 1'000.0;
constexpr double lines_per_halving = 5.0;

}  // namespace

LatencyHistogram::LatencyHistogram(std::uint32_t precision_bits)
    : precision_bits_(precision_bits), counts_(bucket_of(longest_ns) + 1) {}

std::size_t LatencyHistogram::bucket_of(std::int64_t ns) const {
  const auto value = static_cast<std::uint64_t>(ns);
  const auto width = static_cast<std::uint32_t>(std::bit_width(value));
  if (width <= precision_bits_ + 1) return value;
  const std::uint32_t shift = width - (precision_bits_ + 1);
  return (std::size_t{shift} << precision_bits_) + (value >> shift);
}

std::int64_t LatencyHistogram::end_of(std::size_t bucket) const {
  const std::uint64_t half = std::uint64_t{1} << precision_bits_;
  if (bucket < 2 * half) return static_cast<std::int64_t>(bucket);
  const std::uint64_t shift = bucket / half - 1;
  return static_cast<std::int64_t>(((half + bucket % half + 1) << shift) - 1);
}

void LatencyHistogram::record(std::int64_t ns) {
  const std::int64_t counted = std::clamp<std::int64_t>(ns, 0, longest_ns);
  ++counts_[bucket_of(counted)];
  ++count_;
  max_ns_ = std::max(max_ns_, counted);
}

void LatencyHistogram::add(const LatencyHistogram& other) {
  KARST_ASSERT(precision_bits_ == other.precision_bits_);
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
}

double LatencyHistogram::mean_ns() const {
  if (count_ == 0) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    sum += static_cast<double>(counts_[i]) * static_cast<double>(end_of(i));
  }
  return sum / static_cast<double>(count_);
}

double LatencyHistogram::deviation_ns() const {
  if (count_ == 0) return 0;
  const double mean = mean_ns();
  double sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const double away = static_cast<double>(end_of(i)) - mean;
    sum += static_cast<double>(counts_[i]) * away * away;
  }
  return std::sqrt(sum / static_cast<double>(count_));
}

std::int64_t LatencyHistogram::percentile_ns(double percent) const {
  if (count_ == 0) return 0;
  const double share = std::clamp(percent, 0.0, 100.0) / 100.0;
  const double wanted = std::ceil(share * static_cast<double>(count_) - 1e-6);
  const auto rank = std::max<std::uint64_t>(static_cast<std::uint64_t>(std::max(wanted, 0.0)), 1);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(end_of(i), max_ns_);
  }
  return max_ns_;
}

std::string LatencyHistogram::percentile_text() const {
  std::string text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  const auto total = static_cast<double>(count_);
  std::uint64_t seen = 0;
  double next = 0;  // the share the next line is to reach
  for (std::size_t i = 0; i < counts_.size() && seen < count_; ++i) {
    if (counts_[i] == 0) continue;
    seen += counts_[i];
    const double value = static_cast<double>(std::min(end_of(i), max_ns_)) / ns_per_us;
    const double reached = static_cast<double>(seen) / total;
    while (next <= reached && seen < count_) {
      append_formatted(text, "%12.3f %2.12f %10llu %14.2f\n", value, next,
                       static_cast<unsigned long long>(seen), 1.0 / (1.0 - next));
      // Each time the rest has halved, the steps halve too.
      next += std::exp2(-std::floor(1e-9 - std::log2(1.0 - next)) - 1.0) / lines_per_halving;
    }
    if (seen == count_) {
      append_formatted(text, "%12.3f %2.12f %10llu\n", value, 1.0,
                       static_cast<unsigned long long>(seen));
    }
  }
  append_formatted(text, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean_ns() / ns_per_us,
                   deviation_ns() / ns_per_us);
  append_formatted(text, "#[Max     = %12.3f, Total count    = %12llu]\n",
                   static_cast<double>(max_ns_) / ns_per_us,
                   static_cast<unsigned long long>(count_));
  append_formatted(text, "#[Buckets = %12llu, SubBuckets     = %12llu]\n",
                   static_cast<unsigned long long>(counts_.size() >> precision_bits_),
                   static_cast<unsigned long long>(std::uint64_t{2} << precision_bits_));
  return text;
}

}  // namespace karst::tool
