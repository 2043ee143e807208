// What does it cost to tell 500 subscribers over TLS, and how late does the slowest hear of it?
//
// fan_out/N: karstd in a process of its own, N subscribers in one thread here, and a merchant who
// sends 1,000 orders a second by the clock, each of which is one increment of everybody's mbo
// channel. All of it shares the machine's processors. The delay is from the order's time in the
// journal, so making it durable is in it; fan_out/1 shows what one subscriber waits.
#include <benchmark/benchmark.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "bench/audience.hpp"

namespace karst {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t orders_per_second = 1'000;
constexpr auto patience = std::chrono::seconds(60);

bool is_small() { return std::getenv("KARST_BENCH_SMALL") != nullptr; }

void check(bool is_good, const char* what) {
  if (is_good) return;
  std::fprintf(stderr, "bench_fan_out: %s\n", what);
  std::abort();
}

/// Processor time of a process so far. Unit: seconds.
double processor_s(pid_t process) {
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string text{std::istreambuf_iterator<char>(stat), {}};
  unsigned long user = 0;
  unsigned long system = 0;
  std::sscanf(text.c_str() + text.rfind(')'),
              ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// Sends an order whenever one is due, and reads answers meanwhile.
void trade(gateway::Client& client, std::uint64_t orders) {
  ::prctl(PR_SET_TIMERSLACK, 1);
  std::uint64_t answered = 0;
  client.handlers().on_reply = [&](const v1::Reply& reply) {
    check(reply.code() == v1::CODE_OK, "an order was refused");
    ++answered;
  };
  std::uint64_t number = client.next_client_seq();
  const auto begin = SteadyClock::now();
  for (std::uint64_t i = 0; i < orders; ++i) {
    std::this_thread::sleep_until(begin + std::chrono::nanoseconds(std::chrono::seconds(1)) * i /
                                              orders_per_second);
    v1::Request request;
    *request.mutable_command() =
        test::order(1, v1::SIDE_SELL, 1'000 + static_cast<std::int64_t>(i % 1'000), 1);
    request.mutable_command()->set_client_seq(number++);
    client.queue(request);
    check(client.flush().ok() && client.poll(0).ok(), "the merchant's connection");
  }
  while (answered < orders) check(client.poll(10'000).ok(), "read answers");
}

void fan_out(benchmark::State& state) {
  const bool is_short = is_small();
  const auto subscribers = static_cast<std::uint32_t>(is_short ? 5 : state.range(0));
  const std::uint64_t orders = is_short ? 200 : 5 * orders_per_second;
  test::TestExchange exchange;
  exchange.set_config("idle_timeout_ms", "600000");
  exchange.start_process();
  exchange.make_market();
  Audience audience(exchange, subscribers);
  const auto alice = exchange.connect(test::alice);
  for (auto _ : state) {
    const double used_before = processor_s(exchange.process());
    const auto begin = SteadyClock::now();
    trade(*alice, orders);
    const std::uint64_t expected = orders * subscribers;
    while (audience.delivered() < expected && SteadyClock::now() - begin < patience) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const std::chrono::duration<double> took = SteadyClock::now() - begin;
    const double used = processor_s(exchange.process()) - used_before;
    audience.stop();
    check(audience.delivered() == expected, "increments are missing");
    const auto us = [&](double percent) {
      return static_cast<double>(audience.delays().percentile_ns(percent)) / 1'000.0;
    };
    state.counters["subscribers"] = subscribers;
    state.counters["increments_per_second"] = static_cast<double>(orders) / took.count();
    state.counters["deliveries"] = static_cast<double>(expected);
    state.counters["delay_p50_us"] = us(50);
    state.counters["delay_p99_us"] = us(99);
    state.counters["delay_max_us"] = us(100);
    state.counters["processor_us_per_delivery"] = used * 1e6 / static_cast<double>(expected);
  }
  exchange.end_process(SIGTERM);
}
BENCHMARK(fan_out)->Arg(1)->Arg(100)->Arg(500)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace karst

BENCHMARK_MAIN();
