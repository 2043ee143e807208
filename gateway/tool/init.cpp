// `karst init` and `karst keygen`: what an exchange and its merchants begin with.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "gateway/tool/commands.hpp"
#include "gateway/tool/pki.hpp"

namespace karst::tool {
namespace {

void init(const std::string& directory, const std::string& names) {
  if (const Status status = init_exchange(directory, names); !status) {
    std::fprintf(stderr, "karst init: %s\n", status.error().text().c_str());
    throw CLI::RuntimeError(1);
  }
  std::printf(
      "%s/karst.toml    configuration\n%s/ca.crt        what clients trust\n"
      "%s/operator.key  secret of the operator's key, number 1\n\nstart it: karstd %s/karst.toml\n",
      directory.c_str(), directory.c_str(), directory.c_str(), directory.c_str());
}

void client_certificate(const std::string& directory, const std::string& name,
                        const std::string& path) {
  if (const Status status = make_client_files(directory, name, path); !status) {
    std::fprintf(stderr, "karst client-certificate: %s\n", status.error().text().c_str());
    throw CLI::RuntimeError(1);
  }
  std::printf("%s.crt  certificate\n%s.key  its secret\n", path.c_str(), path.c_str());
}

void keygen(const std::string& path) {
  const Result<std::string> made = make_key_file(path);
  if (!made) {
    std::fprintf(stderr, "karst keygen: %s\n", made.error().text().c_str());
    throw CLI::RuntimeError(1);
  }
  std::printf("%s\n", made->c_str());
}

}  // namespace

void add_init(CLI::App& app) {
  struct Options {
    std::string path;
    std::string names = "localhost,127.0.0.1,::1";
  };
  const auto options = std::make_shared<Options>();
  CLI::App* made = app.add_subcommand("init", "make certificates, operator key, configuration");
  made->add_option("directory", options->path, "a folder, made if need be")->required();
  made->add_option("--names", options->names, "host names and addresses of the server")
      ->capture_default_str();
  made->callback([options] { init(options->path, options->names); });
  struct Client {
    std::string directory;
    std::string name;
    std::string path;
  };
  const auto client = std::make_shared<Client>();
  CLI::App* certificate = app.add_subcommand(
      "client-certificate", "make a client's certificate, for exchanges that ask (client_ca)");
  certificate->add_option("directory", client->directory, "the exchange's, with ca.key")
      ->required();
  certificate->add_option("name", client->name, "whose it is")->required();
  certificate->add_option("file", client->path, "written to FILE.key and FILE.crt")->required();
  certificate->callback(
      [client] { client_certificate(client->directory, client->name, client->path); });
  CLI::App* key = app.add_subcommand("keygen", "make a log-on key; prints its public part");
  key->add_option("file", options->path, "where the secret is written")->required();
  key->callback([options] { keygen(options->path); });
}

}  // namespace karst::tool
