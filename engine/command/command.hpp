// One command: who speaks, when, and what is asked, as a value of two cache lines; a body that is
// longer lies beside them.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "engine/base/assert.hpp"
#include "engine/command/catalogue.hpp"

namespace karst {

/// A body of at most so many bytes lies in its command, a longer one beside it.
inline constexpr std::size_t short_body_bytes_max = 88;
/// No body has more.
inline constexpr std::size_t body_bytes_max = 1'024;

template <class Body>
inline constexpr bool is_long = sizeof(Body) > short_body_bytes_max;

/// Whether the body of such commands lies beside them.
[[nodiscard]] constexpr bool has_long_body(CommandType type) {
#define KARST_IS_LONG(name, number, Body, ...)   \
  static_assert(sizeof(Body) <= body_bytes_max); \
  if constexpr (is_long<Body>) {                 \
    if (type == CommandType::name) return true;  \
  }
  KARST_COMMANDS(KARST_IS_LONG)
#undef KARST_IS_LONG
  return false;
}

struct Command;

/// The type of a command: reads as a CommandType. Setting it to or from one whose body is long
/// drops the body there was; the new one is all zero.
class CommandTag {
 public:
  CommandTag(const CommandTag&) = delete;  // a type by itself is a CommandType
  CommandTag& operator=(const CommandTag& other) { return *this = other.value_; }
  CommandTag& operator=(CommandType type);

  constexpr operator CommandType() const { return value_; }
  template <std::integral T>
  constexpr explicit operator T() const {
    return static_cast<T>(value_);
  }

 private:
  friend struct Command;
  CommandTag() = default;
  ~CommandTag() = default;

  CommandType value_;
};

/// A body beside its command, which owns it. Reads as zero until it is written, and in a command
/// of another type; the first writing takes the memory, and gives a command without a type its own.
///
/// Requires, to write: the command is of this type, or of none yet.
template <class Body>
class LongBody {
 public:
  LongBody(const LongBody&) = delete;  // only a whole command is copied
  LongBody& operator=(const LongBody& other) { return *this = *other; }
  LongBody& operator=(const Body& body) {
    **this = body;
    return *this;
  }

  [[nodiscard]] const Body& operator*() const;
  [[nodiscard]] Body& operator*();
  [[nodiscard]] const Body* operator->() const { return &**this; }
  [[nodiscard]] Body* operator->() { return &**this; }
  operator const Body&() const { return **this; }
  operator Body&() { return **this; }

 private:
  static_assert(std::is_trivially_copyable_v<Body>);
  void* at_;
};

/// One command as the engine takes it. `sequence` and `time` are stamped by the sequencer:
/// sequence grows by one, time strictly.
///
/// Memory:  a long body is the command's own: copied with it, moved with it, freed with it. A
///          command that has been moved away reads as one whose long body is zero.
/// Threads: one owner; whoever shares it reads only.
struct alignas(64) Command {
  std::uint64_t sequence;
  Time time;
  std::uint64_t client_seq;  ///< the key's own number, from 1; 0 = not numbered
  KeyId key;                 ///< who speaks; 0 = the exchange itself, which may do everything
  std::uint32_t epoch;       ///< session of the key; 0 = stateless request, never fenced
  AccountId account;         ///< whom the command is about
  CommandTag type;
  std::uint8_t reserved[3];
  union {
    void* beside;  ///< of a type with a long body: where that lies, or null; not for others to see
#define KARST_BODY(name, number, Body, ...) \
  std::conditional_t<is_long<Body>, LongBody<Body>, Body> name;
    KARST_COMMANDS(KARST_BODY)
#undef KARST_BODY
  };

  Command() { std::memset(static_cast<void*>(this), 0, sizeof *this); }
  Command(const Command& other) {
    copy_lines(other);
    if (has_long_body(type)) [[unlikely]]
      own_body();
  }
  Command(Command&& other) noexcept {
    copy_lines(other);
    if (has_long_body(type)) [[unlikely]]
      other.beside = nullptr;
  }
  Command& operator=(const Command& other) {
    if (has_long_body(type) || has_long_body(other.type)) [[unlikely]]
      return copy_slow(other);
    copy_lines(other);
    return *this;
  }
  Command& operator=(Command&& other) noexcept {
    if (has_long_body(type) || has_long_body(other.type)) [[unlikely]]
      return move_slow(other);
    copy_lines(other);
    return *this;
  }
  ~Command() {
    if (has_long_body(type)) [[unlikely]]
      drop_body();
  }

  /// Whether all that is said is the same.
  friend bool operator==(const Command& a, const Command& b);

 private:
  friend class CommandTag;
  template <class Body>
  friend class LongBody;

  void copy_lines(const Command& other) {
    std::memcpy(static_cast<void*>(this), &other, sizeof *this);
  }
  // Of commands whose type has, or had, a long body.
  void own_body();
  void make_body();
  void drop_body() noexcept;
  void clear_body();
  Command& copy_slow(const Command& other);
  Command& move_slow(Command& other) noexcept;
};

static_assert(sizeof(Command) == 128, "two cache lines");
static_assert(std::is_standard_layout_v<Command>);
static_assert(offsetof(Command, beside) + short_body_bytes_max == sizeof(Command));

namespace detail {
template <class Body>
inline constexpr Body no_body{};
}  // namespace detail

// A type and a long body are members of a Command always: they reach it from where they lie in it.

inline CommandTag& CommandTag::operator=(CommandType type) {
  if (value_ != type && (has_long_body(value_) || has_long_body(type))) [[unlikely]] {
    auto* const at = reinterpret_cast<std::byte*>(this) - offsetof(Command, type);
    reinterpret_cast<Command*>(at)->clear_body();
  }
  value_ = type;
  return *this;
}

template <class Body>
const Body& LongBody<Body>::operator*() const {
  const auto* const at = reinterpret_cast<const std::byte*>(this) - offsetof(Command, beside);
  const bool is_there =
      reinterpret_cast<const Command*>(at)->type == type_of<Body> && at_ != nullptr;
  return is_there ? *static_cast<const Body*>(at_) : detail::no_body<Body>;
}

template <class Body>
Body& LongBody<Body>::operator*() {
  auto* const at = reinterpret_cast<std::byte*>(this) - offsetof(Command, beside);
  Command& command = *reinterpret_cast<Command*>(at);
  if (command.type != type_of<Body>) {
    KARST_ASSERT(command.type == CommandType{});
    command.type = type_of<Body>;
  }
  if (at_ == nullptr) command.make_body();
  return *static_cast<Body*>(at_);
}

// body_in(command.name): the body itself, wherever it lies.
template <class Body>
[[nodiscard]] constexpr Body& body_in(Body& body) {
  return body;
}
template <class Body>
[[nodiscard]] Body& body_in(LongBody<Body>& body) {
  return *body;
}
template <class Body>
[[nodiscard]] const Body& body_in(const LongBody<Body>& body) {
  return *body;
}

}  // namespace karst
