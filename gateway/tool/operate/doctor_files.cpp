// What `karst doctor` looks at in the folder: configuration, secrets, certificates, room.
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "gateway/config/sizes_at_start.hpp"
#include "gateway/desk/access_chain.hpp"
#include "gateway/tool/operate/doctor.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/files/posix_storage.hpp"

namespace karst::tool {
namespace {

constexpr int days_warned = 30;  // before a certificate ends
constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::uint64_t segments_kept_free = 4;  // of the journal: below, the disk is full soon
constexpr std::uint64_t files_of_its_own = 512;  // besides one for each connection

struct Free {
  void operator()(BIO* it) const { BIO_free(it); }
  void operator()(X509* it) const { X509_free(it); }
  void operator()(EVP_PKEY* it) const { EVP_PKEY_free(it); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Pkey = std::unique_ptr<EVP_PKEY, Free>;

Certificate read_certificate(const std::string& path) {
  const Bio bio(BIO_new_file(path.c_str(), "r"));
  return Certificate(bio == nullptr ? nullptr
                                    : PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

Pkey read_key(const std::string& path) {
  const Bio bio(BIO_new_file(path.c_str(), "r"));
  return Pkey(bio == nullptr ? nullptr
                             : PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

/// Days from now until `time`; negative: it has passed.
int days_until(const ASN1_TIME* time) {
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, time) != 1) return -1;
  return seconds < 0 ? days - 1 : days;
}

std::string gib_text(std::uint64_t bytes) {
  if (bytes < 1024 * mib) return std::to_string(bytes / mib) + " MiB";
  char text[32];
  std::snprintf(text, sizeof text, "%llu.%llu GiB",
                static_cast<unsigned long long>(bytes / (1024 * mib)),
                static_cast<unsigned long long>(bytes % (1024 * mib) * 10 / (1024 * mib)));
  return text;
}

}  // namespace

void Doctor::look_at_config() {
  const std::string path = in_home("karst.toml");
  Result<gateway::Config> read = gateway::load_config(path);
  if (!read) {
    const bool is_missing = read.error().code == ErrorCode::not_found;
    add("config", Health::fail, is_missing ? "there is no " + path : read.error().text(),
        is_missing ? "name the exchange's folder, or make one: karst init DIR"
                   : "mend that line; karst init ELSEWHERE writes a fresh file to compare with");
    return;
  }
  config_ = std::move(read).value();
  add("config", Health::ok, path + " is sound");
}

void Doctor::look_at_secrets() {
  std::vector<std::string> files{in_home("operator.key")};
  if (config_) files.push_back(config_->tls.private_key);
  if (std::filesystem::exists(in_home(monitor_key))) files.push_back(in_home(monitor_key));
  for (const std::string& path : files) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
      const bool is_server = config_ && path == config_->tls.private_key;
      add("secrets", is_server ? Health::fail : Health::warn, "there is no " + path,
          is_server ? "gateway.private_key in karst.toml names it"
                    : "whoever operates needs a key: --key FILE");
    } else if ((status.st_mode & 077U) != 0) {
      add("secrets", Health::fail, "others may read " + path, "chmod 600 " + path);
    } else {
      add("secrets", Health::ok, "only its owner reads " + path);
    }
  }
  // The authority's secret signs new certificates; the exchange itself never needs it.
  struct stat status {};
  const std::string authority = in_home("ca.key");
  if (::stat(authority.c_str(), &status) == 0 && (status.st_mode & 077U) != 0) {
    add("secrets", Health::fail, "others may read " + authority, "chmod 600 " + authority);
  }
}

void Doctor::look_at_certificates() {
  if (!config_) return;
  const std::string& path = config_->tls.certificate;
  const Certificate server = read_certificate(path);
  if (server == nullptr) {
    return add("certificate", Health::fail, "no certificate can be read in " + path,
               "gateway.certificate in karst.toml names it");
  }
  const Pkey key = read_key(config_->tls.private_key);
  if (key != nullptr && X509_check_private_key(server.get(), key.get()) != 1) {
    return add("certificate", Health::fail,
               path + " does not belong to " + config_->tls.private_key,
               "certificate and private_key of [gateway] are a pair");
  }
  const int begins = days_until(X509_get0_notBefore(server.get()));
  const int ends = days_until(X509_get0_notAfter(server.get()));
  const std::string renewal =
      "put a new certificate and key in place, then: kill -HUP of karstd reads them again";
  if (begins > 0 || ends < 0) {
    add("certificate", Health::fail, path + (ends < 0 ? " has expired" : " is not valid yet"),
        ends < 0 ? renewal : "is this machine's clock right?");
  } else {
    add("certificate", ends < days_warned ? Health::warn : Health::ok,
        path + " is good for " + std::to_string(ends) + " more days",
        ends < days_warned ? renewal : "");
  }
  const std::string ca_file = options_.ca_file.empty() ? in_home("ca.crt") : options_.ca_file;
  const Certificate authority = read_certificate(ca_file);
  if (authority == nullptr) {
    return add("authority", Health::warn, "no certificate can be read in " + ca_file,
               "clients need it to trust the server: --ca FILE");
  }
  if (X509_verify(server.get(), X509_get0_pubkey(authority.get())) != 1) {
    return add("authority", Health::fail, ca_file + " has not signed " + path,
               "clients that trust it cannot connect: give them the right one");
  }
  const int left = days_until(X509_get0_notAfter(authority.get()));
  add("authority",
      left < 0             ? Health::fail
      : left < days_warned ? Health::warn
                           : Health::ok,
      ca_file + (left < 0 ? " has expired" : " is good for " + std::to_string(left) + " more days"),
      left < days_warned ? "make a new authority, and give its certificate to all clients" : "");
}

void Doctor::look_at_disk() {
  if (!config_) return;
  std::error_code ignored;
  std::string path = config_->data;
  // Before its first start the exchange has no data folder yet.
  if (!std::filesystem::exists(path, ignored)) {
    path = std::filesystem::path(path).parent_path().string();
  }
  struct statvfs disk {};
  if (::statvfs(path.c_str(), &disk) != 0) {
    return add("disk", Health::fail, "cannot look at " + path,
               "storage.data in karst.toml names it");
  }
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const std::uint64_t least = config_->storage.journal_segment_mib * mib * segments_kept_free;
  const std::uint64_t wanted = least + config_->storage.event_log_mib * mib;
  const std::string text = gib_text(free) + " free for " + config_->data;
  if (free < least) {
    add("disk", Health::fail, text, "make room: soon only cancels will be taken");
  } else if (free < wanted) {
    add("disk", Health::warn, text + ", less than the event log may come to take",
        "make room for " + gib_text(wanted) + ", or lower storage.event_log_mib in karst.toml");
  } else {
    add("disk", Health::ok, text);
  }
}

void Doctor::look_at_access_log() {
  if (!config_) return;
  const std::string path = ExchangeDirectory(config_->data).access_log();
  const Result<gateway::AccessLogReport> read =
      gateway::read_access_log(path, [](gateway::AccessEntry&&) {});
  if (!read) {
    return add("access_log", Health::fail, read.error().text(),
               "karstd must be able to read and write it, or it does not start");
  }
  const gateway::AccessLogReport& it = *read;
  if (it.files == 0) return add("access_log", Health::ok, "nobody has asked about others yet");
  const std::string keep = "keep a copy of the log, and look for who could write there";
  if (it.damaged > 0) {
    return add("access_log", it.is_damage_marked ? Health::warn : Health::fail,
               std::to_string(it.damaged) + " damaged lines, the first at " + it.first_damage,
               keep + (it.is_damage_marked ? "" : "; karstd goes on behind them when it starts"));
  }
  if (it.breaks > 0) {
    return add("access_log", Health::warn,
               "its chain was broken and begun anew " + std::to_string(it.breaks) + " times", keep);
  }
  std::string text = std::to_string(it.entries) + " entries in " + std::to_string(it.files) +
                     " files, " + std::to_string(it.bytes) + " bytes";
  if (!it.head.empty()) text += ", chained up to " + it.head;
  if (it.unchained > 0) text += "; " + std::to_string(it.unchained) + " older than the chain";
  if (it.torn_bytes > 0 && !is_locked_) text += "; a torn tail, which the next start cuts";
  add("access_log", Health::ok, text);
}

void Doctor::look_at_capacity() {
  if (!config_) return;
  PosixStorage storage;
  const Result<std::string> sizes = gateway::sizes_at_start(storage, *config_);
  if (sizes) return add("capacity", Health::ok, *sizes);
  add("capacity", Health::fail, sizes.error().text(),
      "karstd does not start with it: OPERATIONS.md, Configuration");
}

void Doctor::look_at_limits() {
  if (!config_) return;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  const std::uint64_t wanted = config_->hub.connections_max + files_of_its_own;
  const std::string text = std::to_string(files.rlim_cur) + " open files for " +
                           std::to_string(config_->hub.connections_max) + " connections";
  const bool is_enough = files.rlim_cur >= wanted;
  add("open_files", is_enough ? Health::ok : Health::warn, text,
      is_enough ? "" : "before karstd starts: ulimit -n " + std::to_string(wanted));
}

}  // namespace karst::tool
