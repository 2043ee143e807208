// Strangers: connections that have not logged on, by age and by where they come from.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

namespace karst::gateway {

/// Says which stranger has to go when there is no place for one more. Younger ones have greater
/// serial numbers.
///
/// Threads: one owner.
class Strangers {
 public:
  /// Where a connection comes from, as far as an attacker cannot choose it: an address of IPv4, a
  /// network of 64 bits of IPv6.
  using Origin = std::uint64_t;
  [[nodiscard]] static Origin origin_of(const boost::asio::ip::address& address);

  /// One origin may have a fourth of the places; beyond that it competes with itself only.
  static constexpr std::size_t share_of(std::size_t places) { return places < 4 ? 1 : places / 4; }

  /// Requires: it is not there.
  void add(std::uint64_t serial, Origin origin);
  /// One that is not there is passed over.
  void remove(std::uint64_t serial);

  [[nodiscard]] std::size_t size() const { return origin_of_.size(); }
  [[nodiscard]] std::size_t size_of(Origin origin) const;

  /// The oldest; 0 = there is none.
  [[nodiscard]] std::uint64_t oldest() const;
  /// The oldest of `origin`; 0 = there is none.
  [[nodiscard]] std::uint64_t oldest_of(Origin origin) const;
  /// Who makes place for one from `origin` where all is taken: the origin's own oldest if it has
  /// its share, else the oldest. 0 = there is none.
  [[nodiscard]] std::uint64_t to_go_for(Origin origin) const;

 private:
  std::map<std::uint64_t, Origin> origin_of_;
  std::map<Origin, std::set<std::uint64_t>> serials_of_;
};

}  // namespace karst::gateway
