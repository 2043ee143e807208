// Release jobs: what a gate, halt, kill or mass cancel decided at once and carries out in steps.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/base/archive.hpp"
#include "engine/base/lazy_array.hpp"
#include "engine/book/node_pool.hpp"
#include "engine/command/command.hpp"
#include "engine/event/event.hpp"

namespace karst {

// Everything that is decided at once and carried out in steps, a row each. One step of it is its
// step_NAME(), in the room it belongs to.
#define KARST_JOBS(ROW) \
  ROW(drain, 1)         \
  ROW(account, 2)       \
  ROW(settle, 3)

enum class JobKind : std::uint8_t {
#define KARST_JOB(name, number) name = (number),
  KARST_JOBS(KARST_JOB)
#undef KARST_JOB
};

/// One decision still to be carried out. Filters of zero match everything.
struct Job {
  JobKind kind;
  CancelReason reason;
  std::uint8_t side;
  std::uint8_t zero;
  std::uint32_t account;
  std::uint32_t instrument;  ///< id; of a drain or settle: what it is about
  std::uint32_t tag;
  std::uint32_t key;
  std::uint32_t zeros;
  std::uint64_t queued;  ///< sequence of the command; orders entered before it are meant

  /// The orders of an instrument, to be cancelled.
  [[nodiscard]] static Job drain(InstrumentId instrument, CancelReason reason,
                                 std::uint64_t queued) {
    return {JobKind::drain, reason, 0, 0, 0, instrument.value(), 0, 0, 0, queued};
  }
  /// The orders of a merchant that the filters match, to be cancelled.
  [[nodiscard]] static Job of_account(std::uint32_t account, CancelReason reason,
                                      std::uint64_t queued, const MassCancel& filter = {},
                                      std::uint32_t key = 0) {
    return {JobKind::account,          reason,     filter.side, 0, account,
            filter.instrument.value(), filter.tag, key,         0, queued};
  }
  /// The rows of a contract whose hour has passed, to be settled and freed.
  [[nodiscard]] static Job settle(InstrumentId instrument, std::uint64_t queued) {
    return {JobKind::settle, CancelReason{}, 0, 0, 0, instrument.value(), 0, 0, 0, queued};
  }
};

/// Jobs, first in first out, and by whom they are about: a merchant, or one of its keys.
///
/// Settle jobs may be put aside, and come back behind all others.
///
/// Invariants: 1. Jobs are numbered from 1 in the order in which they were queued, without a gap.
///             2. A merchant's list has its account jobs without a key, a key's those with it, each
///                in that order.
/// Memory:     the lists of merchants and keys at construction; the queue grows.
class JobQueue {
 public:
  JobQueue(std::uint32_t accounts_max, std::uint32_t keys_max)
      : of_accounts_(accounts_max), of_keys_(keys_max), keys_max_(keys_max) {}

  [[nodiscard]] bool is_empty() const { return jobs_.empty(); }  // pop() leaves no done job alone
  [[nodiscard]] const Job& front() const { return jobs_[head_]; }

  void push(const Job& job) {
    jobs_.push_back(job);
    next_.push_back(0);
    enlist(first_ + jobs_.size() - 1);
  }
  void pop() {
    if (List* list = list_of(front()); list != nullptr) list->first = next_[head_];
    ++head_;
    is_front_started_ = false;
    front_cursor_ = no_slot;
    if (head_ == jobs_.size()) {
      first_ += head_;
      jobs_.clear();
      next_.clear();
      head_ = 0;
    } else if (head_ * 2 > jobs_.size() && head_ > 1024) {
      const auto done = static_cast<std::ptrdiff_t>(head_);
      first_ += head_;
      jobs_.erase(jobs_.begin(), jobs_.begin() + done);
      next_.erase(next_.begin(), next_.begin() + done);
      head_ = 0;
    }
  }

  /// Lets a job of a merchant be done by an equal one that has not begun: from here on that means
  /// the orders up to `job.queued`.
  ///
  /// Returns: whether there was one.
  bool join(const Job& job) {
    const std::uint64_t number = equal_to(job);
    if (number == 0) return false;
    at(number).queued = job.queued;
    return true;
  }
  [[nodiscard]] bool can_join(const Job& job) const { return equal_to(job) != 0; }

  /// Where the front job stands in its merchant's list of orders, once it has been started.
  [[nodiscard]] bool is_front_started() const { return is_front_started_; }
  [[nodiscard]] Slot front_cursor() const { return front_cursor_; }
  void move_front_cursor(Slot slot) {
    is_front_started_ = true;
    front_cursor_ = slot;
  }

