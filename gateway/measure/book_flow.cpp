#include "gateway/measure/book_flow.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <thread>

#include "engine/book/client_order_book.hpp"
#include "gateway/client/stopwatch.hpp"
#include "gateway/measure/report_ring.hpp"

namespace karst::tool {
namespace {

constexpr std::uint32_t orders_capacity = 1U << 17;
constexpr std::uint32_t pages_capacity = 1U << 14;
constexpr std::int64_t price_bound = (std::int64_t{1} << 29) - 1;
constexpr std::size_t ring_records = std::size_t{1} << 13;

enum class ReportKind : std::uint8_t { accepted, modified, cancelled, traded, rejected, end };

/// What happened to an order, as it crosses to the consumer: half a cache line.
struct Report {
  std::uint64_t id;     // the order of the message; the taker of a trade
  std::uint64_t maker;  // of a trade
  std::int64_t price;
  std::uint32_t quantity;
  ReportKind kind;
  BookMessageType cause;  // the message answered
  std::uint16_t zero;
};
static_assert(sizeof(Report) == 32);

/// Writes what the book says straight into the ring.
class RingSink {
 public:
  explicit RingSink(ReportRing<Report>& ring) : ring_(ring) {}

  BookMessageType cause = BookMessageType::insert;

  void accepted(const ClientOrder& order) {
    ring_.next() = {order.id, 0, order.price, order.quantity, ReportKind::accepted, cause, 0};
  }
  void modified(const ClientOrder& order) {
    ring_.next() = {order.id, 0, order.price, order.quantity, ReportKind::modified, cause, 0};
  }
  void cancelled(std::uint64_t id, std::uint32_t lots) {
    ring_.next() = {id, 0, 0, lots, ReportKind::cancelled, cause, 0};
  }
  void traded(std::uint64_t taker, std::uint64_t maker, std::int64_t price, std::uint32_t lots) {
    ring_.next() = {taker, maker, price, lots, ReportKind::traded, cause, 0};
  }
  void rejected(std::uint64_t id, ClientReject reason) {
    ring_.next() = {id, 0, 0, static_cast<std::uint32_t>(reason), ReportKind::rejected, cause, 0};
  }
  void ended() {
    ring_.next() = {0, 0, 0, 0, ReportKind::end, cause, 0};
    ring_.publish();
  }

 private:
  ReportRing<Report>& ring_;
};

void count(BookFlowCounts& counts, const Report& report) {
  switch (report.kind) {
    case ReportKind::accepted:
      ++counts.accepts;
      break;
    case ReportKind::modified:
      ++counts.modify_acks;
      break;
    case ReportKind::cancelled:
      ++counts.cancel_acks;
      break;
    case ReportKind::traded:
      counts.trades.add({report.id, report.maker, report.price, report.quantity});
      break;
    case ReportKind::rejected:
      ++(report.cause == BookMessageType::insert   ? counts.new_rejects
         : report.cause == BookMessageType::cancel ? counts.cancel_rejects
                                                   : counts.modify_rejects);
      break;
    case ReportKind::end:
      break;
  }
}

/// Reads reports until the end. Returns: when the last was read, by monotonic_ns().
std::int64_t consume(ReportRing<Report>& ring, BookFlowCounts& counts) {
  BookFlowCounts local;
  Patience patience;
  for (bool is_over = false; !is_over;) {
    const std::span<const Report> reports = ring.read();
    if (reports.empty()) {
      patience.wait();
      continue;
    }
    for (const Report& report : reports) {
      count(local, report);
    }
    is_over = reports.back().kind == ReportKind::end;
    ring.release(reports.size());
  }
  counts = local;
  return monotonic_ns();
}

void apply(ClientOrderBook& book, const BookMessage& message, RingSink& sink) {
  sink.cause = message.type;
  switch (message.type) {
    case BookMessageType::insert:
      book.insert(
          {message.order_id, message.price, message.quantity, message.side(), message.is_ioc != 0},
          sink);
      break;
    case BookMessageType::cancel:
      book.cancel(message.order_id, sink);
      break;
    case BookMessageType::modify:
      book.modify(
          {message.order_id, message.price, message.quantity, message.side(), message.is_ioc != 0},
          sink);
      break;
  }
}

/// One batch: the memory of its messages is asked for some messages before they are applied.
void apply_batch(ClientOrderBook& book, std::span<const BookMessage> batch, RingSink& sink) {
  constexpr std::size_t first = 24;
  constexpr std::size_t second = 16;
  constexpr std::size_t third = 8;
  const std::size_t last = batch.size() - 1;
  for (std::size_t i = 0; i < std::min(first, batch.size()); ++i) {
    book.prefetch_first(batch[i].order_id);
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    book.prefetch_first(batch[std::min(i + first, last)].order_id);
    book.prefetch_second(batch[std::min(i + second, last)].order_id);
    book.prefetch_third(batch[std::min(i + third, last)].order_id);
    apply(book, batch[i], sink);
  }
}

}  // namespace

BookFlowPlay play_book_flow(std::span<const BookMessage> messages, std::size_t batch) {
  const auto book =
      std::make_unique<ClientOrderBook>(orders_capacity, pages_capacity, -price_bound, price_bound);
  const auto ring = std::make_unique<ReportRing<Report>>(ring_records);
  BookFlowPlay play;
  std::int64_t end = 0;
  std::thread consumer([&] { end = consume(*ring, play.counts); });
  RingSink sink(*ring);
  const std::int64_t start = monotonic_ns();
  for (std::size_t at = 0; at < messages.size(); at += batch) {
    apply_batch(*book, messages.subspan(at, std::min(batch, messages.size() - at)), sink);
    ring->publish();
  }
  sink.ended();
  consumer.join();
  play.elapsed_ns = end - start;
  book->check_invariants();
  return play;
}

}  // namespace karst::tool
