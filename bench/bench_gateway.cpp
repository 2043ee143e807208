// What does the gateway cost an order, and how many durable orders a second pass through it?
//
// gateway_ack (on the disk of $TMPDIR) and gateway_ack_in_memory (on tmpfs): one order in flight
// over TLS on loopback, until it is acknowledged as durable; beside it, in the same run, the echo
// of as many bytes over TLS through a thread that does nothing else, and one block made durable as
// the journal does it. What is left of the first after the other two is ours. gateway_orders:
// eight sessions, pipelined; every order rests, every answer is read and checked.
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/client/tls_connection.hpp"
#include "gateway/trust/tls_context.hpp"
#include "gateway/wire/frame.hpp"
#include "ledger/files/posix_storage.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst {
namespace {

using SteadyClock = std::chrono::steady_clock;

bool is_small() { return std::getenv("KARST_BENCH_SMALL") != nullptr; }

/// Unit: microseconds.
double median_us(std::vector<std::int64_t>& ns) {
  std::nth_element(ns.begin(), ns.begin() + static_cast<std::ptrdiff_t>(ns.size() / 2), ns.end());
  return static_cast<double>(ns[ns.size() / 2]) / 1'000.0;
}

template <class Work>
std::vector<std::int64_t> timed(int times, Work&& work) {
  std::vector<std::int64_t> ns;
  for (int i = 0; i < times; ++i) {
    const auto begin = SteadyClock::now();
    work(i);
    ns.push_back((SteadyClock::now() - begin) / std::chrono::nanoseconds(1));
  }
  return ns;
}

void check(bool is_good, const char* what) {
  if (is_good) return;
  std::fprintf(stderr, "bench_gateway: %s\n", what);
  std::abort();
}

/// Answers each `request_bytes` with `answer_bytes`, over TLS, to one client.
class TlsEcho {
 public:
  TlsEcho(const std::string& folder, std::size_t request_bytes, std::size_t answer_bytes)
      : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    check(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0, "bind");
    check(::listen(listener_, 1) == 0, "listen");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    auto context = gateway::load_tls_context({folder + "/server.crt", folder + "/server.key", ""});
    check(context.ok(), "the echo's certificate");
    thread_ = std::thread([this, tls = *context, request_bytes, answer_bytes] {
      serve(tls, request_bytes, answer_bytes);
    });
  }
  ~TlsEcho() {
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void serve(const gateway::TlsContext& tls, std::size_t request_bytes, std::size_t answer_bytes) {
    const int fd = ::accept(listener_, nullptr, nullptr);
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    SSL* const ssl = SSL_new(tls.get());
    SSL_set_fd(ssl, fd);
    std::string buffer(std::max(request_bytes, answer_bytes), 'x');
    if (SSL_accept(ssl) == 1) {
      std::size_t there = 0;
      while (true) {
        const int got = SSL_read(ssl, buffer.data(), static_cast<int>(request_bytes - there));
        if (got <= 0) break;
        there += static_cast<std::size_t>(got);
        if (there < request_bytes) continue;
        there = 0;
        if (SSL_write(ssl, buffer.data(), static_cast<int>(answer_bytes)) <= 0) break;
      }
    }
    SSL_free(ssl);
    ::close(fd);
  }

  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// The median echo of the bytes of one order and its answer. Unit: microseconds.
double echo_us(const test::TestExchange& exchange, int times, std::size_t request_bytes,
               std::size_t answer_bytes) {
  TlsEcho echo(exchange.folder(), request_bytes, answer_bytes);
  gateway::TlsPeer peer = exchange.client_config(test::alice).peer;
  peer.port = echo.port();
  auto opened = gateway::TlsConnection::open(peer, 5'000);
  check(opened.ok(), "connect to the echo");
  gateway::TlsConnection connection = std::move(opened).value();
  const std::string request(request_bytes, 'r');
  std::vector<char> answer(answer_bytes);
  auto ns = timed(times, [&](int) {
    check(connection.write(request, 5'000).ok(), "write to the echo");
    for (std::size_t there = 0; there < answer_bytes;) {
      const auto got = connection.read(answer, 5'000);
      check(got.ok() && *got > 0, "read from the echo");
      there += *got;
    }
  });
  return median_us(ns);
}

/// The median of making one block durable, in the way the journal does. Unit: microseconds.
double sync_us(const std::string& folder, int times) {
  PosixStorage storage;
  const std::string path = folder + "/sync";
  const auto made = storage.open(path, OpenMode::create);
  check(made.ok(), "make the file to sync");
  const auto bytes = static_cast<std::uint64_t>(times) * Storage::block_bytes;
  check(storage.preallocate(*made, bytes).ok() && storage.sync(*made).ok(), "fill it");
  static_cast<void>(storage.close(*made));
  const auto file = storage.open(path, OpenMode::write_direct);
  check(file.ok(), "open the file to sync");
  alignas(Storage::block_bytes) static std::array<std::byte, Storage::block_bytes> block{};
  auto ns = timed(times, [&](int i) {
    const auto offset = static_cast<std::uint64_t>(i) * Storage::block_bytes;
    check(storage.write_through(*file, offset, block).ok(), "sync");
  });
  static_cast<void>(storage.close(*file));
  return median_us(ns);
}

constexpr double sync_us_valid_max = 300.0;

void gateway_ack(benchmark::State& state) {
  const int times = is_small() ? 50 : 3'000;
  test::TestExchange exchange;
  exchange.start();
  exchange.make_market();
  const auto alice = exchange.connect(test::alice);
  std::size_t request_bytes = 0;
  std::size_t answer_bytes = 0;
  for (auto _ : state) {
    auto ns = timed(times, [&](int i) {
      const v1::Command command = test::order(1, v1::SIDE_SELL, 1'000 + i % 1'000, 1);
      const v1::Reply reply = test::call(*alice, command);
      check(reply.code() == v1::CODE_OK, "an order was refused");
      request_bytes = command.ByteSizeLong() + 12;  // with request id, number and length
      answer_bytes = reply.ByteSizeLong() + 8;
    });
    const double ack = median_us(ns);
    const double echo = echo_us(exchange, times, request_bytes, answer_bytes);
    const double sync = sync_us(exchange.folder(), times);
    state.counters["ack_p50_us"] = ack;
    state.counters["echo_p50_us"] = echo;
    state.counters["sync_p50_us"] = sync;
    // On a disk slower than that, what the syncs vary by is more than what is looked for.
    if (sync < sync_us_valid_max) state.counters["own_p50_us"] = ack - echo - sync;
    state.counters["orders"] = times;
  }
}
BENCHMARK(gateway_ack)->Iterations(1)->Unit(benchmark::kMillisecond);

/// The same where a sync costs nothing: what is left is the exchange's own.
void gateway_ack_in_memory(benchmark::State& state) {
  if (::access("/dev/shm", W_OK) != 0) return state.SkipWithError("no tmpfs");
  const char* const before = std::getenv("TMPDIR");
  const std::string kept = before != nullptr ? before : "/tmp";
  ::setenv("TMPDIR", "/dev/shm", 1);
  gateway_ack(state);
  ::setenv("TMPDIR", kept.c_str(), 1);
}
BENCHMARK(gateway_ack_in_memory)->Iterations(1)->Unit(benchmark::kMillisecond);

constexpr int sessions = 8;
constexpr std::uint64_t window = 1'024;
constexpr std::uint64_t per_write = 128;

/// One session: `orders` orders, at most `window` of them unanswered.
void trade(gateway::Client& client, std::uint64_t orders, std::atomic<std::uint64_t>& refused) {
  std::uint64_t answered = 0;
  client.handlers().on_reply = [&](const v1::Reply& reply) {
    ++answered;
    if (reply.code() != v1::CODE_OK) refused.fetch_add(1);
  };
  v1::Request request;
  *request.mutable_command() = test::order(1, v1::SIDE_SELL, 1'000, 1);
  std::uint64_t number = client.next_client_seq();
  for (std::uint64_t sent = 0; answered < orders;) {
    while (sent < orders && sent - answered + per_write <= window) {
      for (std::uint64_t i = 0; i < per_write && sent < orders; ++i, ++sent) {
        request.mutable_command()->set_client_seq(number++);
        request.mutable_command()->mutable_place_order()->set_limit_ticks(
            1'000 + static_cast<std::int64_t>(sent % 1'000));
        client.queue(request);
      }
      check(client.flush().ok(), "write orders");
    }
    check(client.poll(10'000).ok(), "read answers");
  }
}

void gateway_orders(benchmark::State& state) {
  const std::uint64_t orders = is_small() ? 1'000 : 60'000;
  test::TestExchange exchange;
  exchange.set_config("orders_max", "1000000");
  exchange.set_config("commands_per_second", "10000000");
  exchange.set_config("commands_burst", "10000000");
  exchange.start();
  exchange.make_market();
  std::vector<std::unique_ptr<gateway::Client>> clients;
  const auto admin = exchange.connect(test::operator_key);
  for (std::uint32_t i = 0; i < sessions; ++i) {
    const test::TestKey key{101 + i, 1, scope::read | scope::trade};
    v1::Command command;
    command.set_account_id(key.account);
    const Digest public_key = test::secret_of(key).public_key();
    command.mutable_create_key()->set_key_id(key.key);
    command.mutable_create_key()->set_scopes(key.scopes);
    command.mutable_create_key()->set_public_key(std::string(public_key.begin(), public_key.end()));
    check(test::call(*admin, command).code() == v1::CODE_OK, "a key was refused");
    clients.push_back(exchange.connect(key));
  }
  std::atomic<std::uint64_t> refused{0};
  for (auto _ : state) {
    const auto begin = SteadyClock::now();
    std::vector<std::thread> threads;
    for (auto& client : clients) {
      threads.emplace_back([&] { trade(*client, orders, refused); });
    }
    for (std::thread& thread : threads) thread.join();
    const std::chrono::duration<double> took = SteadyClock::now() - begin;
    state.counters["orders"] = static_cast<double>(sessions * orders);
    state.counters["orders_per_second"] = static_cast<double>(sessions * orders) / took.count();
    state.counters["refused"] = static_cast<double>(refused.load());
  }
  check(refused.load() == 0, "orders were refused");
}
BENCHMARK(gateway_orders)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace karst

BENCHMARK_MAIN();
