#include "gateway/desk/ledger_names.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "ledger/index/words.hpp"
#include "schemas/words/human_units.hpp"

namespace karst::gateway {
namespace {

std::string unpadded(std::span<const char> text) {
  return {text.begin(), std::ranges::find(text, '\0')};
}

bool is_same_word(const std::string& a, const std::string& b) {
  return word_of_name(a) == word_of_name(b);
}

}  // namespace

Result<std::string> LedgerNames::of(AccountId merchant) {
  const auto seqs = audit_.seqs_of(word_of(merchant));
  if (!seqs) return seqs.error();
  if (seqs->empty()) return std::string();
  const Result<Record> record = audit_.by_seq(seqs->back());
  if (!record) return record.error();
  if (record->name) return unpadded(record->name->name);
  return record->account ? unpadded(record->account->name) : std::string();
}

void LedgerNames::ask_pools() {
  if (!pools_ || std::exchange(is_asked_, true)) return;
  std::map<std::uint32_t, std::string> now = pools_();
  symbols_.merge(now);
}

const std::string* LedgerNames::symbol_of(PoolId pool) {
  auto found = symbols_.find(pool.value());
  if (found == symbols_.end()) {
    ask_pools();
    found = symbols_.find(pool.value());
  }
  return found == symbols_.end() ? nullptr : &found->second;
}

Result<std::string> LedgerNames::of(AssetNumber asset) {
  const auto seqs = audit_.seqs_of(word_of(asset));
  if (!seqs) return seqs.error();
  if (seqs->empty()) return std::string();
  const Result<Record> record = audit_.by_seq(seqs->back());
  if (!record) return record.error();
  if (!record->asset) return std::string();
  if (record->asset->what != AssetClass::contract) return unpadded(record->asset->text);
  const std::string* symbol = symbol_of(record->asset->pool);
  constexpr std::size_t to_the_hour = 13;  // "2026-11-22T09"
  return (symbol != nullptr ? *symbol : "pool " + std::to_string(record->asset->pool.value())) +
         '@' + tool::format_hour(record->asset->hour.value()).substr(0, to_the_hour) + 'Z';
}

Status LedgerNames::add(AccountId merchant, AssetNumber asset,
                        google::protobuf::RepeatedPtrField<v1::LedgerName>& found) {
  for (const v1::LedgerName& it : found) {
    if (it.account_id() == merchant.value() && it.asset() == asset.value()) return {};
  }
  const Result<std::string> now = asset.is_none() ? of(merchant) : of(asset);
  if (!now) return now.error();
  v1::LedgerName& line = *found.Add();
  line.set_account_id(merchant.value());
  line.set_asset(asset.value());
  line.set_name(*now);
  return {};
}

Status LedgerNames::find(const std::string& name, bool with_merchants,
                         google::protobuf::RepeatedPtrField<v1::LedgerName>& found) {
  const auto seqs = audit_.seqs_of(word_of_name(name));
  if (!seqs) return seqs.error();
  for (const std::uint64_t seq : *seqs) {
    const Result<Record> record = audit_.by_seq(seq);
    if (!record) return record.error();
    AccountId merchant{0};
    if (record->account) merchant = record->account->merchant;
    if (record->name) merchant = record->name->merchant;
    if (!record->asset && (merchant.is_none() || !with_merchants)) continue;
    const AssetNumber asset = record->asset ? record->asset->asset : AssetNumber{0};
    if (Status added = add(merchant, asset, found); !added) return added;
  }
  const std::size_t at = name.rfind('@');
  return at == std::string::npos ? Status() : find_hour(name, at, found);
}

Status LedgerNames::find_hour(const std::string& name, std::size_t at,
                              google::protobuf::RepeatedPtrField<v1::LedgerName>& found) {
  const auto hour = tool::parse_hour(name.substr(at + 1));
  if (!hour) return {};
  const std::string symbol = name.substr(0, at);
  ask_pools();
  for (const auto& [pool, called] : symbols_) {
    if (!is_same_word(called, symbol)) continue;
    const auto seqs = audit_.seqs_of(word_of(PoolId{pool}, Hour{*hour}));
    if (!seqs) return seqs.error();
    for (const std::uint64_t seq : *seqs) {
      const Result<Record> record = audit_.by_seq(seq);
      if (!record) return record.error();
      if (!record->asset) continue;
      if (Status added = add(AccountId{0}, record->asset->asset, found); !added) return added;
    }
  }
  return {};
}

Status NameSheet::write(LedgerNames& names,
                        google::protobuf::RepeatedPtrField<v1::LedgerName>& to) const {
  const auto add = [&](std::uint32_t account, std::uint32_t asset,
                       const Result<std::string>& name) -> Status {
    if (!name) return name.error();
    if (name->empty()) return {};
    v1::LedgerName& line = *to.Add();
    line.set_account_id(account);
    line.set_asset(asset);
    line.set_name(*name);
    return {};
  };
  for (const AccountId merchant : merchants_) {
    if (Status added = add(merchant.value(), 0, names.of(merchant)); !added) return added;
  }
  for (const AssetNumber asset : assets_) {
    if (Status added = add(0, asset.value(), names.of(asset)); !added) return added;
  }
  return {};
}

}  // namespace karst::gateway
