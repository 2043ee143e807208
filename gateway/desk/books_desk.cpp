#include "gateway/desk/books_desk.hpp"

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "gateway/desk/books_answers.hpp"
#include "ledger/audit/audit.hpp"
#include "ledger/books/books.hpp"
#include "ledger/books/books_store.hpp"
#include "ledger/exchange/thread_name.hpp"

namespace karst::gateway {
namespace {

constexpr std::size_t questions_max = 256;

}  // namespace

struct BooksDesk::Parts {
  void answer(BooksAnswers* answers, const Question& question, Answer& to) const;
  [[nodiscard]] std::map<std::uint32_t, std::string> ask_pools();
  void run();

  std::unique_ptr<Books> books;
  std::unique_ptr<BooksStore> store;
  std::function<void()> wake;
  std::mutex lock;
  std::condition_variable bell;
  std::deque<Question> questions;
  std::vector<Answer> answers_ready;
  bool is_stopping = false;
  bool is_left_behind = false;
  std::mutex pools_lock;
  PoolSymbols pools;
  std::thread thread;
};

void BooksDesk::Parts::answer(BooksAnswers* answers, const Question& question, Answer& to) const {
  if (answers == nullptr) return;
  Result<std::unique_ptr<v1::Response>> answered =
      answers->answer(*question.request, {question.account, question.is_elevated});
  if (answered) {
    to.response = std::move(answered).value();
  } else if (answered.error().code == ErrorCode::not_found) {
    to.refused = v1::CODE_NOT_FOUND;
  } else {
    std::fprintf(stderr, "karstd: books: %s\n", answered.error().text().c_str());
  }
}

/// Nobody takes the pools away while they are being asked.
std::map<std::uint32_t, std::string> BooksDesk::Parts::ask_pools() {
  const std::lock_guard guard(pools_lock);
  return pools ? pools() : std::map<std::uint32_t, std::string>{};
}

void BooksDesk::Parts::run() {
  name_thread("books reader");
  Result<std::unique_ptr<Audit>> audit = Audit::open(*books);
  if (!audit) std::fprintf(stderr, "karstd: books: %s\n", audit.error().text().c_str());
  std::optional<BooksAnswers> answers;
  if (audit) answers.emplace(**audit, *books, [this] { return ask_pools(); });
  std::unique_lock guard(lock);
  while (true) {
    bell.wait(guard, [this] { return is_stopping || !questions.empty(); });
    if (is_stopping) return;
    const Question question = std::move(questions.front());
    questions.pop_front();
    const bool is_answered = answers.has_value() && !is_left_behind;
    guard.unlock();
    Answer to;
    to.connection = question.connection;
    to.request_id = question.request->request_id();
    answer(is_answered ? &*answers : nullptr, question, to);
    guard.lock();
    answers_ready.push_back(std::move(to));
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

void BooksDesk::set_pools(PoolSymbols pools) {
  const std::lock_guard guard(parts_->pools_lock);
  parts_->pools = std::move(pools);
}

bool BooksDesk::ask(Question question) {
  {
    const std::lock_guard guard(parts_->lock);
    if (parts_->questions.size() >= questions_max) return false;
    parts_->questions.push_back(std::move(question));
  }
  parts_->bell.notify_one();
  return true;
}

std::vector<BooksDesk::Answer> BooksDesk::take() {
  const std::lock_guard guard(parts_->lock);
  return std::exchange(parts_->answers_ready, {});
}

}  // namespace karst::gateway
