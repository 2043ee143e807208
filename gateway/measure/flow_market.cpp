#include "gateway/measure/flow_market.hpp"

#include <algorithm>
#include <bit>
#include <string_view>

namespace karst::tool {
namespace {

constexpr std::uint32_t hours_per_pool = 336;
constexpr std::int64_t first_hour = 500'000;  // of the delivery hours, so that gates are far away
constexpr std::uint32_t lots_per_contract = 2'000'000'000;  // minted to all sellers together
constexpr std::int64_t funds = 4'000'000'000'000'000'000;   // of all merchants. Unit: fen

template <std::size_t N>
void set_text(Text<N>& to, std::string_view text) {
  std::copy(text.begin(), text.end(), to.begin());
}

}  // namespace

FlowMarket::FlowMarket(const Flow& flow, std::uint32_t pairs)
    : pairs_(pairs), client_seq_(2 * pairs + 1), now_ns_((first_hour - 1) * ns_per_hour) {
  const std::uint32_t merchants = 2 * pairs;
  sizes_.accounts_max = merchants + 1;
  sizes_.keys_max = merchants + 1;
  sizes_.instruments_max = flow.instruments + hours_per_pool + 1;
  sizes_.orders_max = flow.live_max + 1'024;
  sizes_.holdings_max = flow.instruments * merchants + merchants;
  sizes_.level_pages_max = 2 * flow.live_max + 1'024;
  sizes_.client_ids_max = 2;
  sizes_.references_max = merchants + 2;
  sizes_.currencies_max = 2;
  sizes_.pools_max = flow.instruments / hours_per_pool + 2;
  sizes_.answers_per_key = 1'024;
  sizes_.client_ids_per_account_max = 4'096;
  sizes_.makers_per_command_max = 4'096;
  sizes_.makers_per_bystander_max = 64;
  sizes_.releases_per_command_max = 64;
  add(CommandType::configure).configure = sizes_;
  add_merchants();
  add_pools(flow.instruments);
  // The gates open by timer; ticks let all of them.
  for (std::uint32_t i = 0; i <= flow.instruments / sizes_.releases_per_command_max; ++i) {
    add(CommandType::tick);
  }
}

void FlowMarket::stamp(Command& command) {
  command.sequence = ++sequence_;
  command.time = Time{now_ns_ += 1'000};
}

Command& FlowMarket::add(CommandType type) {
  Command& command = setup_.emplace_back();
  command.type = type;
  stamp(command);
  return command;
}

void FlowMarket::add_merchants() {
  DefineCurrency& currency = add(CommandType::define_currency).define_currency;
  currency.currency = CurrencyId{1};
  set_text(currency.code, "CNY");
  add(CommandType::define_calendar).define_calendar = {CalendarId{1}, 8 * ns_per_hour};
  add(CommandType::define_fees).define_fees = {FeeScheduleId{1}, 5, 10, Money{0}, Money{0}};
  const std::uint32_t merchants = 2 * pairs_;
  for (std::uint32_t id = 1; id <= merchants; ++id) {
    Command& admit = add(CommandType::admit_merchant);
    admit.account = AccountId{id};
    set_text(admit.admit_merchant.name, "merchant");
    Command& key = add(CommandType::create_key);
    key.account = AccountId{id};
    key.create_key.new_key = KeyId{id};
    key.create_key.scopes = scope::trade;
    Command& fund = add(CommandType::fund);
    fund.account = AccountId{id};
    fund.fund = {CurrencyId{1}, Money{funds / merchants}, Reference{id, 1}};
  }
}

void FlowMarket::add_pools(std::uint32_t instruments) {
  std::uint32_t listed = 0;
  for (std::uint32_t id = 1; listed < instruments; ++id) {
    const std::uint32_t hours = std::min(hours_per_pool, instruments - listed);
    DefinePool& pool = add(CommandType::define_pool).define_pool;
    pool.pool = PoolId{id};
    pool.operator_account = AccountId{1};
    pool.unit = Unit::p_hour;
    set_text(pool.symbol, "POOL");
    set_text(pool.accelerator, "ANY");
    add(CommandType::set_pool_capacity).set_pool_capacity = {PoolId{id}, Hour{0},
                                                             Quantity{0x7fffffff}};
    SetPoolTerms& terms = add(CommandType::set_pool_terms).set_pool_terms;
    terms.pool = PoolId{id};
    terms.currency = CurrencyId{1};
    terms.calendar = CalendarId{1};
    terms.fees = FeeScheduleId{1};
    terms.band_bps = 10'000;
    terms.tick_value = Money{1};
    terms.price_min = Price{1};
    terms.price_max = Price{65'536};
    terms.list_price = Price{32'768};
    terms.quantity_max = Quantity{1'000'000};
    terms.grade = Grade::standard;
    terms.gate_open_lead_ns = 400 * ns_per_day;
    terms.gate_close_lead_ns = 15 * 60 * ns_per_second;
    add(CommandType::list_contracts).list_contracts = {PoolId{id}, Hour{first_hour}, hours};
    for (std::uint32_t pair = 0; pair < pairs_; ++pair) {
      Command& mint = add(CommandType::mint_capacity);
      mint.account = AccountId{2 * pair + 2};
      mint.mint_capacity = {PoolId{id}, Hour{first_hour}, hours,
                            Quantity{lots_per_contract / pairs_}};
    }
    for (std::uint32_t i = 0; i < hours; ++i) instruments_.push_back(instrument_id(0, ++listed));
  }
}

void FlowMarket::sign(Command& command, std::uint32_t account) {
  stamp(command);
  command.account = AccountId{account};
  command.key = KeyId{account};
  command.client_seq = ++client_seq_[account];
}

Command FlowMarket::next(const FlowCommand& operation, OrderId order) {
  Command command;
  if (operation.type == FlowType::cancel) {
    command.type = CommandType::cancel_order;
    command.cancel_order.order = order;
    sign(command, owners_[operation.value]);
    return command;
  }
  command.type = CommandType::place_order;
  const bool is_buy = operation.side == Side::buy;
  const auto number = static_cast<std::uint32_t>(owners_.size());
  owners_.push_back(2 * (number % pairs_) + (is_buy ? 1 : 2));
  PlaceOrder& place = command.place_order;
  place.instrument = instruments_[operation.instrument];
  place.quantity = Quantity{operation.quantity};
  place.limit = Price{static_cast<std::int64_t>(operation.value)};
  place.side = operation.side;
  place.kind = OrderKind::limit;
  place.time_in_force = operation.type == FlowType::add ? TimeInForce::gtc : TimeInForce::ioc;
  place.self_match = SelfMatch::cancel_newest;
  place.draw = is_buy ? Draw::none : Draw::capacity;
  sign(command, owners_.back());
  return command;
}

}  // namespace karst::tool
