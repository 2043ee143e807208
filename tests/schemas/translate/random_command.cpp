#include "tests/schemas/translate/random_command.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/command/check.hpp"
#include "engine/command/enclosed.hpp"
#include "engine/command/fields.hpp"

namespace karst::test {
namespace {

/// Fills a field with anything it may be, the ends of a range more often than its middle.
class Filler {
 public:
  explicit Filler(Random& random) : random_(random) {}

  template <class T>
  void operator()(const char*, T& value, field::Any) {
    using Bare = decltype(bare(value));
    value = T{static_cast<Bare>(random_.chance(1, 4) ? extreme() : random_.next())};
  }
  template <class T>
  void operator()(const char*, T& value, field::Within range) {
    in(value, range.min, range.max);
  }
  template <class T>
  void operator()(const char*, T& value, field::Id) {
    in(value, 1, std::numeric_limits<decltype(bare(value))>::max());
  }
  template <class T>
  void operator()(const char*, T& value, field::IdBelow) {
    in(value, 1, std::numeric_limits<decltype(bare(value))>::max());
  }
  void operator()(const char* name, std::uint32_t& value, field::NotBelow) {
    (*this)(name, value, field::any);
  }
  void operator()(const char* name, std::uint32_t& value, field::AsItIs) {
    (*this)(name, value, field::any);
  }
  void operator()(const char*, KeyId& value, field::KeyNumber) { in(value, 1, 0xffffffff); }
  template <class T>
  void operator()(const char*, T& value, field::OneOf range) {
    auto nth = random_.below(static_cast<std::uint64_t>(std::popcount(range.values)));
    std::uint64_t left = range.values;
    for (; nth > 0; --nth) left &= left - 1;
    value = static_cast<T>(std::countr_zero(left));
  }
  void operator()(const char*, bool& value, field::Flag) { value = random_.chance(1, 2); }
  template <std::size_t N>
  void operator()(const char*, Text<N>& value, field::Words) {
    const std::size_t size = random_.between(1, N);
    for (std::size_t i = 0; i < size; ++i) {
      value[i] = static_cast<char>(random_.between(0x21, 0x7e));
    }
    if (size > 2) value[1] = ' ';
  }
  template <std::size_t N>
  void operator()(const char*, Text<N>& value, field::Title range) {
    if (range.may_be_none && random_.chance(1, 4)) return;
    // Of one, two, three and four bytes; none of them combines with another.
    constexpr std::array<std::string_view, 4> letters{"K", "\u00e9", "\u6570", "\U0001d54b"};
    for (std::size_t at = 0;;) {
      const std::string_view letter = letters[random_.below(letters.size())];
      if (at + letter.size() > N || (at > 0 && random_.chance(1, 16))) return;
      std::memcpy(value.data() + at, letter.data(), letter.size());
      at += letter.size();
    }
  }
  void operator()(const char*, Reference& value, field::Label range) {
    if (range.may_be_none && random_.chance(1, 2)) return;
    value = {};
    if (range.may_be_none && random_.chance(1, 2)) {  // a UUID: the highest two bits of byte 8
      value = {random_.next(), (random_.next() & ~std::uint64_t{0xc0}) | 0x80};
      return;
    }
    // Letters and hyphens: a bank's reference as well as a merchant's name of an order.
    const std::size_t size = random_.between(1, 15);
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint64_t letter = random_.chance(1, 8) ? '-' : random_.between('a', 'z');
      value[i / 8] |= letter << (i % 8 * 8);
    }
  }
  void operator()(const char*, Digest& value, field::Digest) {
    for (auto& byte : value) byte = static_cast<std::uint8_t>(random_.next());
  }
  void operator()(const char*, EnclosedCommand& value, field::Enclosed range) {
    if (range.may_be_none && random_.chance(1, 2)) return;
    std::vector<CommandType> types(all_commands.begin(), all_commands.end());
    std::erase_if(types, [](CommandType type) { return !traits_of(type).may_need_two; });
    Command inner = random_command(types[random_.below(types.size())], random_);
    if (!traits_of(inner.type).is_personal) inner.account = AccountId{0};
    value = enclose(inner);
  }

 private:
  template <class T>
  void in(T& value, std::int64_t low, std::int64_t high) {
    using Bare = decltype(bare(value));
    const std::uint64_t pick = random_.below(6);
    const auto span = static_cast<std::uint64_t>(high - low);
    const std::uint64_t off = pick == 0 ? 0 : pick == 1 ? span : random_.between(0, span);
    value = T{static_cast<Bare>(low + static_cast<std::int64_t>(off))};
  }

