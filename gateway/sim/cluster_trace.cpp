#include "gateway/sim/cluster_trace.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <optional>

namespace karst::tool {
namespace {

constexpr std::int64_t seconds_max = std::int64_t{1} << 40;
constexpr std::int64_t cards_max = 1'000;

/// The next piece of `text` before `end`, which is taken away too.
std::string_view cut(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view piece = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return piece;
}

/// A table of comma-separated values, read line by line.
class CsvTable {
 public:
  CsvTable(std::string_view text, std::string name) : rest_(text), name_(std::move(name)) {
    static_cast<void>(next());
    header_ = fields_;
  }

  /// Goes to the next line that is not empty. Returns: whether there was one.
  [[nodiscard]] bool next() {
    while (!rest_.empty()) {
      ++line_;
      std::string_view line = cut(rest_, '\n');
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty()) continue;
      fields_.clear();
      const auto commas = std::count(line.begin(), line.end(), ',');
      for (auto i = commas; i >= 0; --i) fields_.push_back(cut(line, ','));
      return true;
    }
    return false;
  }

  /// The place of a column; none: there is no such column.
  [[nodiscard]] std::optional<std::size_t> column(std::string_view name) const {
    const auto found = std::find(header_.begin(), header_.end(), name);
    if (found == header_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - header_.begin());
  }

  [[nodiscard]] bool is_whole() const { return fields_.size() == header_.size(); }
  [[nodiscard]] std::string_view text(std::size_t column) const { return fields_[column]; }
  [[nodiscard]] std::optional<std::int64_t> number(std::size_t column, std::int64_t max) const {
    const std::string_view field = fields_[column];
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    const bool is_number = error == std::errc() && end == field.data() + field.size();
    if (!is_number || value < 0 || value > max) return std::nullopt;
    return value;
  }
  [[nodiscard]] Error wrong(const std::string& what) const {
    return {ErrorCode::invalid, what, name_ + ":" + std::to_string(line_)};
  }

