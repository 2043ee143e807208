// `karst doctor`: looks at everything an exchange needs and says what to do about what is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/config/config.hpp"
#include "gateway/tool/exchange_link.hpp"
#include "ledger/files/exchange_directory.hpp"

namespace karst::v1 {
class Status;
}

namespace karst::tool {

enum class Health { ok, warn, fail };

/// One look at one thing.
struct Finding {
  const char* check;  ///< what was looked at: stable, for programs
  Health health = Health::ok;
  std::string text;
  std::string hint = {};  ///< what to do; empty when all is well
};

/// The key of its own that doctor may be given, in the folder.
inline constexpr const char* monitor_key = "monitor.key";

/// Looks, in an order in which what comes first explains what comes later.
class Doctor {
 public:
  explicit Doctor(const LinkOptions& options) : options_(options) {}

  [[nodiscard]] std::vector<Finding> examine();

 private:
  // What lies in the folder (doctor_files.cpp).
  void look_at_config();
  void look_at_secrets();
  void look_at_certificates();
  void look_at_disk();
  void look_at_capacity();
  void look_at_limits();
  void look_at_access_log();
  void look_at_books();
  void look_at_saved_balances(const ExchangeDirectory& files);
  void look_at_records(const ExchangeDirectory& files);
  // What runs (doctor_running.cpp).
  void look_at_clock();
  void look_at_lock();
  void look_at_port();
  void look_at_exchange();
  [[nodiscard]] LinkOptions link_options() const;
  [[nodiscard]] static Status greet(const gateway::ClientConfig& config);
  void ask_exchange(gateway::Client& client);
  void look_at_tables(const v1::Status& status);

  void add(const char* check, Health health, const std::string& text, const std::string& hint = "");
  [[nodiscard]] std::string in_home(const std::string& name) const {
    return options_.home + "/" + name;
  }

  const LinkOptions& options_;
  std::optional<gateway::Config> config_;
  bool is_locked_ = false;  ///< a running exchange holds the journal
  std::vector<Finding> findings_;
};

}  // namespace karst::tool
