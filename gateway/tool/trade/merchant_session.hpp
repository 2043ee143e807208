// MerchantSession: what the subcommands of a merchant share, from the log-on to the answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/client/calls.hpp"
#include "gateway/tool/exchange_link.hpp"
#include "gateway/tool/listing.hpp"
#include "gateway/tool/output.hpp"

namespace CLI {
class App;
}

namespace karst::tool {

/// Where the exchange is, and which merchant is meant.
struct MerchantOptions {
  LinkOptions link;
  std::uint32_t account = 0;  ///< 0: the key's own
};

/// How a command is sent.
struct SendOptions {
  bool validate_only = false;
  std::uint64_t client_seq = 0;  ///< 0: the key's next; else this number, to ask again after a loss
};

/// Adds the options of the connection and --account.
void add_merchant_options(CLI::App& command, MerchantOptions& options);
/// Adds --validate-only and --client-seq.
void add_send_options(CLI::App& command, SendOptions& options);

/// A session that speaks for one merchant. Whatever stands in the way ends the program with words
/// that say what to do next.
class MerchantSession {
 public:
  explicit MerchantSession(const MerchantOptions& options);

  [[nodiscard]] const Output& output() const { return output_; }
  [[nodiscard]] ExchangeLink& link() { return link_; }
  [[nodiscard]] gateway::Client& client() { return link_.client(); }
  /// What to name in questions and commands; 0 = the key's own.
  [[nodiscard]] std::uint32_t account() const { return account_; }
  /// Whose number that is.
  [[nodiscard]] std::uint32_t merchant() const;

  /// What is listed; asked for once.
  [[nodiscard]] const Listing& listing(bool with_prices = false);

  /// Carries out a command. Returns: its reply, OK. `about` turns a refusal's code into a hint of
  /// what to do here, where the general one says less; it may be empty.
  template <class Body>
  [[nodiscard]] v1::Reply carry_out(const Body& body, const SendOptions& options = {},
                                    const std::function<std::string(v1::Code)>& about = {}) {
    begin_call(options);
    return end_call(gateway::call(client(), body, {account_, options.validate_only}), about);
  }

  /// The value of an answered question; its error ends the program.
  template <class T>
  [[nodiscard]] T must(Result<T> answer) {
    if (!answer) fail(answer.error());
    return std::move(answer).value();
  }

 private:
  void begin_call(const SendOptions& options);
  [[nodiscard]] v1::Reply end_call(const Result<v1::Reply>& reply,
                                   const std::function<std::string(v1::Code)>& about);
  [[noreturn]] void fail(const Error& error);

  Output output_;
  ExchangeLink link_;
  std::uint32_t account_;
  std::uint64_t number_ = 0;  // of the command under way
  std::optional<Listing> listing_;
  bool has_prices_ = false;
};

}  // namespace karst::tool
