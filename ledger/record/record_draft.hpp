// RecordDraft: a record before it has its place: no sequence, no balances.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ledger/record/record.hpp"

namespace karst {

struct DraftLeg {
  AccountNumber account{};
  AssetNumber asset{};
  std::int64_t amount = 0;  ///< Unit: fen, or lots.
  Role role = Role::cash;
};

/// What posting.hpp makes of an event. A plain value: building one allocates nothing.
struct RecordDraft {
  static constexpr std::size_t legs_max = 6;
  static constexpr std::size_t extension_bytes_max = 184;
  static constexpr std::size_t bytes_max =
      record_header_bytes + legs_max * leg_bytes + extension_bytes_max;

  RecordKind kind = RecordKind::note;
  std::uint8_t legs_count = 0;
  std::uint8_t extension_bytes = 0;
  std::uint16_t source = 0;
  Time time{0};
  ExtId ext_id;
  std::uint64_t source_seq = 0;
  std::array<DraftLeg, legs_max> legs;
  std::array<std::byte, extension_bytes_max> extensions;  ///< as they stand in the record

  /// Requires: legs_count < legs_max.
  void add(AccountNumber account, AssetNumber asset, std::int64_t amount, Role role) {
    KARST_ASSERT(legs_count < legs_max);
    legs[legs_count++] = {account, asset, amount, role};
  }

  /// Appends an extension (TradeDetails, AccountDetails, AssetDetails, BankReference,
  /// MerchantName, ProductTitle, ConfirmedCommand, TradeOrders).
  ///
  /// Requires: called in ascending order of type, room left.
  template <typename Details>
  void extend(const Details& details);
};

/// Writes the canonical bytes of the draft at `at`, with its place and its legs complete.
///
/// Requires: room for RecordDraft::bytes_max bytes. Returns: the bytes written.
std::size_t encode(const RecordDraft& draft, std::uint64_t seq, std::span<const Leg> legs,
                   std::byte* at);

}  // namespace karst
