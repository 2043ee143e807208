// Client order ids: unique per merchant over open orders and the last 24 hours.
#pragma once

#include <cstdint>

#include "engine/base/archive.hpp"
#include "engine/base/hash.hpp"
#include "engine/base/lazy_array.hpp"
#include "engine/base/slot_index.hpp"
#include "engine/command/command.hpp"

namespace karst {

/// One id in use, and the first answer it got.
struct ClientIdEntry {
  ClientOrderId id;
  std::uint64_t request_hash;
  std::uint64_t order;
  std::uint64_t sequence;
  std::uint64_t account_event;
  std::uint64_t number;  ///< growing with each accepted id: its timer's id
  std::uint32_t account;
  std::uint32_t zero;
};

class ClientIdTable {
 public:
  static constexpr std::uint32_t none = SlotIndex::none;

  explicit ClientIdTable(std::uint32_t ids_max)
      : entries_(ids_max), index_(ids_max), slots_(ids_max) {}

  [[nodiscard]] bool is_full() const { return slots_.slots_free() == 0; }
  [[nodiscard]] std::uint32_t ids_free() const { return slots_.slots_free(); }
  [[nodiscard]] const ClientIdEntry& operator[](std::uint32_t slot) const { return entries_[slot]; }

  [[nodiscard]] std::uint32_t find(std::uint32_t account, const ClientOrderId& id) const {
    return index_.find(hash_of(account, id), [&](std::uint32_t slot) {
      return entries_[slot].account == account && entries_[slot].id == id;
    });
  }

  /// Requires: !is_full(), the id is not in use. Returns: its slot.
  std::uint32_t insert(ClientIdEntry entry) {
    const std::uint32_t slot = slots_.take();
    entry.number = ++numbers_;
    entries_[slot] = entry;
    index_.insert(hash_of(entry.account, entry.id), slot);
    return slot;
  }

  void erase(std::uint32_t slot) {
    index_.erase(
        hash_of(entries_[slot].account, entries_[slot].id), slot,
        [&](std::uint32_t other) { return hash_of(entries_[other].account, entries_[other].id); });
    entries_[slot] = ClientIdEntry{};
    slots_.give_back(slot);
  }

  /// Calls `f(entry)` for every id in use.
  template <class F>
  void each(F&& f) const {
    for (std::uint32_t slot = 0; slot < slots_.touched(); ++slot) {
      if (entries_[slot].account != 0) f(entries_[slot]);
    }
  }

  template <class Archive>
  void save(Archive& out) const {
    out.rows(Section::client_id_numbers, &numbers_, 1);
    slots_.save(out, Section::client_id_slots, Section::client_id_slots_free);
    out.rows(Section::client_ids, entries_.data(), slots_.touched());
  }
  template <class Archive>
  [[nodiscard]] bool load(Archive& in) {
    in.rows(Section::client_id_numbers, &numbers_, 1);
    if (!slots_.load(in, Section::client_id_slots, Section::client_id_slots_free)) return false;
    in.rows(Section::client_ids, entries_.data(), slots_.touched());
    for (std::uint32_t slot = 0; slot < slots_.touched(); ++slot) {
      if (entries_[slot].account != 0) {
        index_.insert(hash_of(entries_[slot].account, entries_[slot].id), slot);
      }
    }
    return true;
  }

 private:
  [[nodiscard]] static std::uint64_t hash_of(std::uint32_t account, const ClientOrderId& id) {
    return mix(mix(hash_seed, account), id[0], id[1]);
  }

  LazyArray<ClientIdEntry> entries_;
  SlotIndex index_;
  SlotStack slots_;
  std::uint64_t numbers_ = 0;
};

}  // namespace karst
