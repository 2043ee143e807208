#include "gateway/sim/cluster_desk.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace karst::tool {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr auto event_patience = std::chrono::minutes(5);
constexpr auto compare_patience = std::chrono::seconds(30);
constexpr auto event_pause = std::chrono::microseconds(500);

v1::Request events_after(std::uint32_t account, std::uint64_t number) {
  v1::Request request;
  request.mutable_query_events()->set_account_id(account);
  request.mutable_query_events()->set_after_number(number);
  return request;
}

}  // namespace

ClusterDesk::ClusterDesk(ClusterLink& link, ClusterAccounts& accounts)
    : link_(link), accounts_(accounts) {
  for (std::uint32_t i = 1; i <= cluster_merchants; ++i) merchants_.push_back(i);
}

Result<std::vector<LinkAnswer>> ClusterDesk::settle(std::span<const std::uint32_t> whom) {
  Result<std::vector<LinkAnswer>> answers = link_.settle();
  if (!answers) return answers;
  const LinkAnswer* last = nullptr;
  for (const LinkAnswer& it : *answers) {
    if (it.code != v1::CODE_OK) {
      return Error{ErrorCode::invalid, "carry out a command (" + v1::Code_Name(it.code) + ")",
                   "sequence " + std::to_string(it.sequence)};
    }
    if (it.event_number != 0) last = &it;
  }
  // One log holds the events of all: what the last command came to is the last to be there.
  if (last != nullptr) {
    if (Status there = wait_for(last->account, last->event_number); !there) return there.error();
  }
  if (Status pulled = pull(whom); !pulled) return pulled.error();
  return answers;
}

Status ClusterDesk::wait_for(std::uint32_t account, std::uint64_t event) {
  const auto deadline = SteadyClock::now() + event_patience;
  const std::uint32_t whom[] = {account};
  while (accounts_.last_event(account) < event) {
    if (SteadyClock::now() >= deadline) {
      return Error{ErrorCode::io, "wait for events", "merchant " + std::to_string(account)};
    }
    const std::uint64_t before = accounts_.last_event(account);
    if (Status pulled = pull(whom); !pulled) return pulled;
    if (accounts_.last_event(account) == before) std::this_thread::sleep_for(event_pause);
  }
  return {};
}

Status ClusterDesk::pull(std::span<const std::uint32_t> whom) {
  std::vector<std::uint32_t> left(whom.begin(), whom.end());
  while (!left.empty()) {
    std::vector<v1::Request> questions;
    for (const std::uint32_t account : left) {
      questions.push_back(events_after(account, accounts_.last_event(account)));
    }
    const Result<std::vector<v1::Response>> answers = link_.ask(std::move(questions));
    if (!answers) return answers.error();
    std::vector<std::uint32_t> more;
    for (std::size_t i = 0; i < left.size(); ++i) {
      const v1::Events& events = (*answers)[i].events();
      for (const v1::Event& event : events.events()) {
        if (Status taken = accounts_.take(event); !taken) return taken;
      }
      if (events.has_more()) more.push_back(left[i]);
    }
    left = std::move(more);
  }
  return {};
}

/// The event log may lag behind the answers: what differs is looked at again for a while.
Result<std::string> ClusterDesk::compare(Result<std::string> (ClusterDesk::*look)()) {
  const auto deadline = SteadyClock::now() + compare_patience;
  while (true) {
    if (Status pulled = pull(merchants_); !pulled) return pulled.error();
    Result<std::string> wrong = (this->*look)();
    if (!wrong || wrong->empty() || SteadyClock::now() >= deadline) return wrong;
    std::this_thread::sleep_for(event_pause);
  }
}

Result<std::string> ClusterDesk::look_at_money() {
  std::vector<v1::Request> questions;
  for (const std::uint32_t account : merchants_) {
    questions.emplace_back().mutable_query_balances()->set_account_id(account);
  }
  const Result<std::vector<v1::Response>> answers = link_.ask(std::move(questions));
  if (!answers) return answers.error();
  std::string wrong;
  for (std::size_t i = 0; i < merchants_.size(); ++i) {
    wrong += accounts_.compare(merchants_[i], (*answers)[i].balances());
  }
  if (!accounts_.is_zero_sum()) wrong += "the money of all is not what was paid in; ";
  return wrong;
}

Result<std::string> ClusterDesk::look_at_lots() {
  std::string wrong;
  for (const std::uint32_t account : merchants_) {
    std::vector<v1::Holding> holdings;
    std::uint32_t cursor = 0;
    do {
      v1::Request question;
      question.mutable_query_holdings()->set_account_id(account);
      question.mutable_query_holdings()->set_cursor(cursor);
      const Result<std::vector<v1::Response>> answers = link_.ask({question});
      if (!answers) return answers.error();
      const v1::Holdings& page = answers->front().holdings();
      holdings.insert(holdings.end(), page.holdings().begin(), page.holdings().end());
      cursor = page.next_cursor();
    } while (cursor != 0);
    wrong += accounts_.compare(account, holdings);
  }
  return wrong;
}

}  // namespace karst::tool
