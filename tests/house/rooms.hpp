// The table of rooms: which folders there are, lowest first.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace karst::house {

/// The place of a room in the table; a file may include from its own room and from rooms below.
using RoomPlace = std::size_t;

/// The room a file stands in: the folder it lies in, if that is one.
[[nodiscard]] std::optional<RoomPlace> room_of(std::string_view path);

/// Its folder: "engine/book".
[[nodiscard]] std::string_view name_of(RoomPlace room);

/// The floor of a path of the product, from 0 (engine) to 3 (gateway); none for other paths.
[[nodiscard]] std::optional<int> floor_of(std::string_view path);

}  // namespace karst::house
