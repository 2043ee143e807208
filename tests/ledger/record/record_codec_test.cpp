// The record's bytes: golden samples, strictness, and encode(decode(x)) = x.
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "ledger/record/record.hpp"
#include "tests/support/random_run.hpp"

namespace karst {
namespace {

std::vector<std::byte> golden(const std::string& name) {
  const std::string folder = KARST_SOURCE_DIR "/tests/ledger/golden/";
  std::ifstream file(folder + "record_" + name + ".hex");
  std::string digits;
  for (std::string line; std::getline(file, line);) digits += line;
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

template <std::size_t N>
std::array<char, N> padded(std::string_view text) {
  std::array<char, N> array{};
  std::ranges::copy(text, array.begin());
  return array;
}

constexpr AssetNumber yuan = asset_of(CurrencyId{1});
constexpr AssetNumber hour = asset_of(instrument_id(1, 5));
constexpr std::int64_t start_ns = 1'790'000'000'000'000'000;

Record settle_sample() {
  Record record;
  record.kind = RecordKind::settle;
  record.source = 3;
  record.seq = 0x0102030405060708;
  record.time = Time{start_ns + 3};
  record.ext_id = {0x0a0b0c0d0e0f1011, 4, 3};
  record.source_seq = 0x0102030405060709;
  const AccountNumber buyer = account_number(AccountId{5}, AccountKind::main);
  const AccountNumber fees = account_number(ExchangeAccount::fee_income);
  record.legs = {
      {buyer, yuan, -5025, 494975, 2, Role::cash},
      {account_number(AccountId{6}, AccountKind::escrow), yuan, 4985, 4985, 1, Role::escrow},
      {fees, yuan, 25, 25, 1, Role::fee},
      {fees, yuan, 15, 40, 2, Role::fee},
      {account_number(AccountId{6}, AccountKind::capacity), hour, -10, 90, 0xa1a2a3a4, Role::units},
      {buyer, hour, 10, 10, 1, Role::units}};
  record.trade = TradeDetails{instrument_of(hour), Quantity{10}, Price{250}, 0,
                              TradeMode::book,     Side::sell,   3,          1};
  return record;
}

Record fund_sample() {
  Record record;
  record.kind = RecordKind::fund;
  record.source = 3;
  record.seq = 2;
  record.time = Time{start_ns + 2};
  record.ext_id = {9, ext_index_of_event, 3};
  record.source_seq = 3;
  record.legs = {
      {account_number(ExchangeAccount::bank_custody), yuan, -500000, -500000, 1, Role::cash},
      {account_number(AccountId{5}, AccountKind::main), yuan, 500000, 500000, 1, Role::cash}};
  record.reference = BankReference{{0x1122334455667788, 0x99aabbccddeeff00}};
  return record;
}

Record account_sample() {
  Record record;
  record.kind = RecordKind::open_account;
  record.source = 3;
  record.time = Time{start_ns};
  record.ext_id = {7, ext_index_of_event, 3};
  record.source_seq = 1;
  record.account = AccountDetails{
      AccountId{5}, GroupId{2}, 3, 4, true, padded<32>("Robert'); DROP TABLE account;--")};
  return record;
}

Record asset_sample() {
  Record record;
  record.kind = RecordKind::define_asset;
  record.source = 3;
  record.seq = 1;
  record.time = Time{start_ns + 1};
  record.ext_id = {8, ext_index_of_event | 1, 3};
  record.source_seq = 2;
  AssetDetails asset;
  asset.asset = hour;
  asset.what = AssetClass::contract;
  asset.currency = yuan;
  asset.pool = PoolId{9};
  asset.hour = Hour{497222};
  record.asset = asset;
  return record;
}

Record name_sample() {
  Record record;
  record.kind = RecordKind::note;
  record.source = 3;
  record.seq = 3;
  record.time = Time{start_ns + 3};
  record.ext_id = {10, ext_index_of_event, 3};
  record.source_seq = 4;
  record.name = MerchantName{AccountId{5}, padded<64>("\u6570\u636e\u5546")};
  return record;
}

std::vector<std::byte> encoded(const Record& record) {
  std::vector<std::byte> bytes;
  encode(record, bytes);
  return bytes;
}

TEST(RecordCodec, the_bytes_are_those_of_the_page) {
  EXPECT_EQ(encoded(settle_sample()), golden("settle"));
  EXPECT_EQ(encoded(fund_sample()), golden("fund"));
  EXPECT_EQ(encoded(account_sample()), golden("open_account"));
  EXPECT_EQ(encoded(asset_sample()), golden("define_asset"));
}

TEST(RecordCodec, golden_bytes_read_back_as_what_was_written) {
  for (const auto& [name, record] :
       {std::pair{"settle", settle_sample()}, std::pair{"fund", fund_sample()},
        std::pair{"open_account", account_sample()}, std::pair{"define_asset", asset_sample()}}) {
    const auto bytes = golden(name);
    const auto view = decode(bytes);
    ASSERT_TRUE(view.ok()) << name << ": " << view.error().text();
    EXPECT_EQ(read(*view), record) << name;
    EXPECT_TRUE(is_balanced(*view)) << name;
  }
}

TEST(RecordCodec, a_name_reads_back_as_it_was_written) {
  const auto bytes = encoded(name_sample());
  EXPECT_EQ(bytes.size(), record_header_bytes + extension_header_bytes + MerchantName::bytes);
  const auto view = decode(bytes);
  ASSERT_TRUE(view.ok()) << view.error().text();
  EXPECT_EQ(read(*view), name_sample());
}

TEST(RecordCodec, orders_stand_behind_their_trade_and_older_trades_have_none) {
  const std::vector<std::byte> older = golden("settle");
  ASSERT_TRUE(decode(older).ok());
  EXPECT_EQ(decode(older)->orders(), std::nullopt);
  Record record = settle_sample();
  record.orders = TradeOrders{OrderId{0x0102030405060708}, OrderId{9}};
  std::vector<std::byte> bytes;
  encode(record, bytes);
  EXPECT_EQ(bytes.size(), older.size() + extension_header_bytes + TradeOrders::bytes);
  const std::vector<std::byte> tail(bytes.end() - 20, bytes.end());
  EXPECT_EQ(tail, (std::vector<std::byte>{std::byte{0}, std::byte{8}, std::byte{0}, std::byte{16},
                                          std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                          std::byte{5}, std::byte{6}, std::byte{7}, std::byte{8},
                                          std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},
                                          std::byte{0}, std::byte{0}, std::byte{0}, std::byte{9}}));
  ASSERT_TRUE(decode(bytes).ok());
  EXPECT_EQ(read(*decode(bytes)), record);
}

TEST(RecordCodec, a_title_stands_behind_what_it_is_the_title_of) {
  Record record = asset_sample();
  record.title = ProductTitle{padded<64>("\u5730\u56fe")};
  const auto bytes = encoded(record);
  EXPECT_EQ(bytes.size(), encoded(asset_sample()).size() + extension_header_bytes + 64);
  const auto view = decode(bytes);
  ASSERT_TRUE(view.ok()) << view.error().text();
  EXPECT_EQ(read(*view), record);
  EXPECT_FALSE(decode(std::span(bytes).first(bytes.size() - 1)).ok());
}

TEST(RecordCodec, a_six_leg_settlement_takes_268_bytes) {
  EXPECT_EQ(encoded(settle_sample()).size(), 268u);
}

TEST(RecordCodec, another_version_is_an_unknown_format_not_a_corruption) {
  auto bytes = golden("settle");
  bytes[0] = std::byte{2};
  EXPECT_EQ(decode(bytes).error().code, ErrorCode::unknown_format);
}

TEST(RecordCodec, every_truncation_and_every_extra_byte_is_refused) {
  const auto bytes = golden("settle");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(decode(std::span(bytes).first(length)).ok()) << length;
  }
  auto longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(decode(longer).ok());
}

TEST(RecordCodec, reserved_bytes_flags_kinds_and_roles_without_a_name_are_refused) {
  const auto broken_at = [](std::size_t offset, std::uint8_t value) {
    auto bytes = golden("settle");
    bytes[offset] = static_cast<std::byte>(value);
    const auto view = decode(bytes);
    return !view.ok() && view.error().code == ErrorCode::corrupt;
  };
  EXPECT_TRUE(broken_at(1, 0));
  EXPECT_TRUE(broken_at(1, 16));
  EXPECT_TRUE(broken_at(2, 8 | 7));
  EXPECT_TRUE(broken_at(2, 6));  // says there are no extensions, and there are
  EXPECT_TRUE(broken_at(3, 1));
  EXPECT_TRUE(broken_at(48 + 31, 9));  // role
  EXPECT_TRUE(broken_at(48 + 31, 0));
  EXPECT_TRUE(broken_at(240 + 1, 9));       // type of the extension
  EXPECT_TRUE(broken_at(240 + 4 + 20, 0));  // trade mode
  EXPECT_TRUE(broken_at(240 + 4 + 21, 3));  // side
}

TEST(RecordCodec, an_extension_may_not_come_twice_or_out_of_order) {
  auto bytes = golden("fund");
  const std::vector<std::byte> extension(bytes.begin() + 48 + 64, bytes.end());
  bytes.insert(bytes.end(), extension.begin(), extension.end());
  EXPECT_FALSE(decode(bytes).ok());
}

TEST(RecordCodec, sums_are_taken_per_asset) {
  Record record = fund_sample();
  record.legs[1].asset = asset_of(CurrencyId{2});
  const auto crossed = encoded(record);
  EXPECT_FALSE(is_balanced(*decode(crossed)));
  record = fund_sample();
  record.legs[1].amount += 1;
  const auto off_by_one = encoded(record);
  EXPECT_FALSE(is_balanced(*decode(off_by_one)));
}

TEST(RecordCodec, whatever_decodes_encodes_to_the_same_bytes) {
  std::mt19937_64 random(test::seed_of_run());
  const std::vector<std::vector<std::byte>> samples{golden("settle"), golden("fund"),
                                                    golden("open_account"), golden("define_asset")};
  std::int64_t decoded = 0;
  for (std::int64_t i = 0; i < test::effort(200'000); ++i) {
    auto bytes = samples[random() % samples.size()];
    for (std::size_t flips = 1 + random() % 3; flips > 0; --flips) {
      bytes[random() % bytes.size()] ^= static_cast<std::byte>(1U << random() % 8);
    }
    const auto view = decode(bytes);
    if (!view.ok()) continue;
    ++decoded;
    ASSERT_EQ(encoded(read(*view)), bytes);
  }
  EXPECT_GT(decoded, 0);
}

TEST(RecordCodec, currencies_and_instruments_never_share_an_asset_number) {
  EXPECT_TRUE(is_currency(asset_of(CurrencyId{65'535})));
  EXPECT_EQ(currency_of(asset_of(CurrencyId{65'535})), CurrencyId{65'535});
  const InstrumentId last = instrument_id(instrument_generations_max - 1, instrument_slots_max - 1);
  EXPECT_FALSE(is_currency(asset_of(last)));
  EXPECT_EQ(instrument_of(asset_of(last)), last);
}

}  // namespace
}  // namespace karst
