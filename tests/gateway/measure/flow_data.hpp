// Where the recorded flow lies, if it is at hand.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace karst::test {

/// Returns: the path of a recorded file in $KARST_DATA, else in ../shared/data beside the project.
[[nodiscard]] inline std::string data_file(const std::string& name) {
  const char* given = std::getenv("KARST_DATA");
  const std::string folder = given != nullptr ? given : KARST_SOURCE_DIR "/../shared/data";
  return folder + "/" + name;
}

[[nodiscard]] inline bool has_data(const std::string& name) {
  return std::filesystem::exists(data_file(name));
}

}  // namespace karst::test
