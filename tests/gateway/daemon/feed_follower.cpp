#include "tests/gateway/daemon/feed_follower.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "engine/command/codec.hpp"
#include "engine/engine.hpp"
#include "engine/state/instrument_table.hpp"
#include "ledger/exchange/sequencer.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/journal/journal_reader.hpp"

namespace karst::test {
namespace {

constexpr auto patience = std::chrono::seconds(120);

feed::Depth depth_of(const Engine& engine, InstrumentId instrument) {
  feed::Depth depth;
  const std::int64_t offer = engine.instrument(instrument)->offer;
  if (offer != 0) depth.push(Side::sell, {offer, quantity_unlimited, 1});
  for (const Side side : {Side::buy, Side::sell}) {
    engine.levels(instrument, side,
                  [&](std::int64_t price, std::uint64_t quantity, std::uint32_t orders) {
                    if (depth.side(side).size() == feed::Depth::levels_max) return false;
                    depth.push(side, {price, quantity, orders});
                    return true;
                  });
  }
  return depth;
}

/// Calls `f(command)` for every command of a journal, stamped. Throws when it cannot be read.
template <class F>
void for_each_command(const std::string& directory, F&& f) {
  PosixStorage storage;
  Result<JournalReader> reader = JournalReader::open(storage, directory, JournalReader::earliest);
  if (!reader) throw std::runtime_error(reader.error().text());
  Stamp last;
  while (true) {
    const Result<bool> more = reader->next();
    if (!more) throw std::runtime_error(more.error().text());
    if (!*more) return;
    const LoggedBatch batch = reader->batch();
    std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(batch.payload.data()),
                                        batch.payload.size());
    for (std::uint32_t i = 0; i < batch.count; ++i) {
      Command command;
      if (!decode_command(bytes, command)) throw std::runtime_error("a command that is none");
      last = next_stamp(last, batch.leader_time_ns, i);
      command.sequence = last.sequence;
      command.time = last.time;
      f(command);
    }
  }
}

}  // namespace

EngineBooks::EngineBooks(const std::string& journal_directory) {
  std::unique_ptr<Engine> engine;
  std::vector<Event> memory(std::size_t{2} * events_per_command_max);
  EventRing ring{memory.data(), memory.size() - 1, 0};
  for_each_command(journal_directory, [&](const Command& command) {
    if (engine == nullptr) engine = std::make_unique<Engine>(command.configure);
    const Applied applied = engine->apply(command, ring);
    last_sequence_ = command.sequence;
    for (std::uint32_t i = 0; i < applied.count; ++i) {
      trades_ += ring.at(applied.first + i).type == EventType::trade ? 1U : 0U;
    }
    for (std::uint32_t slot = 1; slot < engine->instruments_end(); ++slot) {
      const InstrumentId id = engine->instrument_in(slot);
      if (id.is_none()) continue;
      const feed::Depth depth = depth_of(*engine, id);
      const Sums sums{feed::checksum(depth), feed::checksum(depth, 1)};
      auto& changes = changes_[id.value()];
      const bool is_new = changes.empty() || changes.rbegin()->second.ten != sums.ten ||
                          changes.rbegin()->second.best != sums.best;
      if (is_new) changes[last_sequence_] = sums;
    }
  });
}

std::uint32_t EngineBooks::at(std::uint32_t instrument, bool is_best_only,
                              std::uint64_t sequence) const {
  const auto& changes = changes_.at(instrument);
  auto found = changes.upper_bound(sequence);
  if (found == changes.begin()) throw std::out_of_range("no such instrument yet");
  --found;
  return is_best_only ? found->second.best : found->second.ten;
}

FeedFollower::FeedFollower(const TestExchange& exchange, const TestKey& key, feed::FeedWish wish)
    : exchange_(exchange), key_(key), feed_(std::move(wish)) {}

void FeedFollower::connect() {
  gateway::ClientConfig config = exchange_.client_config(key_);
  config.timeout_ms = 60'000;
  config.handlers.on_market_data = [this](const v1::MarketData& message) { take(message); };
  Result<std::unique_ptr<gateway::Client>> client = gateway::Client::connect(std::move(config));
  if (!client) throw std::runtime_error(client.error().text());
  client_ = std::move(client).value();
  send(feed_.connected());
}