 private:
  std::string_view rest_;
  std::string name_;
  std::uint64_t line_ = 0;
  std::vector<std::string_view> header_;
  std::vector<std::string_view> fields_;
};

/// The places of the columns wanted, in their order. Errors: invalid: one is missing.
template <std::size_t N>
Result<std::array<std::size_t, N>> columns_of(const CsvTable& table,
                                              const std::array<const char*, N>& names) {
  std::array<std::size_t, N> places{};
  for (std::size_t i = 0; i < N; ++i) {
    const std::optional<std::size_t> place = table.column(names[i]);
    if (!place) return table.wrong(std::string("find the column ") + names[i]);
    places[i] = *place;
  }
  return places;
}

std::optional<TaskQuality> quality_of(std::string_view qos) {
  if (qos == "BE") return TaskQuality::best_effort;
  if (qos == "Burstable") return TaskQuality::burstable;
  if (qos == "LS") return TaskQuality::latency_sensitive;
  if (qos == "Guaranteed") return TaskQuality::guaranteed;
  return std::nullopt;
}

Status read_nodes(CsvTable& table, ClusterTrace& trace) {
  const auto columns = columns_of<2>(table, {"gpu", "model"});
  if (!columns) return columns.error();
  while (table.next()) {
    if (!table.is_whole()) return table.wrong("find as many fields as columns");
    const auto cards = table.number((*columns)[0], cards_max);
    if (!cards) return table.wrong("read gpu, a whole number up to 1000");
    if (*cards == 0) continue;
    const std::string model(table.text((*columns)[1]));
    if (model.empty()) return table.wrong("read model");
    const auto found = std::find(trace.models.begin(), trace.models.end(), model);
    const auto place = static_cast<std::uint32_t>(found - trace.models.begin());
    if (found == trace.models.end()) trace.models.push_back(model);
    if (trace.models.size() > cluster_models_max) return table.wrong("keep to 32 models");
    trace.nodes.push_back({place, static_cast<std::uint32_t>(*cards)});
  }
  if (trace.nodes.empty()) return table.wrong("find a node with cards");
  return {};
}

std::uint32_t models_of(std::string_view spec, const std::vector<std::string>& models) {
  if (spec.empty()) return static_cast<std::uint32_t>((std::uint64_t{1} << models.size()) - 1);
  std::uint32_t mask = 0;
  while (!spec.empty()) {
    const std::string_view name = cut(spec, '|');
    for (std::size_t i = 0; i < models.size(); ++i) {
      if (models[i] == name) mask |= std::uint32_t{1} << i;
    }
  }
  return mask;
}

Status read_tasks(CsvTable& table, ClusterTrace& trace) {
  const auto found = columns_of<7>(table, {"num_gpu", "gpu_milli", "gpu_spec", "qos",
                                           "creation_time", "deletion_time", "scheduled_time"});
  if (!found) return found.error();
  const std::array<std::size_t, 7>& columns = *found;
  while (table.next()) {
    if (!table.is_whole()) return table.wrong("find as many fields as columns");
    const auto cards = table.number(columns[0], cards_max);
    const auto milli = table.number(columns[1], 1'000);
    const auto quality = quality_of(table.text(columns[3]));
    const auto created = table.number(columns[4], seconds_max);
    const auto deleted = table.number(columns[5], seconds_max);
    const bool was_scheduled = !table.text(columns[6]).empty();
    const auto scheduled = was_scheduled ? table.number(columns[6], seconds_max) : created;
    if (!cards || !milli) return table.wrong("read num_gpu and gpu_milli, up to 1000 each");
    if (!quality) return table.wrong("read qos: BE, Burstable, LS or Guaranteed");
    if (!created || !deleted || !scheduled) return table.wrong("read the times, in seconds");
    trace.end_s = std::max(trace.end_s, *deleted);
    if (*cards == 0 || *milli == 0) {
      ++trace.tasks_without_cards;
      continue;
    }
    ClusterTask task;
    task.created_s = *created;
    task.was_scheduled = was_scheduled;
    task.quality = *quality;
    task.models = models_of(table.text(columns[2]), trace.models);
    task.lots = static_cast<std::uint32_t>((*cards * *milli * lots_per_card + 999) / 1'000);
    const std::int64_t ran_s = was_scheduled ? std::max<std::int64_t>(*deleted - *scheduled, 0) : 0;
    const std::int64_t hours = (ran_s + seconds_per_hour - 1) / seconds_per_hour;
    task.hours = static_cast<std::uint32_t>(std::max<std::int64_t>(hours, 1));
    trace.tasks.push_back(task);
  }
  return {};
}

Result<std::string> text_of(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Error{ErrorCode::not_found, "open", path};
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) return Error{ErrorCode::io, "read", path};
  return text;
}

}  // namespace

std::uint64_t ClusterTrace::cards(std::uint32_t model) const {
  std::uint64_t sum = 0;
  for (const ClusterNode& node : nodes) sum += node.model == model ? node.cards : 0;
  return sum;
}

std::uint64_t ClusterTrace::cards() const {
  std::uint64_t sum = 0;
  for (const ClusterNode& node : nodes) sum += node.cards;
  return sum;
}

Result<ClusterTrace> parse_cluster_trace(std::string_view nodes, const std::string& nodes_name,
                                         std::string_view tasks, const std::string& tasks_name) {
  ClusterTrace trace;
  CsvTable node_table(nodes, nodes_name);
  if (const Status read = read_nodes(node_table, trace); !read) return read.error();
  CsvTable task_table(tasks, tasks_name);
  if (const Status read = read_tasks(task_table, trace); !read) return read.error();
  return trace;
}

Result<ClusterTrace> read_cluster_trace(const std::string& nodes_path,
                                        const std::string& tasks_path) {
  const Result<std::string> nodes = text_of(nodes_path);
  if (!nodes) return nodes.error();
  const Result<std::string> tasks = text_of(tasks_path);
  if (!tasks) return tasks.error();
  return parse_cluster_trace(*nodes, nodes_path, *tasks, tasks_path);
}

}  // namespace karst::tool
