#include "tests/house/rooms.hpp"

#include <algorithm>
#include <array>

namespace karst::house {
namespace {

constexpr std::array<std::string_view, 4> floors{"engine", "schemas", "ledger", "gateway"};

/// Lowest first. docs/ARCHITECTURE.md says of each what may be in it.
constexpr std::string_view rooms[] = {
    "engine/base",
    "engine/seams",
    "engine/command",
    "engine/event",
    "engine/book",
    "engine/state",
    "engine/settlement",
    "engine/order",
    "engine/reference",
    "engine/continuation",
    "engine",
    "schemas/karst/v1",
    "schemas/words",
    "schemas/translate",
    "ledger/files",
    "ledger/journal",
    "ledger/snapshot",
    "ledger/replay",
    "ledger/stores",
    "ledger/record",
    "ledger/index",
    "ledger/books",
    "ledger/audit",
    "ledger/events",
    "ledger/exchange",
    "ledger/offline",
    "gateway/wire",
    "gateway/trust",
    "gateway/session",
    "gateway/feed",
    "gateway/desk",
    "gateway/server",
    "gateway/config",
    "gateway/daemon",
    "gateway/client",
    "gateway/measure",
    "gateway/sim",
    "gateway/tool",
    "gateway/tool/operate",
    "gateway/tool/trade",
    "gateway/tool/files",
    "gateway/tool/audit",
    "gateway/tool/measure",
    "gateway",
};

}  // namespace

std::optional<RoomPlace> room_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto found = std::ranges::find(rooms, path.substr(0, slash));
  if (found == std::end(rooms)) return std::nullopt;
  return static_cast<RoomPlace>(found - std::begin(rooms));
}

std::string_view name_of(RoomPlace room) { return rooms[room]; }

std::optional<int> floor_of(std::string_view path) {
  const auto found = std::ranges::find(floors, path.substr(0, path.find('/')));
  if (found == floors.end()) return std::nullopt;
  return static_cast<int>(found - floors.begin());
}

}  // namespace karst::house
