// What `karst doctor` looks at while an exchange runs: clock, journal lock, port, log-on, lag.
#include <fcntl.h>
#include <netdb.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/timex.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <memory>

#include "gateway/client/tls_connection.hpp"
#include "gateway/client/wall_clock.hpp"
#include "gateway/tool/operate/doctor.hpp"
#include "ledger/exchange/market_clock.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {
namespace {

constexpr std::int64_t clock_difference_ns_max = 1'000'000'000;
constexpr std::uint64_t books_lag_max = 100'000;  // commands
constexpr std::uint64_t table_percent_warned = 80;

/// Whether the port can be had. Returns: 0, or the errno that says why not.
int try_port(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
    return EADDRNOTAVAIL;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, ::freeaddrinfo);
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int one = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  const int failed = ::bind(fd, found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
  ::close(fd);
  return failed;
}

}  // namespace

void Doctor::look_at_clock() {
  timex state{};
  const int kind = ::adjtimex(&state);
  if (kind < 0) return;
  const bool is_synchronised = kind != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  add("clock", is_synchronised ? Health::ok : Health::warn,
      is_synchronised ? "synchronised" : "nobody says that this machine's clock is right",
      is_synchronised ? "" : "run a time service: apt-get install chrony");
}

void Doctor::look_at_lock() {
  if (!config_) return;
  const std::string path = ExchangeDirectory(config_->data).journal() + "/LOCK";
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return add("journal_lock", Health::ok, "no exchange has run here yet");
  is_locked_ = ::flock(fd, LOCK_SH | LOCK_NB) != 0;
  ::close(fd);
  add("journal_lock", Health::ok,
      is_locked_ ? "a running exchange holds the journal" : "free: no exchange runs here");
}

void Doctor::look_at_port() {
  if (!config_ || is_locked_ || !options_.host.empty()) return;
  const std::uint16_t port = options_.port != 0 ? options_.port : config_->server.port;
  const int failed = port == 0 ? 0 : try_port(config_->server.address, port);
  const std::string where = config_->server.address + ":" + std::to_string(port);
  if (failed != 0) {
    return add("port", Health::fail, where + " cannot be had: " + std::strerror(failed),
               "end who has it (ss -ltnp), or change gateway.port in karst.toml");
  }
  add("port", Health::warn,
      port == 0 ? "karstd does not run" : where + " is free: karstd does not run",
      "start it: karstd " + in_home("karst.toml"));
}

/// One key has one session: with the operator's own it would end the one the operator is in.
LinkOptions Doctor::link_options() const {
  LinkOptions options = options_;
  if (options.key.empty() && std::filesystem::exists(in_home(monitor_key))) {
    options.key = in_home(monitor_key);
  }
  return options;
}

/// Whether somebody there proves to be the exchange and begins to talk.
Status Doctor::greet(const gateway::ClientConfig& config) {
  Result<gateway::TlsConnection> opened =
      gateway::TlsConnection::open(config.peer, config.timeout_ms);
  if (!opened) return opened.error();
  std::array<char, 32'768> challenge;
  const Result<std::size_t> came = opened->read(challenge, config.timeout_ms);
  if (!came) return came.error();
  if (*came == 0) return Error{ErrorCode::io, "wait for an answer", config.peer.host};
  return {};
}

void Doctor::look_at_exchange() {
  if (!is_locked_ && options_.host.empty()) return;
  gateway::ClientConfig client_config;
  const LinkOptions link = link_options();
  const bool has_key = !link.key.empty();
  const auto missing =
      has_key ? fill_client_config(link, client_config) : fill_peer(link, client_config);
  if (missing) return add("log_on", Health::fail, missing->text, missing->hint);
  const std::int64_t before = wall_ns();
  if (!has_key) {
    if (const Status greeted = greet(client_config); !greeted) {
      const Failure failure = failure_of(greeted.error(), client_config);
      return add("log_on", Health::fail, failure.text, failure.hint);
    }
    return add("log_on", Health::ok,
               "the exchange answers at " + address_of(client_config) +
                   "; no log-on was tried: it would end the operator's own session",
               "give doctor a key of its own and it looks closer: karst keys create N --exchange "
               "--scopes audit --file " + in_home(monitor_key));
  }
  auto client = gateway::Client::connect(client_config);
  if (!client) {
    const Failure failure = failure_of(client.error(), client_config);
    return add("log_on", Health::fail, failure.text, failure.hint);
  }
  add("log_on", Health::ok,
      "key " + std::to_string(client_config.key.value()) + " logs on at " +
          address_of(client_config) + " in " + std::to_string((wall_ns() - before) / 1'000'000) +
          " ms");
  ask_exchange(**client);
}

void Doctor::ask_exchange(gateway::Client& client) {
  v1::Request ping;
  ping.mutable_ping();
  if (const auto pulse = client.ask(ping); pulse && pulse->has_pulse()) {
    const std::int64_t ahead = pulse->pulse().server_time_ns() - wall_ns();
    const bool is_close = ahead < clock_difference_ns_max && -ahead < clock_difference_ns_max;
    add("server_clock", is_close ? Health::ok : Health::warn,
        is_close ? "as this machine's"
                 : "differs from this machine's by " + std::to_string(ahead / 1'000'000) + " ms",
        is_close ? "" : "run a time service on both");
  }
  v1::Request question;
  question.mutable_query_status();
  const auto answer = client.ask(question);
  if (!answer || !answer->has_status()) return;
  const v1::Status& status = answer->status();
  if (status.is_disk_full()) {
    add("journal", Health::fail, "the disk is full: only cancels are taken", "make room");
  } else {
    add("journal", Health::ok, "newest command " + std::to_string(status.last_sequence()));
  }
  if (status.is_clock_held()) {
    add("market_clock", Health::fail,
        wall_ahead_text(status.clock_ahead_ns()) + ": only what lessens risk is taken",
        "put the wall clock right, or, if it is right, say so: karst clock accept");
  } else {
    add("market_clock", Health::ok, "the exchange's time and the wall clock agree");
  }
  const std::uint64_t lag = status.last_sequence() - status.ledger_sequence();
  add("books", lag > books_lag_max ? Health::warn : Health::ok,
      std::to_string(lag) + " commands behind",
      lag > books_lag_max ? "they catch up by themselves; if not, look at karstd's log" : "");
  look_at_tables(status);
}

void Doctor::look_at_tables(const v1::Status& status) {
  bool is_roomy = true;
  for (const v1::TableUse& table : status.tables()) {
    if (table.used() * 100 < table.max() * table_percent_warned) continue;
    is_roomy = false;
    add("tables", Health::warn,
        "capacity." + table.name() + ": " + std::to_string(table.used()) + " of " +
            std::to_string(table.max()) + " are taken",
        "when it is full, what needs room is refused with EXCHANGE_FULL: docs/OPERATIONS.md");
  }
  if (is_roomy && status.tables_size() > 0) {
    add("tables", Health::ok, "none is fuller than " + std::to_string(table_percent_warned) + " %");
  }
}

}  // namespace karst::tool
