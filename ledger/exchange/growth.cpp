#include "ledger/exchange/growth.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/command/check.hpp"
#include "engine/command/fields.hpp"

namespace karst {
namespace {

/// Calls `f(name, was, is)` for each size and bound.
template <class F>
void each_size(const Configure& was, const Configure& is, F&& f) {
  std::array<std::uint32_t, sizeof(Configure) / sizeof(std::uint32_t)> before{};
  std::size_t at = 0;
  describe_fields(was, [&](const char*, std::uint32_t size, auto) { before[at++] = size; });
  at = 0;
  describe_fields(is, [&](const char* name, std::uint32_t size, auto) {
    f(std::string_view(name), before[at++], size);
  });
}

Error refusal(const Configure& was, const Configure& to, std::string_view wrong, const char* why) {
  std::string where;
  each_size(was, to, [&](std::string_view name, std::uint32_t before, std::uint32_t size) {
    if (name != wrong) return;
    where = "[capacity] " + std::string(name) + " was " + std::to_string(before) + ", not " +
            std::to_string(size);
  });
  return Error{ErrorCode::invalid,
               std::string("begin with sizes the exchange cannot be given: ") + why, where};
}

/// Whether a place among the keys was given again: the numbers of its later keys hang on how many
/// places there are.
bool has_later_keys(const Engine& engine) {
  for (std::uint32_t place = 1; place < engine.keys_end(); ++place) {
    if (engine.key_in(place).value() >= engine.sizes().keys_max) return true;
  }
  return false;
}

}  // namespace

Result<std::string> growth_of(const Engine& engine, const Configure& to) {
  const Configure& was = engine.sizes();
  Command command;
  command.type = CommandType::grow;
  command.grow = Grow{to};
  if (const char* const wrong = wrong_field(command, was); wrong != nullptr) {
    const bool is_fixed = std::string_view(wrong) == "answers_per_key";
    return refusal(was, to, wrong, is_fixed ? "it cannot change" : "it can only grow");
  }
  if (to.keys_max != was.keys_max && has_later_keys(engine)) {
    return refusal(was, to, "keys_max", "places of revoked keys have been given again");
  }
  std::string growth;
  each_size(was, to, [&](std::string_view name, std::uint32_t before, std::uint32_t size) {
    if (size == before) return;
    growth += (growth.empty() ? "" : ", ") + std::string(name) + " from " + std::to_string(before) +
              " to " + std::to_string(size);
  });
  return growth;
}

}  // namespace karst
