#include "gateway/measure/load_market.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <optional>

#include "engine/command/command.hpp"
#include "gateway/client/find_instruments.hpp"
#include "gateway/client/wall_clock.hpp"
#include "gateway/trust/key_file.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {
namespace {

constexpr std::uint32_t currency = 1;
constexpr std::uint32_t calendar = 1;
constexpr std::uint32_t fees = 1;
constexpr std::int64_t purse_fen = 1'000'000'000'000;
constexpr std::uint32_t capacity_lots = 2'147'483'647;
constexpr std::uint32_t lots_per_run = 1'000'000;  // minted for each merchant and hour
constexpr std::int64_t hours_ahead = 24;

/// Speaks as the operator until something goes wrong; then the rest is left out.
class LoadMaker {
 public:
  LoadMaker(gateway::Client& client, const LoadMarketPlan& plan) : client_(client), plan_(plan) {}

  [[nodiscard]] const Status& status() const { return status_; }

  void make_money();
  /// Returns: the secret of the merchant's key.
  gateway::SigningKey make_merchant(std::uint32_t number, const std::string& folder);
  void make_pool(const LoadMarket& market);
  void make_hours(std::int64_t first_hour);

 private:
  enum class Said : std::uint8_t { done, there_before, failed };
  Said say(const v1::Command& command);
  [[nodiscard]] std::optional<gateway::SigningKey> read_key(const std::string& path);

