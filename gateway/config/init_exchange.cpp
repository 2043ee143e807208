#include "gateway/config/init_exchange.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "gateway/config/config.hpp"
#include "gateway/trust/key_file.hpp"
#include "gateway/trust/log_on_proof.hpp"
#include "gateway/trust/pki.hpp"

namespace karst::tool {
namespace {

constexpr std::uint32_t operator_key_number = 1;  // as config_text() says

}  // namespace

Status init_exchange(const std::string& directory, const std::string& names) {
  const Result<OwnTrust> trust = make_trust(names);
  if (!trust) return trust.error();
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error{ErrorCode::io, "make the folder", directory, Error::no_offset, errno};
  }
  const gateway::SigningKey operator_key = gateway::SigningKey::generate();
  const std::string public_key = gateway::to_hex(operator_key.public_key());
  const std::pair<const char*, std::string> files[] = {
      {"karst.toml", gateway::config_text(public_key)},
      {"ca.key", trust->authority.private_key},
      {"ca.crt", trust->authority.certificate},
      {"server.key", trust->server.private_key},
      {"server.crt", trust->server.certificate},
      {"operator.key", key_file_text(operator_key_number, operator_key)},
  };
  // The configuration comes first: where there is one, nothing is touched.
  for (const auto& [name, text] : files) {
    if (Status status = write_new_file(directory + "/" + name, text); !status) return status;
  }
  return {};
}

}  // namespace karst::tool
