// The settlement record: one settled transaction in its final, canonical bytes (version 1).
// Every byte is drawn in docs/FORMATS.md, "Settlement record".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/side.hpp"
#include "engine/base/trade_mode.hpp"
#include "engine/base/units.hpp"
#include "engine/command/bodies.hpp"
#include "engine/settlement/legs.hpp"
#include "ledger/files/big_endian.hpp"
#include "ledger/record/accounts.hpp"

namespace karst {

enum class RecordKind : std::uint8_t {
  open_account = 1,
  define_asset = 2,
  fund = 3,
  withdraw = 4,
  mint = 5,  ///< capacity, seats
  burn = 6,  ///< what was left of an hour when it ended
  settle = 7,
  release = 8,  ///< escrow paid out
  deliver = 9,
  refund = 10,
  reverse = 11,
  adjust = 12,
  close = 13,
  key = 14,
  note = 15,
};
inline constexpr unsigned record_kinds_end = 16;

namespace record_flag {
inline constexpr std::uint8_t has_extensions = 1;
inline constexpr std::uint8_t group_first = 2;  ///< of the records of one match
inline constexpr std::uint8_t group_last = 4;
inline constexpr std::uint8_t all = 7;
}  // namespace record_flag

/// The name of a transaction: what the journal calls it. Trades have their match index; every
/// other record has `index` = 2^31 | the event's index within the command.
struct ExtId {
  std::uint64_t command = 0;  ///< sequence in the command journal
  std::uint32_t index = 0;
  std::uint32_t shard = 0;
  friend auto operator<=>(const ExtId&, const ExtId&) = default;
};
inline constexpr std::uint32_t ext_index_of_event = 1U << 31U;

/// One posting. Amounts below zero are debits of what the account has, those above are credits.
struct Leg {
  AccountNumber account{};
  AssetNumber asset{};
  std::int64_t amount = 0;         ///< Unit: fen, or lots.
  std::int64_t balance_after = 0;  ///< of (account, asset)
  std::uint64_t account_seq = 0;   ///< 1, 2, 3 … per (account, asset); < 2^48
  Role role = Role::cash;
  friend bool operator==(const Leg&, const Leg&) = default;
};

// Extensions ------------------------------------------------------------------------------------

/// Of a settle: what was traded.
struct TradeDetails {
  static constexpr std::uint16_t type = 1;
  static constexpr std::size_t bytes = 24;
  InstrumentId instrument{};
  Quantity quantity{};
  Price price{};
  std::uint32_t version = 0;  ///< of the product's terms; 0 where no licence was minted
  TradeMode mode = TradeMode::book;
  Side taker = Side::buy;
  std::uint8_t flags = 0;       ///< which fee legs there are, see trade_flag
  std::uint8_t settlement = 0;  ///< SettlementKind of the engine
  friend bool operator==(const TradeDetails&, const TradeDetails&) = default;
};
namespace trade_flag {
inline constexpr std::uint8_t buyer_fee = 1;   ///< the first leg of role fee is the buyer's
inline constexpr std::uint8_t seller_fee = 2;  ///< the last leg of role fee is the seller's
inline constexpr std::uint8_t all = 3;
}  // namespace trade_flag

/// Of an open_account: who the merchant is.
struct AccountDetails {
  static constexpr std::uint16_t type = 2;
  static constexpr std::size_t bytes = 44;
  AccountId merchant{};
  GroupId group{};
  std::uint8_t tier = 0;
  std::uint8_t clearance = 0;
  bool domestic = false;
  std::array<char, 32> name{};
  friend bool operator==(const AccountDetails&, const AccountDetails&) = default;
};

enum class AssetClass : std::uint8_t { currency = 1, contract = 2, product = 3 };

/// Of a define_asset: what the asset number means from this record on.
struct AssetDetails {
  static constexpr std::uint16_t type = 3;
  static constexpr std::size_t bytes = 48;
  AssetNumber asset{};
  AssetClass what = AssetClass::currency;
  std::uint8_t unit = 0;    ///< Unit of a product, else 0
  std::uint8_t supply = 0;  ///< Supply of a product, else 0
  std::uint8_t resale = 0;  ///< Resale of a product, else 0
  AssetNumber currency{};   ///< what it is paid in; of a currency none
  AccountId issuer{};       ///< of a product
  PoolId pool{};            ///< of a contract
  std::uint32_t version = 0;
  Hour hour{0};                 ///< of a contract: the delivery hour
  std::array<char, 16> text{};  ///< code of a currency, symbol of a product, else zero
  friend bool operator==(const AssetDetails&, const AssetDetails&) = default;
};

/// Of a fund or withdraw: the bank's reference, as given.
struct BankReference {
  static constexpr std::uint16_t type = 4;
  static constexpr std::size_t bytes = 16;
  std::array<std::uint64_t, 2> reference{};
  friend bool operator==(const BankReference&, const BankReference&) = default;
};

/// Of a note: what a merchant is called from here on.
struct MerchantName {
  static constexpr std::uint16_t type = 5;
  static constexpr std::size_t bytes = 68;
  AccountId merchant{};
  std::array<char, 64> name{};
  friend bool operator==(const MerchantName&, const MerchantName&) = default;
};

/// Of a define_asset: what a product is called, if it is.
struct ProductTitle {
  static constexpr std::uint16_t type = 6;
  static constexpr std::size_t bytes = 64;
  std::array<char, 64> title{};
  friend bool operator==(const ProductTitle&, const ProductTitle&) = default;
};

/// Of a note: what an operator asked for and another one confirmed. The records and events of the
/// same command say what came of it.
struct ConfirmedCommand {
  static constexpr std::uint16_t type = 7;
  static constexpr std::size_t bytes = 48 + sizeof(EnclosedCommand);
  std::uint64_t proposal = 0;  ///< command that proposed it
  KeyId by{};                  ///< who proposed it
  KeyId confirmed_by{};
  std::array<std::uint8_t, 32> hash{};  ///< SHA-256 of the command, as the second operator had it
  EnclosedCommand command{};  ///< zeros behind
  friend bool operator==(const ConfirmedCommand&, const ConfirmedCommand&) = default;
};

/// Of a settle: the orders whose lots were traded. Not in records of before it was told.
struct TradeOrders {
  static constexpr std::uint16_t type = 8;
  static constexpr std::size_t bytes = 16;
  OrderId buyer{};   ///< none: it was no order but an offer
  OrderId seller{};  ///< the same
  friend bool operator==(const TradeOrders&, const TradeOrders&) = default;
};

// The whole record --------------------------------------------------------------------------------

inline constexpr std::uint8_t record_version = 1;
inline constexpr std::size_t record_header_bytes = 48;
inline constexpr std::size_t leg_bytes = 32;
inline constexpr std::size_t extension_header_bytes = 4;
inline constexpr std::size_t record_bytes_max = 65'535;
inline constexpr std::size_t record_legs_max = (record_bytes_max - record_header_bytes) / leg_bytes;

/// A record as values, for whoever builds or shows one at leisure.
struct Record {
  RecordKind kind = RecordKind::note;
  std::uint8_t group = record_flag::group_first | record_flag::group_last;
  std::uint16_t source = 0;
  std::uint64_t seq = 0;
  Time time{0};
  ExtId ext_id;
  std::uint64_t source_seq = 0;
  std::vector<Leg> legs;
  std::optional<TradeDetails> trade;
  std::optional<AccountDetails> account;
  std::optional<AssetDetails> asset;
  std::optional<BankReference> reference;
  std::optional<MerchantName> name;
  std::optional<ProductTitle> title;
  std::optional<ConfirmedCommand> confirmed;
  std::optional<TradeOrders> orders;
  friend bool operator==(const Record&, const Record&) = default;
};

/// Appends the canonical bytes of `record`.
///
/// Requires: legs ≤ record_legs_max, account_seq < 2^48, group made of its two flags.
void encode(const Record& record, std::vector<std::byte>& bytes);

/// A record read in place. Only check() and decode() make one, so every value is in range.
///
/// Memory: borrows the bytes.
class RecordView {
 public:
  RecordView() = default;

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] RecordKind kind() const { return static_cast<RecordKind>(bytes_[1]); }
  [[nodiscard]] std::uint8_t flags() const { return std::to_integer<std::uint8_t>(bytes_[2]); }
  [[nodiscard]] std::size_t legs() const { return load_be<std::uint16_t>(bytes_.data() + 4); }
  [[nodiscard]] std::uint16_t source() const { return load_be<std::uint16_t>(bytes_.data() + 6); }
  [[nodiscard]] std::uint64_t seq() const { return load_be<std::uint64_t>(bytes_.data() + 8); }
  [[nodiscard]] Time time() const {
    return Time{static_cast<std::int64_t>(load_be<std::uint64_t>(bytes_.data() + 16))};
  }
  [[nodiscard]] ExtId ext_id() const {
    return {load_be<std::uint64_t>(bytes_.data() + 24), load_be<std::uint32_t>(bytes_.data() + 32),
            load_be<std::uint32_t>(bytes_.data() + 36)};
  }
  [[nodiscard]] std::uint64_t source_seq() const {
    return load_be<std::uint64_t>(bytes_.data() + 40);
  }

