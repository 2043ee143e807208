// Subject: whom a question is about.
#pragma once

#include <cstdint>

namespace karst::v1 {
class Request;
}

namespace karst::gateway {

/// None = it names no account.
struct Subject {
  std::uint32_t account = 0;
  bool is_everyone = false;
  bool is_about_account = true;
  const char* name = "";
};

[[nodiscard]] Subject subject_of(const v1::Request& request);

}  // namespace karst::gateway
