// Words: under which records that move nothing (definitions, notes) are found.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/record/record.hpp"

namespace karst {

/// A word and the record it leads to.
using WordAt = std::pair<std::string, std::uint64_t>;

/// What a merchant is called and when that changed: open_account and note.
[[nodiscard]] std::string word_of(AccountId merchant);
/// Its products.
[[nodiscard]] std::string word_of_issuer(AccountId merchant);
/// What an asset number means.
[[nodiscard]] std::string word_of(AssetNumber asset);
/// The contracts of a pool's hour: more than one where it was listed again.
[[nodiscard]] std::string word_of(PoolId pool, Hour hour);
/// All records of a kind that moves nothing.
[[nodiscard]] std::string word_of(RecordKind kind);
/// Merchants, products and currencies that are or were called so, whatever the capitals (of ASCII).
[[nodiscard]] std::string word_of_name(std::string_view name);

/// Appends the words of a record that has no legs; none of one that has.
void words_of(const RecordView& record, std::vector<WordAt>& words);

}  // namespace karst
