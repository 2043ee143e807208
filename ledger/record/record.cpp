#include "ledger/record/record.hpp"

#include <algorithm>
#include <cstring>

#include "ledger/record/record_draft.hpp"

namespace karst {
namespace {

void put_text(std::byte* at, std::span<const char> text) {
  std::memcpy(at, text.data(), text.size());
}

std::uint8_t byte_at(const std::byte* at, std::size_t index) {
  return std::to_integer<std::uint8_t>(at[index]);
}

void encode_body(const TradeDetails& trade, std::byte* at) {
  store_be(at, trade.instrument.value());
  store_be(at + 4, trade.quantity.value());
  store_be(at + 8, static_cast<std::uint64_t>(trade.price.value()));
  store_be(at + 16, trade.version);
  at[20] = static_cast<std::byte>(trade.mode);
  at[21] = static_cast<std::byte>(trade.taker);
  at[22] = static_cast<std::byte>(trade.flags);
  at[23] = static_cast<std::byte>(trade.settlement);
}

void encode_body(const AccountDetails& account, std::byte* at) {
  store_be(at, account.merchant.value());
  store_be(at + 4, account.group.value());
  at[8] = static_cast<std::byte>(account.tier);
  at[9] = static_cast<std::byte>(account.clearance);
  at[10] = static_cast<std::byte>(account.domestic ? 1 : 0);
  at[11] = std::byte{0};
  put_text(at + 12, account.name);
}

void encode_body(const AssetDetails& asset, std::byte* at) {
  store_be(at, asset.asset.value());
  at[4] = static_cast<std::byte>(asset.what);
  at[5] = static_cast<std::byte>(asset.unit);
  at[6] = static_cast<std::byte>(asset.supply);
  at[7] = static_cast<std::byte>(asset.resale);
  store_be(at + 8, asset.currency.value());
  store_be(at + 12, asset.issuer.value());
  store_be(at + 16, asset.pool.value());
  store_be(at + 20, asset.version);
  store_be(at + 24, static_cast<std::uint64_t>(asset.hour.value()));
  put_text(at + 32, asset.text);
}

void encode_body(const BankReference& reference, std::byte* at) {
  store_be(at, reference.reference[0]);
  store_be(at + 8, reference.reference[1]);
}

void encode_body(const MerchantName& name, std::byte* at) {
  store_be(at, name.merchant.value());
  put_text(at + 4, name.name);
}

void encode_body(const ProductTitle& title, std::byte* at) { put_text(at, title.title); }

void encode_body(const ConfirmedCommand& confirmed, std::byte* at) {
  store_be(at, confirmed.proposal);
  store_be(at + 8, confirmed.by.value());
  store_be(at + 12, confirmed.confirmed_by.value());
  std::memcpy(at + 16, confirmed.hash.data(), confirmed.hash.size());
  std::memcpy(at + 48, confirmed.command.data(), confirmed.command.size());
}

void encode_body(const TradeOrders& orders, std::byte* at) {
  store_be(at, orders.buyer.value());
  store_be(at + 8, orders.seller.value());
}

template <typename Details>
std::size_t encode_extension(const Details& details, std::byte* at) {
  store_be(at, Details::type);
  store_be(at + 2, static_cast<std::uint16_t>(Details::bytes));
  encode_body(details, at + extension_header_bytes);
  return extension_header_bytes + Details::bytes;
}

template <typename Details>
void append_extension(const std::optional<Details>& details, std::vector<std::byte>& bytes) {
  if (!details) return;
  const std::size_t at = bytes.size();
  bytes.resize(at + extension_header_bytes + Details::bytes);
  encode_extension(*details, bytes.data() + at);
}

void encode_leg(const Leg& leg, std::byte* at) {
  store_be(at, leg.account.value());
  store_be(at + 4, leg.asset.value());
  store_be(at + 8, static_cast<std::uint64_t>(leg.amount));
  store_be(at + 16, static_cast<std::uint64_t>(leg.balance_after));
  store_be48(at + 24, leg.account_seq);
  store_be(at + 30, static_cast<std::uint16_t>(leg.role));
}

struct Header {
  RecordKind kind;
  std::uint8_t flags;
  std::uint16_t legs;
  std::uint16_t source;
  std::uint64_t seq;
  Time time;
  ExtId ext_id;
  std::uint64_t source_seq;
};

void encode_header(const Header& header, std::byte* at) {
  at[0] = static_cast<std::byte>(record_version);
  at[1] = static_cast<std::byte>(header.kind);
  at[2] = static_cast<std::byte>(header.flags);
  at[3] = std::byte{0};
  store_be(at + 4, header.legs);
  store_be(at + 6, header.source);
  store_be(at + 8, header.seq);
  store_be(at + 16, static_cast<std::uint64_t>(header.time.value()));
  store_be(at + 24, header.ext_id.command);
  store_be(at + 32, header.ext_id.index);
  store_be(at + 36, header.ext_id.shard);
  store_be(at + 40, header.source_seq);
}

// Whether the body of an extension is one that encode_body() could have written.
bool is_sound(std::uint16_t type, std::span<const std::byte> body) {
  const std::byte* at = body.data();
  switch (type) {
    case TradeDetails::type:
      return body.size() == TradeDetails::bytes && byte_at(at, 20) >= 1 &&
             byte_at(at, 20) < trade_modes_end && byte_at(at, 21) >= 1 && byte_at(at, 21) <= 2 &&
             (byte_at(at, 22) & ~trade_flag::all) == 0;
    case AccountDetails::type:
      return body.size() == AccountDetails::bytes && byte_at(at, 10) <= 1 && byte_at(at, 11) == 0;
    case AssetDetails::type:
      return body.size() == AssetDetails::bytes && byte_at(at, 4) >= 1 && byte_at(at, 4) <= 3;
    case BankReference::type:
      return body.size() == BankReference::bytes;
    case MerchantName::type:
      return body.size() == MerchantName::bytes;
    case ProductTitle::type:
      return body.size() == ProductTitle::bytes;
    case ConfirmedCommand::type:
      return body.size() == ConfirmedCommand::bytes;
    case TradeOrders::type:
      return body.size() == TradeOrders::bytes;
    default:
      return false;
  }
}

// For records of more than a few assets.
[[gnu::cold]] bool is_balanced_slow(const RecordView& record) {
  struct Amount {
    std::uint32_t asset;
    std::int64_t amount;
  };
  std::vector<Amount> amounts(record.legs());
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    const Leg leg = record.leg(i);
    amounts[i] = {leg.asset.value(), leg.amount};
  }
  std::ranges::sort(amounts, {}, &Amount::asset);
  for (std::size_t i = 0; i < amounts.size();) {
    __extension__ __int128 sum = 0;
    const std::uint32_t asset = amounts[i].asset;
    for (; i < amounts.size() && amounts[i].asset == asset; ++i) sum += amounts[i].amount;
    if (sum != 0) return false;
  }
  return true;
}

Error fault(ErrorCode code, const char* what, std::size_t offset) {
  return Error{code, what, "a record", offset, 0};
}

Status check_header(std::span<const std::byte> bytes) {
  if (bytes.size() < record_header_bytes) {
    return fault(ErrorCode::corrupt, "read the header", bytes.size());
  }
  const std::byte* at = bytes.data();
  if (byte_at(at, 0) != record_version) {
    return fault(ErrorCode::unknown_format, "read the version", 0);
  }
  if (bytes.size() > record_bytes_max) {
    return fault(ErrorCode::corrupt, "take the length", record_bytes_max);
  }
  if (byte_at(at, 1) == 0 || byte_at(at, 1) >= record_kinds_end) {
    return fault(ErrorCode::corrupt, "read the kind", 1);
  }
  if ((byte_at(at, 2) & ~record_flag::all) != 0) {
    return fault(ErrorCode::corrupt, "read the flags", 2);
  }
  if (byte_at(at, 3) != 0) return fault(ErrorCode::corrupt, "read a reserved byte", 3);
  return {};
}

Status check_legs(std::span<const std::byte> bytes, std::size_t legs) {
  if (bytes.size() < record_header_bytes + legs * leg_bytes) {
    return fault(ErrorCode::corrupt, "read the legs", 4);
  }
  for (std::size_t i = 0; i < legs; ++i) {
    const std::size_t at = record_header_bytes + i * leg_bytes + 30;
    const auto role = load_be<std::uint16_t>(bytes.data() + at);
    if (role == 0 || role >= roles_end) return fault(ErrorCode::corrupt, "read a role", at);
  }
  return {};
}

// Extensions stand in ascending order of type, each type at most once.
Status check_extensions(std::span<const std::byte> bytes, std::size_t offset) {
  std::uint16_t before = 0;
  while (offset < bytes.size()) {
    if (bytes.size() - offset < extension_header_bytes) {
      return fault(ErrorCode::corrupt, "read an extension", offset);
    }
    const auto type = load_be<std::uint16_t>(bytes.data() + offset);
    const auto length = load_be<std::uint16_t>(bytes.data() + offset + 2);
    const std::size_t body = offset + extension_header_bytes;
    if (type <= before || bytes.size() - body < length ||
        !is_sound(type, bytes.subspan(body, length))) {
      return fault(ErrorCode::corrupt, "read an extension", offset);
    }
    before = type;
    offset = body + length;
  }
  return {};
}

}  // namespace

