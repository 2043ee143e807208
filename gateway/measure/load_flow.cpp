#include "gateway/measure/load_flow.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <string_view>

#include "schemas/karst/v1/gateway.pb.h"

namespace karst::tool {
namespace {

constexpr std::uint32_t weight_max = 1'000'000;

Error wrong_mix(const std::string& text) {
  return Error{ErrorCode::invalid, "understand the mix (like place=45,cancel=40,ioc=10,amend=5)",
               text};
}

}  // namespace

Result<LoadMix> parse_load_mix(const std::string& text) {
  LoadMix mix;
  mix.weights.fill(0);
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return wrong_mix(text);
    const auto kind = std::ranges::find(load_kind_names, part.substr(0, equals));
    if (kind == load_kind_names.end()) return wrong_mix(text);
    std::uint32_t weight = 0;
    const char* const end = part.data() + part.size();
    const auto [stopped, error] = std::from_chars(part.data() + equals + 1, end, weight);
    if (error != std::errc() || stopped != end || weight > weight_max) return wrong_mix(text);
    mix.weights[static_cast<std::size_t>(kind - load_kind_names.begin())] = weight;
  }
  if (std::ranges::all_of(mix.weights, [](std::uint32_t it) { return it == 0; })) {
    return wrong_mix(text);
  }
  return mix;
}

std::string to_text(const LoadMix& mix) {
  std::string text;
  for (std::size_t i = 0; i < mix.weights.size(); ++i) {
    if (mix.weights[i] == 0) continue;
    if (!text.empty()) text += ',';
    text += std::string(load_kind_names[i]) + "=" + std::to_string(mix.weights[i]);
  }
  return text;
}

LoadFlow::LoadFlow(const LoadMarket& market, const LoadMix& mix, std::uint64_t seed)
    : market_(market),
      mix_(mix),
      weights_sum_(std::accumulate(mix.weights.begin(), mix.weights.end(), std::uint64_t{0})),
      random_(seed) {}

LoadKind LoadFlow::draw_kind() {
  std::uint64_t drawn = random_.below(weights_sum_);
  std::size_t kind = 0;
  while (drawn >= mix_.weights[kind]) drawn -= mix_.weights[kind++];
  return static_cast<LoadKind>(kind);
}

std::int64_t LoadFlow::resting_limit(bool is_buy) {
  const auto spread = static_cast<std::uint64_t>(market_.spread_ticks);
  const auto away = static_cast<std::int64_t>(random_.between(1, spread));
  return market_.middle_ticks + (is_buy ? -away : away);
}

LoadCommand LoadFlow::next() {
  LoadCommand command;
  command.kind = draw_kind();
  const bool names_order = command.kind == LoadKind::cancel || command.kind == LoadKind::amend;
  if (names_order && open_.empty()) command.kind = LoadKind::place;
  if (command.kind == LoadKind::place && open_.size() >= open_max) command.kind = LoadKind::cancel;
  command.lots = static_cast<std::uint32_t>(random_.between(1, market_.lots_max));
  if (command.kind == LoadKind::cancel || command.kind == LoadKind::amend) {
    OpenOrder& order = open_[random_.below(open_.size())];
    command.order = order.order;
    command.instrument = order.instrument;
    command.is_buy = order.is_buy;
    command.limit = resting_limit(order.is_buy);
    if (command.kind == LoadKind::cancel) {
      order = open_.back();
      open_.pop_back();
    }
    return command;
  }
  command.instrument = market_.instruments[random_.below(market_.instruments.size())];
  command.is_buy = random_.chance(1, 2);
  command.limit = command.kind == LoadKind::place
                      ? resting_limit(command.is_buy)
                      : market_.middle_ticks +
                            (command.is_buy ? market_.spread_ticks : -market_.spread_ticks);
  return command;
}

void LoadFlow::answered(const LoadCommand& command, const v1::Reply& reply) {
  if (command.kind == LoadKind::place && reply.code() == v1::CODE_OK) {
    open_.push_back({reply.order_id(), command.instrument, command.is_buy});
  }
  if (command.kind == LoadKind::amend && reply.code() == v1::CODE_UNKNOWN_ORDER) {
    std::erase_if(open_, [&](const OpenOrder& it) { return it.order == command.order; });
  }
}

void LoadFlow::write(const LoadCommand& command, v1::Command& to) {
  switch (command.kind) {
    case LoadKind::cancel:
      to.mutable_cancel_order()->set_order_id(command.order);
      return;
    case LoadKind::amend:
      to.mutable_amend_order()->set_order_id(command.order);
      to.mutable_amend_order()->set_limit_ticks(command.limit);
      to.mutable_amend_order()->set_quantity_lots(command.lots);
      return;
    case LoadKind::place:
    case LoadKind::ioc:
      break;
  }
  const bool is_resting = command.kind == LoadKind::place;
  v1::PlaceOrder& order = *to.mutable_place_order();
  order.set_instrument_id(command.instrument);
  order.set_side(command.is_buy ? v1::SIDE_BUY : v1::SIDE_SELL);
  order.set_limit_ticks(command.limit);
  order.set_quantity_lots(command.lots);
  order.set_kind(v1::ORDER_KIND_LIMIT);
  order.set_time_in_force(is_resting ? v1::TIME_IN_FORCE_GTC : v1::TIME_IN_FORCE_IOC);
  order.set_self_match(v1::SELF_MATCH_CANCEL_NEWEST);
  order.set_draw(command.is_buy ? v1::DRAW_UNSPECIFIED : v1::DRAW_CAPACITY);
}

}  // namespace karst::tool
