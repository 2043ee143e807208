// LedgerNames: what the numbers in the ledger's records are called, and were.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "ledger/audit/audit.hpp"
#include "schemas/karst/v1/audit.pb.h"

namespace karst::gateway {

/// The symbols of all pools, by number. They stand in the engine, not in the ledger, and never
/// change. Empty: nobody can tell now.
using PoolSymbols = std::function<std::map<std::uint32_t, std::string>()>;

/// Names come from the records that define things, so those of retired hours and the former ones of
/// merchants are known for ever.
///
/// Threads: one owner.
class LedgerNames {
 public:
  LedgerNames(Audit& audit, PoolSymbols pools) : audit_(audit), pools_(std::move(pools)) {}

  /// Before each answer: whoever tells about pools is asked once for it at the most.
  void begin_answer() { is_asked_ = false; }

  /// What a merchant is called now; empty if there is none.
  [[nodiscard]] Result<std::string> of(AccountId merchant);
  /// "CNY", "WEATHER-GZ", "GUIAN-P@2026-11-22T09Z"; "pool 1@…" where nobody can tell its symbol;
  /// empty if it was never defined.
  [[nodiscard]] Result<std::string> of(AssetNumber asset);

  /// Appends who and what is or was called so, with what it is called now, the newest last.
  [[nodiscard]] Status find(const std::string& name, bool with_merchants,
                            google::protobuf::RepeatedPtrField<v1::LedgerName>& found);

 private:
  void ask_pools();
  [[nodiscard]] const std::string* symbol_of(PoolId pool);
  [[nodiscard]] Status find_hour(const std::string& name, std::size_t at,
                                 google::protobuf::RepeatedPtrField<v1::LedgerName>& found);
  [[nodiscard]] Status add(AccountId merchant, AssetNumber asset,
                           google::protobuf::RepeatedPtrField<v1::LedgerName>& found);

  Audit& audit_;
  PoolSymbols pools_;
  std::map<std::uint32_t, std::string> symbols_;
  bool is_asked_ = false;
};

/// The names that one answer needs, each once.
class NameSheet {
 public:
  void need(AccountNumber account) { need(merchant_of(account)); }
  void need(AccountId merchant) {
    if (!merchant.is_none()) merchants_.insert(merchant);
  }
  void need(AssetNumber asset) { assets_.insert(asset); }
  [[nodiscard]] Status write(LedgerNames& names,
                             google::protobuf::RepeatedPtrField<v1::LedgerName>& to) const;

 private:
  std::set<AccountId> merchants_;
  std::set<AssetNumber> assets_;
};

}  // namespace karst::gateway