void encode(const Record& record, std::vector<std::byte>& bytes) {
  KARST_ASSERT(record.legs.size() <= record_legs_max);
  const std::size_t begin = bytes.size();
  bytes.resize(begin + record_header_bytes + record.legs.size() * leg_bytes);
  for (std::size_t i = 0; i < record.legs.size(); ++i) {
    encode_leg(record.legs[i], bytes.data() + begin + record_header_bytes + i * leg_bytes);
  }
  const std::size_t end_of_legs = bytes.size();
  append_extension(record.trade, bytes);
  append_extension(record.account, bytes);
  append_extension(record.asset, bytes);
  append_extension(record.reference, bytes);
  append_extension(record.name, bytes);
  append_extension(record.title, bytes);
  append_extension(record.confirmed, bytes);
  append_extension(record.orders, bytes);
  const std::uint8_t extended = bytes.size() > end_of_legs ? record_flag::has_extensions : 0;
  encode_header({record.kind, static_cast<std::uint8_t>(record.group | extended),
                 static_cast<std::uint16_t>(record.legs.size()), record.source, record.seq,
                 record.time, record.ext_id, record.source_seq},
                bytes.data() + begin);
}

Result<RecordView> decode(std::span<const std::byte> bytes) {
  if (Status header = check_header(bytes); !header) return header.error();
  const std::size_t legs = load_be<std::uint16_t>(bytes.data() + 4);
  if (Status checked = check_legs(bytes, legs); !checked) return checked.error();
  const std::size_t end_of_legs = record_header_bytes + legs * leg_bytes;
  const bool has_extensions = (byte_at(bytes.data(), 2) & record_flag::has_extensions) != 0;
  if (has_extensions != (bytes.size() > end_of_legs)) {
    return fault(ErrorCode::corrupt, "take the length", end_of_legs);
  }
  if (Status checked = check_extensions(bytes, end_of_legs); !checked) return checked.error();
  return RecordView(bytes);
}

