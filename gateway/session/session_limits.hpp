// What one session may do; announced to the client, changed by a reload.
#pragma once

#include <cstdint>

namespace karst::gateway {

/// Each is a bound with a code for what goes beyond it (schemas/karst/v1/session.proto, Limits).
struct SessionLimits {
  std::uint32_t frame_bytes_max = 64 * 1024;
  std::uint32_t log_on_timeout_ms = 5'000;
  std::uint32_t idle_timeout_ms = 30'000;
  std::uint32_t heartbeat_interval_ms = 5'000;
  std::uint32_t commands_per_second = 100'000;
  std::uint32_t commands_burst = 100'000;
  std::uint32_t in_flight_max = 2'048;
  std::uint32_t batch_commands_max = 512;
  std::uint32_t subscriptions_max = 4'096;
  std::uint64_t unread_bytes_max = 8 * 1024 * 1024;
};

}  // namespace karst::gateway
