// SimLog: a replicated command log in memory, with every outcome a real one can have.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "engine/seams/command_log.hpp"

namespace karst::sim {

/// What happens to one append.
enum class Fate : std::uint8_t {
  committed,       ///< Stored, and the leader learns it.
  fenced,          ///< A rival has taken over before it; not stored.
  unknown_mine,    ///< Stored, but the answer is lost.
  unknown_other,   ///< A rival's batch stands in its place, and the answer is lost.
  unknown_absent,  ///< Not stored, and the answer is lost.
  busy,            ///< Refused for now; nothing has changed.
  no_space,        ///< Refused; nothing has changed.
};

inline constexpr Fate every_fate[] = {Fate::committed,     Fate::fenced,         Fate::unknown_mine,
                                      Fate::unknown_other, Fate::unknown_absent, Fate::busy,
                                      Fate::no_space};

/// A CommandLog that executes after_commit. Each append meets the next planned fate; without a plan
/// it is committed. After `unknown` the leader must resolve() before it appends again.
///
/// Threads: one owner.
class SimLog final : public CommandLog {
 public:
  void plan(Fate fate) { plan_.push_back(fate); }
  /// What is planned and has not been met yet.
  [[nodiscard]] std::size_t planned() const { return plan_.size(); }
  void forget_plans() { plan_.clear(); }

  [[nodiscard]] Execute execute() const override { return Execute::after_commit; }
  [[nodiscard]] Result<Leadership> acquire(std::uint32_t shard) override;
  [[nodiscard]] Result<Appended> append(const Leadership& leadership, const Batch& batch) override;
  [[nodiscard]] Result<Resolution> resolve(std::uint64_t seq) override;
  [[nodiscard]] Status follow(std::uint64_t from_seq, const BatchSink& sink) override;
  [[nodiscard]] Status trim(std::uint64_t up_to_seq) override;

  /// The place the next batch will have.
  [[nodiscard]] std::uint64_t next_seq() const { return trimmed_ + stored_.size() + 1; }

 private:
  struct Stored {
    std::uint64_t epoch = 0;
    std::uint64_t first_command = 0;
    std::uint32_t count = 0;
    std::uint64_t leader_time_ns = 0;
    std::vector<std::byte> payload;
  };

  void rival_takes_over();
  [[nodiscard]] std::uint64_t next_command() const;

  std::deque<Fate> plan_;
  std::deque<Stored> stored_;  // stored_[i] has seq trimmed_ + i + 1
  std::uint64_t trimmed_ = 0;
  std::uint64_t trimmed_next_command_ = 1;
  std::uint64_t epoch_ = 0;
  std::uint64_t asking_epoch_ = 0;
  std::uint64_t unresolved_seq_ = 0;
};

}  // namespace karst::sim
