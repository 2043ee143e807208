// Does the engine's thread do more for a command when others follow the market?
//
// followers/N: the whole exchange in this process, N subscribers over TLS that follow every order,
// and one merchant with up to 256 orders unanswered. bench/callgrind_followers.sh counts the
// instructions of the engine's thread per command, with none and with 20; the time printed here
// says little, because subscribers and merchant share the processors with the exchange.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "bench/audience.hpp"

namespace karst {
namespace {

constexpr std::uint64_t window = 256;

void check(bool is_good, const char* what) {
  if (is_good) return;
  std::fprintf(stderr, "bench_followers: %s\n", what);
  std::abort();
}

void followers(benchmark::State& state) {
  const bool is_small = std::getenv("KARST_BENCH_SMALL") != nullptr;
  const std::uint64_t orders = is_small ? 500 : 20'000;
  test::TestExchange exchange;
  exchange.set_config("idle_timeout_ms", "600000");
  exchange.start();
  exchange.make_market();
  Audience audience(exchange, static_cast<std::uint32_t>(state.range(0)));
  const auto alice = exchange.connect(test::alice);
  std::uint64_t answered = 0;
  alice->handlers().on_reply = [&](const v1::Reply& reply) {
    check(reply.code() == v1::CODE_OK, "an order was refused");
    ++answered;
  };
  for (auto _ : state) {
    std::uint64_t number = alice->next_client_seq();
    for (std::uint64_t sent = 0; answered < orders;) {
      for (; sent < orders && sent - answered < window; ++sent) {
        v1::Request request;
        *request.mutable_command() =
            test::order(1, v1::SIDE_SELL, 1'000 + static_cast<std::int64_t>(sent % 1'000), 1);
        request.mutable_command()->set_client_seq(number++);
        alice->queue(request);
      }
      check(alice->flush().ok() && alice->poll(60'000).ok(), "the merchant's connection");
    }
  }
  const std::uint64_t expected = orders * static_cast<std::uint64_t>(state.range(0));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  while (audience.delivered() < expected && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  audience.stop();
  check(audience.delivered() == expected, "increments are missing");
  state.counters["orders"] = static_cast<double>(orders);
  state.counters["delivered"] = static_cast<double>(audience.delivered());
}
BENCHMARK(followers)->Arg(0)->Arg(20)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace karst

BENCHMARK_MAIN();
