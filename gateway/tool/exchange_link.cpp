#include "gateway/tool/exchange_link.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "gateway/config/config.hpp"
#include "gateway/trust/key_file.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {
namespace {

constexpr const char* default_home = "data/demo";
constexpr const char* start_hint =
    "is karstd running? ./run demo starts one; karstd HOME/karst.toml starts that of a folder";

bool is_this_machine(const std::string& host) {
  return host == "127.0.0.1" || host == "localhost" || host == "::1";
}

/// The file that `name` means: itself, or a key of the folder.
std::string key_path(const LinkOptions& options) {
  const std::filesystem::path home = options.home;
  if (options.key.empty()) return home / "operator.key";
  const std::array<std::filesystem::path, 3> places{options.key, home / options.key,
                                                    home / (options.key + ".key")};
  for (const auto& place : places) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(place, ignored)) return place;
  }
  return options.key;
}

std::optional<Failure> read_address(const LinkOptions& options, gateway::TlsPeer& peer) {
  peer.port = options.port;
  peer.host = options.host;
  const std::string path = options.home + "/karst.toml";
  // Who says host and port needs no configuration file: it is the server's.
  if ((peer.port == 0 || peer.host.empty()) && std::filesystem::exists(path)) {
    const Result<gateway::Config> config = gateway::load_config(path);
    if (!config) return failure_of(config.error());
    if (peer.port == 0) peer.port = config->server.port;
    const std::string& address = config->server.address;
    if (peer.host.empty() && address != "0.0.0.0" && address != "::") peer.host = address;
    if (peer.port == 0) {
      return Failure{exit_usage, "NO_PORT", "karst.toml lets the system choose the port",
                     "say the one karstd printed: --port N"};
    }
  }
  if (peer.port == 0) peer.port = gateway::default_port;
  if (peer.host.empty()) peer.host = "127.0.0.1";
  return std::nullopt;
}

std::optional<Failure> read_key(const LinkOptions& options, gateway::ClientConfig& config) {
  const std::string path = key_path(options);
  const Result<KeyFile> read = read_key_file(path);
  if (!read) {
    const bool is_unreadable = read.error().code == ErrorCode::invalid;
    Failure failure = failure_of(read.error());
    failure.code = is_unreadable ? "BAD_KEY_FILE" : "NO_KEY_FILE";
    failure.text = is_unreadable ? "cannot " + read.error().doing + " in " + path
                                 : "cannot read the key " + path;
    failure.hint = "--key FILE names another; an operator makes keys: karst keys create";
    return failure;
  }
  config.secret = read->secret;
  const std::uint32_t number = options.key_id != 0 ? options.key_id : read->key;
  config.key = KeyId{number == 0 ? 1 : number};
  return std::nullopt;
}

/// "CODE_X" out of "log on (CODE_X)"; 0 if there is none.
int refused_code(const Error& error) {
  const std::size_t open = error.doing.find("(CODE_");
  if (open == std::string::npos) return 0;
  const std::string name = error.doing.substr(open + 1, error.doing.find(')', open) - open - 1);
  v1::Code code = v1::CODE_OK;
  return v1::Code_Parse(name, &code) ? code : 0;
}

}  // namespace

