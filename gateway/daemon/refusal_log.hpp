// RefusalLog: who was refused and why, in so few lines that an attack cannot fill the log.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace karst::gateway {

/// Of each reason a few lines are said in every interval; the others are counted, and the number is
/// said when the interval is over. One event is one line whatever its texts hold.
///
/// Threads: one owner.
class RefusalLog {
 public:
  static constexpr std::uint32_t lines_per_interval = 5;  // of one reason
  static constexpr std::int64_t interval_ns = 10'000'000'000;

  /// `print` gets each line without its end.
  explicit RefusalLog(std::function<void(const std::string& line)> print)
      : print_(std::move(print)) {}

  /// `detail` may be empty: what else to say of this one.
  void note(std::string_view address, std::string_view reason, std::string_view detail,
            std::int64_t steady_ns);
  /// Says how many were held back in intervals that are over.
  void on_timer(std::int64_t steady_ns);
  /// Says all that were held back.
  void finish();

 private:
  static constexpr std::size_t reasons_max = 32;  // what comes beyond is counted as the last

  struct Reason {
    std::string name;
    std::int64_t since_ns = 0;
    std::uint32_t lines = 0;
    std::uint64_t held_back = 0;
    std::string last_address;
  };

  [[nodiscard]] Reason& reason_of(std::string_view name, std::int64_t steady_ns);
  void say_held_back(Reason& reason);

  std::function<void(const std::string&)> print_;
  std::vector<Reason> reasons_;
};

}  // namespace karst::gateway
