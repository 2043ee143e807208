#include <array>
#include <cstring>
#include <vector>

#include "schemas/translate/translate.hpp"
#include "tests/schemas/translate/random_command.hpp"

namespace karst::test {
namespace {

/// Fills commands field by field.
class Filler {
 public:
  explicit Filler(Random& random) : random_(random) {}

  template <class T>
  void any(T& value) {
    using Bare = decltype(bare_of(value));
    value = T{static_cast<Bare>(random_.chance(1, 4) ? extreme() : random_.next())};
  }

  template <class T>
  void in(T& value, std::int64_t low, std::int64_t high) {
    using Bare = decltype(bare_of(value));
    const std::uint64_t pick = random_.below(6);
    const auto span = static_cast<std::uint64_t>(high - low);
    const std::uint64_t off = pick == 0 ? 0 : pick == 1 ? span : random_.between(0, span);
    value = T{static_cast<Bare>(low + static_cast<std::int64_t>(off))};
  }

  template <class T>
  void choice(T& value, int low, int high) {
    value = static_cast<T>(
        random_.between(static_cast<std::uint64_t>(low), static_cast<std::uint64_t>(high)));
  }

  void flag(bool& value) { value = random_.chance(1, 2); }

  template <std::size_t N>
  void text(std::array<char, N>& value) {
    const std::size_t size = random_.between(1, N);
    for (std::size_t i = 0; i < size; ++i)
      value[i] = static_cast<char>(random_.between(0x21, 0x7e));
    if (size > 2) value[1] = ' ';
  }

  void name16(std::array<std::uint64_t, 2>& value) {
    value = {random_.next() | 1U, random_.chance(1, 3) ? 0 : random_.next()};
  }

  void digest(std::array<std::uint8_t, 32>& value) {
    for (auto& byte : value) byte = static_cast<std::uint8_t>(random_.next());
  }

  Random& random() { return random_; }

 private:
  template <class T>
  static auto bare_of(T value) {
    if constexpr (requires { value.value(); }) {
      return value.value();
    } else {
      return value;
    }
  }

  std::uint64_t extreme() {
    constexpr std::array<std::uint64_t, 6> ends{
        0, 1, 0x7fffffff, 0xffffffff, 0x7fffffffffffffff, ~std::uint64_t{0}};
    return ends[random_.below(ends.size())];
  }

