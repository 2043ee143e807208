// Subscribers over TLS, all in one thread: what they receive, and how late.
#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gateway/client/wall_clock.hpp"
#include "gateway/measure/latency_histogram.hpp"
#include "tests/gateway/daemon/test_exchange.hpp"

namespace karst {

/// So many sessions with keys of their own that follow the orders (mbo) of instrument 1.
///
/// Threads: a thread of its own reads; the rest by one owner, the figures after stop().
class Audience {
 public:
  static constexpr std::uint32_t first_key = 1'000;

  /// Makes the keys and logs on. The exchange has its market.
  Audience(const test::TestExchange& exchange, std::uint32_t size) : epoll_(::epoll_create1(0)) {
    const auto admin = exchange.connect(test::operator_key);
    for (std::uint32_t i = 0; i < size; ++i) {
      const test::TestKey key{first_key + i, 2, scope::read};
      v1::Command command;
      command.set_account_id(key.account);
      const Digest public_key = test::secret_of(key).public_key();
      command.mutable_create_key()->set_key_id(key.key);
      command.mutable_create_key()->set_scopes(key.scopes);
      command.mutable_create_key()->set_public_key(
          std::string(public_key.begin(), public_key.end()));
      if (test::call(*admin, command).code() != v1::CODE_OK) std::abort();
      follow(exchange, key);
    }
    thread_ = std::thread([this] { run(); });
  }
  ~Audience() {
    stop();
    ::close(epoll_);
  }
  Audience(const Audience&) = delete;
  Audience& operator=(const Audience&) = delete;

  /// Messages with an increment, over all sessions.
  [[nodiscard]] std::uint64_t delivered() const { return delivered_.load(); }
  void stop() {
    is_stopping_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// From a command's time in the journal until a session has its increment, decoded.
  [[nodiscard]] const tool::LatencyHistogram& delays() const { return delays_; }

 private:
  void follow(const test::TestExchange& exchange, const test::TestKey& key) {
    auto client = exchange.connect(key);
    client->handlers().on_market_data = [this](const v1::MarketData& message) {
      if (!message.has_update() || message.update().snapshot()) return;
      delays_.record(tool::wall_ns() - message.update().time_ns());
      delivered_.fetch_add(1, std::memory_order_relaxed);
    };
    v1::Request request;
    request.mutable_subscribe()->add_schemas(v1::FEED_SCHEMA_MBO);
    request.mutable_subscribe()->add_instrument_ids(1);
    client->queue(request);
    if (!client->flush().ok()) std::abort();
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = clients_.size();
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, client->socket(), &event);
    clients_.push_back(std::move(client));
  }

  void run() {
    std::vector<epoll_event> events(clients_.size() + 1);
    while (!is_stopping_) {
      const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 20);
      for (int i = 0; i < ready; ++i) {
        gateway::Client& client = *clients_[events[static_cast<std::size_t>(i)].data.u64];
        if (!client.poll(0).ok()) std::abort();  // cut
      }
    }
  }

  int epoll_;
  std::vector<std::unique_ptr<gateway::Client>> clients_;
  tool::LatencyHistogram delays_;
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

}  // namespace karst
