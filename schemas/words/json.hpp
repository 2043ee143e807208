// The JSON that is written: members stay in the order in which they were set.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace karst::tool {

using Json = nlohmann::ordered_json;

}  // namespace karst::tool
