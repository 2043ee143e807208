// Field checks: what each field may be stands in fields.hpp, what they may be together here.
#include "engine/command/check.hpp"

#include <bit>
#include <cstring>
#include <utility>

#include "engine/base/bounds.hpp"
#include "engine/command/enclosed.hpp"
#include "engine/command/fields.hpp"
#include "engine/command/utf8.hpp"

namespace karst {
namespace {

template <class T>
[[nodiscard]] bool is_good(const T&, field::Any, const Configure&) {
  return true;
}
template <class T>
[[nodiscard]] bool is_good(const T&, field::Id, const Configure&) {
  return true;
}
template <class T>
[[nodiscard]] bool is_good(const T& value, field::Within range, const Configure&) {
  return std::cmp_greater_equal(bare(value), range.min) &&
         std::cmp_less_equal(bare(value), range.max);
}
template <class T>
[[nodiscard]] bool is_good(const T& value, field::IdBelow range, const Configure& sizes) {
  return bare(value) >= 1 && std::uint32_t{bare(value)} < sizes.*range.size;
}
[[nodiscard]] bool is_good(std::uint32_t value, field::NotBelow range, const Configure& sizes) {
  return value >= sizes.*range.size;
}
[[nodiscard]] bool is_good(std::uint32_t value, field::AsItIs range, const Configure& sizes) {
  return value == sizes.*range.size;
}
[[nodiscard]] bool is_good(KeyId value, field::KeyNumber, const Configure& sizes) {
  return value.value() % sizes.keys_max != 0;
}
template <class T>
[[nodiscard]] bool is_good(const T& value, field::OneOf range, const Configure&) {
  return bare(value) < 64 && (range.values >> bare(value) & 1) != 0;
}
/// Looks at the byte, which may hold anything: a bool is only read when it is one.
[[nodiscard]] bool is_good(const bool& value, field::Flag, const Configure&) {
  std::uint8_t byte = 0;
  std::memcpy(&byte, &value, sizeof byte);
  return byte <= 1;
}
template <std::size_t size>
[[nodiscard]] bool is_good(const Text<size>& value, field::Words, const Configure&) {
  return is_words(value);
}
template <std::size_t size>
[[nodiscard]] bool is_good(const Text<size>& value, field::Title range, const Configure&) {
  return range.may_be_none ? is_name_or_none(value) : is_name(value);
}
[[nodiscard]] bool is_good(const Reference& value, field::Label range, const Configure&) {
  return range.may_be_none || (value[0] | value[1]) != 0;
}
[[nodiscard]] bool is_good(const Digest&, field::Digest, const Configure&) { return true; }
[[nodiscard]] bool is_good(const EnclosedCommand& bytes, field::Enclosed range,
                           const Configure& sizes) {
  if (range.may_be_none && bytes == EnclosedCommand{}) return true;
  Command inner;
  return disclose(bytes, inner) && wrong_field(inner, sizes) == nullptr;
}

/// What contracts and products share.
template <class Terms>
[[nodiscard]] const char* misfit_of_terms(const Terms& terms) {
  if (terms.price_min > terms.list_price) return "price_min_ticks";
  return terms.list_price > terms.price_max ? "price_max_ticks" : nullptr;
}

}  // namespace

bool is_words(std::span<const char> text) {
  std::size_t size = 0;
  while (size < text.size() && text[size] != '\0') ++size;
  for (std::size_t i = size; i < text.size(); ++i) {
    if (text[i] != '\0') return false;
  }
  if (size == 0 || text[0] == ' ' || text[size - 1] == ' ') return false;
  for (std::size_t i = 0; i < size; ++i) {
    if (text[i] < 0x20 || text[i] > 0x7e) return false;
  }
  return true;
}

bool is_valid(const Configure& b) {
  const auto within = [](std::uint32_t value, std::uint32_t low, std::uint32_t high) {
    return low <= value && value <= high;
  };
  return within(b.accounts_max, 2U, 1U << 24) && b.keys_max >= 2 &&
         within(b.instruments_max, 2U, instrument_slots_max) &&
         within(b.orders_max, 2U, 1U << 26) && b.holdings_max >= 2 &&
         within(b.level_pages_max, 2U, (1U << 26) - 1) &&
         b.client_ids_max >= 2 && b.references_max >= 2 &&
         within(b.currencies_max, 2U, 65'535U) && b.pools_max >= 2 &&
         std::has_single_bit(b.answers_per_key) && b.client_ids_per_account_max >= 1 &&
         b.makers_per_command_max >= 1 && b.makers_per_bystander_max >= 1 &&
         b.releases_per_command_max >= 1;
}

const char* misfit(const Configure& sizes) { return is_valid(sizes) ? nullptr : "body"; }

const char* misfit(const Grow& sizes) { return is_valid(sizes) ? nullptr : "body"; }

const char* misfit(const AcceptClock& body) { return body.step_ns == 0 ? "step_ns" : nullptr; }

const char* misfit(const SetDeadMan& body) {
  return body.timeout_ns == 0 || body.timeout_ns >= bound::dead_man_ns_min ? nullptr : "timeout_ns";
}

const char* misfit(const SetPoolTerms& body) {
  if (const char* const wrong = misfit_of_terms(body)) return wrong;
  return body.gate_close_lead_ns < body.gate_open_lead_ns ? nullptr : "gate_close_lead_ns";
}

const char* misfit(const DefineProduct& body) {
  if (const char* const wrong = misfit_of_terms(body)) return wrong;
  const std::uint32_t seats = body.seats.value();
  if (body.supply == Supply::non_rival && body.band_bps != 0) return "band_bps";
  const bool is_right = body.supply == Supply::non_rival   ? seats == 0
                        : body.supply == Supply::exclusive ? seats == 1
                                                           : seats >= 1;
  return is_right ? nullptr : "seats";
}

const char* misfit(const CancelOrder& body) {
  const bool has_name = (body.client_order_id[0] | body.client_order_id[1]) != 0;
  return body.order.is_none() == has_name ? nullptr : "order_id";
}

const char* misfit(const PlaceOrder& order) {
  const bool is_buy = order.side == Side::buy;
  const bool is_ioc = order.time_in_force == TimeInForce::ioc;
  const bool is_fok = order.time_in_force == TimeInForce::fok;
  const bool has_minimum = order.minimum.value() != 0;
  if ((order.reserved[0] | order.reserved[1]) != 0) return "body";
  if (is_buy != (order.draw == Draw::none)) return "draw";
  if (order.kind == OrderKind::market) {
    if (order.limit.value() != 0) return "limit_ticks";
    if (!(is_ioc || is_fok)) return "time_in_force";
  }
  if ((order.time_in_force == TimeInForce::gtd) != (order.expiry.value() != 0)) return "expiry_ns";
  if (order.minimum > order.quantity) return "minimum_lots";
  if (is_fok && order.all_or_none) return "all_or_none";
  if ((is_fok || order.all_or_none) && has_minimum) return "minimum_lots";
  if (order.kind != OrderKind::post_only) return nullptr;
  if (is_ioc || is_fok) return "time_in_force";
  if (order.all_or_none) return "all_or_none";
  return has_minimum ? "minimum_lots" : nullptr;
}

const char* wrong_field(const Command& command, const Configure& sizes) {
  if (command.type == CommandType::admit_merchant &&
      (command.account.is_none() || command.account.value() >= sizes.accounts_max)) {
    return "account_id";
  }
  const char* wrong = nullptr;
  const bool is_known = visit_body(command, [&](const auto& body) {
    describe_fields(body, [&](const char* name, const auto& value, auto range) {
      if (wrong == nullptr && !is_good(value, range, sizes)) wrong = name;
    });
    if (wrong == nullptr) wrong = misfit(body);
  });
  return is_known ? wrong : "body";
}

}  // namespace karst
