#include "gateway/config/data_directory.hpp"

#include <filesystem>

#include "gateway/config/config.hpp"

namespace karst::tool {

std::string data_directory(const std::string& folder) {
  const std::string path = folder + "/karst.toml";
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return folder;
  const Result<gateway::Config> config = gateway::load_config(path);
  return config ? config->data : folder + "/data";
}

}  // namespace karst::tool
