// `karst init` and `karst keygen`: what an exchange and its merchants begin with.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "gateway/config/init_exchange.hpp"
#include "gateway/tool/commands.hpp"
#include "gateway/tool/deed.hpp"
#include "gateway/tool/output.hpp"
#include "gateway/trust/pki.hpp"

namespace karst::tool {
namespace {

void init(const std::string& directory, const std::string& names, bool is_json) {
  const Output output(is_json);
  if (const Status status = init_exchange(directory, names); !status) {
    Failure failure = failure_of(status.error());
    if (status.error().code == ErrorCode::already_exists) {
      failure.text = status.error().what + " is there already, and nothing is ever overwritten";
      const bool is_exchange = status.error().what == directory + "/karst.toml";
      failure.hint = is_exchange ? "start what is there: karstd " + status.error().what
                                 : "choose another folder";
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
                    "start it: karstd " + in + "karst.toml\n" +
                    "talk to it: export KARST_HOME=" + directory + "; karst status");
}

/// The failure of making a certificate ends the program.
void must_certify(const Status& status, const Output& output) {
  if (status) return;
  Failure failure = failure_of(status.error());
  if (status.error().code != ErrorCode::invalid) {
    failure.hint = "DIRECTORY has the authority's ca.key and ca.crt; no file is ever overwritten";
  }
  output.fail(failure);
}

void client_certificate(const std::string& directory, const std::string& name,
                        const std::string& path, bool is_json) {
  const Output output(is_json);
  must_certify(make_client_files(directory, name, path), output);
  output.answer({{"name", name}, {"certificate", path + ".crt"}, {"key", path + ".key"}},
                path + ".crt  certificate\n" + path + ".key  its secret: karst ... " +
                    "--tls-certificate " + path);
}

void server_certificate(const std::string& directory, const std::string& names,
                        const std::string& path, bool is_json) {
  const Output output(is_json);
  must_certify(make_server_files(directory, names, path), output);
  output.answer({{"certificate", path + ".crt"}, {"key", path + ".key"}},
                path + ".crt  certificate\n" + path + ".key  its secret\n\n" +
                    "put them in place of server.crt and server.key, and send karstd SIGHUP");
}

void keygen(const std::string& path, bool is_json) {
  const Output output(is_json);
  const Result<std::string> made = make_key_file(path);
  if (!made) output.fail(failure_of(made.error()));
  output.answer({{"file", path}, {"public_key", *made}}, *made);
}

constexpr const char* names_text = "host names and addresses of the server, beside localhost";

void add_certificates(CLI::App& app) {
  struct Options {
    std::string directory;
    std::string name;
    std::string path;
    bool is_json = false;
  };
  const auto add = [&](const char* word, const char* about) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(word, about);
    command->add_option("directory", options->directory, "the exchange's, with ca.key")->required();
    command->add_flag("--json", options->is_json, "answer with one JSON value (docs/TOOL.md)");
    return std::pair{command, options};
  };
  const char* const file_text = "written to FILE.key and FILE.crt";
  {
    const auto [command, options] = add(
        "client-certificate", "make a client's certificate, for exchanges that ask (client_ca)");
    command->add_option("name", options->name, "whose it is")->required();
    command->add_option("file", options->path, file_text)->required();
    command->footer(example_text("client-certificate exchange 'Cloud Atlas' cloud-atlas"));
    command->callback(
        [it = options] { client_certificate(it->directory, it->name, it->path, it->is_json); });
  }
  const auto [command, options] =
      add("server-certificate", "make the server's next certificate, before its own ends");
  command->add_option("file", options->path, file_text)->required();
  command->add_option("--names", options->name,
                      names_text + std::string("; else those of server.crt"));
  command->footer(example_text("server-certificate exchange exchange/next"));
  command->callback(
      [it = options] { server_certificate(it->directory, it->name, it->path, it->is_json); });
}

}  // namespace

void add_init(CLI::App& app) {
  struct Options {
    std::string path;
    std::string names;
    bool is_json = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* made = app.add_subcommand("init", "make certificates, operator key, configuration");
  made->add_option("directory", options->path, "a folder, made if need be")->required();
  made->add_option("--names", options->names, names_text);
  made->add_flag("--json", options->is_json, "answer with one JSON value (docs/TOOL.md)");
  made->footer(example_text("init exchange --names exchange.example,192.0.2.7"));
  made->callback([options] { init(options->path, options->names, options->is_json); });
  add_certificates(app);
  CLI::App* key = app.add_subcommand("keygen", "make a log-on key; prints its public part");
  key->add_option("file", options->path, "where the secret is written")->required();
  key->add_flag("--json", options->is_json, "answer with one JSON value (docs/TOOL.md)");
  key->footer(example_text("keygen mine.key"));
  key->callback([options] { keygen(options->path, options->is_json); });
}

}  // namespace karst::tool
