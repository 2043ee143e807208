// Bank references of funding and withdrawal: each moves money once, for ever.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/archive.hpp"
#include "engine/base/hash.hpp"
#include "engine/base/slot_index.hpp"
#include "engine/command/command.hpp"

namespace karst {

/// A movement that was carried out, and its answer.
struct ReferenceEntry {
  Reference reference;
  std::int64_t amount;
  std::uint64_t sequence;
  std::uint64_t account_event;
  std::uint32_t account;
  CurrencyId currency;
  CommandType type;
  std::uint8_t zero;
};

class ReferenceTable {
 public:
  static constexpr std::uint32_t none = SlotIndex::none;
  static constexpr std::uint32_t kept_part = 16;

  explicit ReferenceTable(std::uint32_t references_max)
      : index_(references_max), references_max_(references_max) {}

  /// Whether there is no place; `is_last_kept`: none but the last sixteenth, which is for
  /// withdrawals, so that money can leave when no more can come.
  [[nodiscard]] bool is_full(bool is_last_kept) const {
    const std::uint32_t kept = is_last_kept ? (references_max_ + kept_part - 1) / kept_part : 0;
    return entries_.size() >= references_max_ - kept;
  }
  [[nodiscard]] std::uint32_t used() const { return static_cast<std::uint32_t>(entries_.size()); }
  [[nodiscard]] const ReferenceEntry& operator[](std::uint32_t at) const { return entries_[at]; }

  [[nodiscard]] std::uint32_t find(const Reference& reference) const {
    return index_.find(hash_of(reference),
                       [&](std::uint32_t at) { return entries_[at].reference == reference; });
  }
  /// Requires: !is_full(false), the reference is new.
  void insert(const ReferenceEntry& entry) {
    index_.insert(hash_of(entry.reference), static_cast<std::uint32_t>(entries_.size()));
    entries_.push_back(entry);
  }

  template <class Archive>
  void save(Archive& out) const {
    out.array(Section::references, entries_.data(), entries_.size());
  }
  template <class Archive>
  [[nodiscard]] bool load(Archive& in) {
    in.array(Section::references, entries_);
    if (entries_.size() > references_max_) return false;
    for (std::uint32_t at = 0; at < entries_.size(); ++at) {
      index_.insert(hash_of(entries_[at].reference), at);
    }
    return true;
  }

 private:
  [[nodiscard]] static std::uint64_t hash_of(const Reference& reference) {
    return mix(hash_seed, reference[0], reference[1]);
  }

  std::vector<ReferenceEntry> entries_;
  SlotIndex index_;
  std::uint32_t references_max_;
};

}  // namespace karst