  /// Requires: index < legs().
  [[nodiscard]] Leg leg(std::size_t index) const;

  /// The bytes of the extension of that type, empty if there is none.
  [[nodiscard]] std::span<const std::byte> extension(std::uint16_t type) const;

  [[nodiscard]] std::optional<TradeDetails> trade() const;
  [[nodiscard]] std::optional<AccountDetails> account() const;
  [[nodiscard]] std::optional<AssetDetails> asset() const;
  [[nodiscard]] std::optional<BankReference> reference() const;
  [[nodiscard]] std::optional<MerchantName> name() const;
  [[nodiscard]] std::optional<ProductTitle> title() const;
  [[nodiscard]] std::optional<ConfirmedCommand> confirmed() const;
  [[nodiscard]] std::optional<TradeOrders> orders() const;

 private:
  friend Result<RecordView> decode(std::span<const std::byte>);
  friend RecordView trusted_view(std::span<const std::byte>);
  explicit RecordView(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

/// Reads `bytes` as one record of version 1.
///
/// Errors: unknown_format, of another version; corrupt, when they are not exactly what encode()
///         writes for some record; the error says which byte.
[[nodiscard]] Result<RecordView> decode(std::span<const std::byte> bytes);

/// The view of bytes whose checksum says that this build has written them: nothing is checked.
[[nodiscard]] inline RecordView trusted_view(std::span<const std::byte> bytes) {
  return RecordView(bytes);
}

/// The record as values.
[[nodiscard]] Record read(const RecordView& view);

/// Whether the amounts sum to zero for every asset.
[[nodiscard]] bool is_balanced(const RecordView& record);

/// The names that stand in tables and exports.
[[nodiscard]] const char* name(RecordKind kind);
/// The kind of that name; none if there is none.
[[nodiscard]] std::optional<RecordKind> kind_named(std::string_view name);
[[nodiscard]] const char* name(Role role);
[[nodiscard]] const char* name(TradeMode mode);

}  // namespace karst
