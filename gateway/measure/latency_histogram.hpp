// LatencyHistogram: how often which duration occurred, from nanoseconds to hours.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace karst::tool {

/// Counts durations in buckets that are as wide as the last of `precision_bits` + 1 binary digits:
/// exact below 2^(precision_bits + 1) ns, within 2^-precision_bits of the value above. What
/// is longer than `longest_ns` counts as that.
///
/// Memory:     8 × 2^precision_bits bytes per power of two; 300 KB with the default.
/// Threads:    one owner.
/// Complexity: record() O(1), the queries O(buckets).
/// Source:     Gil Tene, HdrHistogram (log-linear buckets; the text of percentile_text()).
class LatencyHistogram {
 public:
  static constexpr std::int64_t longest_ns = std::int64_t{1} << 42U;  ///< over an hour

  explicit LatencyHistogram(std::uint32_t precision_bits = 10);

  /// Negative durations (of clocks that were set) count as 0. Unit: nanoseconds.
  void record(std::int64_t ns);
  /// Requires: the same precision.
  void add(const LatencyHistogram& other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::int64_t max_ns() const { return max_ns_; }
  [[nodiscard]] double mean_ns() const;
  [[nodiscard]] double deviation_ns() const;
  /// The least duration that `percent` of all do not exceed, but for the width of its bucket; 0
  /// when there are none. `percent`: 0 to 100.
  [[nodiscard]] std::int64_t percentile_ns(double percent) const;

  /// The percentile distribution as HdrHistogram's tools write and plot it, five lines per halving
  /// of the rest. Unit of the values: microseconds.
  [[nodiscard]] std::string percentile_text() const;

 private:
  [[nodiscard]] std::size_t bucket_of(std::int64_t ns) const;
  /// The longest duration in the bucket.
  [[nodiscard]] std::int64_t end_of(std::size_t bucket) const;

  std::uint32_t precision_bits_;
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
};

}  // namespace karst::tool
