// Whatever bytes come, a snapshot is refused or reads exactly as it would be written again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "ledger/snapshot/snapshot_file.hpp"
#include "tests/support/machine/sim_storage.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace karst;
  const auto* begin = reinterpret_cast<const std::byte*>(data);
  const std::vector<std::byte> bytes(begin, begin + size);
  sim::SimStorage storage;
  storage.put("snapshot", bytes);
  Result<SnapshotReader> reader = SnapshotReader::open(storage, "snapshot");
  if (!reader) return 0;
  Result<SnapshotWriter> writer = SnapshotWriter::create(storage, "again", reader->info());
  if (!writer) std::abort();
  for (;;) {
    const auto more = reader->next();
    if (!more) return 0;
    if (more->empty()) break;
    if (!writer->append(*more)) std::abort();
  }
  if (!writer->finish(reader->info().state_hash)) std::abort();
  if (storage.bytes("again") != bytes) std::abort();
  return 0;
}
