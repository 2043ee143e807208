#include "gateway/server/server.hpp"

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <unordered_map>
#include <vector>

#include "gateway/server/connection.hpp"
#include "gateway/server/strangers.hpp"
#include "gateway/session/hub.hpp"

namespace karst::gateway {
namespace {

using boost::asio::ip::tcp;

constexpr auto timer_interval = std::chrono::milliseconds(50);
constexpr auto stop_patience = std::chrono::seconds(2);
constexpr std::size_t read_buffer_bytes = 32 * 1024;
constexpr std::int64_t ns_per_ms = 1'000'000;

}  // namespace

struct Server::Core final : ConnectionOwner {
  Core(const ServerConfig& given, TlsContext context, Hub& the_hub, const Clock& the_clock,
       std::function<void(Now)> pass)
      : config(given),
        tls(std::move(context)),
        sessions(the_hub),
        clock(the_clock),
        on_pass(std::move(pass)),
        acceptor(io),
        timer(io),
        accept_timer(io) {}

  // ConnectionOwner.
  Hub& hub() override { return sessions; }
  Now now() const override {
    return {static_cast<std::int64_t>(clock.steady_ns()),
            static_cast<std::int64_t>(clock.wall_ns())};
  }
  std::span<char> read_buffer() override { return buffer; }
  bool make_place(std::uint64_t serial) override;
  void opened(std::uint64_t serial, ConnectionId id) override {
    serial_of[id] = serial;
    handshakes.remove(serial);
    waiting.add(serial, connections.at(serial).origin);
  }
  void proved(std::uint64_t serial) override { waiting.remove(serial); }
  void leaves(std::uint64_t serial, ConnectionId id) override {
    serial_of.erase(id);
    waiting.remove(serial);
    leaving.add(serial, connections.at(serial).origin);
  }
  void closed(std::uint64_t serial, ConnectionId id) override {
    serial_of.erase(id);
    for (Strangers* group : {&handshakes, &waiting, &leaving}) group->remove(serial);
    connections.erase(serial);
  }
  void refused(const boost::asio::ip::address& peer, const char* reason) override {
    if (on_refused) on_refused(peer.to_string(), reason);
  }
  void flush_touched() override {
    sessions.take_touched(touched);
    for (const ConnectionId id : touched) {
      const auto serial = serial_of.find(id);
      if (serial == serial_of.end()) continue;
      const auto found = connections.find(serial->second);
      if (found == connections.end()) continue;
      const std::shared_ptr<Connection> connection = found->second.it;  // it may go meanwhile
      connection->flush();
    }
    touched.clear();
  }

  void accept();
  void make_room(Strangers::Origin origin);
  void turn_away(std::uint64_t serial);
  void add(tcp::socket socket);
  void pass();
  void arm_timer();
  void begin_stop();

  ServerConfig config;
  TlsContext tls;
  Hub& sessions;
  const Clock& clock;
  std::function<void(Now)> on_pass;
  std::function<void(const std::string&, const char*)> on_refused;
  boost::asio::io_context io{1};
  tcp::acceptor acceptor;
  boost::asio::steady_timer timer;
  boost::asio::steady_timer accept_timer;
  struct Entry {
    std::shared_ptr<Connection> it;
    Strangers::Origin origin;
  };
  std::unordered_map<std::uint64_t, Entry> connections;
  // Those of them that no key vouches for: in the handshake, not logged on, told why they end.
  Strangers handshakes;
  Strangers waiting;
  Strangers leaving;
  std::unordered_map<ConnectionId, std::uint64_t> serial_of;
  std::vector<ConnectionId> touched;
  std::vector<char> buffer = std::vector<char>(read_buffer_bytes);
  std::uint64_t last_serial = 0;
  std::atomic<bool> is_woken{false};
  bool is_stopping = false;
  std::int64_t stop_deadline_ns = 0;
};

void Server::Core::accept() {
  acceptor.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
    if (is_stopping) return;
    if (!error) {
      add(std::move(socket));
      return accept();
    }
    // Most likely out of file descriptors: some will come free.
    accept_timer.expires_after(std::chrono::milliseconds(100));
    accept_timer.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled && !is_stopping) accept();
    });
  });
}

/// Nobody is refused for those who only hold sockets open: the oldest of them goes instead.
void Server::Core::make_room(Strangers::Origin origin) {
  const std::size_t share = Strangers::share_of(config.handshakes_max);
  while (handshakes.size_of(origin) >= share) turn_away(handshakes.oldest_of(origin));
  while (handshakes.size() >= config.handshakes_max) turn_away(handshakes.oldest());
  // So many open files have been reckoned with.
  const std::size_t most = std::size_t{sessions.connections_max()} + config.handshakes_max;
  while (connections.size() >= most && leaving.size() > 0) turn_away(leaving.oldest());
}

