// Release jobs: what a gate, halt, kill or mass cancel decided at once and carries out in steps.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/archive.hpp"
#include "engine/command.hpp"
#include "engine/event.hpp"
#include "engine/node_pool.hpp"

namespace karst {

enum class JobKind : std::uint8_t { drain = 1, account = 2, settle = 3 };

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
    return {JobKind::account, reason, filter.side, 0, account, filter.instrument.value(),
            filter.tag, key, 0, queued};
  }
  /// The rows of a contract whose hour has passed, to be settled and freed.
  [[nodiscard]] static Job settle(InstrumentId instrument, std::uint64_t queued) {
    return {JobKind::settle, CancelReason{}, 0, 0, 0, instrument.value(), 0, 0, 0, queued};
  }
};

/// Jobs, first in first out.
class JobQueue {
 public:
  [[nodiscard]] bool is_empty() const { return jobs_.empty(); }  // pop() leaves no done job alone
  [[nodiscard]] const Job& front() const { return jobs_[head_]; }

  void push(const Job& job) { jobs_.push_back(job); }
  void pop() {
    ++head_;
    is_front_started_ = false;
    front_cursor_ = no_slot;
    if (head_ == jobs_.size()) {
      jobs_.clear();
      head_ = 0;
    } else if (head_ * 2 > jobs_.size() && head_ > 1024) {
      jobs_.erase(jobs_.begin(), jobs_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
  }

  /// Where the front job stands in its merchant's list of orders, once it has been started.
  [[nodiscard]] bool is_front_started() const { return is_front_started_; }
  [[nodiscard]] Slot front_cursor() const { return front_cursor_; }
  void move_front_cursor(Slot slot) {
    is_front_started_ = true;
    front_cursor_ = slot;
  }

  /// Calls `f(job)` for each queued job of a merchant in order until it answers true.
  template <class F>
  bool any_of_account(std::uint32_t account, F&& f) const {
    for (std::size_t at = head_; at < jobs_.size(); ++at) {
      if (jobs_[at].kind == JobKind::account && jobs_[at].account == account && f(jobs_[at])) {
        return true;
      }
    }
    return false;
  }

  template <class Archive>
  void save(Archive& out) const {
    const auto is_started = static_cast<std::uint32_t>(is_front_started_);
    out.array(Section::jobs, jobs_.data() + head_, jobs_.size() - head_);
    out.rows(Section::job_cursor, &front_cursor_, 1);
    out.rows(Section::job_is_started, &is_started, 1);
  }
  template <class Archive>
  void load(Archive& in) {
    in.array(Section::jobs, jobs_);
    in.rows(Section::job_cursor, &front_cursor_, 1);
    std::uint32_t is_started = 0;
    in.rows(Section::job_is_started, &is_started, 1);
    is_front_started_ = is_started != 0;
  }

 private:
  std::vector<Job> jobs_;
  std::size_t head_ = 0;
  Slot front_cursor_ = no_slot;
  bool is_front_started_ = false;
};

}  // namespace karst
