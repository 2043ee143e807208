// `karst demo`: a living market on a running exchange, and a window on it.
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "gateway/client/client.hpp"
#include "gateway/client/feed_client.hpp"
#include "gateway/client/wall_clock.hpp"
#include "gateway/sim/demo_market.hpp"
#include "gateway/tool/commands.hpp"
#include "gateway/tool/exchange_link.hpp"
#include "gateway/tool/trade/watch_view.hpp"
#include "gateway/trust/key_file.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {
namespace {

volatile std::sig_atomic_t is_stopped = 0;
void stop(int) { is_stopped = 1; }

constexpr std::uint32_t demo_key = 2;

using SteadyClock = std::chrono::steady_clock;

struct DemoOptions {
  LinkOptions link;
  std::uint32_t seconds = 0;  ///< 0 = until it is interrupted
  std::uint64_t seed = 1;
  std::uint32_t rate = 150;  ///< Unit: actions per second
};

void must(const Status& status, const Output& output) {
  if (!status) output.fail(failure_of(status.error()));
}

/// The live book on a terminal; a line now and then elsewhere; with --json the last word only.
class Window {
 public:
  explicit Window(const Output& output) : output_(output) {}

  void show(const feed::FeedClient& feed, const DemoMarket& market, const std::string& address) {
    const std::uint32_t instrument = market.featured();
    if (instrument == 0 || SteadyClock::now() < next_ || output_.is_json()) return;
    next_ = SteadyClock::now() + std::chrono::milliseconds(is_terminal_ ? 400 : 10'000);
    if (!is_terminal_) {
      say(feed, market);
      return;
    }
    winsize size{};
    WatchStyle style;
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 12) {
      style.height = std::min<std::size_t>(size.ws_row - 3, 30);
      style.width = std::max<std::size_t>(std::min<std::size_t>(size.ws_col, 100), 40);
    }
    style.is_coloured = true;
    print_part("\033[H\033[2J" + watch_frame(feed, instrument, style) + "\ngateway " + address +
               " (TLS 1.3)   " + std::to_string(market.counts().orders) +
               " orders   Ctrl-C stops\n");
    flush_parts();
  }

  void say(const feed::FeedClient& feed, const DemoMarket& market) const {
    std::uint64_t trades = 0;
    for (const auto& [id, instrument] : feed.instruments()) trades += instrument.trades_count;
    const DemoCounts& counts = market.counts();
    output_.line({{"orders", counts.orders},
                  {"cancels", counts.cancels},
                  {"refusals", counts.refusals},
                  {"trades", trades},
                  {"instruments", feed.instruments().size()}},
                 std::to_string(counts.orders) + " orders, " + std::to_string(counts.cancels) +
                     " cancels, " + std::to_string(trades) + " trades in " +
                     std::to_string(feed.instruments().size()) + " instruments");
    flush_parts();
  }

