// Whatever bytes come, decode() refuses them or reads exactly what encode() would write.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "ledger/record/record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  const auto view = karst::decode(bytes);
  if (!view.ok()) return 0;
  std::vector<std::byte> again;
  karst::encode(karst::read(*view), again);
  static_cast<void>(karst::is_balanced(*view));
  if (!std::ranges::equal(again, bytes)) std::abort();
  return 0;
}
