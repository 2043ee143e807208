// Where the files of an exchange lie, named by either of the two folders people name.
#pragma once

#include <string>

namespace karst::tool {

inline constexpr const char* exchange_folder_text = "the exchange's folder, or its data folder";

/// "data/demo", the exchange's folder with its karst.toml, → the data folder that this says.
/// "data/demo/data", or anything else → itself.
[[nodiscard]] std::string data_directory(const std::string& folder);

}  // namespace karst::tool
