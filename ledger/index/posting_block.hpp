// The bytes of a block of postings in the audit store; drawn in docs/FORMATS.md, "Audit store".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ledger/index/tail.hpp"

namespace karst {

/// Appends the block, whose state is the closing one, but for its segment and its first place,
/// which are columns.
///
/// Requires: places not empty, ascending.
void encode_block(const PostingBlock& block, std::vector<std::byte>& bytes);

/// Returns: none, when the bytes are not what encode_block() writes.
[[nodiscard]] std::optional<PostingBlock> decode_block(std::uint32_t segment, std::uint32_t first,
                                                       std::span<const std::byte> bytes);

/// Unsigned numbers in groups of seven bits, lowest first, as protocol buffers have them.
void put_varint(std::vector<std::byte>& bytes, Total value);
/// Takes a number off the front. Returns: none, when there is no whole one or it is not the
/// shortest form.
[[nodiscard]] std::optional<Total> take_varint(std::span<const std::byte>& bytes);

/// Marks as differences to the mark before, packed for the row of their segment.
struct RecordMark;
void encode_marks(std::span<const RecordMark> marks, std::vector<std::byte>& bytes);
/// Appends. Returns: false, when the bytes are not what encode_marks() writes.
[[nodiscard]] bool decode_marks(std::span<const std::byte> bytes, std::vector<RecordMark>& marks);

}  // namespace karst
