// The engine's quantities: every number that crosses a function carries its unit in its type.
#pragma once

#include <compare>
#include <cstdint>

namespace karst {

/// A name: compares, never adds. Explicit in, `.value()` out. Zero means "none".
template <class Tag, class Rep>
class Id {
 public:
  using Value = Rep;
  Id() = default;
  constexpr explicit Id(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }
  [[nodiscard]] constexpr bool is_none() const { return value_ == 0; }
  friend constexpr auto operator<=>(Id, Id) = default;

 private:
  Rep value_;
};

/// An amount of something: adds to and subtracts from its own kind only.
template <class Tag, class Rep>
class Measure {
 public:
  using Value = Rep;
  Measure() = default;
  constexpr explicit Measure(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }
  constexpr Measure& operator+=(Measure other) {
    value_ = static_cast<Rep>(value_ + other.value_);
    return *this;
  }
  constexpr Measure& operator-=(Measure other) {
    value_ = static_cast<Rep>(value_ - other.value_);
    return *this;
  }
  friend constexpr Measure operator+(Measure a, Measure b) { return a += b; }
  friend constexpr Measure operator-(Measure a, Measure b) { return a -= b; }
  friend constexpr auto operator<=>(Measure, Measure) = default;

 private:
  Rep value_;
};

/// A place on a line: compares; two points differ by `Rep`.
template <class Tag, class Rep>
class Point {
 public:
  using Value = Rep;
  Point() = default;
  constexpr explicit Point(Rep value) : value_(value) {}
  [[nodiscard]] constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(Point, Point) = default;

 private:
  Rep value_;
};

using Money = Measure<struct MoneyTag, std::int64_t>;         ///< Unit: fen (currency/100).
using Quantity = Measure<struct QuantityTag, std::uint32_t>;  ///< Unit: lots.
using Price = Point<struct PriceTag, std::int64_t>;           ///< Unit: ticks per lot.
using Time = Point<struct TimeTag, std::int64_t>;  ///< Unit: nanoseconds since 1970-01-01T00:00Z.
using Hour = Point<struct HourTag, std::int64_t>;  ///< Delivery hour, since 1970-01-01T00:00Z.

using AccountId = Id<struct AccountTag, std::uint32_t>;    ///< A merchant; 0 is the exchange.
using KeyId = Id<struct KeyTag, std::uint32_t>;            ///< A log-on key; 0 is the exchange.
using GroupId = Id<struct GroupTag, std::uint32_t>;        ///< Related merchants; 0 = in no group.
using InstrumentId = Id<struct InstrumentTag, std::uint32_t>;  ///< See `instrument_id`.
using OrderId = Id<struct OrderTag, std::uint64_t>;        ///< generation << 32 | slot.
using PoolId = Id<struct PoolTag, std::uint32_t>;          ///< A compute pool.
using CurrencyId = Id<struct CurrencyTag, std::uint16_t>;  ///< A currency.
using CalendarId = Id<struct CalendarTag, std::uint16_t>;  ///< A trading calendar.
using FeeScheduleId = Id<struct FeeScheduleTag, std::uint16_t>;  ///< A fee schedule.

inline constexpr std::int64_t ns_per_second = 1'000'000'000;
inline constexpr std::int64_t ns_per_hour = 3'600 * ns_per_second;
inline constexpr std::int64_t ns_per_day = 24 * ns_per_hour;

/// An instrument id is (generation, slot): slots are recycled for ever, names are not.
inline constexpr unsigned instrument_slot_bits = 17;
inline constexpr std::uint32_t instrument_slots_max = 1U << instrument_slot_bits;
inline constexpr std::uint32_t instrument_generations_max = 1U << 14;

[[nodiscard]] constexpr InstrumentId instrument_id(std::uint32_t generation, std::uint32_t slot) {
  return InstrumentId{generation << instrument_slot_bits | slot};
}
[[nodiscard]] constexpr std::uint32_t slot_of(InstrumentId id) {
  return id.value() & (instrument_slots_max - 1);
}
[[nodiscard]] constexpr std::uint32_t generation_of(InstrumentId id) {
  return id.value() >> instrument_slot_bits;
}

/// An order id is (generation, slot): it needs no map, and a stale one fails on its generation.
[[nodiscard]] constexpr OrderId order_id(std::uint32_t generation, std::uint32_t slot) {
  return OrderId{static_cast<std::uint64_t>(generation) << 32 | slot};
}
[[nodiscard]] constexpr std::uint32_t slot_of(OrderId id) {
  return static_cast<std::uint32_t>(id.value());
}
[[nodiscard]] constexpr std::uint32_t generation_of(OrderId id) {
  return static_cast<std::uint32_t>(id.value() >> 32);
}

}  // namespace karst
