#include "gateway/desk/event_reader.hpp"

#include <utility>

#include "ledger/exchange/thread_name.hpp"

namespace karst::gateway {

EventReader::EventReader(Read read, FirstAt first_at, std::function<void()> wake,
                         std::function<void(const std::string&)> say)
    : read_(std::move(read)),
      first_at_(std::move(first_at)),
      wake_(std::move(wake)),
      say_(std::move(say)) {
  thread_ = std::thread([this] { run(); });
}

EventReader::~EventReader() {
  {
    const std::lock_guard guard(lock_);
    is_stopping_ = true;
  }
  bell_.notify_one();
  thread_.join();
}

bool EventReader::ask(const EventQuestion& question, Then then) {
  if (waiting_ == questions_max) return false;
  ++waiting_;
  {
    const std::lock_guard guard(lock_);
    asked_.push_back({question, std::move(then), {}});
  }
  bell_.notify_one();
  return true;
}

void EventReader::give() {
  if (waiting_ == 0) return;
  std::vector<Asked> answered;
  {
    const std::lock_guard guard(lock_);
    answered.swap(answered_);
  }
  waiting_ -= answered.size();
  for (const Asked& it : answered) it.then(it.answer);
}

void EventReader::run() {
  name_thread("event reader");
  std::unique_lock guard(lock_);
  while (true) {
    bell_.wait(guard, [this] { return is_stopping_ || !asked_.empty(); });
    if (is_stopping_) return;
    Asked next = std::move(asked_.front());
    asked_.pop_front();
    guard.unlock();
    next.answer = answer(next.question);
    guard.lock();
    answered_.push_back(std::move(next));
    wake_();
  }
}

EventAnswer EventReader::answer(const EventQuestion& question) {
  EventAnswer answer;
  if (question.after != 0 && question.shared_through != all_shared) {
    // An event that is not to be found, because it was let go of or has only just come, is not
    // known to be shared.
    const Result<AccountPage> held = read_(question.account, question.after, 1);
    const bool is_there = held && !held->is_too_old && !held->entries.empty();
    if (!is_there || held->entries[0].event.sequence > question.shared_through) {
      answer.refusal = lost_history_text;
      return answer;
    }
  }
  std::uint64_t first = number_after(question.after);
  if (question.after == 0 && question.from_time.value() != 0) {
    const Result<AccountStart> start = first_at_(question.account, question.from_time);
    if (!start || start->is_too_old) {
      answer.refusal = start ? let_go_text : refuse(start.error());
      return answer;
    }
    first = start->number;
  }
  answer.begun_after = first - 1;
  Result<AccountPage> page = read_(question.account, first, question.limit);
  if (!page) {
    answer.refusal = refuse(page.error());
  } else if (page->is_too_old) {
    answer.refusal = let_go_text;
  } else {
    answer.entries = std::move(page->entries);
  }
  return answer;
}

const char* EventReader::refuse(const Error& error) {
  const std::string why = error.text();
  if (why != said_) say_("event log: " + why + "; a restart makes it again from the journal");
  said_ = why;
  return unreadable_text;
}

}  // namespace karst::gateway
