// `karst events`, `karst fills`: the account's event log, what was and what comes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>

#include "gateway/client/feed_client.hpp"
#include "gateway/client/stopwatch.hpp"
#include "gateway/client/wall_clock.hpp"
#include "gateway/tool/commands.hpp"
#include "gateway/tool/event_text.hpp"
#include "gateway/tool/numbers.hpp"
#include "gateway/tool/trade/merchant_session.hpp"
#include "schemas/words/human_units.hpp"

namespace karst::tool {
namespace {

constexpr int events_poll_ms = 200;
constexpr std::uint64_t events_shown = 50;
constexpr std::uint64_t events_looked_at = 2'000;  // to find so many that are shown
constexpr auto reconnect_pause = std::chrono::milliseconds(500);

volatile std::sig_atomic_t is_stopped = 0;
void stop(int) { is_stopped = 1; }

struct EventsOptions : MerchantOptions {
  std::optional<std::uint64_t> after;
  std::optional<std::uint64_t> incarnation;  ///< of the exchange when `after` came
  std::uint64_t limit = 0;  ///< 0: events_shown of the past; no limit to what comes
  bool is_following = false;
  bool has_sessions = false;

  /// Log-ons of subcommands like this one would hide the rest: people ask for them.
  [[nodiscard]] bool is_shown(const v1::Event& event) const {
    return link.is_json || has_sessions ||
           (event.session().what() != v1::SessionChange::WHAT_OPENED &&
            event.session().what() != v1::SessionChange::WHAT_CLOSED);
  }
};

std::string line_of(const v1::Event& event, const v1::Definition* definition,
                    const CurrencyCodes& currencies) {
  return std::to_string(event.number()) + "  " + format_time(event.time_ns()) + "  " +
         event_text(event, definition, currencies);
}

bool is_of_unknown_currency(const v1::Event& event, const CurrencyCodes& known) {
  return event.has_cash() && !known.has(event.cash().currency_id());
}

/// The instruments that are listed no longer; asked for once. Where there is no answer they go by
/// their numbers.
class RetiredInstruments {
 public:
  [[nodiscard]] const v1::Definition* find(gateway::Client& client, std::uint32_t instrument) {
    if (!std::exchange(has_asked_, true)) ask(client);
    const auto found = definitions_.find(instrument);
    return found == definitions_.end() ? nullptr : &found->second;
  }

 private:
  void ask(gateway::Client& client) {
    v1::QueryInstruments query;
    query.set_retired(true);
    const Result<v1::Instruments> retired = gateway::instruments(client, query);
    if (!retired) return;
    for (const v1::InstrumentFound& it : retired->instruments()) {
      definitions_[it.instrument_id()] = it.definition();
    }
  }

  std::map<std::uint32_t, v1::Definition> definitions_;
  bool has_asked_ = false;
};

/// Events as they come, over as many connections as it takes, none lost and none twice.
class Follower {
 public:
  Follower(const EventsOptions& options, const Output& output)
      : options_(options), output_(output), market_(wish()) {
    if (const auto failure = fill_client_config(options.link, config_)) output.fail(*failure);
    config_.retries = 0;  // whoever connects again subscribes again: reconnect()
  }

  void run() {
    connect();
    std::int64_t next_ping_ns = 0;
    while (is_stopped == 0 && !is_done()) {
      if (const Result<bool> came = client_->poll(events_poll_ms); !came) {
        reconnect(came.error());
        continue;
      }
      if (const auto broken = market_.recover()) subscribe(*broken);
      show();
      if (monotonic_ns() < next_ping_ns) continue;
      // Somebody who only listens says now and then that he is there.
      next_ping_ns = monotonic_ns() + ping_interval_ns();
      v1::Request ping;
      ping.mutable_ping();
      client_->queue(ping);
      static_cast<void>(client_->flush());
    }
    if (!output_.is_json() && shown_ != 0) {
      const std::uint64_t life = client_->newest_incarnation().value_or(0);
      const std::string incarnation = life == 0 ? "" : " --incarnation " + std::to_string(life);
      std::fprintf(stderr, "go on: karst events --follow --after %llu%s\n",
                   static_cast<unsigned long long>(newest_), incarnation.c_str());
    }
  }

 private:
  [[nodiscard]] static feed::FeedWish wish() {
    feed::FeedWish wish;
    wish.schemas = feed::mask_of(feed::Schema::definition);
    wish.on_slow = feed::OnSlow::conflate;
    return wish;
  }
  [[nodiscard]] bool is_done() const { return options_.limit != 0 && shown_ >= options_.limit; }
  [[nodiscard]] std::int64_t ping_interval_ns() const {
    return std::int64_t{client_->logged_on().limits().idle_timeout_ms()} * 1'000'000 / 3;
  }

