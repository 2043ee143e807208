#include "ledger/index/words.hpp"

#include <algorithm>
#include <span>

namespace karst {
namespace {

std::string_view unpadded(std::span<const char> text) {
  return {text.data(), static_cast<std::size_t>(std::ranges::find(text, '\0') - text.begin())};
}

std::string numbered(const char* what, std::uint64_t number) {
  return what + std::to_string(number);
}

}  // namespace

std::string word_of(AccountId merchant) { return numbered("merchant ", merchant.value()); }
std::string word_of_issuer(AccountId merchant) { return numbered("issuer ", merchant.value()); }
std::string word_of(AssetNumber asset) { return numbered("asset ", asset.value()); }
std::string word_of(RecordKind kind) { return std::string("kind ") + name(kind); }

std::string word_of(PoolId pool, Hour hour) {
  return numbered("pool ", pool.value()) + " " + std::to_string(hour.value());
}

std::string word_of_name(std::string_view name) {
  std::string word = "name ";
  for (const char c : name) word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return word;
}

void words_of(const RecordView& record, std::vector<WordAt>& words) {
  if (record.legs() != 0) return;
  const std::uint64_t seq = record.seq();
  const auto add = [&](std::string word) { words.emplace_back(std::move(word), seq); };
  add(word_of(record.kind()));
  if (const auto account = record.account()) {
    add(word_of(account->merchant));
    add(word_of_name(unpadded(account->name)));
  }
  if (const auto renamed = record.name()) {
    add(word_of(renamed->merchant));
    add(word_of_name(unpadded(renamed->name)));
  }
  const auto asset = record.asset();
  if (!asset) return;
  add(word_of(asset->asset));
  if (asset->what == AssetClass::contract) return add(word_of(asset->pool, asset->hour));
  add(word_of_name(unpadded(asset->text)));
  if (asset->what == AssetClass::product) add(word_of_issuer(asset->issuer));
}

}  // namespace karst
