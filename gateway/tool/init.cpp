// `karst init` and `karst keygen`: what an exchange and its merchants begin with.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/deed.hpp"
#include "gateway/tool/output.hpp"
#include "gateway/tool/pki.hpp"

namespace karst::tool {
namespace {

void init(const std::string& directory, const std::string& names, bool is_json) {
  const Output output(is_json);
  if (const Status status = init_exchange(directory, names); !status) {
    Failure failure = failure_of(status.error());
    if (status.error().code == ErrorCode::already_exists) {
      failure.text = status.error().what + " is there already, and nothing is ever overwritten";
      failure.hint = "start what is there: karstd " + directory + "/karst.toml";
    }
    output.fail(failure);
  }
  const std::string in = directory + "/";
  output.answer({{"folder", directory},
                 {"config", in + "karst.toml"},
                 {"authority", in + "ca.crt"},
                 {"operator_key", in + "operator.key"}},
                in + "karst.toml    configuration\n" + in + "ca.crt        what clients trust\n" +
                    in + "operator.key  secret of the operator's key, number 1\n\n" +
                    "start it: karstd " + in + "karst.toml");
}

void client_certificate(const std::string& directory, const std::string& name,
                        const std::string& path, bool is_json) {
  const Output output(is_json);
  if (const Status status = make_client_files(directory, name, path); !status) {
    Failure failure = failure_of(status.error());
    failure.hint = "DIRECTORY has the authority's ca.key and ca.crt; no file is ever overwritten";
    output.fail(failure);
  }
  output.answer({{"name", name}, {"certificate", path + ".crt"}, {"key", path + ".key"}},
                path + ".crt  certificate\n" + path + ".key  its secret: karst ... " +
                    "--tls-certificate " + path);
}

void keygen(const std::string& path, bool is_json) {
  const Output output(is_json);
  const Result<std::string> made = make_key_file(path);
  if (!made) output.fail(failure_of(made.error()));
  output.answer({{"file", path}, {"public_key", *made}}, *made);
}

}  // namespace

void add_init(CLI::App& app) {
  struct Options {
    std::string path;
    std::string names = "localhost,127.0.0.1,::1";
    bool is_json = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* made = app.add_subcommand("init", "make certificates, operator key, configuration");
  made->add_option("directory", options->path, "a folder, made if need be")->required();
  made->add_option("--names", options->names, "host names and addresses of the server")
      ->capture_default_str();
  made->add_flag("--json", options->is_json, "answer with one JSON value (docs/TOOL.md)");
  made->footer(example_text("init exchange --names exchange.example,192.0.2.7"));
  made->callback([options] { init(options->path, options->names, options->is_json); });
  struct Client {
    std::string directory;
    std::string name;
    std::string path;
    bool is_json = false;
  };
  const auto client = std::make_shared<Client>();
  CLI::App* certificate = app.add_subcommand(
      "client-certificate", "make a client's certificate, for exchanges that ask (client_ca)");
  certificate->add_option("directory", client->directory, "the exchange's, with ca.key")
      ->required();
  certificate->add_option("name", client->name, "whose it is")->required();
  certificate->add_option("file", client->path, "written to FILE.key and FILE.crt")->required();
  certificate->add_flag("--json", client->is_json, "answer with one JSON value (docs/TOOL.md)");
  certificate->footer(example_text("client-certificate exchange 'Cloud Atlas' cloud-atlas"));
  certificate->callback([client] {
    client_certificate(client->directory, client->name, client->path, client->is_json);
  });
  CLI::App* key = app.add_subcommand("keygen", "make a log-on key; prints its public part");
  key->add_option("file", options->path, "where the secret is written")->required();
  key->add_flag("--json", options->is_json, "answer with one JSON value (docs/TOOL.md)");
  key->footer(example_text("keygen mine.key"));
  key->callback([options] { keygen(options->path, options->is_json); });
}

}  // namespace karst::tool