bool Server::Core::make_place(std::uint64_t serial) {
  if (!sessions.is_full()) return true;
  const std::uint64_t oldest = waiting.to_go_for(connections.at(serial).origin);
  if (oldest != 0) turn_away(oldest);
  return !sessions.is_full();
}

void Server::Core::turn_away(std::uint64_t serial) {
  const std::shared_ptr<Connection> connection = connections.at(serial).it;
  connection->turn_away();
}

void Server::Core::add(tcp::socket socket) {
  boost::system::error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return;  // it has hung up
  const Strangers::Origin origin = Strangers::origin_of(peer.address());
  make_room(origin);
  const std::uint64_t serial = ++last_serial;
  const std::int64_t deadline_ns = now().steady_ns + config.handshake_timeout_ms * ns_per_ms;
  const auto connection =
      std::make_shared<Connection>(*this, std::move(socket), tls, serial, deadline_ns);
  connections[serial] = {connection, origin};
  handshakes.add(serial, origin);
  connection->start();
}

void Server::Core::pass() {
  is_woken.store(false, std::memory_order_seq_cst);
  on_pass(now());
  flush_touched();
}

void Server::Core::arm_timer() {
  timer.expires_after(timer_interval);
  timer.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    const Now instant = now();
    sessions.on_timer(instant);
    on_pass(instant);
    flush_touched();
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(connections.size());
    for (const auto& [serial, entry] : connections) all.push_back(entry.it);
    for (const auto& connection : all) connection->on_timer(instant.steady_ns);
    if (is_stopping && (connections.empty() || instant.steady_ns >= stop_deadline_ns)) {
      return io.stop();
    }
    arm_timer();
  });
}

void Server::Core::begin_stop() {
  if (is_stopping) return;
  is_stopping = true;
  const auto patience = std::chrono::duration_cast<std::chrono::nanoseconds>(stop_patience);
  stop_deadline_ns = now().steady_ns + patience.count();
  boost::system::error_code ignored;
  acceptor.close(ignored);
  sessions.shut_down();
  flush_touched();
}

Server::Server(const ServerConfig& config, TlsContext tls, Hub& hub, const Clock& clock,
               std::function<void(Now)> on_pass)
    : core_(std::make_shared<Core>(config, std::move(tls), hub, clock, std::move(on_pass))) {}

Server::~Server() = default;

Status Server::listen() {
  const std::string where = core_->config.address + ":" + std::to_string(core_->config.port);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(core_->config.address, error);
  if (error) return Error{ErrorCode::invalid, "understand the address to listen to", where};
  const tcp::endpoint endpoint(address, core_->config.port);
  const auto failed = [&](const char* doing) {
    return Error{ErrorCode::io, doing, where, Error::no_offset, error.value()};
  };
  core_->acceptor.open(endpoint.protocol(), error);
  if (error) return failed("open a socket");
  core_->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  // Of every connection: else the system lets a reader that has stopped pin megabytes.
  core_->acceptor.set_option(boost::asio::socket_base::send_buffer_size(
                                 static_cast<int>(core_->config.send_buffer_kib) * 1'024),
                             error);
  if (error) return failed("bound the send buffers");
  core_->acceptor.bind(endpoint, error);
  if (error) return failed("bind (is another exchange running?)");
  core_->acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) return failed("listen");
  core_->accept();
  core_->arm_timer();
  return {};
}

std::uint16_t Server::port() const { return core_->acceptor.local_endpoint().port(); }

void Server::set_on_refused(std::function<void(const std::string&, const char*)> on_refused) {
  core_->on_refused = std::move(on_refused);
}

std::string Server::address_of(ConnectionId id) const {
  const auto serial = core_->serial_of.find(id);
  if (serial == core_->serial_of.end()) return "";
  const auto found = core_->connections.find(serial->second);
  return found == core_->connections.end() ? "" : found->second.it->peer().to_string();
}

void Server::run() { core_->io.run(); }

void Server::stop() {
  boost::asio::post(core_->io, [core = core_.get()] { core->begin_stop(); });
}

void Server::wake() {
  if (core_->is_woken.exchange(true, std::memory_order_seq_cst)) return;
  boost::asio::post(core_->io, [core = core_.get()] { core->pass(); });
}

void Server::flush() { core_->flush_touched(); }

void Server::post(std::function<void()> work) {
  boost::asio::post(core_->io, [core = core_.get(), work = std::move(work)] {
    work();
    core->flush_touched();
  });
}

void Server::set_limits(const ServerConfig& config) {
  boost::asio::post(core_->io, [core = core_.get(), config] {
    core->config.handshakes_max = config.handshakes_max;
    core->config.handshake_timeout_ms = config.handshake_timeout_ms;
  });
}

void Server::set_tls(TlsContext tls) {
  boost::asio::post(core_->io, [core = core_.get(), tls = std::move(tls)] { core->tls = tls; });
}

}  // namespace karst::gateway