Leg RecordView::leg(std::size_t index) const {
  const std::byte* at = bytes_.data() + record_header_bytes + index * leg_bytes;
  return {AccountNumber{load_be<std::uint32_t>(at)},
          AssetNumber{load_be<std::uint32_t>(at + 4)},
          static_cast<std::int64_t>(load_be<std::uint64_t>(at + 8)),
          static_cast<std::int64_t>(load_be<std::uint64_t>(at + 16)),
          load_be48(at + 24),
          static_cast<Role>(load_be<std::uint16_t>(at + 30))};
}

std::span<const std::byte> RecordView::extension(std::uint16_t type) const {
  std::size_t offset = record_header_bytes + legs() * leg_bytes;
  while (offset < bytes_.size()) {
    const auto found = load_be<std::uint16_t>(bytes_.data() + offset);
    const auto length = load_be<std::uint16_t>(bytes_.data() + offset + 2);
    if (found == type) return bytes_.subspan(offset + extension_header_bytes, length);
    offset += extension_header_bytes + length;
  }
  return {};
}

std::optional<TradeDetails> RecordView::trade() const {
  const auto body = extension(TradeDetails::type);
  if (body.empty()) return std::nullopt;
  const std::byte* at = body.data();
  return TradeDetails{InstrumentId{load_be<std::uint32_t>(at)},
                      Quantity{load_be<std::uint32_t>(at + 4)},
                      Price{static_cast<std::int64_t>(load_be<std::uint64_t>(at + 8))},
                      load_be<std::uint32_t>(at + 16),
                      static_cast<TradeMode>(at[20]),
                      static_cast<Side>(at[21]),
                      byte_at(at, 22),
                      byte_at(at, 23)};
}

