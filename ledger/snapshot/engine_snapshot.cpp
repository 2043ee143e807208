#include "ledger/snapshot/engine_snapshot.hpp"

#include <cstring>
#include <type_traits>

#include "engine/command/check.hpp"
#include "ledger/files/little_endian.hpp"

namespace karst {
namespace {

constexpr std::size_t configure_bytes = 15 * sizeof(std::uint32_t);
static_assert(sizeof(Configure) == configure_bytes);
static_assert(std::is_trivially_copyable_v<Configure>);

}  // namespace

StateHash state_hash_of(std::span<const std::uint8_t> saved) {
  StateHash hash{};
  store_le<std::uint64_t>(hash.data(), hash_of_state(saved));
  return hash;
}

Status write_engine_snapshot(SnapshotStore& store, std::uint32_t shard, const Engine& engine,
                             Stamp last, std::uint64_t log_seq, const ChainHash& log_hash) {
  SnapshotInfo info;
  info.shard = shard;
  info.command = last.sequence;
  info.log_seq = log_seq;
  info.log_hash = log_hash;
  info.time_ns = static_cast<std::uint64_t>(last.time.value());
  info.event_hash = engine.event_hash();
  Result<SnapshotWriter> writer = store.begin(info);
  if (!writer) return writer.error();
  std::array<std::byte, configure_bytes> head;
  std::memcpy(head.data(), &engine.sizes(), sizeof(Configure));
  if (Status written = writer->append(head); !written) return written;
  std::vector<std::uint8_t> state;
  engine.save(state);
  if (Status written = writer->append(std::as_bytes(std::span(state))); !written) return written;
  return store.commit(std::move(writer).value(), state_hash_of(state));
}

void EngineSink::begin(const SnapshotInfo& info) {
  info_ = info;
  bytes_.clear();
  bytes_.reserve(info.length);
  engine_.reset();
  is_newer_ = false;
}

bool EngineSink::take(std::span<const std::byte> bytes) {
  const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
  bytes_.insert(bytes_.end(), first, first + bytes.size());
  return true;
}

bool EngineSink::end() {
  if (bytes_.size() < configure_bytes) return false;
  Configure sizes;
  std::memcpy(&sizes, bytes_.data(), sizeof sizes);
  if (!is_valid(sizes)) return false;
  engine_ = std::make_unique<Engine>(sizes);
  const auto saved = std::span<const std::uint8_t>(bytes_).subspan(configure_bytes);
  const Loaded loaded = engine_->load(saved);
  is_newer_ = loaded == Loaded::newer;
  if (loaded != Loaded::good || state_hash_of(saved) != info_.state_hash) return false;
  bytes_.clear();
  bytes_.shrink_to_fit();
  return engine_->sequence() == info_.command && engine_->event_hash() == info_.event_hash;
}

}  // namespace karst
