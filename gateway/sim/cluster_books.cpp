#include "gateway/sim/cluster_books.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

#include "gateway/sim/cluster_settings.hpp"
#include "ledger/audit/audit.hpp"
#include "ledger/books/books.hpp"
#include "ledger/files/exchange_directory.hpp"
#include "ledger/files/posix_storage.hpp"
#include "ledger/offline/offline.hpp"
#include "ledger/record/record_reader.hpp"

namespace karst::tool {
namespace {

/// SHA-256, piece by piece.
class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    KARST_ASSERT(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void add(std::span<const std::byte> bytes) {
    KARST_ASSERT(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  [[nodiscard]] std::string finish() {
    constexpr char digits[] = "0123456789abcdef";
    std::array<unsigned char, 32> digest{};
    KARST_ASSERT(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    std::string text;
    for (const unsigned char byte : digest) {
      text += digits[byte >> 4U];
      text += digits[byte & 15U];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

Result<std::unique_ptr<Books>> open_books(Storage& storage, const std::string& directory) {
  const ExchangeDirectory files(directory);
  return Books::open(storage, {.directory = files.books(),
                               .store_path = files.books_database(),
                               .read_only = true});
}

Status compare_records(const Books& live, const Books& made, ClusterBooks& books,
                       ClusterCheck& check) {
  books.records = live.records();
  check.expect(live.records() == made.records(),
               "the journal makes " + std::to_string(made.records()) + " records, the books have " +
                   std::to_string(live.records()));
  Sha256 hash;
  RecordReader live_reader(live.log());
  RecordReader made_reader(made.log());
  if (live.records() == 0 || made.records() == 0) return {};
  if (Status sought = live_reader.seek(0); !sought) return sought;
  if (Status sought = made_reader.seek(0); !sought) return sought;
  for (std::uint64_t seq = 0; seq < std::min(live.records(), made.records()); ++seq) {
    const Result<RecordView> left = live_reader.next();
    if (!left) return left.error();
    const Result<RecordView> right = made_reader.next();
    if (!right) return right.error();
    const bool is_same = std::ranges::equal(left->bytes(), right->bytes());
    check.expect(is_same, is_same ? "" : "record " + std::to_string(seq) + " differs");
    hash.add(left->bytes());
  }
  books.sha256 = hash.finish();
  return {};
}

Status check_totals(const Books& live, ClusterAuditor& auditor) {
  Result<std::unique_ptr<Audit>> audit = Audit::open(live);
  if (!audit) return audit.error();
  const std::uint64_t size = (*audit)->size();
  const Result<TrialBalance> trial = (*audit)->trial_balance(size);
  if (!trial) return trial.error();
  for (const auto& [asset, sum] : trial->sums) {
    auditor.check(ClusterAuditor::zero_sum)
        .expect(sum.is_even(), "the books do not sum to zero in asset " +
                                   std::to_string(asset.value()));
  }
  const auto rounding = live.keys_of(account_number(ExchangeAccount::rounding));
  auditor.check(ClusterAuditor::no_rounding)
      .expect(rounding.empty(), "something was posted to the rounding account");
  const Result<DayTotals> totals = (*audit)->day_totals(0, size, cluster_utc_offset_ns);
  if (!totals) return totals.error();
  ClusterCheck& check = auditor.check(ClusterAuditor::audit_totals);
  check.expect(totals->rows.size() == auditor.totals().size(),
               "the audit has " + std::to_string(totals->rows.size()) + " totals, the events " +
                   std::to_string(auditor.totals().size()));
  for (const auto& [key, total] : auditor.totals()) {
    const auto found = totals->rows.find(key);
    check.expect(found != totals->rows.end() && found->second == total,
                 "merchant " + std::to_string(key.merchant.value()) + ", day " +
                     std::to_string(key.day));
  }
  return {};
}

}  // namespace

Result<ClusterBooks> check_books(const std::string& data, const std::string& into,
                                 ClusterAuditor& auditor) {
  PosixStorage storage;
  if (Status made = storage.create_directory(into); !made) return made.error();
  const Result<Rebuilt> rebuilt =
      rebuild_stores(storage, ExchangeDirectory(data), ExchangeDirectory(into), 0);
  if (!rebuilt) return rebuilt.error();
  const Result<std::unique_ptr<Books>> live = open_books(storage, data);
  if (!live) return live.error();
  const Result<std::unique_ptr<Books>> made = open_books(storage, into);
  if (!made) return made.error();
  ClusterBooks books;
  ClusterCheck& replay = auditor.check(ClusterAuditor::same_replay);
  if (Status compared = compare_records(**live, **made, books, replay); !compared) {
    return compared.error();
  }
  if (Status checked = check_totals(**live, auditor); !checked) return checked.error();
  return books;
}

}  // namespace karst::tool
