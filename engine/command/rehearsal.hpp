// What a command would be answered.
#pragma once

#include <cstdint>

#include "engine/command/reject_code.hpp"

namespace karst {

/// The answer of Engine::rehearse().
struct Rehearsal {
  RejectCode code = RejectCode::none;
  bool is_repeated = false;  ///< it was answered before, with that code
  std::int64_t value = 0;    ///< as in the `rejected` event
};

}  // namespace karst