  std::uint64_t extreme() {
    constexpr std::array<std::uint64_t, 6> ends{
        0, 1, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, ~std::uint64_t{0}};
    return ends[random_.below(ends.size())];
  }

  Random& random_;
};

// Makes fields that are good by themselves fit together.
template <class Body>
void fit(Body&) {}
void fit(Configure& b) {
  const auto at_least = [](std::uint32_t& size, std::uint32_t least) {
    size = std::max(size, least);
  };
  b.accounts_max = 2 + b.accounts_max % ((1U << 24) - 1);
  b.instruments_max = 2 + b.instruments_max % (instrument_slots_max - 1);
  b.orders_max = 2 + b.orders_max % ((1U << 26) - 1);
  b.level_pages_max = 2 + b.level_pages_max % ((1U << 26) - 2);
  b.currencies_max = 2 + b.currencies_max % 65'534U;
  for (std::uint32_t* size : {&b.keys_max, &b.holdings_max, &b.level_pages_max, &b.client_ids_max,
                              &b.references_max, &b.pools_max}) {
    at_least(*size, 2);
  }
  b.answers_per_key = 1U << (b.answers_per_key % 32);
  for (std::uint32_t* bound : {&b.client_ids_per_account_max, &b.makers_per_command_max,
                               &b.makers_per_bystander_max, &b.releases_per_command_max}) {
    at_least(*bound, 1);
  }
}
void fit(Grow& b) { fit(static_cast<Configure&>(b)); }
void fit(AcceptClock& b) { b.step_ns = b.step_ns == 0 ? 1 : b.step_ns; }
void fit(SetDeadMan& b) {
  if (b.timeout_ns != 0) b.timeout_ns = std::max(b.timeout_ns, bound::dead_man_ns_min);
}
template <class Terms>
void fit_prices(Terms& b) {
  if (b.price_min > b.price_max) std::swap(b.price_min, b.price_max);
  b.list_price = std::clamp(b.list_price, b.price_min, b.price_max);
}
void fit(SetPoolTerms& b) {
  fit_prices(b);
  if (b.gate_close_lead_ns > b.gate_open_lead_ns) {
    std::swap(b.gate_close_lead_ns, b.gate_open_lead_ns);
  }
  if (b.gate_close_lead_ns == b.gate_open_lead_ns) {
    b.gate_close_lead_ns = 0;
    b.gate_open_lead_ns = 1;
  }
}
void fit(DefineProduct& b) {
  fit_prices(b);
  if (b.supply == Supply::non_rival) {
    b.seats = Quantity{0};
    b.band_bps = 0;
  } else if (b.supply == Supply::exclusive || b.seats.value() == 0) {
    b.seats = Quantity{1};
  }
}
void fit(CancelOrder& b) {
  if (b.order.is_none() && (b.client_order_id[0] | b.client_order_id[1]) == 0) b.order = OrderId{1};
  if (!b.order.is_none()) b.client_order_id = {};
}
void fit(PlaceOrder& b) {
  const bool is_buy = b.side == Side::buy;
  if (is_buy != (b.draw == Draw::none)) b.draw = is_buy ? Draw::none : Draw::capacity;
  if (b.kind == OrderKind::market) b.limit = Price{0}, b.time_in_force = TimeInForce::ioc;
  if (b.kind == OrderKind::post_only) {
    b.all_or_none = false;
    b.minimum = Quantity{0};
    if (b.time_in_force > TimeInForce::day) b.time_in_force = TimeInForce::gtc;
  }
  const bool is_gtd = b.time_in_force == TimeInForce::gtd;
  if (is_gtd != (b.expiry.value() != 0)) b.expiry = Time{is_gtd ? 1 : 0};
  if (b.time_in_force == TimeInForce::fok) b.all_or_none = false, b.minimum = Quantity{0};
  b.minimum = b.all_or_none ? Quantity{0} : std::min(b.minimum, b.quantity);
}

}  // namespace

Command random_command(CommandType type, Random& random) {
  Filler filler(random);
  Command command;
  filler("client_seq", command.client_seq, field::any);
  filler("account_id", command.account, field::any);
  command.type = type;
  (void)visit_body(command, [&](auto& body) {
    describe_fields(body, filler);
    fit(body);
  });
  return command;
}

}  // namespace karst::test