  void connect() {
    config_.follow_events = true;
    config_.resume_after = options_.after.value_or(~std::uint64_t{0});
    config_.handlers.on_event = [this](const v1::Event& event) { waiting_.push_back(event); };
    config_.handlers.on_market_data = [this](const v1::MarketData& message) {
      static_cast<void>(market_.receive(message));
    };
    config_.incarnation = options_.incarnation;
    config_.handlers.on_reply = [this](const v1::Reply& reply) {
      if (reply.code() != v1::CODE_RESUME_TOO_OLD) return;
      std::fprintf(stderr, "karst: %s\n", reply.text().c_str());
      // Whatever waits to be shown is of the numbers before, and those may come again.
      waiting_.clear();
      newest_ = static_cast<std::uint64_t>(reply.value());
    };
    if (!options_.after) begin_with_newest();
    newest_ = config_.resume_after;
    auto connected = gateway::Client::connect(config_);
    if (!connected) output_.fail(failure_of(connected.error(), config_));
    client_ = std::move(*connected);
    if (client_->logged_on().account_id() == 0) {
      output_.fail({exit_usage, "NO_MERCHANT",
                    "this key belongs to the exchange, not to a merchant: it has no events",
                    "follow with a merchant's key, --key FILE; the past of one: --account N"});
    }
    subscribe(market_.connected());
  }

  /// From the newest event there is: where somebody begins who only wants what comes.
  void begin_with_newest() {
    gateway::ClientConfig config = config_;
    config.follow_events = false;
    config.handlers = {};
    auto connected = gateway::Client::connect(config);
    if (!connected) output_.fail(failure_of(connected.error(), config));
    config_.resume_after = (*connected)->logged_on().last_event();
    config_.incarnation = (*connected)->logged_on().incarnation();
  }

  /// Another log-on of the same key is the end of this one, and so is a key's own end; everything
  /// else passes.
  void reconnect(const Error& lost) {
    if (lost.doing.find("SESSION_FENCED") != std::string::npos) {
      v1::Reply fenced;
      fenced.set_code(v1::CODE_SESSION_FENCED);
      output_.fail(failure_of(fenced));
    }
    if (const Status again = client_->reconnect(); !again) {
      const Failure failure = failure_of(again.error(), config_);
      if (failure.exit == exit_refused) output_.fail(failure);  // the key was revoked
      std::this_thread::sleep_for(reconnect_pause);
      return;
    }
    subscribe(market_.connected());
  }

  void subscribe(const v1::Subscribe& wish) {
    v1::Request request;
    *request.mutable_subscribe() = wish;
    client_->queue(request);
    static_cast<void>(client_->flush());  // a lost connection shows in the next poll
  }

  void show() {
    if (market_.position() == 0) return;  // names come first
    for (; !waiting_.empty() && !is_done(); waiting_.pop_front()) {
      const v1::Event& event = waiting_.front();
      if (event.number() <= newest_) continue;
      newest_ = event.number();
      if (!options_.is_shown(event)) continue;
      ++shown_;
      const feed::FeedInstrument* found = market_.find(event.instrument_id());
      const v1::Definition* definition =
          found != nullptr && found->definition ? &*found->definition : nullptr;
      if (definition == nullptr && event.instrument_id() != 0) {
        definition = retired_.find(*client_, event.instrument_id());
      }
      if (is_of_unknown_currency(event, currencies_)) ask_for_currencies();
      output_.line(event_json(event, definition, currencies_),
                   line_of(event, definition, currencies_));
    }
    flush_parts();
  }

  /// A connection lost on the way shows in the next poll; the numbers will do until then.
  void ask_for_currencies() {
    const Result<v1::Balances> balances = gateway::balances(*client_);
    if (balances) currencies_.learn(*balances);
  }

  const EventsOptions& options_;
  const Output& output_;
  feed::FeedClient market_;
  RetiredInstruments retired_;
  CurrencyCodes currencies_;
  gateway::ClientConfig config_;
  std::unique_ptr<gateway::Client> client_;
  std::deque<v1::Event> waiting_;
  std::uint64_t newest_ = 0;
  std::uint64_t shown_ = 0;
};

/// The events after `after`, or the newest: at most `limit`.
std::deque<v1::Event> past_events(MerchantSession& session, const EventsOptions& options) {
  const std::uint64_t limit = options.limit == 0 ? events_shown : options.limit;
  const std::uint64_t last =
      session.account() == 0 ? session.client().logged_on().last_event() : 0;
  const std::uint64_t back = std::max(events_looked_at, 2 * std::min(limit, last));
  std::uint64_t after = options.after.value_or(last > back ? last - back : 0);
  // What is not said by who asks is a number of this exchange as it is.
  const std::uint64_t present = session.client().logged_on().incarnation();
  std::optional<std::uint64_t> incarnation = options.after ? options.incarnation : present;
  std::deque<v1::Event> events;
  while (true) {
    const Result<v1::Events> page =
        gateway::events(session.client(), after, 0, session.account(), incarnation);
    if (!page && page.error().code == ErrorCode::trimmed) {
      const std::string life = present == 0 ? "" : " --incarnation " + std::to_string(present);
      const std::string onward = "; what comes after that: karst events --after ";
      session.output().fail({exit_not_there, "RESUME_TOO_OLD",
                             "events after " + std::to_string(after) + ": " + page.error().what,
                             "what is now: karst orders, karst balance" +
                                 (last == 0 ? "" : onward + std::to_string(last) + life),
                             static_cast<std::int64_t>(last)});
    }
    const v1::Events found = session.must(page);
    incarnation = present;
    for (const v1::Event& event : found.events()) {
      after = event.number();
      if (!options.is_shown(event)) continue;
      if (options.after && events.size() == limit) return events;
      events.push_back(event);
      if (events.size() > limit) events.pop_front();
    }
    if (!found.has_more()) return events;
  }
}

/// What events are about, of hours that have been delivered, too.
class Names {
 public:
  explicit Names(MerchantSession& session) : session_(session), listing_(session.listing()) {}

