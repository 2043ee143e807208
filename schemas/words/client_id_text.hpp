// Client order ids as people read them.
#pragma once

#include <string>

namespace karst::tool {

/// Text as it is; 16 other bytes as a UUID, "6ba7b810-9dad-11d1-80b4-00c04fd430c8"; any others as
/// digits, "0x00ff".
[[nodiscard]] std::string client_id_text(const std::string& id);

}  // namespace karst::tool
