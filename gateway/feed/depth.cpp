#include "gateway/feed/depth.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "gateway/feed/crc32.hpp"

namespace karst::feed {
namespace {

constexpr std::size_t head_bytes = 8;    // two counts
constexpr std::size_t level_bytes = 20;  // price, quantity, orders
constexpr std::size_t bytes_max = head_bytes + 2 * Depth::levels_max * level_bytes;

template <class Integer>
std::uint8_t* put(std::uint8_t* to, Integer value) {
  static_assert(std::endian::native == std::endian::little);
  std::memcpy(to, &value, sizeof value);
  return to + sizeof value;
}

}  // namespace

bool operator==(const Depth& a, const Depth& b) {
  return std::ranges::equal(a.side(Side::buy), b.side(Side::buy)) &&
         std::ranges::equal(a.side(Side::sell), b.side(Side::sell));
}

std::uint32_t checksum(const Depth& depth, std::size_t levels) {
  std::array<std::uint8_t, bytes_max> bytes;
  std::uint8_t* end = bytes.data();
  for (const Side side : {Side::buy, Side::sell}) {
    end = put(end, static_cast<std::uint32_t>(std::min(levels, depth.side(side).size())));
  }
  for (const Side side : {Side::buy, Side::sell}) {
    const auto all = depth.side(side);
    for (const DepthLevel& level : all.first(std::min(levels, all.size()))) {
      end = put(end, level.price);
      end = put(end, level.quantity);
      end = put(end, level.orders);
    }
  }
  return crc32({bytes.data(), static_cast<std::size_t>(end - bytes.data())});
}

}  // namespace karst::feed