void add_link_options(CLI::App& command, LinkOptions& options, bool is_positional) {
  const char* const group = "Connection";
  options.home = default_home;
  command
      .add_option(is_positional ? "--home,directory" : "--home", options.home,
                  "folder of the exchange: karst.toml, ca.crt, keys")
      ->envname("KARST_HOME")
      ->type_name("DIR")
      ->capture_default_str()
      ->group(group);
  command.add_option("--host", options.host, "server's address; else karst.toml's")->group(group);
  command.add_option("--port", options.port, "its port; else karst.toml's")->group(group);
  command.add_option("--ca", options.ca_file, "who signed its certificate; else ca.crt")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--server-name", options.server_name, "whom its certificate names")
      ->group(group);
  command
      .add_option("--tls-certificate", options.certificate,
                  "our own, FILE.crt and FILE.key, for exchanges that ask")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--key", options.key, "log-on key: a file, or NAME.key in the folder")
      ->envname("KARST_KEY")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--key-id", options.key_id, "number of the key; else as its file says, else 1")
      ->group(group);
  command.add_option("--timeout", options.timeout_s, "seconds to wait for an answer")
      ->check(CLI::Range(1, 3'600))
      ->capture_default_str()
      ->group(group);
  command.add_flag("--json", options.is_json, "answer with one JSON value (docs/TOOL.md)");
}

std::optional<Failure> fill_peer(const LinkOptions& options, gateway::ClientConfig& config) {
  config.peer.ca_file = options.ca_file.empty() ? options.home + "/ca.crt" : options.ca_file;
  if (!std::filesystem::exists(config.peer.ca_file)) {
    return Failure{exit_not_there, "NO_EXCHANGE_FOLDER", "there is no " + config.peer.ca_file,
                   "name the exchange's folder: --home DIR or KARST_HOME=DIR; "
                   "./run demo makes data/demo, karst init DIR a new one"};
  }
  if (auto failure = read_address(options, config.peer)) return failure;
  config.peer.name = options.server_name;
  if (config.peer.name.empty()) {
    config.peer.name = is_this_machine(config.peer.host) ? "localhost" : config.peer.host;
  }
  if (!options.certificate.empty()) {
    config.peer.certificate_file = options.certificate + ".crt";
    config.peer.private_key_file = options.certificate + ".key";
  }
  config.timeout_ms = static_cast<int>(options.timeout_s) * 1'000;
  return std::nullopt;
}

std::optional<Failure> fill_client_config(const LinkOptions& options,
                                          gateway::ClientConfig& config) {
  if (auto failure = fill_peer(options, config)) return failure;
  return read_key(options, config);
}

gateway::ClientConfig client_config(const LinkOptions& options, const Output& output) {
  gateway::ClientConfig config;
  if (const auto failure = fill_client_config(options, config)) output.fail(*failure);
  return config;
}

std::string address_of(const gateway::ClientConfig& config) {
  return config.peer.host + ":" + std::to_string(config.peer.port);
}

Failure failure_of(const Error& error, const gateway::ClientConfig& config) {
  const int code = refused_code(error);
  if (code != 0) {
    v1::Reply reply;
    reply.set_code(static_cast<v1::Code>(code));
    return failure_of(reply);
  }
  Failure failure{exit_not_connected, "CANNOT_CONNECT",
                  "cannot connect to " + address_of(config) + ": " + error.doing, start_hint};
  if (error.system_error == ECONNREFUSED) {
    failure.text = "cannot connect to " + address_of(config) + ": nobody listens there";
  } else if (error.doing.starts_with("shake hands (")) {
    failure.code = "NOT_TRUSTED";
    failure.hint = "is it the exchange of " + config.peer.ca_file +
                   ", called by its name? --ca FILE, --server-name NAME; karst doctor looks closer";
  } else if (error.code == ErrorCode::invalid && error.doing.starts_with("read the ")) {
    failure = failure_of(error);
    failure.code = error.doing == "read the CA" ? "BAD_CA_FILE" : "BAD_CERTIFICATE_FILE";
    failure.hint = "is the file there, and PEM?";
  } else if (error.doing.starts_with("read: ")) {
    failure.code = "HUNG_UP";
    failure.text = address_of(config) + " hung up";
    failure.hint = "karstd's log says why; where client_ca is set: --tls-certificate FILE, "
                   "made by karst client-certificate";
  } else if (error.doing.starts_with("wait for an answer")) {
    failure.code = "NO_ANSWER";
    failure.text = "no answer from " + address_of(config) + " in time";
    failure.hint = "whether it was carried out is not known; look, or wait longer: --timeout";
  }
  return failure;
}

ExchangeLink::ExchangeLink(const LinkOptions& options, const Output& output,
                           gateway::ClientHandlers handlers)
    : output_(output), config_(client_config(options, output)) {
  config_.handlers = std::move(handlers);
  auto connected = gateway::Client::connect(config_);
  if (!connected) output_.fail(failure_of(connected.error(), config_));
  client_ = std::move(*connected);
}

v1::Reply ExchangeLink::carry_out(const v1::Command& command, const std::string& about) {
  const Result<v1::Reply> reply = client_->call(command);
  if (!reply) output_.fail(failure_of(reply.error(), config_));
  if (reply->code() == v1::CODE_OK) return *reply;
  const bool is_proposed = reply->code() == v1::CODE_NEEDS_TWO && !command.validate_only();
  Failure failure = is_proposed ? propose(command) : failure_of(*reply);
  if (!about.empty()) failure.text += " (" + about + ")";
  output_.fail(failure);
}

Failure ExchangeLink::propose(const v1::Command& command) {
  v1::Command proposal;
  v1::Command& inner = *proposal.mutable_propose()->mutable_command();
  inner = command;
  inner.clear_client_seq();
  const Result<v1::Reply> reply = client_->call(proposal);
  if (!reply) return failure_of(reply.error(), config_);
  if (reply->code() != v1::CODE_OK) return failure_of(*reply);
  const std::string number = std::to_string(reply->waiting_proposal_id());
  return {exit_needs_second, "NEEDS_TWO",
          "not done yet: a second operator must confirm proposal " + number,
          "within a day, with another key: karst confirm " + number + " --key FILE",
          static_cast<std::int64_t>(reply->waiting_proposal_id())};
}

v1::Response ExchangeLink::ask(const v1::Request& request) {
  Result<v1::Response> answer = client_->ask(request);
  if (!answer) output_.fail(failure_of(answer.error(), config_));
  if (answer->has_reply() && answer->reply().code() != v1::CODE_OK) {
    output_.fail(failure_of(answer->reply()));
  }
  return std::move(answer).value();
}

}  // namespace karst::tool
