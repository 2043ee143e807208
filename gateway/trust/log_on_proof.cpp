#include "gateway/trust/log_on_proof.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <memory>

#include "engine/base/assert.hpp"

namespace karst::gateway {
namespace {

struct Free {
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(EVP_MD_CTX* it) const { EVP_MD_CTX_free(it); }
  void operator()(BIO* it) const { BIO_free(it); }
};
using Pkey = std::unique_ptr<EVP_PKEY, Free>;
using MdContext = std::unique_ptr<EVP_MD_CTX, Free>;
using Bio = std::unique_ptr<BIO, Free>;

constexpr std::string_view statement_title{"karst log-on v1\0", 16};

const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

Pkey private_key(const Digest& seed) {
  Pkey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  KARST_ASSERT(key != nullptr);
  return key;
}

}  // namespace

std::string log_on_statement(const Nonce& nonce, const ChannelBinding& binding, KeyId key) {
  std::string statement(statement_title);
  statement.append(nonce.begin(), nonce.end());
  statement.append(binding.begin(), binding.end());
  for (int shift = 24; shift >= 0; shift -= 8) {
    statement.push_back(static_cast<char>(key.value() >> shift));
  }
  return statement;
}

bool is_signed(std::string_view statement, std::string_view signature, const Digest& public_key) {
  const Pkey key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()));
  const MdContext context(EVP_MD_CTX_new());
  return key != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(statement),
                          statement.size()) == 1;
}

SigningKey SigningKey::generate() {
  Digest seed{};
  fill_random(seed);
  return SigningKey(seed);
}

SigningKey SigningKey::from_seed(const Digest& seed) { return SigningKey(seed); }

std::optional<SigningKey> SigningKey::from_pem(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const Pkey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  Digest seed{};
  std::size_t size = seed.size();
  if (key == nullptr || EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519 ||
      EVP_PKEY_get_raw_private_key(key.get(), seed.data(), &size) != 1 || size != seed.size()) {
    return std::nullopt;
  }
  return SigningKey(seed);
}

Digest SigningKey::public_key() const {
  Digest bytes{};
  std::size_t size = bytes.size();
  const int got = EVP_PKEY_get_raw_public_key(private_key(seed_).get(), bytes.data(), &size);
  KARST_ASSERT(got == 1 && size == bytes.size());
  return bytes;
}

std::string SigningKey::to_pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  const int written = PEM_write_bio_PKCS8PrivateKey(bio.get(), private_key(seed_).get(), nullptr,
                                                    nullptr, 0, nullptr, nullptr);
  KARST_ASSERT(written == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Signature SigningKey::sign(std::string_view statement) const {
  const Pkey key = private_key(seed_);
  const MdContext context(EVP_MD_CTX_new());
  Signature signature{};
  std::size_t size = signature.size();
  KARST_ASSERT(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
  const int made =
      EVP_DigestSign(context.get(), signature.data(), &size, bytes_of(statement), statement.size());
  KARST_ASSERT(made == 1 && size == signature.size());
  return signature;
}

void fill_random(std::span<std::uint8_t> bytes) {
  KARST_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
}

std::string to_hex(const Digest& digest) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

bool from_hex(const std::string& text, Digest& digest) {
  if (text.size() != 2 * digest.size()) return false;
  const auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
  };
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = value(text[2 * i]);
    const int low = value(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    digest[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

}  // namespace karst::gateway
