// The trace of a GPU cluster: its nodes and the tasks it was asked to run, from CSV files.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace karst::tool {

inline constexpr std::int64_t seconds_per_hour = 3'600;

/// Lots one card is traded in.
inline constexpr std::uint32_t lots_per_card = 100;
/// Most models of cards a trace may have; sets of models are bits of one word.
inline constexpr std::size_t cluster_models_max = 32;

/// Cards of one model that stand in one machine.
struct ClusterNode {
  std::uint32_t model = 0;  ///< place in ClusterTrace::models
  std::uint32_t cards = 0;
};

/// What matters to the people who wait for it, from the trace's four classes.
enum class TaskQuality : std::uint8_t { best_effort, burstable, latency_sensitive, guaranteed };

/// One task that asks for cards, or for a share of one.
struct ClusterTask {
  std::int64_t created_s = 0;  ///< Unit: seconds after the beginning of the trace
  std::uint32_t hours = 1;     ///< whole hours it ran, rounded up; never scheduled: one
  std::uint32_t lots = 0;      ///< in each of them; a share is rounded up to whole lots
  std::uint32_t models = 0;    ///< bit i: models[i] is allowed; none: only models that are not here
  TaskQuality quality = TaskQuality::best_effort;
  bool was_scheduled = false;
};

/// Supply and demand as the files have them.
struct ClusterTrace {
  std::vector<std::string> models;  ///< in the order in which the nodes first name them
  std::vector<ClusterNode> nodes;
  std::vector<ClusterTask> tasks;  ///< that ask for cards, in the order of the file
  std::uint64_t tasks_without_cards = 0;
  std::int64_t end_s = 0;  ///< the last deletion. Unit: seconds after the beginning

  /// All cards of a model.
  [[nodiscard]] std::uint64_t cards(std::uint32_t model) const;
  [[nodiscard]] std::uint64_t cards() const;
};

/// Reads the two tables. Columns are found by the names in the first line; others are ignored.
/// nodes: gpu, model. tasks: num_gpu, gpu_milli, gpu_spec, qos, creation_time, deletion_time,
/// scheduled_time (empty = never).
///
/// Errors: invalid, with file and line: a column that is missing, a number that is none or out of
///         its range, an unknown qos, no node with cards, more than cluster_models_max models.
[[nodiscard]] Result<ClusterTrace> parse_cluster_trace(std::string_view nodes,
                                                       const std::string& nodes_name,
                                                       std::string_view tasks,
                                                       const std::string& tasks_name);

/// The same of two files. Errors: also not_found and io.
[[nodiscard]] Result<ClusterTrace> read_cluster_trace(const std::string& nodes_path,
                                                      const std::string& tasks_path);

}  // namespace karst::tool
