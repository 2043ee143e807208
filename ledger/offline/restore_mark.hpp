// RestoreMark: what a restore leaves behind for the first start on what it restored.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/seams/storage.hpp"
#include "ledger/files/exchange_directory.hpp"

namespace karst {

/// Says that the history in a folder came out of a backup: what the exchange did after it is lost,
/// and whoever goes on from here begins an incarnation (engine/state/incarnation.hpp).
struct RestoreMark {
  std::uint64_t after = 0;        ///< The newest command restored.
  std::uint64_t incarnation = 0;  ///< The number drawn for what is to begin; 0: none yet.
};

/// Returns: the mark of the exchange; none where nothing was restored, or its start has followed.
/// Errors:  corrupt; unknown_format; those of the Storage.
[[nodiscard]] Result<std::optional<RestoreMark>> read_restore_mark(Storage& storage,
                                                                   const ExchangeDirectory& at);

/// Writes the mark, in place of an older one: whole and durable when it returns.
[[nodiscard]] Status write_restore_mark(Storage& storage, const ExchangeDirectory& at,
                                        const RestoreMark& mark);

/// Removes it, durably. Requires: its incarnation is durable in the journal.
[[nodiscard]] Status remove_restore_mark(Storage& storage, const ExchangeDirectory& at);

}  // namespace karst
