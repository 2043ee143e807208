// One description of each message's fields serves both directions: reading from the wire with every
// range checked, and writing to it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

/// Names a field of the message `m` once: its name, how it is read and how it is written.
#define KARST_FIELD(name)                                                       \
  ::karst::schemas::Field {                                                     \
#name, m, [](const auto& from) { return from.name(); },                       \
        [](auto& to, const auto& value) {                                         \
          to.set_##name(static_cast<std::decay_t<decltype(to.name())>>(value));   \
        } \
  }

namespace karst::schemas {

/// One field of a message.
template <class M, class Get, class Set>
struct Field {
  const char* name;
  M& message;
  Get get_from;
  Set set_in;

  [[nodiscard]] auto value() const { return get_from(message); }
  template <class Value>
  void set(const Value& given) const {
    set_in(message, given);
  }
};
template <class M, class Get, class Set>
Field(const char*, M&, Get, Set) -> Field<M, Get, Set>;

/// The engine's rule for texts: 1 to `room` printable ASCII characters, no space at either end.
[[nodiscard]] inline bool is_plain_text(const std::string& text, std::size_t room) {
  if (text.empty() || text.size() > room || text.front() == ' ' || text.back() == ' ') return false;
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

template <class T>
concept Strong = requires(T value) {
  value.value();
};

/// The bare number inside a unit type, or the number itself.
template <class T>
[[nodiscard]] constexpr auto bare(T value) {
  if constexpr (Strong<T>) {
    return value.value();
  } else {
    return value;
  }
}

/// Wire → engine. Remembers the first field that did not fit; what follows it is still read.
class Reader {
 public:
  /// The first field that is wrong; null = all fit.
  [[nodiscard]] const char* wrong() const { return wrong_; }

  void refuse(const char* name) {
    if (wrong_ == nullptr) wrong_ = name;
  }

  /// A number that has to be in [min, max].
  template <class F, class T, class Bound>
  void number(F field, T& value, Bound min, Bound max) {
    const auto given = field.value();
    if (std::cmp_less(given, min) || std::cmp_greater(given, max)) return refuse(field.name);
    using Bare = decltype(bare(value));
    value = T{static_cast<Bare>(given)};
  }

  /// Any number that the engine's type holds; what it means there is the engine's to say.
  template <class F, class T>
  void number(F field, T& value) {
    using Bare = decltype(bare(value));
    number(field, value, std::numeric_limits<Bare>::min(), std::numeric_limits<Bare>::max());
  }

  /// One of the named values. Requires: wire and engine number them alike (a test sees to it).
  template <class F, class T, class IsValid>
  void choice(F field, T& value, IsValid is_valid, bool may_be_zero = false) {
    const int given = field.value();
    if (!is_valid(given) || (given == 0 && !may_be_zero)) return refuse(field.name);
    value = static_cast<T>(given);
  }

  template <class F>
  void flag(F field, bool& value) {
    value = field.value();
  }

  template <class F, std::size_t N>
  void text(F field, std::array<char, N>& value) {
    const std::string given = field.value();
    if (!is_plain_text(given, N)) return refuse(field.name);
    value = {};
    std::memcpy(value.data(), given.data(), given.size());
  }

  /// Up to 16 bytes, filled up with zeros; all zero = none.
  template <class F>
  void name16(F field, std::array<std::uint64_t, 2>& value, bool may_be_none) {
    const std::string given = field.value();
    if (given.size() > sizeof value) return refuse(field.name);
    value = {};
    std::memcpy(value.data(), given.data(), given.size());
    if (!may_be_none && value[0] == 0 && value[1] == 0) refuse(field.name);
  }

  template <class F>
  void digest(F field, std::array<std::uint8_t, 32>& value) {
    const std::string given = field.value();
    if (given.size() != value.size()) return refuse(field.name);
    std::memcpy(value.data(), given.data(), given.size());
  }

 private:
  const char* wrong_ = nullptr;
};

/// Engine → wire. Requires: values of the engine, which are in range.
class Writer {
 public:
  template <class F, class T, class... Bounds>
  void number(F field, const T& value, Bounds...) {
    field.set(bare(value));
  }

  template <class F, class T, class IsValid>
  void choice(F field, const T& value, IsValid, bool = false) {
    field.set(static_cast<int>(value));
  }

  template <class F>
  void flag(F field, const bool& value) {
    field.set(value);
  }

  template <class F, std::size_t N>
  void text(F field, const std::array<char, N>& value) {
    const auto end = std::find(value.begin(), value.end(), '\0');
    field.set(std::string(value.begin(), end));
  }

  template <class F>
  void name16(F field, const std::array<std::uint64_t, 2>& value, bool) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), value.data(), sizeof value);
    bytes.resize(bytes.find_last_not_of('\0') + 1);
    field.set(bytes);
  }

  template <class F>
  void digest(F field, const std::array<std::uint8_t, 32>& value) {
    field.set(std::string(value.begin(), value.end()));
  }
};

}  // namespace karst::schemas
