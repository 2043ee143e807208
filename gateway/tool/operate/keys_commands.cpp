// `karst keys create`: who may speak.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/tool/commands.hpp"
#include "gateway/tool/deed.hpp"
#include "gateway/tool/exchange_link.hpp"
#include "gateway/tool/scope_words.hpp"
#include "gateway/trust/key_file.hpp"
#include "schemas/karst/v1/gateway.pb.h"
#include "schemas/words/code_text.hpp"

namespace karst::tool {
namespace {

struct KeyOptions {
  LinkOptions link;
  std::uint32_t number = 0;
  std::uint32_t account = 0;
  bool is_for_exchange = false;
  std::vector<std::string> scopes;
  std::string file;
  std::string public_key;
  bool is_check = false;
};

std::uint32_t scopes_of(const std::vector<std::string>& words) {
  std::uint32_t scopes = 0;
  for (const std::string& word : words) {
    for (const ScopeWord& it : scope_words) {
      if (word == it.word) scopes |= it.scope;
    }
  }
  return scopes;
}

/// A secret on its way into its file: on disk before its public part is known, under a name of its
/// own until the exchange has the key.
class SecretFile {
 public:
  SecretFile(std::string path, std::uint32_t number, const Output& output)
      : path_(std::move(path)), waiting_(path_ + ".proposed"), output_(output) {
    if (::access(path_.c_str(), F_OK) == 0) fail_existing();
    const Result<KeyFile> earlier = read_key_file(waiting_);
    if (!earlier && earlier.error().code != ErrorCode::not_found) fail(earlier.error());
    if (!earlier) {
      const Status written = write_new_file(waiting_, key_file_text(number, secret_));
      if (!written) fail(written.error());
      return;
    }
    if (earlier->key != number) {
      output_.fail({exit_in_the_way, "ALREADY_EXISTS",
                    waiting_ + " waits to be key " + std::to_string(earlier->key),
                    "choose another file: --file FILE"});
    }
    is_old_ = true;
    secret_ = earlier->secret;
  }

