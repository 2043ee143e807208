// EventReader: reads the account event log in a thread of its own.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/result.hpp"
#include "gateway/session/event_source.hpp"
#include "ledger/events/event_log.hpp"

namespace karst::gateway {

/// Whoever waits for a disk that hangs waits here: neither replies nor the market do.
///
/// Invariant: at most questions_max are asked and not answered; what is more is refused.
/// Threads:   ask() and give() by the io thread; `wake` and `say` are called by the reader's own.
class EventReader final : public EventSource {
 public:
  using Read = std::function<Result<AccountPage>(AccountId account, std::uint64_t from,
                                                 std::size_t entries_max)>;

  using FirstAt = std::function<Result<AccountStart>(AccountId account, Time time)>;

  /// `read` and `first_at` as those of EventLog; `wake` has give() called soon; `say` writes a line
  /// for operators.
  EventReader(Read read, FirstAt first_at, std::function<void()> wake,
              std::function<void(const std::string&)> say);
  /// Waits for a read that is on its way; what was not answered never is.
  ~EventReader() override;
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;

  [[nodiscard]] bool ask(const EventQuestion& question, Then then) override;
  /// Hands the answers over that are there.
  void give();

 private:
  static constexpr std::size_t questions_max = 1'024;

  struct Asked {
    EventQuestion question;
    Then then;
    EventAnswer answer;
  };

  void run();
  [[nodiscard]] EventAnswer answer(const EventQuestion& question);
  [[nodiscard]] const char* refuse(const Error& error);

  Read read_;
  FirstAt first_at_;
  std::function<void()> wake_;
  std::function<void(const std::string&)> say_;
  std::string said_;         // of what cannot be read, so that it is said once
  std::size_t waiting_ = 0;  // asked and not given: the io thread's

  std::mutex lock_;
  std::condition_variable bell_;
  std::deque<Asked> asked_;
  std::vector<Asked> answered_;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace karst::gateway
