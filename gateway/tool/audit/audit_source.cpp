#include "gateway/tool/audit/audit_source.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "gateway/config/data_directory.hpp"
#include "gateway/desk/books_answers.hpp"
#include "gateway/desk/pool_symbols.hpp"
#include "gateway/tool/audit/open_books.hpp"
#include "ledger/exchange/recovery.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/offline/offline.hpp"
#include "ledger/snapshot/snapshot_store.hpp"

namespace karst::tool {
namespace {

/// Only who asks after a settlement can ask for one that is not there yet.
Failure not_in_books(const v1::Request& request) {
  return {exit_not_there, "NOT_FOUND",
          "settlement " + std::to_string(request.query_ledger_balances().at_size()) +
              " is not in the books",
          "without --at the answer is that of now, and says after which settlement"};
}

class ExchangeSource final : public AuditSource {
 public:
  ExchangeSource(std::unique_ptr<gateway::Client> client, gateway::ClientConfig config,
                 const Output& output)
      : client_(std::move(client)), config_(std::move(config)), output_(output) {}

  [[nodiscard]] v1::Response ask(const v1::Request& request) override {
    Result<v1::Response> answer = client_->ask(request);
    if (!answer) output_.fail(failure_of(answer.error(), config_));
    if (answer->has_reply()) {
      const bool is_beyond = answer->reply().code() == v1::CODE_NOT_FOUND &&
                             request.query_ledger_balances().has_at_size();
      output_.fail(is_beyond ? not_in_books(request) : failure_of(answer->reply()));
    }
    return std::move(answer).value();
  }

 private:
  std::unique_ptr<gateway::Client> client_;
  gateway::ClientConfig config_;
  const Output& output_;
};

/// Whoever may read the files may see everything in them.
class FilesSource final : public AuditSource {
 public:
  FilesSource(const std::string& directory, const Output& output) : output_(output) {
    if (const Status status = open_.open(directory); !status) {
      output.fail(failure_of(status.error()));
    }
    answers_ = std::make_unique<gateway::BooksAnswers>(
        *open_.audit, *open_.books, [this, directory] { return pools(directory); });
  }

  [[nodiscard]] v1::Response ask(const v1::Request& request) override {
    if (const char* field = gateway::BooksAnswers::wrong_field(request); field != nullptr) {
      output_.fail({exit_usage, "INVALID_FIELD", std::string(field) + " is out of range"});
    }
    const AccountId account{request.has_query_transactions()
                                ? request.query_transactions().account_id()
                                : request.query_ledger_balances().account_id()};
    auto answer = answers_->answer(request, {account, true});
    if (!answer) {
      const bool is_beyond = answer.error().code == ErrorCode::not_found &&
                             request.query_ledger_balances().has_at_size();
      output_.fail(is_beyond ? not_in_books(request) : failure_of(answer.error()));
    }
    return std::move(**answer);
  }

 private:
  /// They stand in the engine: it is replayed.
  [[nodiscard]] std::map<std::uint32_t, std::string> pools(const std::string& directory) {
    std::map<std::uint32_t, std::string> symbols;
    const ExchangeDirectory files(directory);
    SnapshotStore snapshots(open_.storage, files.snapshots(), 0);
    const std::uint64_t command = open_.books->durable_command();
    Replay replay = replay_from(&snapshots, command);
    const Status replayed = replay_files(open_.storage, files.journal(), replay, command, nullptr);
    if (!replayed || !replay.has_engine()) return symbols;
    const Engine& engine = replay.engine();
    gateway::add_pool_symbols(engine, 1, engine.sizes().pools_max, symbols);
    return symbols;
  }

  OpenBooks open_;
  const Output& output_;
  std::unique_ptr<gateway::BooksAnswers> answers_;
};

/// Whether an exchange runs on these files: it holds its journal.
bool is_running(const std::string& directory) {
  const std::string path = ExchangeDirectory(directory).journal() + "/LOCK";
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool is_free = ::flock(fd, LOCK_SH | LOCK_NB) == 0;
  ::close(fd);
  return !is_free;
}

/// The exchange's folder where its data folder was named, and the key made for auditors, if there
/// is one.
LinkOptions completed(LinkOptions link) {
  const std::filesystem::path folder = link.home;
  const std::filesystem::path above = folder.parent_path();
  std::error_code ignored;
  const bool is_data = !std::filesystem::exists(folder / "karst.toml", ignored) &&
                       std::filesystem::exists(above / "karst.toml", ignored);
  if (is_data) link.home = above.string();
  const std::filesystem::path audit_key = std::filesystem::path(link.home) / "audit.key";
  if (link.key.empty() && std::filesystem::is_regular_file(audit_key, ignored)) {
    link.key = audit_key.string();
  }
  return link;
}

}  // namespace

std::unique_ptr<AuditSource> AuditSource::open(const LinkOptions& link, bool is_offline,
                                               const Output& output) {
  const std::string directory = data_directory(link.home);
  const bool is_named = !link.host.empty();
  if (!is_offline && (is_named || is_running(directory))) {
    gateway::ClientConfig config;
    std::optional<Failure> failure = fill_client_config(completed(link), config);
    if (!failure) {
      auto client = gateway::Client::connect(config);
      if (client) {
        return std::make_unique<ExchangeSource>(std::move(*client), std::move(config), output);
      }
      failure = failure_of(client.error(), config);
    }
    if (is_named || failure->exit == exit_refused) output.fail(*failure);
    std::fprintf(stderr, "karst audit: %s: reading the files of the exchange instead\n",
                 failure->text.c_str());
  }
  return std::make_unique<FilesSource>(directory, output);
}

}  // namespace karst::tool
