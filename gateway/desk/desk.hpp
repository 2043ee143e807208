// Desk: answers questions from the engine's state, and subscriptions to market data.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/engine.hpp"
#include "gateway/desk/access_log.hpp"
#include "gateway/desk/books_desk.hpp"
#include "gateway/desk/event_page.hpp"
#include "gateway/feed/feed_publisher.hpp"
#include "gateway/session/hub.hpp"
#include "ledger/exchange/exchange.hpp"

namespace karst::v1 {
class OpenOrder;
class OrderFound;
class QueryOrder;
class QueryEvents;
class QueryOrders;
}

namespace karst::gateway {

/// Questions are looked up in the engine's thread, between two commands, a bounded piece at a time,
/// and answered here once the command they are true as of is durable.
///
/// Threads: the io thread; what runs in the engine's only touches its own `Answer`.
class Desk final : public QuestionDesk {
 public:
  /// `wake` has send_answers() called soon, from any thread.
  Desk(Exchange& exchange, BooksDesk& books, EventSource& events, feed::FeedPublisher& feed,
       AccessLog& access_log, std::function<void()> wake);
  ~Desk() override;

  /// Before anything else: the hub that sends the answers.
  void set_hub(Hub& hub) { hub_ = &hub; }

  void ask(ConnectionId from, const Speaker& speaker, AccountId account,
           const v1::Request& request) override;
  void forget(ConnectionId from) override;
  void drained(ConnectionId id) override;

  /// Sends the answers that are true as of `durable` or before.
  void send_answers(std::uint64_t durable);
  /// Sends market data to the subscribers whose turn it is.
  ///
  /// Returns: whether others wait for theirs.
  [[nodiscard]] bool serve_subscribers();

 private:
  static constexpr std::uint32_t rows_max = 500;
  // Orders, slots or currencies: a look has a turn of the engine for itself.
  static constexpr std::uint32_t steps_per_look = Exchange::question_steps_per_turn;
  static constexpr std::uint32_t looks_max = 128;  // of one question that has something to show
  static constexpr std::uint32_t skip_max = 20'000;
  static constexpr std::size_t output_bytes_max = 64 * 1024;
  static constexpr std::size_t subscribers_per_turn = 32;

  /// What was seen of the engine; only the part asked for is filled.
  struct Answer {
    ConnectionId to = 0;
    std::uint64_t request_id = 0;
    std::uint64_t sequence = 0;
    enum class Kind : std::uint8_t {
      orders,
      order,
      balances,
      holdings,
      events
    } kind = Kind::orders;
    AccountId account{0};
    std::uint32_t limit = 0;
    std::uint32_t looks = 0;
    bool is_known = false;
    bool is_given_up = false;  // nobody had time for another look, and there is nothing to show
    OrderCursor order_cursor;
    std::uint32_t skip = 0;  // orders still to be left out
    bool has_more = false;
    EventQuestion events;            // of the log, once it is known how far that can go
    EventFilter wanted;              // of its answer
    std::uint64_t newest_event = 0;  // of the account
    std::uint32_t cursor = 0;  // slot or currency to look at next; 0 at the end
    std::vector<OpenOrder> orders;
    OrderId order{0};                 // the one asked for; none: by ...
    ClientOrderId client_order_id{};  // ... its merchant's name
    std::optional<ClientOrder> named;
    struct Purse {
      CurrencyId currency;
      Text<8> code;
      Balance balance;
    };
    std::vector<Purse> balances;
    struct Row {
      InstrumentId instrument;
      Draw kind;
      Holding holding;
    };
    std::vector<Row> holdings;
    [[nodiscard]] bool has_rows() const {
      return !orders.empty() || !balances.empty() || !holdings.empty();
    }
  };

  struct Follower {
    feed::Subscriber* subscriber = nullptr;
    bool is_due = false;  // it stands in due_
  };

  void ask_for_orders(ConnectionId from, Answer answer, const v1::QueryOrders& query);
  void ask_for_order(ConnectionId from, Answer answer, const v1::QueryOrder& query);
  void answer_instruments(ConnectionId from, const v1::Request& request);
  void ask_for_events(Answer answer, const v1::QueryEvents& query);
  void read_events(const Answer& answer);
  void send_events(const Answer& answer, const EventAnswer& events);
  void look_up(Answer answer);
  [[nodiscard]] bool ask_engine(const std::shared_ptr<Answer>& answer);
  [[nodiscard]] static bool look(const Engine& engine, Answer& answer);
  static void look_at_order(const Engine& engine, Answer& answer);
  [[nodiscard]] static bool look_at_orders(const Engine& engine, Answer& answer);
  [[nodiscard]] static bool look_at_balances(const Engine& engine, Answer& answer);
  [[nodiscard]] static bool look_at_holdings(const Engine& engine, Answer& answer);
  void send(const Answer& answer);
  void send_orders(const Answer& answer, v1::Response& response);
  void send_order(const Answer& answer, v1::OrderFound& to);
  void write(const OpenOrder& order, v1::OpenOrder& line) const;
  void ask_books(ConnectionId from, const Speaker& speaker, AccountId account,
                 const v1::Request& request);
  void send_transactions();
  void answer_access_log(ConnectionId from, const v1::Request& request);
  feed::Subscriber& subscriber_of(ConnectionId id);
  void push_feed(ConnectionId id, feed::Subscriber& subscriber);

  Exchange& exchange_;
  BooksDesk& books_;
  EventSource& events_;
  feed::FeedPublisher& feed_;
  AccessLog& access_log_;
  std::function<void()> wake_;
  Hub* hub_ = nullptr;

  std::mutex lock_;
  std::vector<Answer> seen_;     // under lock_: from the engine's thread
  std::vector<Answer> waiting_;  // for their sequence to become durable
  std::unordered_map<ConnectionId, Follower> subscribers_;
  std::vector<feed::Subscriber*> ready_;
  std::deque<ConnectionId> due_;  // have market data to take, who came first goes first
  std::vector<feed::FramePtr> frames_;
};

}  // namespace karst::gateway