  [[nodiscard]] const gateway::SigningKey& secret() const { return secret_; }
  /// Whether an earlier call made it, and the exchange may have the key already.
  [[nodiscard]] bool is_old() const { return is_old_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::string& waiting() const { return waiting_; }

  /// The exchange has the key: the file gets its name.
  void keep() const {
    if (const Status named = name_new_file(waiting_, path_); !named) fail(named.error());
  }
  /// The exchange will never have the key.
  void drop() const {
    if (!is_old_) ::unlink(waiting_.c_str());
  }

 private:
  [[noreturn]] void fail_existing() const {
    const Result<KeyFile> there = read_key_file(path_);
    const std::string whose = there ? ", with key " + std::to_string(there->key) : "";
    output_.fail({exit_in_the_way, "ALREADY_EXISTS",
                  path_ + " is there already" + whose + ", and no key is ever overwritten",
                  "whether the exchange has it: karst status --key " + path_ +
                      "; else choose another file: --file FILE"});
  }
  [[noreturn]] void fail(const Error& error) const {
    if (error.code == ErrorCode::already_exists) fail_existing();
    Failure failure = failure_of(error);
    failure.text = "cannot make the key file: " + error.text();
    failure.hint = "choose another file: --file FILE";
    output_.fail(failure);
  }

  std::string path_;
  std::string waiting_;
  const Output& output_;
  gateway::SigningKey secret_ = gateway::SigningKey::generate();
  bool is_old_ = false;
};

/// Whether the exchange has this key: it may log on with it.
bool is_known(const gateway::ClientConfig& ours, std::uint32_t number,
              const gateway::SigningKey& secret, const Output& output) {
  gateway::ClientConfig config = ours;
  config.handlers = {};
  config.key = KeyId{number};
  config.secret = secret;
  const auto connected = gateway::Client::connect(config);
  if (connected) return true;
  const Failure failure = failure_of(connected.error(), config);
  if (failure.code != code_name(v1::CODE_LOG_ON_REFUSED)) output.fail(failure);
  return false;
}

/// The public key to register where no file is made: that of --public-key, or any for a check.
Digest public_key_of(const KeyOptions& options, const Output& output) {
  Digest public_key{};
  if (options.public_key.empty()) return gateway::SigningKey::generate().public_key();
  if (!gateway::from_hex(options.public_key, public_key)) {
    output.fail({exit_usage, "USAGE", "--public-key: not 64 hexadecimal digits",
                 "karst keygen FILE makes a key and prints its public part"});
  }
  return public_key;
}

Json key_json(const KeyOptions& options, const v1::Command& command, const v1::Reply& reply,
              const std::string& path, const Digest& public_key) {
  Json json = reply_json(command, reply);
  json["key"] = options.number;
  json["scopes"] = Json::array();
  for (const ScopeWord& it : scope_words) {
    if ((command.create_key().scopes() & it.scope) != 0) json["scopes"].push_back(it.word);
  }
  json["public_key"] = gateway::to_hex(public_key);
  json["file"] = path.empty() ? Json() : Json(path);
  return json;
}

v1::Command command_of(const KeyOptions& options, const Digest& public_key) {
  v1::Command command;
  command.set_account_id(options.account);
  command.set_use_exchange_account(options.is_for_exchange);
  command.set_validate_only(options.is_check);
  command.mutable_create_key()->set_key_id(options.number);
  command.mutable_create_key()->set_scopes(scopes_of(options.scopes));
  command.mutable_create_key()->set_public_key(public_key.data(), public_key.size());
  return command;
}

/// Asks for the key. Returns: the reply, OK. A refusal ends the program; `file` stays only while a
/// second operator may still say yes.
v1::Reply ask_for_key(ExchangeLink& link, const v1::Command& command, const Output& output,
                      const std::optional<SecretFile>& file) {
  const Result<v1::Reply> reply = link.client().call(command);
  if (!reply) output.fail(failure_of(reply.error(), link.config()));
  if (reply->code() == v1::CODE_OK) return *reply;
  if (reply->code() == v1::CODE_NEEDS_TWO && !command.validate_only()) {
    Failure failure = link.propose(command);
    if (file && failure.exit == exit_needs_second) {
      failure.hint += "; then say this again, and " + file->waiting() + " becomes " + file->path();
    } else if (file) {
      file->drop();
    }
    output.fail(failure);
  }
  if (file) file->drop();
  output.fail(failure_of(*reply));
}

void create_key(const KeyOptions& options) {
  const Output output(options.link.is_json);
  ExchangeLink link(options.link, output);
  std::optional<SecretFile> file;
  if (options.public_key.empty() && !options.is_check) {
    const std::string usual = options.link.home + "/" + std::to_string(options.number) + ".key";
    file.emplace(options.file.empty() ? usual : options.file, options.number, output);
  }
  const Digest public_key = file ? file->secret().public_key() : public_key_of(options, output);
  const v1::Command command = command_of(options, public_key);
  v1::Reply reply;
  const bool is_confirmed = file && file->is_old() &&
                            is_known(link.config(), options.number, file->secret(), output);
  if (is_confirmed) {
    reply.set_is_repeated(true);  // carried out since this was asked the last time
  } else {
    reply = ask_for_key(link, command, output, file);
  }
  if (file) file->keep();
  std::string text = "key " + std::to_string(options.number) + " may speak for " +
                     (options.is_for_exchange ? "the exchange"
                                              : "merchant " + std::to_string(options.account));
  text += is_confirmed ? " since it was confirmed"
                       : " (command " + std::to_string(reply.sequence()) + ")";
  if (file) text += "\nits secret is in " + file->path() + ": karst ... --key " + file->path();
  if (options.is_check) text = validated_text;
  output.answer(key_json(options, command, reply, file ? file->path() : "", public_key), text);
}

void add_create(CLI::App& app) {
  const auto options = std::make_shared<KeyOptions>();
  CLI::App* const command =
      subcommand(app, "keys create", "make a log-on key and a file with its secret");
  command->add_option("number", options->number, "the key's number to be, from 1")->required();
  CLI::Option* const account =
      command->add_option("--account", options->account, "the merchant it speaks for");
  command->add_flag("--exchange", options->is_for_exchange, "it speaks for the exchange itself")
      ->excludes(account);
  std::vector<std::string> words;
  for (const ScopeWord& it : scope_words) words.emplace_back(it.word);
  command->add_option("--scopes", options->scopes, "what it may do, parted by commas")
      ->delimiter(',')
      ->check(CLI::IsMember(words))
      ->required();
  command->add_option("--file", options->file, "where the secret goes; else HOME/NUMBER.key")
      ->type_name("FILE");
  command->add_option("--public-key", options->public_key,
                      "of a key made elsewhere (karst keygen): no file is made")
      ->type_name("HEX");
  command->add_flag("--validate-only", options->is_check, "ask what would come of it; do nothing");
  add_link_options(*command, options->link);
  command->footer(
      example_text("keys create 51 --account 51 --scopes read,trade --file cloud-atlas.key"));
  command->callback([options] {
    if (options->account == 0 && !options->is_for_exchange) {
      throw CLI::RequiredError("--account N or --exchange");
    }
    create_key(*options);
  });
}

}  // namespace

void add_keys(CLI::App& app) { add_create(app); }

}  // namespace karst::tool
