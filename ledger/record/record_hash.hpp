// The running hash of the record log: the same for the same records, however they were framed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "engine/base/hash.hpp"

namespace karst {

/// How many records there are, and the hash of them all.
struct HashedRecords {
  std::uint64_t records = 0;
  std::uint64_t hash = 0;
  friend bool operator==(const HashedRecords&, const HashedRecords&) = default;
};

/// The hash of the records so far, one more taken in: its canonical bytes in words of 8, the last
/// ones filled with zeros. It tells logs apart that came of different histories; against one who
/// wants two to look the same it is no proof.
[[nodiscard]] inline std::uint64_t mix_record(std::uint64_t hash,
                                              std::span<const std::byte> record) {
  for (std::size_t at = 0; at < record.size(); at += 2 * sizeof hash) {
    std::uint64_t words[2] = {};
    std::memcpy(words, record.data() + at, std::min(sizeof words, record.size() - at));
    hash = mix(hash, words[0], words[1]);
  }
  return mix(hash, record.size());
}

}  // namespace karst
