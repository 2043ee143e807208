#include "ledger/books/balances_file.hpp"

#include <algorithm>
#include <array>

#include "ledger/files/big_endian.hpp"
#include "ledger/files/crc32c.hpp"
#include "ledger/files/open_file.hpp"

namespace karst {
namespace {

constexpr std::uint32_t magic = 0x4b52424c;  // "KRBL"
constexpr std::uint8_t version = 1;
constexpr std::size_t header_bytes = 64;
constexpr std::size_t header_crc_at = 60;
constexpr std::size_t row_bytes = 48;
constexpr std::size_t buffer_rows = (std::size_t{1} << 20U) / row_bytes;

struct Header {
  StoreIdentity identity;
  std::uint32_t segments = 0;
  std::uint64_t rows = 0;
  std::uint32_t rows_crc = 0;
};

std::array<std::byte, header_bytes> encode(const Header& header) {
  std::array<std::byte, header_bytes> bytes{};
  store_be(bytes.data(), magic);
  bytes[4] = static_cast<std::byte>(version);
  store_be(bytes.data() + 8, header.identity.shard);
  store_be(bytes.data() + 12, header.identity.segment_records);
  store_be(bytes.data() + 16, header.segments);
  store_be(bytes.data() + 24, header.rows);
  store_be(bytes.data() + 32, header.rows_crc);
  store_be(bytes.data() + header_crc_at, crc32c({bytes.data(), header_crc_at}));
  return bytes;
}

void encode(const SavedBalance& row, std::byte* at) {
  store_be(at, row.key.account.value());
  store_be(at + 4, row.key.asset.value());
  store_be(at + 8, static_cast<std::uint64_t>(row.state.balance));
  store_be(at + 16, row.state.account_seq);
  store_be(at + 24, static_cast<std::uint64_t>(row.state.debits >> 64U));
  store_be(at + 32, static_cast<std::uint64_t>(row.state.debits));
  store_be(at + 40, row.last_segment);
  store_be(at + 44, std::uint32_t{0});
}

SavedBalance decode_row(const std::byte* at) {
  SavedBalance row;
  row.key = {AccountNumber{load_be<std::uint32_t>(at)},
             AssetNumber{load_be<std::uint32_t>(at + 4)}};
  row.state.balance = static_cast<std::int64_t>(load_be<std::uint64_t>(at + 8));
  row.state.account_seq = load_be<std::uint64_t>(at + 16);
  row.state.debits = static_cast<Total>(load_be<std::uint64_t>(at + 24)) << 64U;
  row.state.debits |= load_be<std::uint64_t>(at + 32);
  row.last_segment = load_be<std::uint32_t>(at + 40);
  return row;
}

// Reads rows one behind the other.
class Rows {
 public:
  Rows(Storage& storage, std::string path) : storage_(storage), path_(std::move(path)) {}

  Status open(const StoreIdentity& identity) {
    Result<OpenFile> file = OpenFile::open(storage_, path_, OpenMode::read);
    if (!file) return file.error();
    file_ = std::move(file).value();
    std::array<std::byte, header_bytes> bytes;
    const Result<std::size_t> got = storage_.read(file_.handle(), 0, bytes);
    if (!got) return got.error();
    const bool is_sound = *got == bytes.size() && load_be<std::uint32_t>(bytes.data()) == magic &&
                          load_be<std::uint32_t>(bytes.data() + header_crc_at) ==
                              crc32c({bytes.data(), header_crc_at});
    if (!is_sound) return wrong(ErrorCode::corrupt);
    if (std::to_integer<std::uint8_t>(bytes[4]) > version) return wrong(ErrorCode::unknown_format);
    header_.identity = {load_be<std::uint16_t>(bytes.data() + 8),
                        load_be<std::uint32_t>(bytes.data() + 12)};
    header_.segments = load_be<std::uint32_t>(bytes.data() + 16);
    header_.rows = load_be<std::uint64_t>(bytes.data() + 24);
    header_.rows_crc = load_be<std::uint32_t>(bytes.data() + 32);
    // A file that was written is the bytes of its header again: nothing else is in it.
    if (encode(header_) != bytes) return wrong(ErrorCode::corrupt);
    if (header_.identity != identity) return wrong(ErrorCode::invalid);
    return {};
  }

  [[nodiscard]] const Header& header() const { return header_; }

  /// Returns: false at the end, when all rows were what was written.
  Result<bool> next(SavedBalance& row) {
    if (taken_ == header_.rows) {
      if (crc_ != header_.rows_crc) return wrong(ErrorCode::corrupt);
      return false;
    }
    if (at_ == buffer_.size()) {
      if (Status filled = fill(); !filled) return filled.error();
    }
    row = decode_row(buffer_.data() + at_);
    at_ += row_bytes;
    ++taken_;
    return true;
  }

