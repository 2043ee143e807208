// The JSON that is written: members stay in the order in which they were set.
#pragma once

#include <concepts>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace karst::tool {

using Json = nlohmann::ordered_json;

/// How JSON has the ids, sequences and times that fill 64 bits: as text (docs/json/id.json). Most
/// readers of JSON take a number for a floating one, which is exact to 53 bits only.
[[nodiscard]] std::string id_text(std::integral auto id) { return std::to_string(id); }

}  // namespace karst::tool
