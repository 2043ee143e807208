#include "tests/gateway/daemon/test_exchange.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "gateway/config/init_exchange.hpp"

namespace karst::test {
namespace {

void check(const Status& status) {
  if (!status) throw std::runtime_error(status.error().text());
}

std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::string text_of(const Digest& digest) { return {digest.begin(), digest.end()}; }

}  // namespace

gateway::SigningKey secret_of(const TestKey& key) {
  Digest seed{};
  seed[0] = static_cast<std::uint8_t>(key.key);
  return gateway::SigningKey::from_seed(seed);
}

TestExchange::TestExchange() {
  std::filesystem::remove(folder());
  check(tool::init_exchange(folder(), "localhost,127.0.0.1"));
  set_config("port", "0");
  set_config("journal_segment_mib", "32");
  set_config("event_log_mib", "1024");
  set_config("ledger_file_mib", "4");
  set_config("accounts_max", "1024");
  set_config("keys_max", "2048");
  set_config("instruments_max", "256");
  set_config("orders_max", "65536");
  set_config("holdings_max", "65536");
  set_config("level_pages_max", "4096");
  set_config("client_ids_max", "65536");
  set_config("references_max", "4096");
  set_config("public_key", '"' + gateway::to_hex(secret_of(operator_key).public_key()) + '"');
}

TestExchange::~TestExchange() {
  stop();
  if (process_ != 0) end_process(SIGKILL);
}

void TestExchange::set_config(const std::string& key, const std::string& value) {
  const std::string path = folder() + "/karst.toml";
  std::string text = read_file(path);
  const std::size_t at = text.find("\n" + key + " = ");
  if (at == std::string::npos) throw std::runtime_error("no key " + key);
  const std::size_t end = text.find_first_of("#\n", at + 1);
  text.replace(at + 1, end - at - 1, key + " = " + value + " ");
  std::ofstream(path, std::ios::binary) << text;
}

void TestExchange::start() {
  const Result<gateway::Config> config = gateway::load_config(folder() + "/karst.toml");
  if (!config) throw std::runtime_error(config.error().text());
  daemon_ = std::make_unique<gateway::Daemon>(*config);
  check(daemon_->start());
  port_ = daemon_->port();
}

void TestExchange::stop() {
  if (daemon_ != nullptr) daemon_->stop();
  daemon_.reset();
}

std::string TestExchange::process_log() const { return read_file(folder() + "/karstd.log"); }

void TestExchange::start_process(std::uint64_t files_max,
                                 const std::function<void(pid_t)>& meanwhile,
                                 const std::string& word) {
  const std::string program = std::string(KARST_BINARY_DIR) + "/karstd";
  const std::string config = folder() + "/karst.toml";
  const std::string log = folder() + "/karstd.log";
  process_ = ::fork();
  if (process_ == 0) {
    const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(fd, STDERR_FILENO);
    const rlimit files{files_max, files_max};
    if (files_max != 0) ::setrlimit(RLIMIT_NOFILE, &files);
    if (word.empty()) ::execl(program.c_str(), program.c_str(), config.c_str(), nullptr);
    ::execl(program.c_str(), program.c_str(), word.c_str(), config.c_str(), nullptr);
    ::_exit(127);
  }
  if (meanwhile) meanwhile(process_);
  const std::string mark = "serving at 127.0.0.1:";
  for (int i = 0; i < 3'000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    const std::string text = read_file(log);
    const std::size_t at = text.find(mark);
    if (at != std::string::npos && text.find('\n', at) != std::string::npos) {
      port_ = static_cast<std::uint16_t>(std::stoi(text.substr(at + mark.size())));
      return;
    }
    if (::waitpid(process_, nullptr, WNOHANG) == process_) break;
  }
  process_ = 0;
  throw std::runtime_error("karstd did not start: " + read_file(log));
}

int TestExchange::end_process(int signal) {
  int status = 0;
  ::kill(process_, signal);
  ::waitpid(process_, &status, 0);
  process_ = 0;
  return status;
}

gateway::ClientConfig TestExchange::client_config(const TestKey& key) const {
  gateway::ClientConfig config;
  config.peer.port = port_;
  config.peer.ca_file = folder() + "/ca.crt";
  config.key = KeyId{key.key};
  config.secret = secret_of(key);
  config.timeout_ms = 10'000;
  return config;
}

std::unique_ptr<gateway::Client> TestExchange::connect(const TestKey& key) const {
  Result<std::unique_ptr<gateway::Client>> client = gateway::Client::connect(client_config(key));
  if (!client) throw std::runtime_error(client.error().text());
  return std::move(client).value();
}

v1::Reply call(gateway::Client& client, const v1::Command& command) {
  Result<v1::Reply> reply = client.call(command);
  if (!reply) throw std::runtime_error(reply.error().text());
  return std::move(reply).value();
}

v1::Response ask(gateway::Client& client, const v1::Request& request) {
  Result<v1::Response> answer = client.ask(request);
  if (!answer) throw std::runtime_error(answer.error().text());
  return std::move(answer).value();
}

v1::Command order(std::uint32_t instrument, v1::Side side, std::int64_t limit, std::uint32_t lots) {
  v1::Command command;
  v1::PlaceOrder& place = *command.mutable_place_order();
  place.set_instrument_id(instrument);
  place.set_side(side);
  place.set_limit_ticks(limit);
  place.set_quantity_lots(lots);
  place.set_kind(v1::ORDER_KIND_LIMIT);
  place.set_time_in_force(v1::TIME_IN_FORCE_GTC);
  place.set_self_match(v1::SELF_MATCH_CANCEL_NEWEST);
  if (side == v1::SIDE_SELL) place.set_draw(v1::DRAW_CAPACITY);
  return command;
}

namespace {

void must(gateway::Client& client, const v1::Command& command) {
  const v1::Reply reply = call(client, command);
  if (reply.code() != v1::CODE_OK) {
    throw std::runtime_error(command.ShortDebugString() + " → " + reply.ShortDebugString());
  }
}

void define_money(gateway::Client& client) {
  v1::Command command;
  command.mutable_define_currency()->set_currency_id(1);
  command.mutable_define_currency()->set_code("CNY");
  must(client, command);
  command.mutable_define_calendar()->set_calendar_id(1);
  must(client, command);
  command.mutable_define_fees()->set_fee_schedule_id(1);
  command.mutable_define_fees()->set_maker_bps(5);
  command.mutable_define_fees()->set_taker_bps(10);
  must(client, command);
}

void admit(gateway::Client& client, std::uint32_t account) {
  v1::Command command;
  command.set_account_id(account);
  v1::AdmitMerchant& merchant = *command.mutable_admit_merchant();
  merchant.set_name("merchant " + std::to_string(account));
  merchant.set_tier(9);
  merchant.set_clearance(9);
  merchant.set_domestic(true);
  must(client, command);
  v1::Fund& fund = *command.mutable_fund();
  fund.set_currency_id(1);
  fund.set_amount_fen(1'000'000'000);
  fund.set_reference("first " + std::to_string(account));
  must(client, command);
}

void create_key(gateway::Client& client, const TestKey& key) {
  v1::Command command;
  command.set_account_id(key.account);
  command.set_use_exchange_account(key.account == 0);
  command.mutable_create_key()->set_key_id(key.key);
  command.mutable_create_key()->set_scopes(key.scopes);
  command.mutable_create_key()->set_public_key(text_of(secret_of(key).public_key()));
  must(client, command);
}

void define_product(gateway::Client& client, std::uint32_t number) {
  v1::Command command;
  command.set_account_id(alice.account);
  v1::DefineProduct& product = *command.mutable_define_product();
  product.set_currency_id(1);
  product.set_calendar_id(1);
  product.set_fee_schedule_id(1);
  product.set_tick_value_fen(1);
  product.set_price_min_ticks(1);
  product.set_price_max_ticks(1'000'000);
  product.set_list_price_ticks(100);
  product.set_quantity_lots_max(1'000'000);
  product.set_seats(1'000'000);
  product.set_supply(v1::SUPPLY_SEATS);
  product.set_resale(v1::RESALE_FREE);
  product.set_unit(v1::UNIT_COPY);
  product.set_certificate_expiry_ns(4'000'000'000'000'000'000);
  product.set_symbol("WEATHER" + (number == 1 ? std::string() : std::to_string(number)));
  must(client, command);
}

}  // namespace

void TestExchange::make_key(const TestKey& key) { create_key(*connect(operator_key), key); }

void TestExchange::make_market(std::uint32_t products) {
  const auto client = connect(operator_key);
  define_money(*client);
  for (const std::uint32_t account : {1U, 2U, 3U}) admit(*client, account);
  for (const TestKey& key :
       {alice, bob, alice_viewer, alice_canceller, auditor, second_operator, carol}) {
    create_key(*client, key);
  }
  for (std::uint32_t i = 1; i <= products; ++i) define_product(*client, i);
  instrument_ = 1;
}

}  // namespace karst::test