  gateway::Client& client_;
  const LoadMarketPlan& plan_;
  Status status_;
};

LoadMaker::Said LoadMaker::say(const v1::Command& command) {
  if (!status_) return Said::failed;
  const Result<v1::Reply> reply = client_.call(command);
  if (!reply) {
    status_ = reply.error();
    return Said::failed;
  }
  switch (reply->code()) {
    case v1::CODE_OK:
      return Said::done;
    case v1::CODE_ALREADY_EXISTS:
    case v1::CODE_HOURS_OUT_OF_BOUNDS:  // listed before
    case v1::CODE_CAPACITY_EXCEEDED:    // minted before
      return Said::there_before;
    default:
      status_ = Error{ErrorCode::invalid,
                      "make the market for the load (" + v1::Code_Name(reply->code()) + ")",
                      command.ShortDebugString()};
      return Said::failed;
  }
}

void LoadMaker::make_money() {
  v1::Command command;
  command.mutable_define_currency()->set_currency_id(currency);
  command.mutable_define_currency()->set_code("CNY");
  say(command);
  command.mutable_define_calendar()->set_calendar_id(calendar);
  command.mutable_define_calendar()->set_utc_offset_ns(8 * ns_per_hour);
  say(command);
  v1::DefineFees& schedule = *command.mutable_define_fees();
  schedule.set_fee_schedule_id(fees);
  schedule.set_maker_bps(5);
  schedule.set_taker_bps(10);
  say(command);
}

/// None: there is no such file, or an error.
std::optional<gateway::SigningKey> LoadMaker::read_key(const std::string& path) {
  const Result<KeyFile> there = read_key_file(path);
  if (there) return there->secret;
  if (there.error().code != ErrorCode::not_found) status_ = there.error();
  return std::nullopt;
}

gateway::SigningKey LoadMaker::make_merchant(std::uint32_t number, const std::string& folder) {
  const std::uint32_t account = plan_.first_account + number;
  const std::uint32_t key = plan_.first_key + number;
  const std::string path = folder + "/" + std::to_string(account) + ".key";
  const std::optional<gateway::SigningKey> there = read_key(path);
  const gateway::SigningKey secret = there ? *there : gateway::SigningKey::generate();
  v1::Command command;
  command.set_account_id(account);
  v1::AdmitMerchant& merchant = *command.mutable_admit_merchant();
  merchant.set_name("Load " + std::to_string(number + 1));
  merchant.set_tier(3);
  merchant.set_clearance(3);
  merchant.set_domestic(true);
  const Said admitted = say(command);
  if (admitted == Said::there_before && !there) {
    status_ = Error{ErrorCode::already_exists, "make a merchant for the load: it is somebody's",
                    "account " + std::to_string(account)};
  }
  if (!there && status_) status_ = write_new_file(path, key_file_text(key, secret));
  if (admitted == Said::done) {
    v1::Fund& fund = *command.mutable_fund();
    fund.set_currency_id(currency);
    fund.set_amount_fen(purse_fen);
    fund.set_reference("load purse " + std::to_string(account));
    say(command);
  }
  v1::CreateKey& create = *command.mutable_create_key();
  create.set_key_id(key);
  create.set_scopes(scope::read | scope::trade);
  const Digest public_key = secret.public_key();
  create.set_public_key(std::string(public_key.begin(), public_key.end()));
  say(command);
  return secret;
}

void LoadMaker::make_pool(const LoadMarket& market) {
  v1::Command command;
  v1::DefinePool& definition = *command.mutable_define_pool();
  definition.set_pool_id(plan_.pool);
  definition.set_operator_account_id(plan_.first_account);
  definition.set_symbol("LOAD");
  definition.set_accelerator("ANY");
  definition.set_unit(v1::UNIT_P_HOUR);
  say(command);
  v1::SetPoolCapacity& capacity = *command.mutable_set_pool_capacity();
  capacity.set_pool_id(plan_.pool);
  capacity.set_from_hour(0);
  capacity.set_capacity_lots(capacity_lots);
  say(command);
  v1::SetPoolTerms& terms = *command.mutable_set_pool_terms();
  terms.set_pool_id(plan_.pool);
  terms.set_currency_id(currency);
  terms.set_calendar_id(calendar);
  terms.set_fee_schedule_id(fees);
  terms.set_tick_value_fen(1);
  terms.set_price_min_ticks(1);
  terms.set_price_max_ticks(2 * market.middle_ticks);
  terms.set_list_price_ticks(market.middle_ticks);
  terms.set_quantity_lots_max(1'000);
  terms.set_grade(v1::GRADE_STANDARD);
  terms.set_penalty_bps(10'000);
  terms.set_gate_open_lead_ns(30 * ns_per_day);
  terms.set_gate_close_lead_ns(15 * 60 * ns_per_second);
  say(command);
}

void LoadMaker::make_hours(std::int64_t first_hour) {
  v1::Command command;
  for (std::uint32_t i = 0; i < plan_.instruments; ++i) {
    v1::ListContracts& list = *command.mutable_list_contracts();
    list.set_pool_id(plan_.pool);
    list.set_from_hour(first_hour + i);
    list.set_hours(1);
    say(command);
  }
  for (std::uint32_t number = 0; number < plan_.sessions; ++number) {
    command.set_account_id(plan_.first_account + number);
    v1::MintCapacity& mint = *command.mutable_mint_capacity();
    mint.set_pool_id(plan_.pool);
    mint.set_from_hour(first_hour);
    mint.set_hours(plan_.instruments);
    mint.set_quantity_lots(lots_per_run);
    say(command);
  }
}

}  // namespace

Result<LoadSetting> make_load_market(const gateway::ClientConfig& config,
                                     const std::string& folder, const LoadMarketPlan& plan) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error{ErrorCode::io, "make the folder", folder, Error::no_offset, errno};
  }
  Result<std::unique_ptr<gateway::Client>> connected = gateway::Client::connect(config);
  if (!connected) return connected.error();
  gateway::Client& client = **connected;
  LoadMaker maker(client, plan);
  LoadSetting setting;
  maker.make_money();
  for (std::uint32_t number = 0; number < plan.sessions; ++number) {
    gateway::ClientConfig session = config;
    session.key = KeyId{plan.first_key + number};
    session.secret = maker.make_merchant(number, folder);
    setting.sessions.push_back(std::move(session));
  }
  const std::int64_t first_hour = wall_ns() / ns_per_hour + hours_ahead;
  maker.make_pool(setting.market);
  maker.make_hours(first_hour);
  if (!maker.status()) return maker.status().error();
  const auto is_wanted = [&](const v1::Definition& definition) {
    const std::int64_t place = definition.delivery_hour() - first_hour;
    return definition.pool_id() == plan.pool && place >= 0 && place < plan.instruments;
  };
  const auto found = find_instruments(client, is_wanted, plan.instruments);
  if (!found) return found.error();
  for (const auto& [id, definition] : *found) setting.market.instruments.push_back(id);
  return setting;
}

}  // namespace karst::tool
