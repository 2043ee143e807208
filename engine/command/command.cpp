// Commands whose body lies beside them: plain bytes that each of them owns.
#include "engine/command/command.hpp"

#include <array>
#include <new>

namespace karst {
namespace {

/// How long the long bodies are, by the number of their type. Unit: bytes.
constexpr std::array<std::size_t, 256> long_body_bytes = [] {
  std::array<std::size_t, 256> table{};
#define KARST_BYTES(name, number, Body, ...) table[number] = is_long<Body> ? sizeof(Body) : 0;
  KARST_COMMANDS(KARST_BYTES)
#undef KARST_BYTES
  return table;
}();

[[nodiscard]] std::size_t bytes_beside(const Command& command) {
  return long_body_bytes[static_cast<std::size_t>(command.type)];
}

}  // namespace

// Memory that no compiler has seen written may hold padding: all of it is zero, as in the command.
void Command::make_body() {
  const std::size_t bytes = bytes_beside(*this);
  beside = std::memset(::operator new(bytes), 0, bytes);
}

// What lies beside is another command's still.
void Command::own_body() {
  if (beside == nullptr) return;
  const std::size_t bytes = bytes_beside(*this);
  beside = std::memcpy(::operator new(bytes), beside, bytes);
}

void Command::drop_body() noexcept {
  ::operator delete(beside);
  beside = nullptr;
}

// Before the type changes.
void Command::clear_body() {
  if (has_long_body(type)) drop_body();
  std::memset(static_cast<void*>(&beside), 0, short_body_bytes_max);
}

Command& Command::copy_slow(const Command& other) {
  if (this == &other) return *this;
  Command copy(other);
  return move_slow(copy);
}

Command& Command::move_slow(Command& other) noexcept {
  if (this == &other) return *this;
  if (has_long_body(type)) drop_body();
  copy_lines(other);
  if (has_long_body(other.type)) other.beside = nullptr;
  return *this;
}

bool operator==(const Command& a, const Command& b) {
  if (!has_long_body(a.type)) return std::memcmp(&a, &b, sizeof a) == 0;
  if (std::memcmp(&a, &b, offsetof(Command, beside)) != 0) return false;
  const std::array<std::byte, body_bytes_max> none{};
  const auto* const of_a = a.beside != nullptr ? a.beside : none.data();
  const auto* const of_b = b.beside != nullptr ? b.beside : none.data();
  return std::memcmp(of_a, of_b, bytes_beside(a)) == 0;
}

}  // namespace karst
