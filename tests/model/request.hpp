// What makes two commands the same request.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/command/command.hpp"

namespace karst::model {

/// The bytes of the type, the account and every field of the body, without what lies between them.
[[nodiscard]] std::vector<std::uint8_t> request_of(const Command& command);

/// The same of an order's body alone.
[[nodiscard]] std::vector<std::uint8_t> request_of(const PlaceOrder& order);

}  // namespace karst::model