  /// The first queued job about the merchant or the key for which `f(job)` is true; null for none.
  /// Complexity: O(jobs of that merchant that are about no key, and of that key).
  template <class F>
  [[nodiscard]] const Job* find(std::uint32_t account, std::uint32_t key, F&& f) const {
    const std::uint64_t own = first_in(of_accounts_[account], f);
    const std::uint64_t of_key = key == 0 ? 0 : first_in(of_keys_[key % keys_max_], f);
    const std::uint64_t number =
        own == 0 || of_key == 0 ? std::max(own, of_key) : std::min(own, of_key);
    return number == 0 ? nullptr : &at(number);
  }
  /// Whether a job about this key, or another in its place, is queued.
  [[nodiscard]] bool has_any_of_key(std::uint32_t key) const {
    return of_keys_[key % keys_max_].first != 0;
  }
  /// Jobs looked at so far by join() and find(): a measure, no part of the state.
  [[nodiscard]] std::uint64_t looks() const { return looks_; }

  /// Puts a settle job aside.
  void hold(const Job& job) { held_.push_back(job); }
  /// Queues what was put aside. Complexity: O(jobs put aside).
  void take_back() {
    for (const Job& job : held_) push(job);
    held_.clear();
  }

  template <class Archive>
  void save(Archive& out) const {
    const auto is_started = static_cast<std::uint32_t>(is_front_started_);
    out.array(Section::jobs, jobs_.data() + head_, jobs_.size() - head_);
    out.rows(Section::job_cursor, &front_cursor_, 1);
    out.rows(Section::job_is_started, &is_started, 1);
    if (!held_.empty()) out.array(Section::jobs_held, held_.data(), held_.size());
  }
  /// Returns: whether all jobs are about merchants and keys that may be.
  template <class Archive>
  [[nodiscard]] bool load(Archive& in, std::uint32_t accounts_max) {
    in.array(Section::jobs, jobs_);
    in.rows(Section::job_cursor, &front_cursor_, 1);
    std::uint32_t is_started = 0;
    in.rows(Section::job_is_started, &is_started, 1);
    is_front_started_ = is_started != 0;
    in.array(Section::jobs_held, held_);
    next_.assign(jobs_.size(), 0);
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      if (jobs_[i].account >= accounts_max) return false;
      enlist(first_ + i);
    }
    return true;
  }

 private:
  /// Numbers of the first and the last job; the last counts only while there is a first.
  struct List {
    std::uint64_t first;
    std::uint64_t last;
  };

  [[nodiscard]] static bool is_equal(const Job& a, const Job& b) {
    return a.account == b.account && a.key == b.key && a.reason == b.reason && a.side == b.side &&
           a.instrument == b.instrument && a.tag == b.tag;
  }
  /// The number of an equal job that has not begun; 0 for none.
  [[nodiscard]] std::uint64_t equal_to(const Job& job) const {
    const List& list = job.key == 0 ? of_accounts_[job.account] : of_keys_[job.key % keys_max_];
    return first_in(list, [&](const Job& it) {
      return is_equal(it, job) && !(is_front_started_ && &it == &front());
    });
  }
  [[nodiscard]] Job& at(std::uint64_t number) { return jobs_[number - first_]; }
  [[nodiscard]] const Job& at(std::uint64_t number) const { return jobs_[number - first_]; }
  /// Null for a job that is about an instrument.
  [[nodiscard]] List* list_of(const Job& job) {
    if (job.kind != JobKind::account) return nullptr;
    return job.key == 0 ? &of_accounts_[job.account] : &of_keys_[job.key % keys_max_];
  }
  void enlist(std::uint64_t number) {
    List* list = list_of(at(number));
    if (list == nullptr) return;
    (list->first == 0 ? list->first : next_[list->last - first_]) = number;
    list->last = number;
  }
  template <class F>
  [[nodiscard]] std::uint64_t first_in(const List& list, F&& f) const {
    for (std::uint64_t number = list.first; number != 0; number = next_[number - first_]) {
      ++looks_;
      if (f(at(number))) return number;
    }
    return 0;
  }

  std::vector<Job> jobs_;
  std::vector<std::uint64_t> next_;  // of each: the number of the next one in its list; 0 = none
  std::vector<Job> held_;
  LazyArray<List> of_accounts_;
  LazyArray<List> of_keys_;
  std::uint32_t keys_max_;
  std::size_t head_ = 0;
  std::uint64_t first_ = 1;  // the number of jobs_[0]
  mutable std::uint64_t looks_ = 0;
  Slot front_cursor_ = no_slot;
  bool is_front_started_ = false;
};

}  // namespace karst
