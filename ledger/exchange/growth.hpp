// Growth: whether an exchange can be given the sizes it is to begin with.
#pragma once

#include <string>

#include "engine/base/result.hpp"
#include "engine/engine.hpp"

namespace karst {

/// What would grow if the exchange began with the sizes `to`: "orders_max from 1000 to 2000, …";
/// empty when it has these sizes. What can grow, and when: docs/ENGINE.md §3, grow.
///
/// Errors: invalid: the exchange cannot be given them. Names the first size that is to blame, what
///         it was and what it was to be.
[[nodiscard]] Result<std::string> growth_of(const Engine& engine, const Configure& to);

}  // namespace karst
