#include "gateway/trust/command_hash.hpp"

#include <openssl/evp.h>

#include "engine/base/assert.hpp"
#include "engine/command/enclosed.hpp"

namespace karst::gateway {

Digest hash_of(const EnclosedCommand& command) {
  Digest hash{};
  unsigned int bytes = 0;
  const int is_done = EVP_Digest(command.data(), enclosed_bytes(command), hash.data(), &bytes,
                                 EVP_sha256(), nullptr);
  KARST_ASSERT(is_done == 1 && bytes == hash.size());
  return hash;
}

}  // namespace karst::gateway