 private:
  const Output& output_;
  const bool is_terminal_ = ::isatty(STDOUT_FILENO) != 0;
  SteadyClock::time_point next_ = SteadyClock::now();
};

void subscribe(gateway::Client& client, const v1::Subscribe& subscription,
               const Output& output) {
  v1::Request request;
  *request.mutable_subscribe() = subscription;
  client.queue(request);
  must(client.flush(), output);
}

/// A session of the operator's own key would end this one (one live session per key): the demo
/// speaks with a key made for it, if the exchange lets it have one.
[[nodiscard]] LinkOptions with_own_key(LinkOptions options, const Output& output) {
  if (!options.key.empty()) return options;
  const std::string path = options.home + "/demo.key";
  if (!std::filesystem::exists(path)) {
    const gateway::SigningKey secret = gateway::SigningKey::generate();
    const Digest public_key = secret.public_key();
    v1::Command command;
    command.set_use_exchange_account(true);
    command.mutable_create_key()->set_key_id(demo_key);
    command.mutable_create_key()->set_scopes(scope::read | scope::audit | scope::operate);
    command.mutable_create_key()->set_public_key(public_key.data(), public_key.size());
    ExchangeLink link(options, output);
    const Result<v1::Reply> reply = link.client().call(command);
    if (!reply) output.fail(failure_of(reply.error(), link.config()));
    if (reply->code() != v1::CODE_OK) return options;
    must(write_new_file(path, key_file_text(demo_key, secret)), output);
  }
  options.key = path;
  return options;
}

/// Trades, at the rate wished for, until time is over or somebody interrupts.
void trade(const DemoOptions& options, const Output& output, ExchangeLink& link,
           feed::FeedClient& feed, DemoMarket& market, Window& window) {
  const std::string address = address_of(link.config());
  const SteadyClock::time_point start = SteadyClock::now();
  SteadyClock::time_point next_listing = start + std::chrono::minutes(1);
  const auto pause = std::chrono::microseconds(1'000'000 / std::max(options.rate, 1U));
  for (SteadyClock::time_point due = start;; due += pause) {
    const SteadyClock::time_point now = SteadyClock::now();
    if (is_stopped != 0 ||
        (options.seconds != 0 && now - start >= std::chrono::seconds(options.seconds))) {
      break;
    }
    if (now < due) std::this_thread::sleep_until(due);
    if (due + std::chrono::seconds(1) < now) due = now;  // never rush to catch up
    if (now >= next_listing) {
      must(market.list_hours(wall_ns()), output);
      next_listing += std::chrono::minutes(1);
    }
    must(market.step(), output);
    if (const std::optional<v1::Subscribe> broken = feed.recover(); broken) {
      subscribe(link.client(), *broken, output);
    }
    window.show(feed, market, address);
  }
}

void run(const DemoOptions& options) {
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  feed::FeedClient feed(feed::FeedWish{
      static_cast<feed::SchemaMask>(feed::mask_of(feed::Schema::definition) |
                                    feed::mask_of(feed::Schema::status) |
                                    feed::mask_of(feed::Schema::mbp_10) |
                                    feed::mask_of(feed::Schema::trades)),
      {},
      feed::OnSlow::conflate});
  const Output output(options.link.is_json);
  ExchangeLink link(with_own_key(options.link, output), output,
                    {.on_market_data = [&](const v1::MarketData& message) {
                      static_cast<void>(feed.receive(message));
                    }});
  gateway::Client& client = link.client();
  subscribe(client, feed.connected(), output);
  while (true) {  // what a former run left is known once the snapshot has come
    const Result<bool> came = client.poll(200);
    if (!came) output.fail(failure_of(came.error(), link.config()));
    if (!*came) break;
  }
  DemoMarket market(client, feed, options.seed);
  must(market.make(), output);
  must(market.list_hours(wall_ns()), output);
  if (!output.is_json()) {
    print_part("the market is open: gateway " + address_of(link.config()) +
               ", keys and certificates in " + options.link.home +
               "\nfollow it from another terminal: karst watch " + options.link.home + "\n");
  }
  Window window(output);
  trade(options, output, link, feed, market, window);
  window.say(feed, market);
}

}  // namespace

void add_demo(CLI::App& app) {
  const auto options = std::make_shared<DemoOptions>();
  CLI::App* command =
      app.add_subcommand("demo", "merchants, pools and data products that trade by themselves");
  add_link_options(*command, options->link, true);
  command->add_option("--seconds", options->seconds, "stop after so long; 0 = when interrupted");
  command->add_option("--seed", options->seed, "of the merchants' behaviour")
      ->capture_default_str();
  command->add_option("--rate", options->rate, "actions per second")->capture_default_str();
  command->footer("Its merchants, their money and what they trade stay there for ever: give it an "
                  "exchange of its\nown, as ./run demo does. Example:\n  karst demo data/demo "
                  "--seconds 60");
  command->callback([options] { run(*options); });
}

}  // namespace karst::tool
