// `karst keys create` and `karst confirm`: who may speak, and the second pair of eyes.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/tool/commands.hpp"
#include "gateway/tool/deed.hpp"
#include "gateway/tool/exchange_link.hpp"
#include "gateway/tool/key_file.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {
namespace {

struct ScopeWord {
  const char* word;
  std::uint8_t scope;
};
constexpr ScopeWord scope_words[] = {{"read", scope::read},
                                     {"trade", scope::trade},
                                     {"cancel-only", scope::cancel_only},
                                     {"audit", scope::audit},
                                     {"operate", scope::operate}};

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

/// The public key to register: that of --public-key, or of a new secret, written to `path`.
Digest make_public_key(const KeyOptions& options, const std::string& path, const Output& output) {
  Digest public_key{};
  if (!options.public_key.empty()) {
    if (gateway::from_hex(options.public_key, public_key)) return public_key;
    output.fail({exit_usage, "USAGE", "--public-key: not 64 hexadecimal digits",
                 "karst keygen FILE makes a key and prints its public part"});
  }
  const gateway::SigningKey secret = gateway::SigningKey::generate();
  if (options.is_check) return secret.public_key();
  const Status written = write_new_file(path, key_file_text(options.number, secret));
  if (!written) {
    Failure failure = failure_of(written.error());
    failure.text = "cannot make the key file: " + written.error().text();
    if (written.error().code == ErrorCode::already_exists) {
      failure.text = path + " is there already, and no key is ever overwritten";
    }
    failure.hint = "choose another file: --file FILE";
    output.fail(failure);
  }
  return secret.public_key();
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

void create_key(const KeyOptions& options) {
  const Output output(options.link.is_json);
  const bool is_written = options.public_key.empty() && !options.is_check;
  std::string path;
  if (is_written) {
    path = options.file.empty()
               ? options.link.home + "/" + std::to_string(options.number) + ".key"
               : options.file;
  }
  ExchangeLink link(options.link, output);
  // The secret is on disk before its public part is known: no key without a holder.
  const Digest public_key = make_public_key(options, path, output);
  v1::Command command;
  command.set_account_id(options.account);
  command.set_use_exchange_account(options.is_for_exchange);
  command.set_validate_only(options.is_check);
  command.mutable_create_key()->set_key_id(options.number);
  command.mutable_create_key()->set_scopes(scopes_of(options.scopes));
  command.mutable_create_key()->set_public_key(public_key.data(), public_key.size());
  const Result<v1::Reply> reply = link.client().call(command);
  if (!reply) output.fail(failure_of(reply.error(), link.config()));
  if (reply->code() != v1::CODE_OK) {
    const bool is_waiting = reply->code() == v1::CODE_CONFIRMATION_NEEDED;
    if (is_written && !is_waiting) ::unlink(path.c_str());
    output.fail(failure_of(*reply));
  }
  std::string text = "key " + std::to_string(options.number) + " may speak for " +
                     (options.is_for_exchange ? "the exchange"
                                              : "merchant " + std::to_string(options.account)) +
                     " (command " + std::to_string(reply->sequence()) + ")";
  if (is_written) text += "\nits secret is in " + path + ": karst ... --key " + path;
  if (options.is_check) text = validated_text;
  output.answer(key_json(options, command, *reply, path, public_key), text);
}

void confirm(const LinkOptions& options, std::uint64_t number) {
  const Output output(options.is_json);
  ExchangeLink link(options, output);
  v1::Request request;
  request.mutable_confirm()->set_confirmation_id(number);
  const v1::Response response = link.ask(request);
  output.answer(reply_json("confirm", 0, response.reply()),
                "request " + std::to_string(number) + " is confirmed and carried out (command " +
                    std::to_string(response.reply().sequence()) + ")");
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

void add_keys(CLI::App& app) {
  add_create(app);
  struct Options {
    LinkOptions link;
    std::uint64_t number = 0;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* const command =
      subcommand(app, "confirm", "say yes to what another operator asked for (four eyes)");
  command->add_option("number", options->number, "of the request that waits")->required();
  add_link_options(*command, options->link);
  command->footer(example_text("confirm 3 --key second"));
  command->callback([options] { confirm(options->link, options->number); });
}

}  // namespace karst::tool