  Random& random_;
};

constexpr std::int64_t lots_max = 0x7fffffff;
constexpr std::int64_t fen_max = std::int64_t{1} << 62;
constexpr std::int64_t fen_per_lot_max = 1'000'000'000'000;

template <class C>
void fill_terms(C& c, Filler& fill) {
  fill.any(c.currency);
  fill.any(c.calendar);
  fill.any(c.fees);
  fill.in(c.band_bps, 0, 10'000);
  fill.in(c.tick_value, 1, fen_per_lot_max);
  fill.in(c.list_price, 1, 1 << 30);
  fill.in(c.price_min, 1, c.list_price.value());
  fill.in(c.price_max, c.list_price.value(), 1 << 30);
  fill.in(c.quantity_max, 1, lots_max);
  fill.in(c.tier_min, 0, 9);
  fill.in(c.clearance_min, 0, 9);
  fill.flag(c.domestic_only);
}

template <class C>
void fill_profile(C& c, Filler& fill) {
  fill.any(c.group);
  fill.in(c.tier, 0, 9);
  fill.in(c.clearance, 0, 9);
  fill.flag(c.domestic);
}

template <class C>
void fill_cash(C& c, Filler& fill) {
  fill.in(c.currency, 1, 0xffff);
  fill.in(c.amount, 1, fen_max);
  fill.name16(c.reference);
}

void fill(Configure& c, Filler& fill) {
  std::array<std::uint32_t, sizeof(Configure) / 4> sizes{};
  for (auto& size : sizes) fill.any(size);
  std::memcpy(&c, sizes.data(), sizeof c);
}
void fill(Tick&, Filler&) {}
void fill(AdoptRules& c, Filler& fill) { fill.any(c.version); }
void fill(BeginIncarnation& c, Filler& fill) {
  fill.any(c.number);
  fill.any(c.after);
}
void fill(ClockHeld& c, Filler& fill) { fill.flag(c.held); }
void fill(AcceptClock& c, Filler& fill) { fill.any(c.step_ns); }
void fill(CloseSession&, Filler&) {}
void fill(Heartbeat&, Filler&) {}
void fill(DefineCurrency& c, Filler& fill) {
  fill.in(c.currency, 1, 0xffff);
  fill.text(c.code);
}
void fill(DefineCalendar& c, Filler& fill) {
  fill.in(c.calendar, 1, 255);
  fill.in(c.utc_offset_ns, -12 * ns_per_hour, 14 * ns_per_hour);
}
void fill(DefineFees& c, Filler& fill) {
  fill.in(c.schedule, 1, 255);
  fill.in(c.maker_bps, 0, 5'000);
  fill.in(c.taker_bps, 0, 5'000);
  fill.in(c.maker_per_lot, 0, fen_per_lot_max);
  fill.in(c.taker_per_lot, 0, fen_per_lot_max);
}
void fill(AdmitMerchant& c, Filler& fill) {
  fill_profile(c, fill);
  fill.text(c.name);
}
void fill(SetMerchantProfile& c, Filler& fill) { fill_profile(c, fill); }
void fill(SetMerchantState& c, Filler& fill) { fill.choice(c.state, 1, 3); }
void fill(SetMerchantLimits& c, Filler& fill) {
  fill.in(c.order_quantity_max, 1, lots_max);
  fill.any(c.open_orders_max);
  fill.in(c.order_notional_max, 1, fen_max);
  fill.any(c.messages_per_10s_max);
  fill.any(c.messages_per_hour_max);
  fill.any(c.messages_per_day_max);
}
void fill(KillSwitch& c, Filler& fill) { fill.flag(c.on); }
void fill(Fund& c, Filler& fill) { fill_cash(c, fill); }
void fill(Withdraw& c, Filler& fill) { fill_cash(c, fill); }
void fill(CreateKey& c, Filler& fill) {
  fill.in(c.new_key, 1, 0xffffffff);
  fill.in(c.scopes, 1, 31);
  fill.digest(c.public_key);
}
void fill(RevokeKey& c, Filler& fill) { fill.in(c.revoked_key, 1, 0xffffffff); }
void fill(OpenSession& c, Filler& fill) { fill.in(c.disconnect_grace_ns, -1, ns_per_day); }
void fill(SetDeadMan& c, Filler& fill) {
  fill.in(c.timeout_ns, 1'000'000, ns_per_day);
  if (fill.random().chance(1, 4)) c.timeout_ns = 0;
}
void fill(DefinePool& c, Filler& fill) {
  fill.in(c.pool, 1, 0xffffffff);
  fill.any(c.operator_account);
  fill.any(c.hub);
  fill.any(c.cluster);
  fill.any(c.cards_per_node);
  fill.any(c.interconnect_gbps);
  fill.any(c.memory_gib);
  fill.any(c.mflops_per_card);
  fill.text(c.symbol);
  fill.text(c.accelerator);
  fill.choice(c.unit, 1, 10);
  fill.flag(c.domestic_chip);
}
void fill(SetPoolCapacity& c, Filler& fill) {
  fill.any(c.pool);
  fill.any(c.from_hour);
  fill.any(c.capacity);
}
void fill(SetPoolTerms& c, Filler& fill) {
  fill.any(c.pool);
  fill_terms(c, fill);
  fill.choice(c.grade, 1, 3);
  fill.in(c.penalty_bps, 0, 50'000);
  fill.in(c.gate_open_lead_ns, 0, 400 * ns_per_day);
  fill.in(c.gate_close_lead_ns, 0, 400 * ns_per_day);
}
void fill(ListContracts& c, Filler& fill) {
  fill.any(c.pool);
  fill.any(c.from_hour);
  fill.in(c.hours, 1, 336);
}
void fill(MintCapacity& c, Filler& fill) {
  fill.any(c.pool);
  fill.any(c.from_hour);
  fill.in(c.hours, 1, 336);
  fill.in(c.quantity, 1, lots_max);
}
void fill(DefineProduct& c, Filler& fill) {
  fill_terms(c, fill);
  fill.in(c.seats, 0, lots_max);
  fill.choice(c.supply, 1, 3);
  fill.choice(c.resale, 1, 3);
  fill.choice(c.unit, 1, 10);
  fill.any(c.certificate_expiry);
  fill.text(c.symbol);
}
void fill(SetProductTerms& c, Filler& fill) {
  fill.any(c.instrument);
  fill.any(c.certificate_expiry);
  fill.digest(c.terms_hash);
}
void fill(SetInstrumentState& c, Filler& fill) {
  fill.any(c.instrument);
  fill.choice(c.state, 1, 6);
}
void fill(Halt& c, Filler& fill) { fill.any(c.instrument); }
void fill(Resume& c, Filler& fill) {
  fill.any(c.instrument);
  fill.any(c.reference);
}
void fill(PlaceOrder& c, Filler& fill) {
  fill.any(c.instrument);
  fill.any(c.quantity);
  fill.any(c.limit);
  fill.any(c.expiry);
  if (fill.random().chance(1, 2)) fill.name16(c.client_order_id);
  fill.any(c.minimum);
  fill.any(c.tag);
  fill.choice(c.side, 1, 2);
  fill.choice(c.kind, 1, 3);
  fill.choice(c.time_in_force, 1, 5);
  fill.choice(c.self_match, 1, 4);
  fill.choice(c.draw, 0, 2);
  fill.flag(c.all_or_none);
}
void fill(AmendOrder& c, Filler& fill) {
  fill.any(c.order);
  fill.any(c.limit);
  fill.in(c.quantity, 1, 0xffffffff);
}
void fill(CancelOrder& c, Filler& fill) {
  if (fill.random().chance(1, 2)) {
    fill.name16(c.client_order_id);
  } else {
    c.order = OrderId{fill.random().next() | 1U};
  }
}
void fill(MassCancel& c, Filler& fill) {
  fill.any(c.instrument);
  fill.any(c.tag);
  fill.choice(c.side, 0, 2);
}
void fill(HibernateOrder& c, Filler& fill) { fill.any(c.order); }
void fill(ReactivateOrder& c, Filler& fill) { fill.any(c.order); }
void fill(PostOffer& c, Filler& fill) {
  fill.any(c.instrument);
  fill.any(c.price);
}

}  // namespace

const std::vector<CommandType>& all_command_types() {
  static const std::vector<CommandType> types{
#define KARST_TYPE(name, Name) CommandType::name,
      KARST_COMMANDS(KARST_TYPE)
#undef KARST_TYPE
  };
  return types;
}

Command random_command(CommandType type, Random& random) {
  Filler filler(random);
  Command command;
  filler.any(command.client_seq);
  filler.any(command.account);
  command.type = type;
  switch (type) {
#define KARST_FILL(name, Name)  \
  case CommandType::name:       \
    fill(command.name, filler); \
    break;
    KARST_COMMANDS(KARST_FILL)
#undef KARST_FILL
  }
  return command;
}

}  // namespace karst::test
