// Keys: sessions, numbering of commands, and the answers remembered.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/archive.hpp"
#include "engine/command.hpp"
#include "engine/lazy_array.hpp"
#include "engine/plant.hpp"
#include "engine/reject_code.hpp"

namespace karst {

/// A log-on key. One cache line is what a command touches.
struct Key {
  std::uint32_t account;
  std::uint32_t epoch;
  std::uint8_t scopes;  ///< 0 = never created
  std::uint8_t is_revoked;
  std::uint8_t is_open;  ///< has a live session
  std::uint8_t zero[5];
  std::uint64_t last_client_seq;
  std::int64_t last_word_ns;
  std::int64_t dead_man_ns;  ///< 0 = off
  std::int64_t grace_ns;     ///< -1 = orders outlive the session
  std::uint64_t zeros[2];
};
static_assert(sizeof(Key) == 64);

/// What a numbered command came to; enough to say it again.
struct RememberedAnswer {
  std::uint64_t request_hash;
  std::uint64_t sequence;
  std::uint64_t order;
  std::uint64_t event_and_code;  ///< account event << 8 | RejectCode
};

/// All keys, and per key a ring of its last answers.
class KeyTable {
 public:
  KeyTable(std::uint32_t keys_max, std::uint32_t answers_per_key)
      : keys_(keys_max),
        public_keys_(keys_max),
        answers_(static_cast<std::size_t>(keys_max) * answers_per_key),
        keys_max_(keys_max),
        answers_per_key_(answers_per_key) {}

  [[nodiscard]] bool is_in_range(KeyId id) const { return !id.is_none() && id.value() < keys_max_; }
  [[nodiscard]] bool is_known(KeyId id) const {
    return id.value() < keys_max_ && keys_[id.value()].scopes != 0;
  }
  [[nodiscard]] Key& operator[](KeyId id) { return keys_[id.value()]; }
  [[nodiscard]] const Key& operator[](KeyId id) const { return keys_[id.value()]; }
  [[nodiscard]] const Digest& public_key(KeyId id) const { return public_keys_[id.value()]; }
  [[nodiscard]] std::uint32_t answers_per_key() const { return answers_per_key_; }
  [[nodiscard]] std::uint32_t count() const { return high_; }  ///< ids below this may be known

  void create(KeyId id, AccountId account, std::uint8_t scopes, const Digest& public_key) {
    Key& key = keys_[id.value()];
    key = Key{};
    key.account = account.value();
    key.scopes = scopes;
    key.grace_ns = -1;
    public_keys_[id.value()] = public_key;
    high_ = std::max(high_, id.value() + 1);
  }

  [[nodiscard]] RememberedAnswer& answer(KeyId id, std::uint64_t client_seq) {
    return answers_[static_cast<std::size_t>(id.value()) * answers_per_key_ +
                    (client_seq & (answers_per_key_ - 1))];
  }

  /// Asks for a key and its answer; neither need exist.
  void prefetch(KeyId id, std::uint64_t client_seq) const {
    __builtin_prefetch(keys_.data() + id.value(), 1);
    __builtin_prefetch(&answers_[static_cast<std::size_t>(id.value()) * answers_per_key_ +
                                 (client_seq & (answers_per_key_ - 1))],
                       1);
  }

  template <class Archive>
  void save(Archive& out) const {
    out.rows(Section::keys_end, &high_, 1);
    out.rows(Section::keys, keys_.data(), high_);
    out.rows(Section::public_keys, public_keys_.data(), high_);
    if constexpr (planted("answers_not_in_snapshot")) return;
    out.template begin<RememberedAnswer>(Section::answers, kept_of_all());
    for (std::uint32_t id = 0; id < high_; ++id) {
      out.more(&answers_[static_cast<std::size_t>(id) * answers_per_key_], kept(id));
    }
  }
  template <class Archive>
  [[nodiscard]] bool load(Archive& in) {
    in.rows(Section::keys_end, &high_, 1);
    if (high_ > keys_max_) return false;
    in.rows(Section::keys, keys_.data(), high_);
    in.rows(Section::public_keys, public_keys_.data(), high_);
    if constexpr (planted("answers_not_in_snapshot")) return true;
    in.template begin<RememberedAnswer>(Section::answers, kept_of_all());
    for (std::uint32_t id = 0; id < high_; ++id) {
      in.more(&answers_[static_cast<std::size_t>(id) * answers_per_key_], kept(id));
    }
    return true;
  }

 private:
  /// Ring entries ever written: 1 .. last, until it wraps.
  [[nodiscard]] std::size_t kept(std::uint32_t id) const {
    return std::min<std::uint64_t>(keys_[id].last_client_seq + 1, answers_per_key_);
  }
  [[nodiscard]] std::uint64_t kept_of_all() const {
    std::uint64_t sum = 0;
    for (std::uint32_t id = 0; id < high_; ++id) sum += kept(id);
    return sum;
  }

  LazyArray<Key> keys_;
  LazyArray<Digest> public_keys_;
  LazyArray<RememberedAnswer> answers_;
  std::uint32_t keys_max_;
  std::uint32_t answers_per_key_;
  std::uint32_t high_ = 0;
};

}  // namespace karst
