// Percentiles as exact as promised, and the text that other programs read.
#include "gateway/measure/latency_histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <vector>

#include "engine/seams/random.hpp"

namespace karst::tool {
namespace {

TEST(LatencyHistogram, percentiles_are_those_of_the_sorted_samples_within_a_bucket) {
  Random random(1);
  LatencyHistogram histogram;
  std::vector<std::int64_t> samples;
  for (int i = 0; i < 20'000; ++i) {
    // From nanoseconds to minutes, as many of each magnitude.
    const auto ns = static_cast<std::int64_t>(random.next() >> random.between(28, 63));
    samples.push_back(std::min(ns, LatencyHistogram::longest_ns));
    histogram.record(ns);
  }
  std::ranges::sort(samples);
  EXPECT_EQ(histogram.count(), samples.size());
  EXPECT_EQ(histogram.max_ns(), samples.back());
  for (const double percent : {0.0, 1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const auto rank = static_cast<std::size_t>(
        std::ceil(percent / 100.0 * static_cast<double>(samples.size()) - 1e-6));
    const std::int64_t exact = samples[std::max<std::size_t>(rank, 1) - 1];
    EXPECT_GE(histogram.percentile_ns(percent), exact) << percent;
    EXPECT_LE(histogram.percentile_ns(percent), exact + exact / 1'024) << percent;
  }
}

TEST(LatencyHistogram, small_values_are_exact_and_odd_ones_bounded) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.percentile_ns(50), 0);
  for (std::int64_t ns = 1; ns <= 1'000; ++ns) histogram.record(ns);
  EXPECT_EQ(histogram.percentile_ns(50), 500);
  EXPECT_EQ(histogram.percentile_ns(99.9), 999);
  EXPECT_DOUBLE_EQ(histogram.mean_ns(), 500.5);
  LatencyHistogram odd;
  odd.record(-5);
  odd.record(INT64_MAX);
  EXPECT_EQ(odd.percentile_ns(50), 0);
  EXPECT_EQ(odd.max_ns(), LatencyHistogram::longest_ns);
  odd.add(histogram);
  EXPECT_EQ(odd.count(), 1'002U);
}

TEST(LatencyHistogram, the_text_rises_to_the_maximum_in_lines_of_four_columns) {
  LatencyHistogram histogram;
  for (std::int64_t i = 1; i <= 10'000; ++i) histogram.record(i * 1'000);
  std::istringstream text(histogram.percentile_text());
  std::string line;
  std::getline(text, line);
  EXPECT_EQ(line, "       Value     Percentile TotalCount 1/(1-Percentile)");
  double value_before = 0;
  double share_before = -1;
  std::uint64_t count = 0;
  std::vector<double> shares;
  while (std::getline(text, line) && !line.starts_with("#")) {
    if (line.empty()) continue;
    std::istringstream columns(line);
    double value = 0;
    double share = 0;
    ASSERT_TRUE(columns >> value >> share >> count) << line;
    EXPECT_GE(value, value_before);
    EXPECT_GT(share, share_before);
    // As many as the share says are counted up to this value.
    EXPECT_GE(static_cast<double>(count), share * 10'000 - 1e-6) << line;
    value_before = value;
    share_before = share;
    shares.push_back(share);
  }
  EXPECT_DOUBLE_EQ(share_before, 1.0);
  EXPECT_EQ(count, 10'000U);
  // Five steps to the first half, five to the next quarter, and so on.
  EXPECT_NEAR(shares[5], 0.5, 1e-9);
  EXPECT_NEAR(shares[10], 0.75, 1e-9);
  EXPECT_NEAR(shares[15], 0.875, 1e-9);
}

}  // namespace
}  // namespace karst::tool
