#include "gateway/desk/books_desk.hpp"

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "ledger/audit/audit.hpp"
#include "ledger/books/books.hpp"
#include "ledger/books/books_store.hpp"
#include "ledger/record/record.hpp"
#include "schemas/karst/v1/gateway.pb.h"

namespace karst::gateway {
namespace {

constexpr std::size_t questions_max = 256;

void write(const Record& record, const BooksDesk::Question& question, v1::Transaction& to) {
  to.set_seq(record.seq);
  to.set_time_ns(record.time.value());
  to.set_kind(static_cast<std::uint32_t>(record.kind));
  for (const Leg& leg : record.legs) {
    if (!question.is_elevated && merchant_of(leg.account) != question.account) continue;
    v1::Leg& line = *to.add_legs();
    line.set_account(leg.account.value());
    line.set_asset(leg.asset.value());
    line.set_amount(leg.amount);
    line.set_balance_after(leg.balance_after);
    line.set_role(static_cast<std::uint32_t>(leg.role));
  }
  if (!question.is_elevated) return;
  std::vector<std::byte> bytes;
  encode(record, bytes);
  to.set_record(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

}  // namespace

struct BooksDesk::Parts {
  [[nodiscard]] std::unique_ptr<v1::Response> answer(Audit& audit, const Question& question) const;
  void run();

  std::unique_ptr<Books> books;
  std::unique_ptr<BooksStore> store;
  std::function<void()> wake;
  std::mutex lock;
  std::condition_variable bell;
  std::deque<Question> questions;
  std::vector<Answer> answers;
  bool is_stopping = false;
  bool is_left_behind = false;
  std::thread thread;
};

std::unique_ptr<v1::Response> BooksDesk::Parts::answer(Audit& audit,
                                                       const Question& question) const {
  auto response = std::make_unique<v1::Response>();
  v1::Transactions& to = *response->mutable_transactions();
  to.set_request_id(question.request_id);
  to.set_as_of_sequence(books->durable_command());
  AuditFilter filter;
  if (!question.is_everyone) filter.merchant = question.account;
  filter.from_seq = question.from_seq;
  AuditPaging paging;
  paging.limit = question.limit;
  // A page that is empty would not say where to go on; the books have an end.
  do {
    const Result<AuditPage> page = audit.find(filter, paging);
    if (!page) {
      std::fprintf(stderr, "karstd: books: %s\n", page.error().text().c_str());
      return nullptr;
    }
    for (const Record& record : page->records) write(record, question, *to.add_transactions());
    paging.cursor = page->cursor;
  } while (to.transactions_size() == 0 && paging.cursor);
  to.set_has_more(paging.cursor.has_value());
  return response;
}

void BooksDesk::Parts::run() {
  Result<std::unique_ptr<Audit>> audit = Audit::open(*books);
  if (!audit) std::fprintf(stderr, "karstd: books: %s\n", audit.error().text().c_str());
  std::unique_lock guard(lock);
  while (true) {
    bell.wait(guard, [this] { return is_stopping || !questions.empty(); });
    if (is_stopping) return;
    const Question question = questions.front();
    questions.pop_front();
    const bool is_answered = audit.ok() && !is_left_behind;
    guard.unlock();
    std::unique_ptr<v1::Response> response = is_answered ? answer(**audit, question) : nullptr;
    guard.lock();
    answers.push_back({question.connection, question.request_id, std::move(response)});
    wake();
  }
}

Result<std::unique_ptr<BooksDesk>> BooksDesk::open(Storage& storage, const std::string& directory,
                                                   std::uint64_t file_bytes,
                                                   std::function<void()> wake) {
  if (Status made = storage.create_directory(directory); !made) return made.error();
  auto parts = std::make_unique<Parts>();
  Result<std::unique_ptr<Books>> books =
      Books::open(storage, {.directory = directory,
                            .store_path = directory + "/ledger.db",
                            .file_bytes = file_bytes,
                            .notice = [](const std::string& words) {
                              std::fprintf(stderr, "karstd: books: %s\n", words.c_str());
                            }});
  if (!books) return books.error();
  parts->books = std::move(books).value();
  parts->store = std::make_unique<BooksStore>(*parts->books);
  parts->wake = std::move(wake);
  parts->thread = std::thread([raw = parts.get()] { raw->run(); });
  return std::unique_ptr<BooksDesk>(new BooksDesk(std::move(parts)));
}

BooksDesk::BooksDesk(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

BooksDesk::~BooksDesk() {
  {
    const std::lock_guard guard(parts_->lock);
    parts_->is_stopping = true;
  }
  parts_->bell.notify_one();
  parts_->thread.join();
}

DerivedStore& BooksDesk::store() { return *parts_->store; }

void BooksDesk::leave_behind() {
  const std::lock_guard guard(parts_->lock);
  parts_->is_left_behind = true;
}

HashedRecords BooksDesk::hashed() const { return parts_->books->hashed(); }

bool BooksDesk::ask(const Question& question) {
  {
    const std::lock_guard guard(parts_->lock);
    if (parts_->questions.size() >= questions_max) return false;
    parts_->questions.push_back(question);
  }
  parts_->bell.notify_one();
  return true;
}

std::vector<BooksDesk::Answer> BooksDesk::take() {
  const std::lock_guard guard(parts_->lock);
  return std::exchange(parts_->answers, {});
}

}  // namespace karst::gateway
