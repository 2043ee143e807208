#include "engine/state/incarnation.hpp"

#include <algorithm>
#include <iterator>

namespace karst {

std::uint64_t shared_through(std::span<const Incarnation> lives, std::optional<std::uint64_t> of) {
  const std::uint64_t number = of.value_or(0);
  if (number == (lives.empty() ? 0 : lives.back().number)) return all_shared;
  if (lives.empty()) return 0;
  if (number == 0) return lives.front().after;
  const auto found = std::ranges::find(lives, number, &Incarnation::number);
  return found == lives.end() ? 0 : std::next(found)->after;
}

}  // namespace karst
