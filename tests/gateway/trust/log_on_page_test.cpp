// docs/WIRE.md: its example of a log-on is what the product makes, its limits are the defaults.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <numeric>
#include <sstream>
#include <string>
#include <string_view>

#include "gateway/session/session_limits.hpp"
#include "gateway/trust/key_file.hpp"
#include "gateway/trust/log_on_proof.hpp"
#include "gateway/wire/frame.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst {
namespace {

using gateway::SigningKey;

std::string wire_page() {
  std::ifstream page(KARST_SOURCE_DIR "/docs/WIRE.md");
  return {std::istreambuf_iterator<char>(page), {}};
}

/// Lines of at most 64 digits, the further ones below the first.
std::string hex_of(std::string_view bytes) {
  constexpr std::size_t line_bytes = 32;
  std::ostringstream text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i != 0 && i % line_bytes == 0) text << "\n            ";
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text << digits[byte >> 4U] << digits[byte & 15U];
  }
  return text.str();
}

template <class Bytes>
std::string_view view_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The secret of the first test of RFC 8032, so that the public key can be looked up.
SigningKey secret_of_the_page() {
  Digest seed{};
  EXPECT_TRUE(
      gateway::from_hex("9d61b19deffd5a60ba844af492ec2cc4"
                        "4449c5697b326919703bac031cae7f60",
                        seed));
  return SigningKey::from_seed(seed);
}

constexpr KeyId key_of_the_page{258};

TEST(LogOnPage, its_example_is_what_the_product_makes) {
  const SigningKey secret = secret_of_the_page();
  gateway::Nonce nonce{};
  std::iota(nonce.begin(), nonce.end(), std::uint8_t{0});
  gateway::ChannelBinding binding{};
  std::iota(binding.begin(), binding.end(), std::uint8_t{0x80});
  const std::string statement = gateway::log_on_statement(nonce, binding, key_of_the_page);
  const gateway::Signature signature = secret.sign(statement);
  ASSERT_TRUE(gateway::is_signed(statement, view_of(signature), secret.public_key()));

  v1::Request request;
  request.set_request_id(1);
  request.mutable_log_on()->set_key_id(key_of_the_page.value());
  request.mutable_log_on()->set_signature(std::string(view_of(signature)));
  request.mutable_log_on()->set_disconnect_grace_ns(10'000'000'000);
  request.mutable_log_on()->set_follow_events(true);
  std::string frame;
  gateway::append_frame(request, frame);

  const std::string expected = "public key  " + hex_of(view_of(secret.public_key())) +
                               "\nnonce       " + hex_of(view_of(nonce)) + "\nbinding     " +
                               hex_of(view_of(binding)) + "\nsigned      " + hex_of(statement) +
                               "\nsignature   " + hex_of(view_of(signature)) + "\nframe       " +
                               hex_of(frame) + "\n";
  EXPECT_NE(wire_page().find("```\n" + expected + "```"), std::string::npos)
      << "docs/WIRE.md should say:\n"
      << expected;
}

TEST(LogOnPage, its_key_file_is_what_the_product_writes_and_reads) {
  const std::string expected = tool::key_file_text(key_of_the_page.value(), secret_of_the_page());
  EXPECT_NE(wire_page().find("```\n" + expected + "```"), std::string::npos)
      << "docs/WIRE.md should say:\n"
      << expected;
}

TEST(LogOnPage, its_limits_are_the_defaults) {
  const gateway::SessionLimits limits;
  std::ostringstream expected;
#define KARST_LIMIT(name) expected << "| `" #name "` | " << limits.name << " |\n";
  KARST_LIMIT(frame_bytes_max)
  KARST_LIMIT(log_on_timeout_ms)
  KARST_LIMIT(idle_timeout_ms)
  KARST_LIMIT(heartbeat_interval_ms)
  KARST_LIMIT(commands_per_second)
  KARST_LIMIT(commands_burst)
  KARST_LIMIT(in_flight_max)
  KARST_LIMIT(batch_commands_max)
  KARST_LIMIT(subscriptions_max)
  KARST_LIMIT(unread_bytes_max)
#undef KARST_LIMIT
  EXPECT_NE(wire_page().find("|---|---|\n" + expected.str() + "\n"), std::string::npos)
      << "docs/WIRE.md should say:\n"
      << expected.str();
}

}  // namespace
}  // namespace karst
