// `karst watch`: the live market of a running exchange on the terminal, or as JSON.
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>

#include "gateway/client/feed_client.hpp"
#include "gateway/client/stopwatch.hpp"
#include "gateway/tool/commands.hpp"
#include "gateway/tool/exchange_link.hpp"
#include "gateway/tool/listing.hpp"
#include "gateway/tool/trade/watch_view.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {
namespace {

constexpr int watch_poll_ms = 100;
constexpr std::int64_t frame_interval_ns = 250'000'000;
constexpr std::int64_t settle_ns_max = 10'000'000'000;  // for --once, until all is there

volatile std::sig_atomic_t is_stopped = 0;
void stop(int) { is_stopped = 1; }

struct WatchOptions {
  LinkOptions link;
  std::string instrument;  ///< empty = the list of all
  bool is_once = false;
};

[[nodiscard]] feed::FeedWish wish_of(std::uint32_t instrument) {
  using feed::Schema;
  feed::FeedWish wish;
  wish.schemas = mask_of(Schema::definition) | mask_of(Schema::status) | mask_of(Schema::mbp_10) |
                 mask_of(Schema::trades);
  if (instrument != 0) wish.instruments.push_back(instrument);
  wish.on_slow = feed::OnSlow::conflate;
  return wish;
}

/// One watcher: its connection, what it knows, what it has shown.
class Watch {
 public:
  explicit Watch(const WatchOptions& options)
      : options_(options),
        output_(options.link.is_json),
        feed_(wish_of(0)),
        link_(options.link, output_,
              {.on_market_data = [this](const v1::MarketData& message) {
                static_cast<void>(feed_.receive(message));
              }}) {}

  void run() {
    if (!options_.instrument.empty()) {
      instrument_ = Listing::read(link_, output_).must(options_.instrument, output_).id;
      feed_ = feed::FeedClient(wish_of(instrument_));
    }
    send(feed_.connected());
    const std::int64_t start = monotonic_ns();
    while (is_stopped == 0) {
      receive();
      const bool is_late = monotonic_ns() - start > settle_ns_max;
      if (options_.is_once) {
        // The first heartbeat says that every snapshot has come.
        if (feed_.position() != 0) return show();
        if (is_late) {
          output_.fail({exit_not_connected, "NO_ANSWER", "the market was not told within 10 s"});
        }
      } else if (monotonic_ns() >= next_frame_ns_) {
        next_frame_ns_ = monotonic_ns() + frame_interval_ns;
        show();
      }
    }
  }

 private:
  void send(const v1::Subscribe& subscribe) {
    v1::Request request;
    *request.mutable_subscribe() = subscribe;
    link_.client().queue(request);
    if (const Status sent = link_.client().flush(); !sent) lost(sent.error());
  }

  void receive() {
    if (const Result<bool> came = link_.client().poll(watch_poll_ms); !came) {
      // The connection is gone: the feed goes on where it ended.
      if (const Status again = link_.client().reconnect(); !again) lost(again.error());
      send(feed_.connected());
      return;
    }
    if (const auto& refusal = feed_.refusal()) {
      v1::Reply reply;
      reply.set_code(refusal->code());
      output_.fail(failure_of(reply));
    }
    if (const auto broken = feed_.recover()) send(*broken);
  }

  void show() {
    std::string text;
    if (output_.is_json()) {
      for (const auto& [id, instrument] : feed_.instruments()) {
        if (instrument_ == 0 || instrument_ == id) text += watch_json(feed_, id);
      }
      if (text == shown_) return;  // a line per change, not per look
      shown_ = text;
    } else {
      text = instrument_ == 0 ? watch_list(feed_, style())
                                      : watch_frame(feed_, instrument_, style());
      if (is_live()) text = "\x1b[H\x1b[2J" + text;
    }
    print_part(text);
    flush_parts();
  }

  [[noreturn]] void lost(const Error& error) const {
    output_.fail(failure_of(error, link_.config()));
  }

  [[nodiscard]] bool is_live() const { return is_terminal_ && !options_.is_once; }

  [[nodiscard]] WatchStyle style() const {
    WatchStyle style;
    winsize size{};
    if (is_terminal_ && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
      style.width = std::max<std::size_t>(size.ws_col, 40);
      style.height = std::max<std::size_t>(size.ws_row, 9) - 1;
    }
    style.is_coloured = is_terminal_;
    return style;
  }

  const WatchOptions& options_;
  std::uint32_t instrument_ = 0;  // 0 = the list of all
  const Output output_;
  feed::FeedClient feed_;
  ExchangeLink link_;
  const bool is_terminal_ = ::isatty(STDOUT_FILENO) != 0;
  std::int64_t next_frame_ns_ = 0;
  std::string shown_;
};

void run(const WatchOptions& options) {
  std::signal(SIGINT, stop);
  std::signal(SIGTERM, stop);
  Watch(options).run();
}

}  // namespace

void add_watch(CLI::App& app) {
  const auto options = std::make_shared<WatchOptions>();
  CLI::App* command =
      app.add_subcommand("watch", "follow the market: all of it, or one instrument");
  add_link_options(*command, options->link, true);
  command->add_option("--instrument", options->instrument,
                      "only this one, as a ladder: number, symbol or POOL@HOUR");
  command->footer("Examples:\n  karst watch\n  karst watch --instrument GUIAN-P@next");
  command->add_flag("--once", options->is_once, "show the market as it is and end");
  command->callback([options] { run(*options); });
}

}  // namespace karst::tool