std::optional<AccountDetails> RecordView::account() const {
  const auto body = extension(AccountDetails::type);
  if (body.empty()) return std::nullopt;
  const std::byte* at = body.data();
  AccountDetails account{AccountId{load_be<std::uint32_t>(at)},
                         GroupId{load_be<std::uint32_t>(at + 4)},
                         byte_at(at, 8),
                         byte_at(at, 9),
                         byte_at(at, 10) != 0,
                         {}};
  std::memcpy(account.name.data(), at + 12, account.name.size());
  return account;
}

std::optional<AssetDetails> RecordView::asset() const {
  const auto body = extension(AssetDetails::type);
  if (body.empty()) return std::nullopt;
  const std::byte* at = body.data();
  AssetDetails asset{AssetNumber{load_be<std::uint32_t>(at)},
                     static_cast<AssetClass>(at[4]),
                     byte_at(at, 5),
                     byte_at(at, 6),
                     byte_at(at, 7),
                     AssetNumber{load_be<std::uint32_t>(at + 8)},
                     AccountId{load_be<std::uint32_t>(at + 12)},
                     PoolId{load_be<std::uint32_t>(at + 16)},
                     load_be<std::uint32_t>(at + 20),
                     Hour{static_cast<std::int64_t>(load_be<std::uint64_t>(at + 24))},
                     {}};
  std::memcpy(asset.text.data(), at + 32, asset.text.size());
  return asset;
}

std::optional<BankReference> RecordView::reference() const {
  const auto body = extension(BankReference::type);
  if (body.empty()) return std::nullopt;
  return BankReference{
      {load_be<std::uint64_t>(body.data()), load_be<std::uint64_t>(body.data() + 8)}};
}

std::optional<MerchantName> RecordView::name() const {
  const auto body = extension(MerchantName::type);
  if (body.empty()) return std::nullopt;
  MerchantName name{AccountId{load_be<std::uint32_t>(body.data())}, {}};
  std::memcpy(name.name.data(), body.data() + 4, name.name.size());
  return name;
}

std::optional<ProductTitle> RecordView::title() const {
  const auto body = extension(ProductTitle::type);
  if (body.empty()) return std::nullopt;
  ProductTitle title;
  std::memcpy(title.title.data(), body.data(), title.title.size());
  return title;
}

std::optional<ConfirmedCommand> RecordView::confirmed() const {
  const auto body = extension(ConfirmedCommand::type);
  if (body.empty()) return std::nullopt;
  ConfirmedCommand confirmed;
  confirmed.proposal = load_be<std::uint64_t>(body.data());
  confirmed.by = KeyId{load_be<std::uint32_t>(body.data() + 8)};
  confirmed.confirmed_by = KeyId{load_be<std::uint32_t>(body.data() + 12)};
  std::memcpy(confirmed.hash.data(), body.data() + 16, confirmed.hash.size());
  std::memcpy(confirmed.command.data(), body.data() + 48, confirmed.command.size());
  return confirmed;
}

std::optional<TradeOrders> RecordView::orders() const {
  const auto body = extension(TradeOrders::type);
  if (body.empty()) return std::nullopt;
  return TradeOrders{OrderId{load_be<std::uint64_t>(body.data())},
                     OrderId{load_be<std::uint64_t>(body.data() + 8)}};
}

Record read(const RecordView& view) {
  Record record;
  record.kind = view.kind();
  record.group = view.flags() & ~record_flag::has_extensions;
  record.source = view.source();
  record.seq = view.seq();
  record.time = view.time();
  record.ext_id = view.ext_id();
  record.source_seq = view.source_seq();
  record.legs.reserve(view.legs());
  for (std::size_t i = 0; i < view.legs(); ++i) record.legs.push_back(view.leg(i));
  record.trade = view.trade();
  record.account = view.account();
  record.asset = view.asset();
  record.reference = view.reference();
  record.name = view.name();
  record.title = view.title();
  record.confirmed = view.confirmed();
  record.orders = view.orders();
  return record;
}