 private:
  Error wrong(ErrorCode code) const { return Error{code, "read saved balances", path_}; }

  Status fill() {
    const std::uint64_t rows = std::min<std::uint64_t>(buffer_rows, header_.rows - taken_);
    buffer_.resize(static_cast<std::size_t>(rows) * row_bytes);
    at_ = 0;
    const Result<std::size_t> got =
        storage_.read(file_.handle(), header_bytes + taken_ * row_bytes, buffer_);
    if (!got) return got.error();
    if (*got != buffer_.size()) return wrong(ErrorCode::corrupt);
    crc_ = crc32c(buffer_, crc_);
    return {};
  }

  Storage& storage_;
  std::string path_;
  OpenFile file_;
  Header header_;
  std::vector<std::byte> buffer_;
  std::size_t at_ = 0;
  std::uint64_t taken_ = 0;
  std::uint32_t crc_ = 0;
};

// Writes rows behind the place of a header that comes last.
class RowsDraft {
 public:
  RowsDraft(Storage& storage, std::string path) : storage_(storage), path_(std::move(path)) {}

  Status begin() {
    Result<OpenFile> file = OpenFile::open(storage_, path_, OpenMode::create);
    if (!file) return file.error();
    file_ = std::move(file).value();
    return storage_.truncate(file_.handle(), 0);
  }

  Status add(const SavedBalance& row) {
    buffer_.resize(buffer_.size() + row_bytes);
    encode(row, buffer_.data() + buffer_.size() - row_bytes);
    ++header_.rows;
    return buffer_.size() < buffer_rows * row_bytes ? Status{} : flush();
  }

  Status finish(const StoreIdentity& identity, std::uint32_t segments) {
    if (Status flushed = flush(); !flushed) return flushed;
    header_.identity = identity;
    header_.segments = segments;
    if (Status written = storage_.write(file_.handle(), 0, encode(header_)); !written) {
      return written;
    }
    return storage_.sync(file_.handle());
  }

  [[nodiscard]] std::uint64_t rows() const { return header_.rows; }

 private:
  Status flush() {
    const Status written = storage_.write(file_.handle(), header_bytes + written_, buffer_);
    header_.rows_crc = crc32c(buffer_, header_.rows_crc);
    written_ += buffer_.size();
    buffer_.clear();
    return written;
  }

  Storage& storage_;
  std::string path_;
  OpenFile file_;
  Header header_;
  std::vector<std::byte> buffer_;
  std::uint64_t written_ = 0;
};

}  // namespace

// Twice through the file: a row is given only when all of them are known to be sound.
Result<std::uint32_t> BalancesFile::load(const Visit& visit) {
  forget();
  for (const bool is_given : {false, true}) {
    Rows rows(storage_, path());
    if (Status opened = rows.open(identity_); !opened) return opened.error();
    SavedBalance row;
    while (true) {
      const Result<bool> more = rows.next(row);
      if (!more) return more.error();
      if (!*more) break;
      if (is_given) visit(row);
    }
    segments_ = rows.header().segments;
    rows_ = rows.header().rows;
  }
  return segments_;
}

Status BalancesFile::merge(const NewerBalances& newer, std::uint32_t segments) {
  const std::string draft_path = path() + ".draft";
  RowsDraft draft(storage_, draft_path);
  if (Status begun = draft.begin(); !begun) return begun;
  auto next = newer.begin();
  const auto add_newer_before = [&](const AccountKey* key) -> Status {
    for (; next != newer.end() && (key == nullptr || next->first < *key); ++next) {
      if (Status added = draft.add(next->second); !added) return added;
    }
    return {};
  };
  if (segments_ > 0) {
    Rows rows(storage_, path());
    if (Status opened = rows.open(identity_); !opened) return opened;
    SavedBalance row;
    while (true) {
      const Result<bool> more = rows.next(row);
      if (!more) return more.error();
      if (!*more) break;
      if (Status added = add_newer_before(&row.key); !added) return added;
      const bool is_replaced = next != newer.end() && next->first == row.key;
      if (Status added = draft.add(is_replaced ? next->second : row); !added) return added;
      if (is_replaced) ++next;
    }
  }
  if (Status added = add_newer_before(nullptr); !added) return added;
  if (Status finished = draft.finish(identity_, segments); !finished) return finished;
  if (Status renamed = storage_.rename(draft_path, path()); !renamed) return renamed;
  if (Status synced = storage_.sync_directory(directory_); !synced) return synced;
  segments_ = segments;
  rows_ = draft.rows();
  return {};
}

Status BalancesFile::remove() {
  forget();
  const Status removed = storage_.unlink(path());
  if (!removed && removed.error().code == ErrorCode::not_found) return {};
  return removed ? storage_.sync_directory(directory_) : removed;
}

}  // namespace karst
