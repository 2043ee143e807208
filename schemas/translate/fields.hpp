// The engine's one list of fields (engine/command/fields.hpp) serves both directions: reading from
// the wire with every range checked, and writing to it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "engine/command/check.hpp"
#include "engine/command/enclosed.hpp"
#include "engine/command/fields.hpp"
#include "engine/command/utf8.hpp"
#include "schemas/translate/translate.hpp"
#include "schemas/words/client_order_id.hpp"
#include "schemas/words/shown_name.hpp"

/// Names a field of the message `m` once: its name, how it is read and how it is written.
#define KARST_FIELD(name)                                                       \
  ::karst::schemas::Field {                                                     \
#name, m, [](const auto& from) { return from.name(); },                       \
        [](auto& to, const auto& value) {                                         \
          to.set_##name(static_cast<std::decay_t<decltype(to.name())>>(value));   \
        },                                                                        \
        [](auto& of) -> auto& {                                                   \
          if constexpr (std::is_const_v<std::remove_reference_t<decltype(of)>>) { \
            return of.name();                                                     \
          } else {                                                                \
            return *of.mutable_##name();                                          \
          }                                                                       \
        },                                                                        \
        [](const auto& of) { return of.has_##name(); } \
  }

namespace karst::schemas {

/// One field of a message.
template <class M, class Get, class Set, class Sub, class Has>
struct Field {
  const char* name;
  M& message;
  Get get_from;
  Set set_in;
  Sub sub_of;
  Has is_in;

  [[nodiscard]] auto value() const { return get_from(message); }
  template <class Value>
  void set(const Value& given) const {
    set_in(message, given);
  }
  // Of a field that is a message itself.
  [[nodiscard]] auto& sub() const { return sub_of(message); }
  [[nodiscard]] bool is_there() const { return is_in(message); }
};
template <class M, class Get, class Set, class Sub, class Has>
Field(const char*, M&, Get, Set, Sub, Has) -> Field<M, Get, Set, Sub, Has>;

/// Wire → engine. Remembers the first field that did not fit; what follows it is still read.
///
/// What the sizes of an exchange bound is checked to be representable only: that is the engine's.
class Reader {
 public:
  /// The first field that is wrong; null = all fit.
  [[nodiscard]] const char* wrong() const { return wrong_; }

  void refuse(const char* name) {
    if (wrong_ == nullptr) wrong_ = name;
  }

  template <class F, class T>
  void operator()(F field, T& value, field::Within range) {
    const auto given = field.value();
    if (std::cmp_less(given, range.min) || std::cmp_greater(given, range.max)) {
      return refuse(field.name);
    }
    using Bare = decltype(bare(value));
    value = T{static_cast<Bare>(given)};
  }

  template <class F, class T>
  void operator()(F field, T& value, field::Any) {
    const auto given = field.value();
    using Bare = decltype(bare(value));
    if (!std::in_range<Bare>(given)) return refuse(field.name);
    value = T{static_cast<Bare>(given)};
  }
  template <class F, class T>
  void operator()(F field, T& value, field::Id) {
    (*this)(field, value, field::within(1, std::numeric_limits<decltype(bare(value))>::max()));
  }
  template <class F, class T>
  void operator()(F field, T& value, field::IdBelow) {
    (*this)(field, value, field::within(1, std::numeric_limits<decltype(bare(value))>::max()));
  }
  template <class F, class T>
  void operator()(F field, T& value, field::NotBelow) {
    (*this)(field, value, field::any);
  }
  template <class F, class T>
  void operator()(F field, T& value, field::AsItIs) {
    (*this)(field, value, field::any);
  }
  template <class F>
  void operator()(F field, KeyId& value, field::KeyNumber) {
    (*this)(field, value, field::within(1, std::numeric_limits<std::uint32_t>::max()));
  }

  /// Requires: wire and engine number the values alike (a test sees to it).
  template <class F, class T>
  void operator()(F field, T& value, field::OneOf range) {
    const auto given = static_cast<std::int64_t>(field.value());
    if (given < 0 || given > 63 || (range.values >> given & 1) == 0) return refuse(field.name);
    value = static_cast<T>(given);
  }

  template <class F>
  void operator()(F field, bool& value, field::Flag) {
    value = field.value();
  }

  template <class F, std::size_t N>
  void operator()(F field, Text<N>& value, field::Words) {
    read_text(field, value, [](const std::string& given) { return is_words(given); });
  }

  template <class F, std::size_t N>
  void operator()(F field, Text<N>& value, field::Title range) {
    read_text(field, value, [&](const std::string& given) {
      if (given.empty()) return range.may_be_none;
      return is_name(given) && fault_of_shown_name(given) == nullptr;
    });
  }

  /// Up to 16 bytes, filled up with zeros; all zero = none.
  template <class F>
  void operator()(F field, std::array<std::uint64_t, 2>& value, field::Label range) {
    const std::string given = field.value();
    if (given.size() > sizeof value) return refuse(field.name);
    value = {};
    std::memcpy(value.data(), given.data(), given.size());
    if (!range.may_be_none && (value[0] | value[1]) == 0) refuse(field.name);
  }

  template <class F>
  void operator()(F field, Digest& value, field::Digest) {
    const std::string given = field.value();
    if (given.size() != value.size()) return refuse(field.name);
    std::memcpy(value.data(), given.data(), given.size());
  }

  template <class F>
  void operator()(F field, EnclosedCommand& value, field::Enclosed range) {
    value = {};
    if (!field.is_there()) {
      if (!range.may_be_none) refuse(field.name);
      return;
    }
    if (const char* wrong = enclose_from_wire(field.sub(), value)) refuse(wrong);
  }

 private:
  template <class F, std::size_t N, class IsGood>
  void read_text(F field, Text<N>& value, IsGood is_good) {
    const std::string given = field.value();
    if (given.size() > N || given.find('\0') != std::string::npos || !is_good(given)) {
      return refuse(field.name);
    }
    value = {};
    std::memcpy(value.data(), given.data(), given.size());
  }

  const char* wrong_ = nullptr;
};

/// Engine → wire. Requires: values of the engine, which are in range.
class Writer {
 public:
  template <class F, class T, class Range>
  void operator()(F field, const T& value, Range) {
    field.set(bare(value));
  }

  template <class F, class T>
  void operator()(F field, const T& value, field::OneOf) {
    field.set(static_cast<int>(value));
  }

  template <class F, std::size_t N, class Range>
  requires std::is_same_v<Range, field::Words> || std::is_same_v<Range, field::Title>
  void operator()(F field, const Text<N>& value, Range) {
    const auto end = std::find(value.begin(), value.end(), '\0');
    field.set(std::string(value.begin(), end));
  }

  template <class F>
  void operator()(F field, const std::array<std::uint64_t, 2>& value, field::Label range) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), value.data(), sizeof value);
    if (range.may_be_none) return field.set(client_order_id_of(bytes));
    bytes.resize(bytes.find_last_not_of('\0') + 1);
    field.set(bytes);
  }

  template <class F>
  void operator()(F field, const Digest& value, field::Digest) {
    field.set(std::string(value.begin(), value.end()));
  }

  template <class F>
  void operator()(F field, const EnclosedCommand& value, field::Enclosed) {
    Command inner;
    if (disclose(value, inner)) enclosed_to_wire(inner, field.sub());
  }
};

// fields(way, body, message): every field of a command's body and of its message, one by one.
#define KARST_WAY(member, wire, range) way(KARST_FIELD(wire), body.member, range);
#define KARST_FIELDS(name, number, Body, ...)                                      \
  template <class Way, class M>                                                    \
  void fields([[maybe_unused]] Way& way, [[maybe_unused]] BodyOf<Body> auto& body, \
              [[maybe_unused]] M& m) {                                             \
    using namespace field;                                                         \
    KARST_FIELDS_##Body(KARST_WAY)                                                 \
  }
KARST_COMMANDS(KARST_FIELDS)
#undef KARST_FIELDS
#undef KARST_WAY

}  // namespace karst::schemas
