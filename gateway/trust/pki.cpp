#include "gateway/trust/pki.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <utility>

#include "engine/base/assert.hpp"
#include "gateway/trust/key_file.hpp"
#include "gateway/trust/log_on_proof.hpp"

namespace karst::tool {
namespace {

struct Free {
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
  void operator()(X509* it) const { X509_free(it); }
  void operator()(BIO* it) const { BIO_free(it); }
};
using Pkey = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Bio = std::unique_ptr<BIO, Free>;

constexpr int authority_days = 3'650;
constexpr int server_days = 825;
constexpr int client_days = 825;
constexpr long seconds_per_day = 86'400;

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string key_pem(const Pkey& key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  const int written =
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  KARST_ASSERT(written == 1);
  return text_of(bio);
}

std::string certificate_pem(const Certificate& certificate) {
  const Bio bio(BIO_new(BIO_s_mem()));
  KARST_ASSERT(PEM_write_bio_X509(bio.get(), certificate.get()) == 1);
  return text_of(bio);
}

Pkey read_key(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Pkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

Certificate read_certificate(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

/// Whether `subject` takes `name` as its common name: X.509 has 1 to 64 characters there.
bool set_common_name(X509_NAME* subject, const std::string& name) {
  return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.c_str()),
                                    static_cast<int>(name.size()), -1, 0) == 1;
}

Status check_common_name(const std::string& name) {
  const std::unique_ptr<X509_NAME, void (*)(X509_NAME*)> subject(X509_NAME_new(), X509_NAME_free);
  constexpr std::size_t bytes_max = 64 * 4;  // of UTF-8
  const bool is_good = name.size() <= bytes_max && set_common_name(subject.get(), name);
  ERR_clear_error();
  if (is_good) return {};
  return Error{ErrorCode::invalid, "name a certificate (1 to 64 characters of UTF-8)", name};
}

bool is_address(const std::string& name) {
  unsigned char address[16];
  return ::inet_pton(AF_INET, name.c_str(), address) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), address) == 1;
}

/// Whether DNS could have the name; its first part may be "*".
bool is_host_name(const std::string& name) {
  constexpr std::size_t name_max = 253;
  constexpr std::size_t label_max = 63;
  if (name.size() > name_max || name.empty() || name.back() == '.') return false;
  std::istringstream list(name.starts_with("*.") ? name.substr(2) : name);
  for (std::string label; std::getline(list, label, '.');) {
    const bool is_good = std::ranges::all_of(label, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_';
    });
    if (!is_good || label.empty() || label.size() > label_max) return false;
  }
  return true;
}

/// Of a list with commas; empty ones are passed over.
Status check_server_names(const std::string& names) {
  std::istringstream list(names);
  for (std::string name; std::getline(list, name, ',');) {
    if (name.empty() || is_address(name) || is_host_name(name)) continue;
    return Error{ErrorCode::invalid,
                 "name a server (host names of letters, digits, - and _, at most 253 in all and 63 "
                 "between dots; numeric addresses; commas and no blanks between them)",
                 name};
  }
  return {};
}

