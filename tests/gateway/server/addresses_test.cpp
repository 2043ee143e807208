// A host with several addresses: the client reaches whichever of them answers.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <cstring>

#include "tests/gateway/daemon/test_exchange.hpp"

namespace {

using Resolve = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

Resolve system_resolve() { return reinterpret_cast<Resolve>(::dlsym(RTLD_NEXT, "getaddrinfo")); }

}  // namespace

/// Stands before the system's: "several.test" has an address where nobody listens, and ours.
extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  if (host == nullptr || std::strcmp(host, "several.test") != 0) {
    return system_resolve()(host, service, hints, found);
  }
  const int failed = system_resolve()("127.8.8.8", service, hints, found);
  return failed != 0 ? failed : system_resolve()("127.0.0.1", service, hints, &(*found)->ai_next);
}

namespace karst {
namespace {

TEST(Addresses, the_client_tries_each_one_a_host_has) {
  test::TestExchange exchange;
  exchange.start();
  exchange.make_market();
  gateway::ClientConfig config = exchange.client_config(test::alice);
  config.peer.host = "several.test";
  const auto alice = gateway::Client::connect(config);
  EXPECT_TRUE(alice) << alice.error().text();
  config.peer.host = "127.8.8.8";
  EXPECT_FALSE(gateway::Client::connect(config));
}

}  // namespace
}  // namespace karst
