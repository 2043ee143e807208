// Keys: sessions, numbering of commands, and the answers remembered.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/archive.hpp"
#include "engine/base/lazy_array.hpp"
#include "engine/base/plant.hpp"
#include "engine/command/command.hpp"
#include "engine/command/reject_code.hpp"

namespace karst {

/// A log-on key. One cache line is what a command touches.
struct Key {
  std::uint32_t account;
  std::uint32_t epoch;
  std::uint8_t scopes;  ///< 0 = never created
  std::uint8_t is_revoked;
  std::uint8_t is_open;  ///< has a live session
  std::uint8_t zero;
  std::uint32_t generation;  ///< how many keys had its place before it
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
///
/// A key's number is its place, or that of the key before it in the same place plus keys_max: a
/// place is given to another key when the one before is revoked, and no number names two.
class KeyTable {
 public:
  KeyTable(std::uint32_t keys_max, std::uint32_t answers_per_key)
      : keys_(keys_max),
        public_keys_(keys_max),
        answers_(static_cast<std::size_t>(keys_max) * answers_per_key),
        keys_max_(keys_max),
        answers_per_key_(answers_per_key) {}

  [[nodiscard]] std::uint32_t place_of(KeyId id) const {
    return id.value() < keys_max_ ? id.value() : id.value() % keys_max_;
  }
  [[nodiscard]] std::uint32_t generation_of(KeyId id) const { return id.value() / keys_max_; }
  /// Whether the key has its place, be it revoked.
  [[nodiscard]] bool is_known(KeyId id) const {
    const Key& key = keys_[place_of(id)];
    return key.scopes != 0 && key.generation == generation_of(id);
  }
  /// Whether the key was revoked, and another one has its place.
  [[nodiscard]] bool is_past(KeyId id) const {
    return generation_of(id) < keys_[place_of(id)].generation;
  }
  /// Requires: the key is known.
  [[nodiscard]] Key& operator[](KeyId id) { return keys_[place_of(id)]; }
  [[nodiscard]] const Key& operator[](KeyId id) const { return keys_[place_of(id)]; }
  [[nodiscard]] Key& in_place(std::uint32_t place) { return keys_[place]; }
  [[nodiscard]] const Key& in_place(std::uint32_t place) const { return keys_[place]; }
  /// The key that has a place; none if none ever had.
  [[nodiscard]] KeyId id_in(std::uint32_t place) const {
    const Key& key = keys_[place];
    return KeyId{key.scopes == 0 ? 0 : key.generation * keys_max_ + place};
  }
  /// Whether any place was given to another key when the one before was revoked.
  /// Complexity: O(places taken).
  [[nodiscard]] bool has_later_keys() const {
    return std::any_of(keys_.data(), keys_.data() + high_,
                       [](const Key& key) { return key.generation != 0; });
  }
  /// Keys with scope operate that are not revoked. Complexity: O(places taken).
  [[nodiscard]] std::uint32_t count_operators() const {
    return static_cast<std::uint32_t>(
        std::count_if(keys_.data(), keys_.data() + high_, [](const Key& key) {
          return (key.scopes & scope::operate) != 0 && key.is_revoked == 0;
        }));
  }
  [[nodiscard]] const Digest& public_key(KeyId id) const { return public_keys_[place_of(id)]; }
  [[nodiscard]] std::uint32_t answers_per_key() const { return answers_per_key_; }
  [[nodiscard]] std::uint32_t count() const { return high_; }  ///< places below may be taken

  /// Requires: the place of `id` has never been taken, or by the key before it, which is revoked.
  void create(KeyId id, AccountId account, std::uint8_t scopes, const Digest& public_key) {
    const std::uint32_t place = place_of(id);
    Key& key = keys_[place];
    if (key.scopes != 0) forget_answers(place);
    key = Key{};
    key.account = account.value();
    key.scopes = scopes;
    key.generation = generation_of(id);
    key.grace_ns = -1;
    public_keys_[place] = public_key;
    high_ = std::max(high_, place + 1);
  }

  [[nodiscard]] const RememberedAnswer& answer(KeyId id, std::uint64_t client_seq) const {
    return const_cast<KeyTable*>(this)->answer_in(place_of(id), client_seq);
  }
  [[nodiscard]] RememberedAnswer& answer_in(std::uint32_t place, std::uint64_t client_seq) {
    return answers_[static_cast<std::size_t>(place) * answers_per_key_ +
                    (client_seq & (answers_per_key_ - 1))];
  }

  /// Asks for a key that is the first of its place, and its answer; neither need exist.
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
  void forget_answers(std::uint32_t place) {
    RememberedAnswer* first = &answers_[static_cast<std::size_t>(place) * answers_per_key_];
    std::fill(first, first + kept(place), RememberedAnswer{});
  }
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