/// A version 3 certificate for `key` with a random serial number; the caller adds and signs.
Certificate begin_certificate(const Pkey& key, const std::string& name, int from_day, int to_day) {
  Certificate made(X509_new());
  X509_set_version(made.get(), 2);
  std::uint64_t serial = 0;
  KARST_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial >> 1U);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), from_day * seconds_per_day);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), to_day * seconds_per_day);
  X509_set_pubkey(made.get(), key.get());
  const bool is_named = set_common_name(X509_get_subject_name(made.get()), name);
  KARST_ASSERT(is_named);
  return made;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  KARST_ASSERT(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

/// "localhost,127.0.0.1" as X.509 says it: "DNS:localhost,IP:127.0.0.1".
std::string alternative_names(const std::string& names) {
  std::istringstream list(names);
  std::string result;
  for (std::string name; std::getline(list, name, ',');) {
    result += (result.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  }
  return result;
}

/// A certificate that signs no others. `usage`: what it may be used for; `names` may be empty.
Certified make_end(const Certified& authority, const std::string& subject, const std::string& usage,
                   const std::string& names, int days) {
  const Pkey authority_key = read_key(authority.private_key);
  const Certificate issuer = read_certificate(authority.certificate);
  KARST_ASSERT(authority_key != nullptr && issuer != nullptr);
  const Pkey key(EVP_EC_gen("P-256"));
  const Certificate made = begin_certificate(key, subject, days < 0 ? 2 * days : 0, days);
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer.get()));
  add_extension(made.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(made.get(), issuer.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(made.get(), issuer.get(), NID_ext_key_usage, usage);
  if (!names.empty()) add_extension(made.get(), issuer.get(), NID_subject_alt_name, names);
  add_extension(made.get(), issuer.get(), NID_authority_key_identifier, "keyid");
  KARST_ASSERT(X509_sign(made.get(), authority_key.get(), EVP_sha256()) > 0);
  return {key_pem(key), certificate_pem(made)};
}

}  // namespace

Certified make_authority(const std::string& name) {
  const Pkey key(EVP_EC_gen("P-256"));
  const Certificate made = begin_certificate(key, name, 0, authority_days);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  add_extension(made.get(), made.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(made.get(), made.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(made.get(), made.get(), NID_subject_key_identifier, "hash");
  KARST_ASSERT(X509_sign(made.get(), key.get(), EVP_sha256()) > 0);
  return {key_pem(key), certificate_pem(made)};
}

Certified make_server(const Certified& authority, const std::string& names, int days) {
  return make_end(authority, "Karst exchange", "serverAuth", alternative_names(names), days);
}

Certified make_client(const Certified& authority, const std::string& name, int days) {
  return make_end(authority, name, "clientAuth", "", days);
}

namespace {

/// `names` and our own, each once.
std::string with_own(const std::string& names) {
  std::istringstream list(names + "," + own_names);
  std::string all;
  for (std::string name; std::getline(list, name, ',');) {
    const bool is_there = ("," + all + ",").find("," + name + ",") != std::string::npos;
    if (!name.empty() && !is_there) all += (all.empty() ? "" : ",") + name;
  }
  return all;
}

/// The names in a certificate as --names says them: "localhost,127.0.0.1".
std::string names_in(const std::string& certificate) {
  const Certificate read = read_certificate(certificate);
  if (read == nullptr) return {};
  auto* const list = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(read.get(), NID_subject_alt_name, nullptr, nullptr));
  std::string names;
  for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(list, i);
    std::string text;
    if (name->type == GEN_DNS) {
      text.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                  static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    } else if (name->type == GEN_IPADD) {
      const bool is_long = ASN1_STRING_length(name->d.iPAddress) == 16;
      char address[INET6_ADDRSTRLEN] = {};
      ::inet_ntop(is_long ? AF_INET6 : AF_INET, ASN1_STRING_get0_data(name->d.iPAddress), address,
                  sizeof address);
      text = address;
    }
    names += (names.empty() ? "" : ",") + text;
  }
  GENERAL_NAMES_free(list);
  return names;
}

std::string read_text(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The authority in the folder of an exchange.
Result<Certified> read_authority(const std::string& directory) {
  Certified authority;
  for (const auto& [file, text] :
       {std::pair{"ca.key", &authority.private_key}, {"ca.crt", &authority.certificate}}) {
    const std::string from = directory + "/" + file;
    *text = read_text(from);
    if (text->empty()) return Error{ErrorCode::not_found, "read the authority", from};
  }
  const bool is_good = read_key(authority.private_key) != nullptr &&
                       read_certificate(authority.certificate) != nullptr;
  if (!is_good) return Error{ErrorCode::invalid, "understand the authority", directory};
  return authority;
}

Status write_files(const Certified& made, const std::string& path) {
  if (Status status = write_new_file(path + ".key", made.private_key); !status) return status;
  return write_new_file(path + ".crt", made.certificate);
}

}  // namespace

Result<OwnTrust> make_trust(const std::string& names) {
  if (Status named = check_server_names(names); !named) return named.error();
  OwnTrust made;
  made.authority = make_authority("Karst exchange authority");
  made.server = make_server(made.authority, with_own(names), server_days);
  made.server.certificate += made.authority.certificate;
  return made;
}

Status make_server_files(const std::string& directory, const std::string& names,
                         const std::string& path) {
  const Result<Certified> authority = read_authority(directory);
  if (!authority) return authority.error();
  const std::string usual = names.empty() ? names_in(read_text(directory + "/server.crt")) : names;
  if (Status named = check_server_names(usual); !named) return named;
  Certified made = make_server(*authority, with_own(usual), server_days);
  made.certificate += authority->certificate;
  return write_files(made, path);
}

Status make_client_files(const std::string& directory, const std::string& name,
                         const std::string& path) {
  if (Status named = check_common_name(name); !named) return named;
  const Result<Certified> authority = read_authority(directory);
  if (!authority) return authority.error();
  return write_files(make_client(*authority, name, client_days), path);
}

Result<std::string> make_key_file(const std::string& path) {
  const gateway::SigningKey key = gateway::SigningKey::generate();
  if (const Status status = write_new_file(path, key.to_pem()); !status) return status.error();
  return gateway::to_hex(key.public_key());
}

}  // namespace karst::tool
