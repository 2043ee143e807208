// Wireshark reads a recorded session given nothing of ours but the .proto files.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst {
namespace {

std::string output_of(const std::string& command) {
  std::string text;
  std::FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  char buffer[4096];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) {
    text.append(buffer, got);
  }
  ::pclose(pipe);
  return text;
}

TEST(Wireshark, reads_a_recorded_session_from_the_proto_files) {
  if (output_of("tshark -D").find("lo") == std::string::npos) {
    GTEST_SKIP() << "tshark is not installed, or may not record here";
  }
  test::TestExchange exchange;
  exchange.start();
  exchange.make_market();
  const std::string port = std::to_string(exchange.port());
  const std::string pcap = exchange.folder() + "/session.pcap";
  const std::string keys = exchange.folder() + "/keys.txt";
  ASSERT_EQ(std::system(("timeout 20 tshark -q -i lo -f 'tcp port " + port + "' -a duration:4 -w " +
                         pcap + " >/dev/null 2>&1 & sleep 2")
                            .c_str()),
            0);
  gateway::ClientConfig config = exchange.client_config(test::alice);
  config.peer.key_log_file = keys;
  auto alice = gateway::Client::connect(config);
  ASSERT_TRUE(alice) << alice.error().text();
  const v1::Reply reply = test::call(**alice, test::order(1, v1::SIDE_SELL, 123'456, 7));
  std::this_thread::sleep_for(std::chrono::seconds(4));
  const std::string source = KARST_SOURCE_DIR;
  const std::string text = output_of(
      "tshark -r " + pcap + " -o tls.keylog_file:" + keys + " -o 'uat:protobuf_search_paths:\"" +
      source + "/schemas\",\"TRUE\"' -X lua_script:" + source +
      "/docs/wireshark/karst.lua -d tls.port==" + port + ",karst -O protobuf");
  EXPECT_NE(text.find("karst.v1.Challenge"), std::string::npos) << text;
  EXPECT_NE(text.find("karst.v1.PlaceOrder"), std::string::npos) << text;
  EXPECT_NE(text.find("limit_ticks"), std::string::npos) << text;
  EXPECT_NE(text.find("123456"), std::string::npos) << text;
  EXPECT_NE(text.find("order_id"), std::string::npos) << text;
  EXPECT_NE(text.find(std::to_string(reply.order_id())), std::string::npos) << text;
}

}  // namespace
}  // namespace karst