bool is_balanced(const RecordView& record) {
  constexpr std::size_t assets_few = 8;
  std::array<std::uint32_t, assets_few> assets;
  __extension__ __int128 sums[assets_few];
  std::size_t count = 0;
  const std::size_t legs = record.legs();
  for (std::size_t i = 0; i < legs; ++i) {
    const Leg leg = record.leg(i);
    std::size_t at = 0;
    while (at < count && assets[at] != leg.asset.value()) ++at;
    if (at == assets_few) return is_balanced_slow(record);
    if (at == count) {
      assets[count] = leg.asset.value();
      sums[count++] = 0;
    }
    sums[at] += leg.amount;
  }
  return std::all_of(sums, sums + count, [](const auto& sum) { return sum == 0; });
}

// The draft ---------------------------------------------------------------------------------------

template <typename Details>
void RecordDraft::extend(const Details& details) {
  KARST_ASSERT(extension_bytes + extension_header_bytes + Details::bytes <= extensions.size());
  extension_bytes = static_cast<std::uint8_t>(
      extension_bytes + encode_extension(details, extensions.data() + extension_bytes));
}
template void RecordDraft::extend(const TradeDetails&);
template void RecordDraft::extend(const AccountDetails&);
template void RecordDraft::extend(const AssetDetails&);
template void RecordDraft::extend(const BankReference&);
template void RecordDraft::extend(const MerchantName&);
template void RecordDraft::extend(const ProductTitle&);
template void RecordDraft::extend(const ConfirmedCommand&);
template void RecordDraft::extend(const TradeOrders&);

std::size_t encode(const RecordDraft& draft, std::uint64_t seq, std::span<const Leg> legs,
                   std::byte* at) {
  const std::uint8_t flags =
      static_cast<std::uint8_t>(record_flag::group_first | record_flag::group_last |
                                (draft.extension_bytes > 0 ? record_flag::has_extensions : 0));
  encode_header({draft.kind, flags, static_cast<std::uint16_t>(legs.size()), draft.source, seq,
                 draft.time, draft.ext_id, draft.source_seq},
                at);
  std::byte* end = at + record_header_bytes;
  for (const Leg& leg : legs) {
    encode_leg(leg, end);
    end += leg_bytes;
  }
  std::memcpy(end, draft.extensions.data(), draft.extension_bytes);
  return static_cast<std::size_t>(end - at) + draft.extension_bytes;
}

// Names -------------------------------------------------------------------------------------------

const char* name(RecordKind kind) {
  switch (kind) {
    case RecordKind::open_account:
      return "open_account";
    case RecordKind::define_asset:
      return "define_asset";
    case RecordKind::fund:
      return "fund";
    case RecordKind::withdraw:
      return "withdraw";
    case RecordKind::mint:
      return "mint";
    case RecordKind::burn:
      return "burn";
    case RecordKind::settle:
      return "settle";
    case RecordKind::release:
      return "release";
    case RecordKind::deliver:
      return "deliver";
    case RecordKind::refund:
      return "refund";
    case RecordKind::reverse:
      return "reverse";
    case RecordKind::adjust:
      return "adjust";
    case RecordKind::close:
      return "close";
    case RecordKind::key:
      return "key";
    case RecordKind::note:
      return "note";
  }
  return "unknown";
}

std::optional<RecordKind> kind_named(std::string_view text) {
  for (unsigned kind = 1; kind < record_kinds_end; ++kind) {
    if (text == name(static_cast<RecordKind>(kind))) return static_cast<RecordKind>(kind);
  }
  return std::nullopt;
}

const char* name(Role role) {
  switch (role) {
    case Role::cash:
      return "cash";
    case Role::units:
      return "units";
    case Role::fee:
      return "fee";
    case Role::subsidy:
      return "subsidy";
    case Role::tax:
      return "tax";
    case Role::escrow:
      return "escrow";
    case Role::bond:
      return "bond";
    case Role::rounding:
      return "rounding";
  }
  return "unknown";
}

const char* name(TradeMode mode) {
  switch (mode) {
    case TradeMode::book:
      return "book";
    case TradeMode::auction:
      return "auction";
    case TradeMode::posted:
      return "posted";
    case TradeMode::quote:
      return "quote";
    case TradeMode::negotiated:
      return "negotiated";
  }
  return "unknown";
}

}  // namespace karst
