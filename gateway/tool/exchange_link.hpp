// The way to an exchange that every networked subcommand takes: options, log-on, questions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gateway/client/client.hpp"
#include "gateway/tool/output.hpp"

namespace CLI {
class App;
}

namespace karst::tool {

/// Where the exchange is and who speaks. One rule: whatever is not said comes from the folder
/// `home`, which is --home, else $KARST_HOME, else data/demo.
struct LinkOptions {
  std::string home;
  std::string host;         ///< empty: the address in karst.toml, else this machine
  std::uint16_t port = 0;   ///< 0: the port in karst.toml, else 7420
  std::string ca_file;      ///< empty: ca.crt of the folder
  std::string server_name;  ///< empty: "localhost" for this machine, else the host
  std::string certificate;  ///< FILE.crt and FILE.key, for exchanges that ask; may be empty
  std::string key;          ///< a file, or the name of one in the folder: "alice" = alice.key
  std::uint32_t key_id = 0;  ///< 0: as the key file says, else 1
  std::uint32_t timeout_s = 5;
  bool is_json = false;
};

/// Adds --home … --timeout to `command`, and --json. With `is_positional` the folder may also be
/// the first argument.
void add_link_options(CLI::App& command, LinkOptions& options, bool is_positional = false);

/// Fills in where the exchange is and whom to trust, from the options and the folder. Returns: what
/// stands in the way.
[[nodiscard]] std::optional<Failure> fill_peer(const LinkOptions& options,
                                               gateway::ClientConfig& config);
/// Fills in what a client needs, from the options and the folder. Returns: what stands in the way.
[[nodiscard]] std::optional<Failure> fill_client_config(const LinkOptions& options,
                                                        gateway::ClientConfig& config);
/// The same; what stands in the way ends the program.
[[nodiscard]] gateway::ClientConfig client_config(const LinkOptions& options,
                                                  const Output& output);

/// "127.0.0.1:7420", for people.
[[nodiscard]] std::string address_of(const gateway::ClientConfig& config);

/// What to say when the exchange did not answer.
[[nodiscard]] Failure failure_of(const Error& error, const gateway::ClientConfig& config);

/// A session of one subcommand. Whatever stands in the way ends the program with the exit code and
/// words of docs/TOOL.md.
///
/// Threads: one owner.
class ExchangeLink {
 public:
  /// Connects and logs on. `handlers` take what comes on its own.
  ExchangeLink(const LinkOptions& options, const Output& output,
               gateway::ClientHandlers handlers = {});

  /// Carries out a command; what takes two operators is proposed, which ends the program too.
  /// Returns: the reply, OK. A refusal names what it was `about`.
  [[nodiscard]] v1::Reply carry_out(const v1::Command& command, const std::string& about = {});
  /// Has a command wait for a second operator. Returns: that it does, or why it does not.
  [[nodiscard]] Failure propose(const v1::Command& command);
  /// Asks a question. Returns: what answers it, never a refusal.
  [[nodiscard]] v1::Response ask(const v1::Request& request);

  [[nodiscard]] gateway::Client& client() { return *client_; }
  [[nodiscard]] const gateway::ClientConfig& config() const { return config_; }

 private:
  const Output& output_;
  gateway::ClientConfig config_;
  std::unique_ptr<gateway::Client> client_;
};

}  // namespace karst::tool