void FeedFollower::hold_unread(int bytes) {
  ::setsockopt(client_->socket(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void FeedFollower::stay_alive() {
  v1::Request ping;
  ping.mutable_ping();
  client_->queue(ping);
  static_cast<void>(client_->flush());
}

void FeedFollower::send(const v1::Subscribe& subscribe) {
  v1::Request request;
  *request.mutable_subscribe() = subscribe;
  client_->queue(request);
  static_cast<void>(client_->flush());
}

void FeedFollower::take(const v1::MarketData& message) {
  const feed::Received received = feed_.receive(message);
  const bool is_misfit = received == feed::Received::gap || received == feed::Received::mismatch;
  misfits_ += is_misfit ? 1 : 0;
  resumed_ += message.subscribed().resumed() ? 1 : 0;
  is_conflated_ = is_conflated_ || message.notice().kind() == v1::FeedNotice::KIND_CONFLATED;
  is_told_ = is_told_ || message.notice().kind() == v1::FeedNotice::KIND_DISCONNECTED;
  if (received == feed::Received::applied && message.update().end_of_event()) {
    note(message.update());
  }
}

void FeedFollower::note(const v1::MarketUpdate& update) {
  const auto schema = static_cast<feed::Schema>(update.schema());
  if (!feed::contains(feed::depth_schemas, schema)) return;
  const feed::FeedClientBook* book = feed_.find(update.instrument_id())->book(schema);
  ASSERT_NE(book, nullptr);
  const std::size_t levels = schema == feed::Schema::mbp_1 ? 1 : feed::Depth::levels_max;
  marks_[{update.instrument_id(), schema}].push_back(
      {update.sequence(), feed::checksum(book->depth(), levels)});
}

bool FeedFollower::read() {
  while (true) {
    const Result<bool> came = client_->poll(0);
    if (!came) return false;
    if (const auto mend = feed_.recover()) send(*mend);
    if (!*came) return true;
  }
}

bool FeedFollower::read_up_to(std::uint64_t sequence) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (feed_.position() < sequence && std::chrono::steady_clock::now() < end) {
    if (!client_->poll(1'000)) return false;
    if (!read()) return false;
  }
  return feed_.position() >= sequence;
}

std::size_t FeedFollower::expect_equal(const EngineBooks& books, bool is_lossless) const {
  std::size_t compared = 0;
  for (const auto& [channel, marks] : marks_) {
    const bool is_best_only = channel.second == feed::Schema::mbp_1;
    for (std::size_t i = 0; i < marks.size(); ++i) {
      // Until the next note the book stays as it is.
      const bool is_last = i + 1 == marks.size();
      const std::uint64_t end = is_last       ? books.last_sequence()
                                : is_lossless ? marks[i + 1].sequence - 1
                                              : marks[i].sequence;
      for (std::uint64_t at = marks[i].sequence; at <= end; ++at) {
        ++compared;
        if (books.at(channel.first, is_best_only, at) == marks[i].checksum) continue;
        ADD_FAILURE() << "key " << key_.key << ": the book of instrument " << channel.first
                      << " is not the engine's at " << at;
        return compared;
      }
    }
  }
  return compared;
}

OrderFlow::OrderFlow(const TestExchange& exchange, std::uint32_t instruments, std::uint64_t seed)
    : instruments_(instruments), random_(seed) {
  connect(exchange, alice, traders_[0]);
  connect(exchange, bob, traders_[1]);
  traders_[1].side = v1::SIDE_BUY;
}

void OrderFlow::connect(const TestExchange& exchange, const TestKey& key, Trader& trader) {
  gateway::ClientConfig config = exchange.client_config(key);
  config.timeout_ms = 60'000;
  config.handlers.on_reply = [this, &trader](const v1::Reply& reply) {
    --unanswered_;
    last_sequence_ = std::max(last_sequence_, reply.sequence());
    if (reply.code() == v1::CODE_OK && reply.order_id() != 0) {
      trader.orders.push_back(reply.order_id());
    }
  };
  Result<std::unique_ptr<gateway::Client>> client = gateway::Client::connect(std::move(config));
  if (!client) throw std::runtime_error(client.error().text());
  trader.client = std::move(client).value();
}

void OrderFlow::send_one(Trader& trader) {
  v1::Request request;
  if (!trader.orders.empty() && random_.below(10) < 4) {
    const std::size_t at = random_.below(trader.orders.size());
    request.mutable_command()->mutable_cancel_order()->set_order_id(trader.orders[at]);
    trader.orders[at] = trader.orders.back();
    trader.orders.pop_back();
  } else {
    const auto instrument = static_cast<std::uint32_t>(random_.below(instruments_)) + 1;
    const std::int64_t middle = trader.side == v1::SIDE_SELL ? 107 : 100;
    const auto limit = middle - 7 + static_cast<std::int64_t>(random_.below(15));
    *request.mutable_command() =
        order(instrument, trader.side, limit, static_cast<std::uint32_t>(random_.below(9)) + 1);
  }
  trader.client->queue(request);
  ++unanswered_;
}

void OrderFlow::read() {
  for (Trader& trader : traders_) {
    const Result<bool> came = trader.client->poll(1);
    if (!came) throw std::runtime_error(came.error().text());
  }
}

void OrderFlow::run(int count, const std::function<void()>& between) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (count > 0 || unanswered_ > 0) {
    for (; count > 0 && unanswered_ < window; --count) send_one(traders_[random_.below(2)]);
    for (Trader& trader : traders_) {
      if (const Status sent = trader.client->flush(); !sent) {
        throw std::runtime_error(sent.error().text());
      }
    }
    read();
    between();
    if (std::chrono::steady_clock::now() > end) throw std::runtime_error("trading waits");
  }
}

}  // namespace karst::test
