// The newest state of every account as of some segment, saved, so that opening need not gather it
// from all segments of the store. Drawn in docs/FORMATS.md, "Saved balances".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/seams/storage.hpp"
#include "ledger/index/balances.hpp"
#include "ledger/index/store.hpp"

namespace karst {

/// Where an account stands, and the newest segment with a posting of it.
struct SavedBalance {
  AccountKey key;
  AccountState state;
  std::uint32_t last_segment = no_segment;
};

/// Newer states, by account.
using NewerBalances = std::map<AccountKey, SavedBalance>;

/// One file; derived, and made again from the store when it is missing or damaged.
///
/// Memory:  a buffer of a MiB.
/// Threads: one owner at a time.
class BalancesFile {
 public:
  BalancesFile(Storage& storage, std::string directory, const StoreIdentity& identity)
      : storage_(storage), directory_(std::move(directory)), identity_(identity) {}

  using Visit = std::function<void(const SavedBalance&)>;

  /// Gives every row to `visit`, ascending by account and asset.
  ///
  /// Returns: of how many segments it tells.
  /// Errors:  not_found; corrupt; unknown_format; invalid, when it is of another ledger. No row is
  ///          given then.
  [[nodiscard]] Result<std::uint32_t> load(const Visit& visit);

  /// Replaces the file by one that tells of `segments`: the rows it has, those of `newer` instead
  /// or in between. Durable when it returns; before, the old one stands. Where segments() is 0 the
  /// file counts as none, and `newer` has everything.
  ///
  /// Errors: those of load() and of the Storage; the old file stands.
  [[nodiscard]] Status merge(const NewerBalances& newer, std::uint32_t segments);

  /// Of how many segments the file tells that was loaded or merged last, and its rows.
  [[nodiscard]] std::uint32_t segments() const { return segments_; }
  [[nodiscard]] std::uint64_t rows() const { return rows_; }

  /// Takes the file for none: the next merge() wants everything.
  void forget() { segments_ = 0, rows_ = 0; }
  /// Removes it. Durable when it returns.
  [[nodiscard]] Status remove();

 private:
  [[nodiscard]] std::string path() const { return directory_ + "/balances"; }

  Storage& storage_;
  std::string directory_;
  StoreIdentity identity_;
  std::uint32_t segments_ = 0;
  std::uint64_t rows_ = 0;
};

}  // namespace karst
