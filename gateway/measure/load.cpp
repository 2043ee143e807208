#include "gateway/measure/load.hpp"

#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <thread>
#include <vector>

namespace karst::tool {
namespace {

constexpr std::size_t intervals = 100;  // of the curve over time
constexpr std::int64_t drain_ns = 10'000'000'000;
constexpr std::int64_t wait_max_ns = 1'000'000;
constexpr std::int64_t begin_after_ns = 20'000'000;  // the threads are all there by then
constexpr double ns_per_s = 1e9;

/// When each command is due, from the first on.
class LoadSchedule {
 public:
  LoadSchedule(const LoadPlan& plan, std::int64_t begin_ns)
      : gap_ns_(ns_per_s / plan.rate),
        is_poisson_(plan.is_poisson),
        random_(plan.seed ^ 0x5eed),
        begin_ns_(begin_ns) {
    advance();
  }

  [[nodiscard]] std::int64_t due_ns() const { return due_ns_; }
  [[nodiscard]] std::uint64_t number() const { return number_ - 1; }

  void advance() {
    if (is_poisson_) {
      constexpr double unit = 1.0 / 9'007'199'254'740'992.0;  // 2^-53
      const double drawn = (static_cast<double>(random_.next() >> 11U) + 0.5) * unit;
      at_ns_ -= gap_ns_ * std::log(drawn);
    } else {
      at_ns_ = gap_ns_ * static_cast<double>(number_);
    }
    ++number_;
    due_ns_ = begin_ns_ + static_cast<std::int64_t>(at_ns_);
  }

 private:
  double gap_ns_;
  bool is_poisson_;
  Random random_;
  std::int64_t begin_ns_;
  std::int64_t due_ns_ = 0;
  double at_ns_ = 0;
  std::uint64_t number_ = 0;
};

/// One thread and its share of the sessions: those whose number is `first` modulo the threads.
struct LoadThread {
  explicit LoadThread(std::int64_t interval_ns) : tally(0, interval_ns, intervals) {}

  LoadTally tally;
  std::vector<std::unique_ptr<LoadSession>> sessions;
  std::uint64_t planned = 0;
  std::int64_t last_ns = 0;
};

void wait_for(const LoadThread& thread, std::int64_t wait_ns, std::vector<pollfd>& entries) {
  entries.clear();
  for (const auto& session : thread.sessions) entries.push_back({session->socket(), POLLIN, 0});
  timespec timeout{};
  timeout.tv_nsec = static_cast<long>(std::clamp<std::int64_t>(wait_ns, 0, wait_max_ns));
  ::ppoll(entries.data(), entries.size(), &timeout, nullptr);
}

void run(LoadThread& thread, std::size_t first, std::size_t threads, std::size_t sessions,
         LoadSchedule schedule, std::int64_t end_ns) {
  ::prctl(PR_SET_TIMERSLACK, 1);  // or each wait is up to 50 µs longer
  std::vector<pollfd> entries;
  while (true) {
    const std::int64_t now = steady_now_ns();
    for (; schedule.due_ns() <= now && schedule.due_ns() < end_ns; schedule.advance()) {
      const std::size_t session = schedule.number() % sessions;
      if (session % threads != first) continue;
      LoadSession& to = *thread.sessions[session / threads];
      ++thread.planned;
      to.add(schedule.due_ns());
    }
    bool is_idle = true;
    for (const auto& session : thread.sessions) {
      session->send();
      is_idle = is_idle && session->is_idle();
    }
    if (schedule.due_ns() >= end_ns && (is_idle || now > end_ns + drain_ns)) break;
    wait_for(thread, schedule.due_ns() - steady_now_ns(), entries);
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (entries[i].revents != 0) thread.sessions[i]->receive();
    }
  }
  thread.last_ns = steady_now_ns();
  for (const auto& session : thread.sessions) session->give_up();
}

}  // namespace

Result<LoadReport> run_load(const LoadSetting& setting, const LoadPlan& plan) {
  const std::size_t sessions = setting.sessions.size();
  const std::size_t threads = std::min<std::size_t>(plan.threads, sessions);
  const auto measured_ns = static_cast<std::int64_t>(plan.measured_s * ns_per_s);
  const std::int64_t interval_ns = std::max<std::int64_t>(measured_ns / intervals, 1);
  std::vector<LoadThread> all;
  all.reserve(threads);  // sessions refer to the tally of their thread
  for (std::size_t i = 0; i < threads; ++i) all.emplace_back(interval_ns);
  for (std::size_t i = 0; i < sessions; ++i) {
    LoadThread& thread = all[i % threads];
    const LoadFlow flow(setting.market, plan.mix, plan.seed * 1'000'003 + i);
    auto session = LoadSession::open(setting.sessions[i], flow, thread.tally);
    if (!session) return session.error();
    thread.sessions.push_back(std::move(session).value());
  }
  const std::int64_t begin_ns = steady_now_ns() + begin_after_ns;
  const std::int64_t start_ns = begin_ns + static_cast<std::int64_t>(plan.warm_up_s * ns_per_s);
  std::vector<std::thread> running;
  for (std::size_t i = 0; i < threads; ++i) {
    all[i].tally.start_ns = start_ns;
    running.emplace_back([&, i] {
      run(all[i], i, threads, sessions, LoadSchedule(plan, begin_ns), start_ns + measured_ns);
    });
  }
  for (std::thread& it : running) it.join();
  LoadReport report;
  report.tally = LoadTally(start_ns, interval_ns, intervals);
  std::int64_t last_ns = begin_ns;
  for (const LoadThread& it : all) {
    report.tally.add(it.tally);
    report.planned += it.planned;
    last_ns = std::max(last_ns, it.last_ns);
  }
  report.took_s = static_cast<double>(last_ns - begin_ns) / ns_per_s;
  return report;
}

}  // namespace karst::tool
