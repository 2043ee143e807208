#include "gateway/server/strangers.hpp"

#include "engine/base/assert.hpp"

namespace karst::gateway {

Strangers::Origin Strangers::origin_of(const boost::asio::ip::address& address) {
  if (address.is_v4()) return address.to_v4().to_uint();
  const auto bytes = address.to_v6().to_bytes();
  const bool is_v4_inside = address.to_v6().is_v4_mapped();
  Origin origin = 0;
  const std::size_t first = is_v4_inside ? 12 : 0;
  const std::size_t end = is_v4_inside ? 16 : 8;
  for (std::size_t i = first; i < end; ++i) origin = origin << 8U | bytes[i];
  return origin;
}

void Strangers::add(std::uint64_t serial, Origin origin) {
  const bool is_new = origin_of_.emplace(serial, origin).second;
  KARST_ASSERT(is_new);
  serials_of_[origin].insert(serial);
}

void Strangers::remove(std::uint64_t serial) {
  const auto found = origin_of_.find(serial);
  if (found == origin_of_.end()) return;
  const auto serials = serials_of_.find(found->second);
  serials->second.erase(serial);
  if (serials->second.empty()) serials_of_.erase(serials);
  origin_of_.erase(found);
}

std::size_t Strangers::size_of(Origin origin) const {
  const auto found = serials_of_.find(origin);
  return found == serials_of_.end() ? 0 : found->second.size();
}

std::uint64_t Strangers::oldest() const {
  return origin_of_.empty() ? 0 : origin_of_.begin()->first;
}

std::uint64_t Strangers::oldest_of(Origin origin) const {
  const auto found = serials_of_.find(origin);
  return found == serials_of_.end() ? 0 : *found->second.begin();
}

std::uint64_t Strangers::to_go_for(Origin origin) const {
  return size_of(origin) >= share_of(size()) ? oldest_of(origin) : oldest();
}

}  // namespace karst::gateway