  [[nodiscard]] const v1::Definition* definition(std::uint32_t instrument) {
    if (instrument == 0) return nullptr;
    const Listed* listed = listing_.find(instrument);
    return listed != nullptr ? &listed->definition : retired_.find(session_.client(), instrument);
  }
  [[nodiscard]] const CurrencyCodes& currencies(const v1::Event& event) {
    if (is_of_unknown_currency(event, currencies_)) {
      currencies_.learn(session_.must(gateway::balances(session_.client(), session_.account())));
    }
    return currencies_;
  }

 private:
  MerchantSession& session_;
  const Listing& listing_;
  RetiredInstruments retired_;
  CurrencyCodes currencies_;
};

template <class Events>
void show(MerchantSession& session, const Events& events, const char* none) {
  Names names(session);
  Json json = Json::array();
  std::string text;
  for (const v1::Event& event : events) {
    const v1::Definition* definition = names.definition(event.instrument_id());
    const CurrencyCodes& currencies = names.currencies(event);
    json.push_back(event_json(event, definition, currencies));
    text += (text.empty() ? "" : "\n") + line_of(event, definition, currencies);
  }
  session.output().answer(json, text.empty() ? none : text);
}

void show_past(const EventsOptions& options) {
  MerchantSession session(options);
  show(session, past_events(session, options), "nothing yet");
}

struct FillsOptions : MerchantOptions {
  std::string from_time;  ///< empty: a day ago
  std::string to_time;    ///< empty: whatever there is
};

void show_fills(const FillsOptions& options) {
  MerchantSession session(options);
  const auto time_of = [&](const char* option, const std::string& text) {
    const std::optional<std::int64_t> time = parse_time(text);
    if (!time) {
      session.output().fail({exit_usage, "USAGE", std::string(option) + " is a time, not " + text,
                             "as 2026-11-22 or 2026-11-22T13:00+08:00"});
    }
    return *time;
  };
  const std::int64_t from = options.from_time.empty() ? wall_ns() - ns_per_day
                                                      : time_of("--from-time", options.from_time);
  const std::int64_t to = options.to_time.empty() ? 0 : time_of("--to-time", options.to_time);
  const Result<v1::Events> fills = gateway::fills(session.client(), from, to, session.account());
  if (!fills && fills.error().code == ErrorCode::trimmed) {
    session.output().fail({exit_not_there, "RESUME_TOO_OLD",
                           "fills since " + format_time(from) + " are not all kept",
                           "a later --from-time; every settlement: karst audit transactions"});
  }
  show(session, session.must(fills).events(), "no fills in that time");
}

void follow(const EventsOptions& options) {
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  const Output output(options.link.is_json);
  Follower(options, output).run();
}

}  // namespace

void add_events(CLI::App& app) {
  const auto options = std::make_shared<EventsOptions>();
  CLI::App* command = app.add_subcommand("events", "everything that happened to a merchant");
  command->footer("Events are numbered 1, 2, 3 … without a gap. With --follow --after N nothing is "
                  "missed\nand nothing comes twice, whatever happens to the connection.\n"
                  "With --json: an array; with --follow an object a line, as they come.\n"
                  "Examples:\n  karst events\n  karst events --follow --after 120 --json");
  command->add_option("--after", options->after,
                      "begin after this number; else the newest, with --follow what comes");
  command->add_option("--incarnation", options->incarnation,
                      "of the exchange when that number came (karst status says it); so a number "
                      "is known that a restore has lost");
  command->add_option("--limit", options->limit, "end after so many; else 50, with --follow never")
      ->check(at_least_one());
  command->add_flag("--follow", options->is_following, "go on showing what comes");
  command->add_flag("--sessions", options->has_sessions,
                    "log-ons and their ends too; --json always has them");
  add_merchant_options(*command, *options);
  const auto fills = std::make_shared<FillsOptions>();
  CLI::App* fills_command = app.add_subcommand("fills", "what a merchant bought and sold");
  fills_command->footer(
      "Examples:\n  karst fills\n  karst fills --from-time 2026-11-22 --to-time "
      "2026-11-23 --json");
  fills_command->add_option("--from-time", fills->from_time, "from this time on; else of a day");
  fills_command->add_option("--to-time", fills->to_time, "only before this time");
  add_merchant_options(*fills_command, *fills);
  fills_command->callback([fills] { show_fills(*fills); });
  command->callback([options] { options->is_following ? follow(*options) : show_past(*options); });
}

}  // namespace karst::tool
